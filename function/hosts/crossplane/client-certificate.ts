import { X509Certificate } from 'node:crypto';

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** Chains are three or four certificates long. Each more is compared with all others. */
const MOST_CERTIFICATES = 10;

/** What is known of whoever connects. */
export interface Client {
  /** OpenSSL found a chain from the certificate to one of our authorities, when the client connected. */
  readonly isAuthorized: boolean;
  /** What the client sent: its own certificate first. */
  readonly chain: readonly X509Certificate[];
}

/** Why a client may not call; or until when it may, as long as our authorities stay what they are. */
export type Verdict = { readonly refused: string } | { readonly until: Date };

/**
 * Judges a client, when it connects and again while it is connected. Crossplane makes its authority and all its certificates
 * with one subject and no key identifier, which OpenSSL takes for self-signed and Go does not. So a certificate that OpenSSL
 * finds no chain for is accepted if an authority of ours has signed it itself, with all else that a chain is checked for.
 */
export function judgeClient(client: Client, authorities: readonly X509Certificate[], now: Date): Verdict {
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

/** The certificates of a PEM file, in order. Throws when one cannot be read, or is cut off. */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length !== pem.split('-----BEGIN CERTIFICATE-----').length - 1)
    throw new Error('a certificate is cut off');
  return blocks.map((block) => new X509Certificate(block));
}

/** What leads from a certificate to one of `authorities`, which is last; undefined if nothing does. */
function pathToAuthority(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const unseen = new Set(between);
  const climb = (from: X509Certificate): X509Certificate[] | undefined => {
    const authority = authorities.find((one) => one.raw.equals(from.raw) || hasSigned(one, from));
    if (authority !== undefined) return [authority];
    for (const one of unseen) {
      if (!hasSigned(one, from)) continue;
      unseen.delete(one);
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
    return false; // a key of a kind that is not known here
  }
}
