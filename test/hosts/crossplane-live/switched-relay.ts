import { connect, createServer, type Socket } from 'node:net';
import { close, listen } from '../../support/listen.ts';

/** Stands before a server, and takes it off the network at will. */
export interface SwitchedRelay {
  readonly url: string;
  /** From now on nobody reaches the server. */
  cut(): Promise<void>;
  /** It is reached again, at the same place. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one before `url`, on loopback. */
export async function startSwitchedRelay(url: string): Promise<SwitchedRelay> {
  const { hostname, port: target } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
    }
    client.pipe(upstream).pipe(client);
  });
  const port = await listen(server);
  const cut = async () => {
    const closed = close(server);
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    mend: async () => void (await listen(server, port)),
    close: async () => {
      if (server.listening) await cut();
    },
  };
}
