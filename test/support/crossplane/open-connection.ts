import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';

/** A client's connection that speaks HTTP/2 and asks nothing. */
export interface OpenConnection {
  readonly socket: TLSSocket;
  /** `goaway` when its server has said so before it was closed, else `cut`; undefined while it is open. */
  readonly fate: () => 'goaway' | 'cut' | undefined;
  readonly close: () => void;
}

/** Opens one to a server on loopback. Rejects when it is closed before the server's settings are there. */
export async function openConnection(port: number, options: ConnectionOptions): Promise<OpenConnection> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    ...options,
  });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { createConnection: () => socket });
  let hasGoaway = false;
  session.on('goaway', () => {
    hasGoaway = true;
  });
  session.on('error', () => {});
  const closed = once(socket, 'close').then(() => {
    throw new Error('closed before a byte of HTTP/2');
  });
  closed.catch(() => {}); // of one that was served
  socket.on('error', () => {});
  await Promise.race([once(session, 'remoteSettings', { signal: AbortSignal.timeout(10_000) }), closed]);
  return {
    socket,
    fate: () => {
      if (hasGoaway) return 'goaway';
      return session.destroyed || socket.destroyed ? 'cut' : undefined;
    },
    close: () => {
      session.destroy();
      socket.destroy();
    },
  };
}
