import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import type { Server } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { promisify } from 'node:util';
import { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { createGrpcServer } from '../../../function/crossplane/grpc-server.ts';
import { createTlsServer } from '../../../function/crossplane/tls.ts';
import { listen } from '../../support/listen.ts';
import { type Identity, writeServerFolder } from '../../support/make-identity.ts';

/** {@link openConnection} */
export type OpenConnection = Awaited<ReturnType<typeof openConnection>>;

/**
 * Opens a connection to a server on loopback that speaks HTTP/2 and asks nothing. Rejects when it is closed before the server's
 * settings are there.
 */
export async function openConnection(port: number, options: ConnectionOptions) {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    ...options,
  });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { createConnection: () => socket });
  let goawayAt: number | undefined;
  session.on('goaway', () => {
    goawayAt ??= performance.now();
  });
  session.on('error', () => {});
  const closed = once(socket, 'close').then(() => {
    throw new Error('closed before a byte of HTTP/2');
  });
  closed.catch(() => {}); // of one that was served
  socket.on('error', () => {});
  await Promise.race([once(session, 'remoteSettings', { signal: AbortSignal.timeout(120_000) }), closed]);
  return {
    socket,
    /** `goaway` when its server has said so before it was closed, else `cut`; undefined while it is open. */
    fate: () => {
      if (goawayAt !== undefined) return 'goaway';
      return session.destroyed || socket.destroyed ? 'cut' : undefined;
    },
    /** When it has said so, by a clock that nobody sets. */
    goawayAt: () => goawayAt,
    close: () => {
      session.destroy();
      socket.destroy();
    },
  };
}

/** A client that keeps to no rule writes its own frames (RFC 9113, 4.1): gRPC's call of `path`, with an empty message. */
export const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0, '')]);

const GOAWAY = 7;

/** The frames of one call. */
export function callFrames(stream: number, path: string): Buffer {
  const headers = Buffer.concat([
    Buffer.from([0x83, 0x87, 0x04, path.length]), // POST, https and a path, by HPACK's static table (RFC 7541, appendix A)
    Buffer.from(path),
    literal(':authority', 'localhost'),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
  ]);
  return Buffer.concat([frame(1, 4, stream, headers), frame(0, 1, stream, Buffer.alloc(5))]);
}

/** True when `bytes`, which begin with a whole frame, have one of GOAWAY. */
export function hasGoaway(bytes: Buffer): boolean {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (bytes[at + 3] === GOAWAY) return true;
  return false;
}

function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

function frame(type: number, flags: number, stream: number, payload: Buffer | string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
}

const RECHECK_MILLISECONDS = 30;
/** For what must not happen: the files have been looked at many times. */
export const MANY_LOOKS_MILLISECONDS = 20 * RECHECK_MILLISECONDS;

/** {@link startTls} */
export type TlsServer = Awaited<ReturnType<typeof startTls>>;

/** Starts the server's two halves in this process, by a clock that a test sets. `answer` says how long a call takes. */
export async function startTls(
  own: Identity,
  authorities: string,
  {
    answer = async () => {},
    graceMilliseconds = 5000,
    ageMilliseconds = 3600_000,
  }: { answer?: () => Promise<unknown>; graceMilliseconds?: number; ageMilliseconds?: number } = {},
) {
  const folder = writeServerFolder(own, authorities);
  const told: string[] = [];
  let calls = 0;
  let accepted = 0;
  let ahead = 0;
  const grpc = createGrpcServer(
    async () => {
      calls++;
      await answer();
      return RunFunctionResponse.fromPartial({});
    },
    1 << 20,
    { ageMilliseconds },
  );
  const server: Server = createTlsServer(
    folder,
    {
      accept: (socket) => {
        accepted++;
        return grpc.take(socket);
      },
      refuse: (reason) => told.push(`refuse ${reason}`),
      end: (reason) => told.push(`end ${reason}`),
      renew: () => told.push('renew'),
      keep: (cause) => told.push(`keep ${cause}`),
    },
    () => new Date(Date.now() + ahead),
    { recheckMilliseconds: RECHECK_MILLISECONDS, graceMilliseconds },
  );
  return {
    port: await listen(server),
    /** `tls.crt`, `tls.key` and `ca.crt`. */
    folder,
    /** What it told, such as `end notValidNow`, in order. */
    told,
    /** Calls that have come in. */
    calls: () => calls,
    /** Connections that were let in. */
    accepted: () => accepted,
    /** Connections whose socket is not closed at the server's end. */
    connections: () => promisify(server.getConnections.bind(server))(),
    /** Sets the clock ahead. */
    pass: (milliseconds: number) => {
      ahead += milliseconds;
    },
    stop: () => {
      server.close();
      grpc.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
