import type { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';
import { FindingError, finding } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import { explainSystemError } from '../../api/system-error.ts';
import { readCertificates, refuseClient } from './client-certificate.ts';

const FILES = ['tls.crt', 'tls.key', 'ca.crt'] as const;
const HANDSHAKE_MILLISECONDS = 10_000;

interface Files {
  readonly context: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly authorities: readonly X509Certificate[];
  /** Changes whenever a file does. */
  readonly stamp: string;
}

/** What a server of TLS tells. */
export interface TlsEvents {
  /** A client may call. */
  readonly accept: (socket: Socket) => void;
  /** It may not; its connection is closed. `code` is OpenSSL's, where the handshake did not come to an end. */
  readonly refuse: (reason: string, code?: string) => void;
  /** Files have changed and are in use, or cannot be used: then the former ones stay. */
  readonly renew: (isUsed: boolean) => void;
}

/**
 * A server that lets nobody in but clients with a certificate of `ca.crt`'s authorities. The files are looked at before each
 * handshake: Crossplane's connections are few and long, so a rotation needs no timer.
 * @throws FindingError when the files cannot be used.
 */
export function createTlsServer(folder: string, { accept, refuse, renew }: TlsEvents): Server {
  let files = readFiles(folder);
  const server = createServer({
    ...files.context,
    requestCert: true,
    rejectUnauthorized: false, // refuseClient decides: see there
    ALPNProtocols: ['h2'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MILLISECONDS,
  });
  server.prependListener('connection', () => {
    if (stampOf(folder) === files.stamp) return;
    try {
      const changed = readFiles(folder);
      server.setSecureContext(changed.context);
      files = changed;
      renew(true);
    } catch {
      renew(false); // written at this moment, perhaps: the next connection looks again
    }
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {}); // of a client that goes away
    const certificate = socket.getPeerX509Certificate();
    const reason =
      socket.alpnProtocol === 'h2'
        ? refuseClient({ isAuthorized: socket.authorized, certificate }, files.authorities, new Date())
        : 'notHttp2';
    if (reason === undefined) return accept(socket);
    socket.destroy();
    refuse(reason);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    socket.destroy();
    refuse('handshake', error.code);
  });
  return server;
}

function readFiles(folder: string): Files {
  const stamp = stampOf(folder);
  const [cert = '', key = '', ca = ''] = FILES.map((name) => readPem(folder, name));
  const authorities = certificatesOf(folder, 'ca.crt', ca);
  certificatesOf(folder, 'tls.crt', cert);
  try {
    createSecureContext({ cert, key, ca });
  } catch {
    throw unusable(join(folder, 'tls.key'), 'it is no key in PEM, or not that of tls.crt');
  }
  return { context: { cert, key, ca }, authorities, stamp };
}

function readPem(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    throw unusable(join(folder, name), explainSystemError(error));
  }
}

function certificatesOf(folder: string, name: string, pem: string): readonly X509Certificate[] {
  try {
    const certificates = readCertificates(pem);
    if (certificates.length > 0) return certificates;
  } catch {} // the same to whoever mounted it
  throw unusable(join(folder, name), 'it holds no certificate in PEM');
}

function unusable(path: string, cause: string): FindingError {
  const cure = 'Mount tls.crt, tls.key and ca.crt, in PEM';
  return new FindingError(finding('SETTING_INVALID', `cannot use ${quote(path)}: ${cause}. ${cure}.`));
}

function stampOf(folder: string): string {
  try {
    return FILES.map((name) => {
      const { ino, mtimeMs, size } = statSync(join(folder, name));
      return `${ino} ${mtimeMs} ${size}`;
    }).join();
  } catch {
    return '';
  }
}
