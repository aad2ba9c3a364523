import { constants, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';
import { FindingError, finding } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import { explainSystemError } from '../../api/system-error.ts';
import { type Client, judgeClient, readCertificates } from './client-certificate.ts';

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

const NAMES = ['tls.crt', 'tls.key', 'ca.crt'] as const;

/** What a server of TLS has of its folder. */
interface TlsFiles {
  readonly context: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly authorities: readonly X509Certificate[];
}

/** The files of a folder, as they were when they could last be used. */
interface WatchedTlsFiles {
  readonly current: () => TlsFiles;
  /**
   * Reads them; true if they have changed and are in use.
   * @throws FindingError when they have changed and cannot be used: once for each change.
   */
  readonly look: () => boolean;
}

/** @throws FindingError when the files cannot be used. */
function watchTlsFiles(folder: string): WatchedTlsFiles {
  let seen = read(folder);
  let current = parse(folder, seen);
  return {
    current: () => current,
    look: () => {
      const found = read(folder);
      if (found.every((text, at) => String(text) === String(seen[at]))) return false;
      seen = found;
      current = parse(folder, found);
      return true;
    },
  };
}

/** What is in each file, or why it cannot be read. */
function read(folder: string): readonly (string | FindingError)[] {
  return NAMES.map((name) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      return unusable(join(folder, name), explainSystemError(error));
    }
  });
}

function parse(folder: string, found: readonly (string | FindingError)[]): TlsFiles {
  const [cert = '', key = '', ca = ''] = found.map((text) => {
    if (text instanceof FindingError) throw text;
    return text;
  });
  certificatesOf(folder, 'tls.crt', cert);
  const authorities = certificatesOf(folder, 'ca.crt', ca);
  try {
    createSecureContext({ cert, key, ca });
  } catch {
    throw unusable(join(folder, 'tls.key'), 'it is no key in PEM, or not that of tls.crt');
  }
  return { context: { cert, key, ca }, authorities };
}

function certificatesOf(folder: string, name: string, pem: string): readonly X509Certificate[] {
  try {
    const certificates = readCertificates(pem);
    if (certificates.length > 0) return certificates;
  } catch {} // the same to whoever mounted it
  throw unusable(join(folder, name), 'it holds no certificate in PEM, or a broken one');
}

function unusable(path: string, cause: string): FindingError {
  const cure = 'Mount tls.crt, tls.key and ca.crt, in PEM';
  return new FindingError(finding('SETTING_INVALID', `cannot use ${quote(path)}: ${cause}. ${cure}.`));
}
