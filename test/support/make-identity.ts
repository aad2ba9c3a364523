import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as X509 from '@peculiar/x509';

// The certificate library's dependency tsyringe refuses to load without this metadata API, which neither of them uses
// for making certificates.
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => undefined,
});

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 24 * 3600 * 1000;
/** What Crossplane calls its authority and every certificate of it. */
const SUBJECT = 'C=Earth, ST=Earth, L=Earth, O=Crossplane, CN=Crossplane';
const SERIAL = '07e6';

/** A certificate, its key, and what signs for it. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly certificate: X509.X509Certificate;
  readonly keys: { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };
}

interface Options {
  readonly subject?: string;
  readonly serial?: string;
  readonly issuer?: Identity;
  readonly isAuthority?: boolean;
  readonly usages?: readonly ('clientAuth' | 'serverAuth')[];
  /** What the key may do, instead of what Crossplane lets it do. */
  readonly keyUsages?: number;
  /** Beside those that Crossplane writes. */
  readonly extensions?: readonly { readonly oid: string; readonly isCritical: boolean; readonly value: Buffer }[];
  readonly days?: readonly [number, number];
  /** Hosts beside 127.0.0.1. */
  readonly hosts?: readonly string[];
  /** With the identifiers of keys that usual authorities write, and Crossplane does not. */
  readonly isUsual?: boolean;
  /** Those of another certificate, as one has that is made anew. */
  readonly keys?: Identity['keys'];
}

/** Makes a certificate for 127.0.0.1 as Crossplane does, unless said otherwise; without an issuer it signs itself. */
export async function makeIdentity(options: Options = {}): Promise<Identity> {
  const x509 = await import('@peculiar/x509');
  const {
    subject = SUBJECT,
    serial = SERIAL,
    issuer,
    isAuthority = false,
    usages = [],
    keyUsages = x509.KeyUsageFlags.digitalSignature | (isAuthority ? x509.KeyUsageFlags.keyCertSign : 0),
    extensions: more = [],
    days = [-1, 1],
    hosts = [],
    isUsual = false,
    keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']),
  } = options;
  const extensions: X509.Extension[] = [
    new x509.BasicConstraintsExtension(isAuthority, undefined, true),
    new x509.KeyUsagesExtension(keyUsages, true),
    new x509.SubjectAlternativeNameExtension([
      { type: 'ip', value: '127.0.0.1' },
      ...hosts.map((value) => ({ type: 'dns' as const, value })),
    ]),
    ...more.map(({ oid, isCritical, value }) => new x509.Extension(oid, isCritical, value)),
  ];
  if (usages.length > 0)
    extensions.push(new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[usage])));
  if (isUsual && issuer) {
    extensions.push(await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey));
    extensions.push(await x509.SubjectKeyIdentifierExtension.create(keys.publicKey));
  }
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    serialNumber: serial,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() + days[0] * DAY),
    notAfter: new Date(Date.now() + days[1] * DAY),
    extensions,
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
  return { cert: `${certificate.toString('pem')}\n`, key, certificate, keys };
}

/** Writes what Crossplane mounts into a function's pod. */
export function writeServerFolder(
  server: Identity,
  authority: string,
  folder = mkdtempSync(join(tmpdir(), 'tls-')),
): string {
  writeFileSync(join(folder, 'tls.crt'), server.cert);
  writeFileSync(join(folder, 'tls.key'), server.key);
  writeFileSync(join(folder, 'ca.crt'), authority);
  return folder;
}
