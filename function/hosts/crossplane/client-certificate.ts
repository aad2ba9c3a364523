import { X509Certificate } from 'node:crypto';

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** Usual chains have three or four certificates. Work grows with the square of their number. */
const MOST_CERTIFICATES = 10;

/** What is known of a client that connects. */
export interface Client {
  /** True when OpenSSL found a chain from the certificate to one of our authorities at the handshake. */
  readonly isAuthorized: boolean;
  /** The certificates that the client sent, its own first. */
  readonly chain: readonly X509Certificate[];
}

/** Why a client may not call, or until when it may while our authorities stay the same. */
export type Admission = { readonly refused: string } | { readonly until: Date };

/**
 * Judges a client when it connects, and again while it is connected. Crossplane gives its authority and all its certificates one
 * subject and no key identifier. OpenSSL takes such a certificate for self-signed, Go does not. So a certificate without a chain is
 * accepted too if one of our authorities signed it directly; all other checks of a chain apply.
 */
export function judgeClient(client: Client, authorities: readonly X509Certificate[], now: Date): Admission {
  const { isAuthorized, chain } = client;
  const [certificate, ...others] = chain;
  const isValid = ({ validFromDate, validToDate }: X509Certificate) => now >= validFromDate && now <= validToDate;
  if (certificate === undefined) return { refused: 'noCertificate' };
  if (chain.length > MOST_CERTIFICATES) return { refused: 'chainTooLong' };
  if (certificate.ca) return { refused: 'authorityAsClient' };
  if (!isValid(certificate)) return { refused: 'notValidNow' };
  if (!certificate.keyUsage?.includes(CLIENT_AUTHENTICATION)) return { refused: 'notForClients' };
  const ours = isAuthorized ? authorities : authorities.filter(({ ca }) => ca);
  const between = isAuthorized ? others.filter(({ ca }) => ca) : [];
  const path = pathToAuthority(certificate, between.filter(isValid), ours.filter(isValid));
  if (path !== undefined) {
    const ends = [certificate, ...path].map(({ validToDate }) => validToDate.getTime());
    return { until: new Date(Math.min(...ends)) };
  }
  const hasEnded = pathToAuthority(certificate, between, ours) !== undefined;
  return { refused: hasEnded ? 'authorityNotValidNow' : 'unknownAuthority' };
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
    const authority = authorities.find((one) => one.raw.equals(from.raw) || hasSigned(one, from));
    if (authority !== undefined) return [authority];
    for (const one of unused) {
      if (!hasSigned(one, from)) continue;
      unused.delete(one);
      const rest = climb(one);
      if (rest !== undefined) return [one, ...rest];
    }
    return undefined;
  };
  return climb(certificate);
}

function hasSigned(authority: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  } catch {
    return false; // Node does not know this kind of key
  }
}
