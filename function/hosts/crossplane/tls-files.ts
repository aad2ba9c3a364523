import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { FindingError, finding } from '../../api/finding.ts';
import { quote } from '../../api/quote.ts';
import { explainSystemError } from '../../api/system-error.ts';
import { readCertificates } from './client-certificate.ts';

const NAMES = ['tls.crt', 'tls.key', 'ca.crt'] as const;

/** What a server of TLS has of its folder. */
interface TlsFiles {
  readonly context: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly authorities: readonly X509Certificate[];
}

/** The files of a folder, as they were when they could last be used. */
export interface WatchedTlsFiles {
  readonly current: () => TlsFiles;
  /**
   * Reads them; true if they have changed and are in use.
   * @throws FindingError when they have changed and cannot be used: once for each change.
   */
  readonly look: () => boolean;
}

/** @throws FindingError when the files cannot be used. */
export function watchTlsFiles(folder: string): WatchedTlsFiles {
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
