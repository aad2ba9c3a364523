import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { promisify } from 'node:util';
import { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { createGrpcServer } from '../../../function/hosts/crossplane/grpc-server.ts';
import { createTlsServer } from '../../../function/hosts/crossplane/tls.ts';
import { type Identity, writeServerFolder } from '../certificates/make-identity.ts';

const RECHECK_MILLISECONDS = 30;
/** For what must not happen: the files have been looked at many times. */
export const MANY_LOOKS_MILLISECONDS = 20 * RECHECK_MILLISECONDS;

/** The server's two halves in this process, by a clock that a test sets. */
export interface TlsBench {
  readonly port: number;
  /** `tls.crt`, `tls.key` and `ca.crt`. */
  readonly folder: string;
  /** What it told, such as `end notValidNow`, in order. */
  readonly told: readonly string[];
  /** Calls that have come in. */
  readonly calls: () => number;
  /** Connections that were let in. */
  readonly accepted: () => number;
  /** Connections whose socket is not closed at the server's end. */
  readonly connections: () => Promise<number>;
  /** Sets the clock ahead. */
  readonly pass: (milliseconds: number) => void;
  readonly stop: () => void;
}

/** Starts it on loopback. `answer` says how long a call takes. */
export async function startTls(
  own: Identity,
  authorities: string,
  {
    answer = async () => {},
    graceMilliseconds = 5000,
    ageMilliseconds = 3600_000,
  }: { answer?: () => Promise<unknown>; graceMilliseconds?: number; ageMilliseconds?: number } = {},
): Promise<TlsBench> {
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
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    folder,
    told,
    calls: () => calls,
    accepted: () => accepted,
    connections: () => promisify(server.getConnections.bind(server))(),
    pass: (milliseconds) => {
      ahead += milliseconds;
    },
    stop: () => {
      server.close();
      grpc.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
