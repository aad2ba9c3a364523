import { X509Certificate } from 'node:crypto';
import { attempt } from '../model/plain-data.ts';

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** Usual chains have three or four certificates. Work grows with the square of their number. */
const MOST_CERTIFICATES = 10;

/**
 * OpenSSL's refusals of a certificate that an authority of `ca.crt` signed directly: it takes the certificate for self-signed, knows
 * nobody who signed that authority, or looked at another authority of the same name, such as the one before a rotation. The code is not
 * enough: with DEPTH_ZERO_SELF_SIGNED_CERT, OpenSSL has not looked at the authority at all.
 */
const OVERLOOKED = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT', 'CERT_SIGNATURE_FAILURE']);

/** The extensions that Crossplane writes, which restrict nothing that is not checked here: each OID (RFC 5280, 4.2.1) in hexadecimal. */
const CHECKED_EXTENSIONS = new Set([
  '551d0e', // subjectKeyIdentifier
  '551d0f', // keyUsage
  '551d11', // subjectAltName
  '551d13', // basicConstraints
  '551d23', // authorityKeyIdentifier
  '551d25', // extKeyUsage
]);

/** The tag of the extensions among the signed fields of a certificate. */
const EXTENSIONS = 0xa3;

/** What is known of a client that connects. */
export interface Client {
  /** OpenSSL's code at the handshake, when it found no chain from the certificate to one of our authorities that it accepts. */
  readonly refusal?: string;
  /** The certificates that the client sent, its own first. */
  readonly chain: readonly X509Certificate[];
}

/** Why a client may not call, or until when it may while our authorities stay the same. */
export type Admission = { readonly refused: string } | { readonly until: Date };

/**
 * Judges a client when it connects, and again while it is connected. Crossplane gives its authority and all its certificates one
 * subject and no key identifier. OpenSSL takes such a certificate for self-signed, Go does not. So a certificate that OpenSSL refuses
 * for that alone is accepted too if one of our authorities signed it directly, and neither says anything that is not checked here.
 */
export function judgeClient(client: Client, authorities: readonly X509Certificate[], now: Date): Admission {
  const { refusal, chain } = client;
  const [certificate, ...others] = chain;
  const isValid = ({ validFromDate, validToDate }: X509Certificate) => now >= validFromDate && now <= validToDate;
  if (certificate === undefined) return { refused: 'noCertificate' };
  if (chain.length > MOST_CERTIFICATES) return { refused: 'chainTooLong' };
  if (certificate.ca) return { refused: 'authorityAsClient' };
  if (!isValid(certificate)) return { refused: 'notValidNow' };
  if (!certificate.keyUsage?.includes(CLIENT_AUTHENTICATION)) return { refused: 'notForClients' };
  if (isOfProvider(certificate)) return { refused: 'notTheEngine' };
  const between = refusal === undefined ? others.filter(({ ca }) => ca) : [];
  const isOverlooked = refusal !== undefined && OVERLOOKED.has(refusal) && saysNothingElse(certificate);
  const mayVouch = (authority: X509Certificate) =>
    refusal === undefined ||
    (isOverlooked && authority.ca && authority.keyUsage === undefined && saysNothingElse(authority));
  const path = pathToAuthority(certificate, between.filter(isValid), authorities.filter(isValid).filter(mayVouch));
  if (path !== undefined) {
    const ends = [certificate, ...path].map(({ validToDate }) => validToDate.getTime());
    return { until: new Date(Math.min(...ends)) };
  }
  const candidatePath = pathToAuthority(certificate, between, authorities);
  if (candidatePath === undefined) return { refused: 'unknownAuthority' };
  return { refused: candidatePath.every(isValid) ? 'chainNotValid' : 'authorityNotValidNow' };
}

/**
 * True for a certificate whose names are of no pod in a namespace. Crossplane's authority signs one for each Provider, with the name of its
 * revision; the engine's is `<service account>.<namespace>` (crossplane/crossplane, v2.4.0, internal/controller/pkg/runtime/runtime_provider.go;
 * cmd/crossplane/core/init.go).
 */
function isOfProvider({ subjectAltName = '' }: X509Certificate): boolean {
  const names = subjectAltName.match(/(?<=DNS:)[^,]+/g) ?? [];
  return names.length > 0 && !names.some((name) => name.includes('.'));
}

/** The certificates of a PEM file, in order. @throws Error when one cannot be parsed or is cut off. */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length !== pem.split('-----BEGIN CERTIFICATE-----').length - 1)
    throw new Error('a certificate is cut off');
  return blocks.map((block) => new X509Certificate(block));
}

/** The certificates from the issuer of `certificate` up to one of `authorities`; undefined when there is no path. */
function pathToAuthority(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const unused = new Set(between);
  const climb = (from: X509Certificate): X509Certificate[] | undefined => {
    const authority = authorities.find((anchor) => anchor.raw.equals(from.raw) || hasSigned(anchor, from));
    if (authority !== undefined) return [authority];
    for (const intermediate of unused) {
      if (!hasSigned(intermediate, from)) continue;
      unused.delete(intermediate);
      const rest = climb(intermediate);
      if (rest !== undefined) return [intermediate, ...rest];
    }
    return undefined;
  };
  return climb(certificate);
}

function hasSigned(authority: X509Certificate, certificate: X509Certificate): boolean {
  const isSigned = () => certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  return attempt(isSigned) ?? false; // Node does not know each kind of key
}

/** True when a certificate has no extension but those that are checked. Node.js shows no list of them. */
function saysNothingElse({ raw }: X509Certificate): boolean {
  const isChecked = () => {
    const fields = partsOf(firstOf(firstOf(raw))); // RFC 5280, 4.1
    const extensions = fields.filter(({ tag }) => tag === EXTENSIONS).flatMap(({ value }) => partsOf(firstOf(value)));
    return extensions.every(({ value }) => CHECKED_EXTENSIONS.has(firstOf(value).toString('hex')));
  };
  return attempt(isChecked) ?? false;
}

/** The parts of a value in DER. @throws RangeError when one has no length. */
function partsOf(der: Buffer): { readonly tag: number; readonly value: Buffer }[] {
  const parts: { tag: number; value: Buffer }[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der.readUInt8(at);
    const short = der.readUInt8(at + 1);
    const lengthBytes = Math.max(short - 0x80, 0);
    const start = at + 2 + lengthBytes;
    at = start + (short < 0x80 ? short : der.readUIntBE(at + 2, lengthBytes));
    parts.push({ tag, value: der.subarray(start, at) });
  }
  return parts;
}

function firstOf(der: Buffer): Buffer {
  const [part] = partsOf(der);
  if (part === undefined) throw new RangeError('there is none');
  return part.value;
}
