import { constants, type X509Certificate } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';
import { readNamedFile } from '../clients/read-file.ts';
import { FindingError, finding } from '../findings/finding.ts';
import { quoted, say } from '../findings/say.ts';
import { explainSystemError } from '../findings/system-error.ts';
import { attempt, succeeds } from '../model/plain-data.ts';
import { type Client, judgeClient, readCertificates } from './client-certificate.ts';
import type { Connection } from './grpc-server.ts';

const HANDSHAKE = {
  requestCert: true,
  rejectUnauthorized: false, // judgeClient decides
  ALPNProtocols: ['h2'],
  handshakeTimeout: 10_000,
};
const RECHECK_MILLISECONDS = 10_000;
/** Time for the calls under way on a connection whose client is no longer trusted. */
const GRACE_MILLISECONDS = 5000;

/** Callbacks of the TLS server. */
export interface TlsEvents {
  /** A client was authenticated. */
  readonly accept: (socket: Socket) => Connection;
  /** A client was refused and its connection closed. `code` is OpenSSL's if the handshake failed, or found no chain. */
  readonly refuse: (reason: string, code?: string) => void;
  /** A client is no longer trusted, and its connection ends. */
  readonly end: (reason: string) => void;
  /** Changed files are in use. */
  readonly renew: () => void;
  /** Changed files cannot be used: the former ones stay in use. */
  readonly keep: (cause: string) => void;
}

/**
 * A server for clients with a certificate of an authority in `ca.crt`. It ends the connection of a client that it would no longer accept.
 * It checks files and clock before each handshake and every few seconds. A timer for the end of a certificate would not do: Crossplane's
 * certificates last ten years, Node.js' timers 24.8 days (docs/decisions/031-a-connection-ends-with-trust.md).
 * @throws FindingError when the files cannot be used.
 */
export function createTlsServer(
  folder: string,
  { accept, refuse, end, renew, keep }: TlsEvents,
  now: () => Date,
  { recheckMilliseconds = RECHECK_MILLISECONDS, graceMilliseconds = GRACE_MILLISECONDS } = {},
): Server {
  const files = watchFiles(folder, keep);
  const server = createServer({ ...files.get().context, ...HANDSHAKE });
  const judge = (client: Client) => judgeClient(client, files.get().authorities, now());
  const served = new Map<Connection, ServedClient>();

  const recheck = () => {
    const isRenewed = files.renew();
    if (isRenewed) {
      server.setSecureContext(files.get().context);
      renew();
    }
    for (const [connection, entry] of served) {
      if (!isRenewed && now() <= entry.until) continue;
      const admission = judge(entry.client);
      if ('until' in admission) entry.until = admission.until;
      else {
        served.delete(connection);
        end(admission.refused);
        connection.end(graceMilliseconds);
      }
    }
  };
  const timer = setInterval(recheck, recheckMilliseconds).unref();
  server.once('close', () => clearInterval(timer));
  server.prependListener('connection', recheck);

  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {}); // the client went away
    const client = clientOf(socket);
    const admission = socket.alpnProtocol === 'h2' ? judge(client) : { refused: 'notHttp2' };
    if ('refused' in admission) {
      socket.destroy();
      return refuse(admission.refused, client.refusal);
    }
    const connection = accept(socket);
    served.set(connection, { client, until: admission.until });
    socket.once('close', () => served.delete(connection));
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    socket.destroy();
    refuse('handshake', error.code);
  });
  return server;
}

/** A client that was accepted, and until when. */
interface ServedClient {
  readonly client: Client;
  until: Date;
}

/** A client with its certificates in the order that it sent them: Node.js links each to the next as its issuer. */
function clientOf(socket: TLSSocket): Client {
  const chain: X509Certificate[] = [];
  for (let link = socket.getPeerX509Certificate(); link !== undefined; link = link.issuerCertificate) chain.push(link);
  return { chain, ...(!socket.authorized && { refusal: String(socket.authorizationError) }) };
}

/** The files of a folder, which may change: the last ones that could be used. @throws FindingError when the first cannot. */
function watchFiles(folder: string, keep: TlsEvents['keep']) {
  let seen = read(folder);
  let files = parse(folder, seen);
  return {
    get: () => files,
    /** True when they have changed, and the new ones can be used. */
    renew(): boolean {
      const texts = read(folder);
      if (texts.every((text, at) => String(text) === String(seen[at]))) return false;
      seen = texts;
      try {
        files = parse(folder, texts);
        return true;
      } catch (error) {
        if (!(error instanceof FindingError)) throw error;
        keep(error.message); // once for each change
        return false;
      }
    },
  };
}

const NAMES = ['tls.crt', 'tls.key', 'ca.crt'] as const;

/** The text of each file, or why it cannot be read. */
function read(folder: string): readonly (string | FindingError)[] {
  return NAMES.map((name) => {
    try {
      return readNamedFile(join(folder, name)).toString();
    } catch (error) {
      return unusable(join(folder, name), explainSystemError(error));
    }
  });
}

/** What a TLS server takes, and our authorities. @throws FindingError when the files cannot be used. */
function parse(folder: string, texts: readonly (string | FindingError)[]) {
  const [cert = '', key = '', ca = ''] = texts.map((text) => {
    if (text instanceof FindingError) throw text;
    return text;
  });
  certificatesOf(folder, 'tls.crt', cert);
  const authorities = certificatesOf(folder, 'ca.crt', ca);
  if (!succeeds(() => createSecureContext({ cert, key, ca })))
    throw unusable(join(folder, 'tls.key'), 'it is no key in PEM, or not that of tls.crt');
  const secureOptions = constants.SSL_OP_NO_TICKET; // a resumed TLS session has no chain to check
  return { context: { cert, key, ca, minVersion: 'TLSv1.2' as const, secureOptions }, authorities };
}

function certificatesOf(folder: string, name: string, pem: string): readonly X509Certificate[] {
  const certificates = attempt(() => readCertificates(pem)) ?? []; // a broken one is reported below
  if (certificates.length > 0) return certificates;
  throw unusable(join(folder, name), 'it holds no certificate in PEM, or a broken one');
}

function unusable(path: string, cause: string): FindingError {
  const cure = 'Mount tls.crt, tls.key and ca.crt, in PEM';
  return new FindingError(finding('SETTING_INVALID', say`cannot use ${quoted(path)}: ${cause}. ${cure}.`));
}
