import { constants, type X509Certificate } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { FindingError } from '../../api/finding.ts';
import { type Client, judgeClient } from './client-certificate.ts';
import { watchTlsFiles } from './tls-files.ts';

const HANDSHAKE_MILLISECONDS = 10_000;
const LOOK_MILLISECONDS = 10_000;
/** For the calls under way on a connection whose client may call no more. */
const GRACE_MILLISECONDS = 5000;

/** A connection that was accepted. */
interface Connection {
  /** Takes no new calls, and closes it when those under way are answered, or `graceMilliseconds` have passed. */
  readonly end: (graceMilliseconds: number) => void;
}

/** What a server of TLS tells. */
export interface TlsEvents {
  /** A client may call. */
  readonly accept: (socket: Socket) => Connection;
  /** It may not; its connection is closed. `code` is OpenSSL's, where the handshake did not come to an end. */
  readonly refuse: (reason: string, code?: string) => void;
  /** A client that could call may do so no more; its connection is ended. */
  readonly end: (reason: string) => void;
  /** Files have changed, and are in use. */
  readonly renew: () => void;
  /** Files have changed and cannot be used: the former ones stay. */
  readonly keep: (cause: string) => void;
}

/**
 * A server that lets nobody in but clients with a certificate of `ca.crt`'s authorities, and nobody stay who would not be let
 * in. The files and the clock are looked at before each handshake, and every few seconds. No timer waits for a certificate's
 * end: Crossplane's last ten years, and Node.js' timers 24.8 days (docs/decisions/031-a-connection-ends-with-trust.md).
 * @throws FindingError when the files cannot be used.
 */
export function createTlsServer(
  folder: string,
  { accept, refuse, end, renew, keep }: TlsEvents,
  now: () => Date,
  { lookMilliseconds, graceMilliseconds } = {
    lookMilliseconds: LOOK_MILLISECONDS,
    graceMilliseconds: GRACE_MILLISECONDS,
  },
): Server {
  const files = watchTlsFiles(folder);
  const context = () => ({
    ...files.current().context,
    minVersion: 'TLSv1.2' as const,
    secureOptions: constants.SSL_OP_NO_TICKET, // a session that is resumed shows no chain, and OpenSSL looks at none
  });
  const server = createServer({
    ...context(),
    requestCert: true,
    rejectUnauthorized: false, // judgeClient decides: see there
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_MILLISECONDS,
  });
  const served = new Map<Connection, { readonly client: Client; until: Date }>();

  const renewFiles = () => {
    try {
      if (!files.look()) return false;
      server.setSecureContext(context());
      renew();
      return true;
    } catch (error) {
      if (!(error instanceof FindingError)) throw error;
      keep(error.message);
      return false;
    }
  };
  const look = () => {
    const isRenewed = renewFiles();
    for (const [connection, known] of served) {
      if (!isRenewed && now() <= known.until) continue;
      const verdict = judgeClient(known.client, files.current().authorities, now());
      if ('until' in verdict) {
        known.until = verdict.until;
        continue;
      }
      served.delete(connection);
      connection.end(graceMilliseconds);
      end(verdict.refused);
    }
  };
  const looking = setInterval(look, lookMilliseconds).unref();
  server.once('close', () => clearInterval(looking));
  server.prependListener('connection', look);

  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {}); // of a client that goes away
    const client = { isAuthorized: socket.authorized, chain: chainOf(socket) };
    const verdict =
      socket.alpnProtocol === 'h2' ? judgeClient(client, files.current().authorities, now()) : { refused: 'notHttp2' };
    if ('refused' in verdict) {
      socket.destroy();
      return refuse(verdict.refused);
    }
    const connection = accept(socket);
    served.set(connection, { client, until: verdict.until });
    socket.once('close', () => served.delete(connection));
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    socket.destroy();
    refuse('handshake', error.code);
  });
  return server;
}

/** What the client sent, in its order, which Node.js links as if each were the issuer of the one before. */
function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let one = socket.getPeerX509Certificate(); one !== undefined; one = one.issuerCertificate) chain.push(one);
  return chain;
}
