import { type Finding, finding } from '../api/finding.ts';
import type { ServiceAccountIdentity } from '../api/job.ts';
import { describeObject, type ObjectRef, objectKey, serviceAccountObject } from '../api/kinds.ts';
import { type Known, objectIn } from '../api/known.ts';
import { quote } from '../api/quote.ts';
import { DEFAULT_AUDIENCE, isApiServer } from './audience.ts';

/** Where a ServiceAccount says which IAM role its pods have (IAM roles for service accounts). */
export const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';
const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience';

/** What a ServiceAccount says of itself. */
export interface ReadServiceAccount {
  /** With all audiences: the annotation's or `sts.amazonaws.com`, then those that the generator adds. */
  readonly identity: ServiceAccountIdentity;
  readonly role: string;
}

/** Reads the role and the audiences, as External Secrets does (external-secrets.md section 4). */
export function readServiceAccount(
  identity: ServiceAccountIdentity,
  generator: ObjectRef,
  known: Known,
): ReadServiceAccount | Finding {
  const object = serviceAccountObject(identity);
  const start = `cannot use ${describeObject(object)} for ${describeObject(generator)}`;
  const found = objectIn(known, objectKey(object));
  if (found === null) {
    const cure = `Apply it, or correct \`${FIELD}.name\``;
    const message = `${start}: it is neither in the ResourceList nor in the cluster. ${cure}.`;
    return finding('REFERENCE_MISSING', message, { object: generator, field: FIELD });
  }
  const role = found.annotations[ROLE_ANNOTATION];
  if (!role) {
    const message = `${start}: it has no annotation \`${ROLE_ANNOTATION}\`. Set it to the ARN of the role that trusts this ServiceAccount.`;
    return finding('REFERENCE_MISSING', message, { object, field: `metadata.annotations.${quote(ROLE_ANNOTATION)}` });
  }
  const audiences = [found.annotations[AUDIENCE_ANNOTATION] || DEFAULT_AUDIENCE, ...identity.audiences];
  const refused = audiences.find(isApiServer);
  if (refused !== undefined) return apiServerAudience(generator, identity, quote(refused));
  return { identity: { ...identity, audiences: [...new Set(audiences)] }, role };
}

const FIELD = 'spec.auth.jwt.serviceAccountRef';

/** A token that the API server takes is not sent to anybody else. */
export function apiServerAudience(generator: ObjectRef, identity: ServiceAccountIdentity, audience: string): Finding {
  const start = `cannot get a token of ${describeObject(serviceAccountObject(identity))} for ${describeObject(generator)}`;
  const message = `${start}: the audience ${audience} is the API server's own, so the token would open the cluster. Use the audience of IAM's OIDC provider.`;
  return finding('TOKEN_REFUSED', message, { object: generator, field: FIELD });
}
