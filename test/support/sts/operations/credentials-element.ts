import type { XmlElement } from '../http/xml.ts';
import type { Session } from '../sessions.ts';

/** The `Credentials` element of an answer. */
export function credentialsElement(session: Session): XmlElement {
  const expiration = session.expiresAt.toISOString().replace('.000Z', 'Z');
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.announcesExpiration ? expiration : undefined,
  };
}
