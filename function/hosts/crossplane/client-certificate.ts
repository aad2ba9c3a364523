import { X509Certificate } from 'node:crypto';

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** What is known of whoever connects. */
export interface Peer {
  /** OpenSSL found a chain from the certificate to one of our authorities. */
  readonly isAuthorized: boolean;
  readonly certificate: X509Certificate | undefined;
}

/**
 * Why a client is refused; undefined when it may call. Crossplane makes its authority and all its certificates with one subject
 * and no key identifier, which OpenSSL takes for self-signed and Go does not. So a certificate that OpenSSL finds no chain
 * for is accepted if an authority of ours has signed it itself, with all else that a chain is checked for.
 */
export function refuseClient({ isAuthorized, certificate }: Peer, authorities: readonly X509Certificate[], now: Date) {
  if (certificate === undefined) return 'noCertificate';
  if (certificate.ca) return 'authorityAsClient';
  if (now < certificate.validFromDate || now > certificate.validToDate) return 'notValidNow';
  if (!certificate.keyUsage?.includes(CLIENT_AUTHENTICATION)) return 'notForClients';
  if (isAuthorized) return undefined;
  const issuer = authorities.find(
    (authority) => authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
  );
  if (issuer === undefined) return 'unknownAuthority';
  return now < issuer.validFromDate || now > issuer.validToDate ? 'authorityNotValidNow' : undefined;
}

/** The certificates of a PEM file, in order. Throws when one cannot be read. */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
