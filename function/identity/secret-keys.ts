import { type Finding, finding, specFinding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { named, type ObjectRef, say, theField, theObject } from '../findings/say.ts';
import { openedIn } from '../model/answers.ts';
import type { Keys } from '../model/hop.ts';
import type { Identity, ResolvedContext } from '../model/identity.ts';
import { objectKey, secretObject } from '../model/kinds.ts';
import { TEMPORARY_KEY_PREFIX } from '../model/long-term-keys.ts';
import { defined } from '../model/plain-data.ts';
import type { AuthField, SecretKeyRef } from '../model/schema-parts.ts';
import { Sensitive } from '../model/sensitive.ts';
import { readSecretValue } from './read-secret-value.ts';
import { mustBeAbsent, noSessionTokenFinding, temporaryKeysFinding } from './source.ts';

type SecretKeySelectors = AuthField<'secretRef'>;

/**
 * `auth.secretRef`: keys from a Secret, which is in the generator's own namespace, as in External Secrets
 * (runtime/esutils/resolvers/secret_ref.go).
 */
export function secretKeys(selectors: SecretKeySelectors, { namespace }: ObjectRef): Identity {
  const { accessKeyIDSecretRef, secretAccessKeySecretRef, sessionTokenSecretRef } = selectors;
  const at = ({ name, key }: { name: string; key: string }, field: keyof SecretKeySelectors): SecretKeyRef => ({
    ...defined({ name, key, namespace }),
    field: `spec.auth.secretRef.${field}`,
  });
  const id = at(accessKeyIDSecretRef, 'accessKeyIDSecretRef');
  const secret = at(secretAccessKeySecretRef, 'secretAccessKeySecretRef');
  const token = sessionTokenSecretRef && at(sessionTokenSecretRef, 'sessionTokenSecretRef');
  const all = [id, secret, ...(token === undefined ? [] : [token])];
  return {
    source: 'secretRef',
    name: quote('secretRef'),
    hashed: all.map(({ field: _, ...reference }) => reference),
    reads: all.map((reference) => ({ object: secretObject(reference), field: reference.field, areKeys: true })),
    demands: [],
    isRoleReadLater: false,
    describe: () => say`keys of ${theObject(secretObject(id))}`,
    mayBeSession: () => token !== undefined,
    refusals: ({ generator, needsLongTermKeys }) =>
      needsLongTermKeys && token !== undefined ? [specFinding(generator, token.field, mustBeAbsent())] : [],
    read(context) {
      const openedFor = (reference: SecretKeyRef) => openedIn(context.answers, objectKey(secretObject(reference)));
      const value = (reference: SecretKeyRef) => readSecretValue(reference, context, openedFor(reference));
      const read = defined({
        accessKeyId: value(id),
        secretAccessKey: value(secret),
        sessionToken: token && value(token),
      });
      const faults = Object.values(read).filter((value): value is Finding => !(value instanceof Sensitive));
      if (faults.length > 0) return { faults };
      const keys = read as Keys; // all of them are Sensitive
      const misused = all.some(openedFor) ? checkSealed(keys, all, context.generator) : checkId(keys, id, context);
      return { keys, faults: [...misused, ...checkSession(keys, id, context)] };
    },
  };
}

/** An access key ID as AWS gives it to users and sessions (`register_aws` in git-secrets of github.com/awslabs/git-secrets, 1.3.0). */
const ACCESS_KEY_ID = /^(?:AKIA|ASIA)[A-Z0-9]{16}$/;
/** Characters of secret access keys that no access key ID has: the ID would be sent as it is. */
const SECRET_ONLY = /[/+=]/;

/**
 * What SOPS encrypted may be somebody else's text. Of keys only the ID and the token are sent: so the ID has AWS's form, and the token is
 * that of a session whose other keys are encrypted beside it.
 */
function checkSealed({ accessKeyId }: Keys, refs: readonly SecretKeyRef[], by: ObjectRef): Finding[] {
  const [id, , token] = refs as [SecretKeyRef, SecretKeyRef, SecretKeyRef?];
  if (!ACCESS_KEY_ID.test(accessKeyId.reveal()))
    return refuse(id, by, 'SOPS encrypted it, and an ID is "AKIA" or "ASIA" and 16 more. Correct the reference');
  if (token === undefined || accessKeyId.reveal().startsWith(TEMPORARY_KEY_PREFIX)) return [];
  return refuse(token, by, 'SOPS encrypted it, and long-term keys have no session token. Remove the reference');
}

function checkId({ accessKeyId }: Keys, id: SecretKeyRef, { generator }: ResolvedContext): Finding[] {
  if (!SECRET_ONLY.test(accessKeyId.reveal())) return [];
  const cause = 'no access key ID has "/", "+" or "=". Check that the two keys are not exchanged';
  return refuse(id, generator, cause);
}

function refuse({ field, key, ...secret }: SecretKeyRef, object: ObjectRef, cause: string): Finding[] {
  const what = say`key ${named(key)} of ${theObject(secretObject(secret))} for ${theObject(object)}`;
  return [finding('CREDENTIAL_MALFORMED', say`cannot use ${what}: ${cause}.`, { object, field })];
}

function checkSession(keys: Keys, id: SecretKeyRef, { generator, needsLongTermKeys }: ResolvedContext): Finding[] {
  const isSession = keys.accessKeyId.reveal().startsWith(TEMPORARY_KEY_PREFIX);
  if (needsLongTermKeys && (isSession || keys.sessionToken !== undefined))
    return [temporaryKeysFinding(generator, 'the keys in its Secret are temporary')];
  if (!isSession || keys.sessionToken !== undefined) return [];
  const field = 'spec.auth.secretRef.sessionTokenSecretRef';
  const what = say`the keys in ${theObject(secretObject(id))} are temporary, and need their session token`;
  return [noSessionTokenFinding(generator, say`${what}. Name it in ${theField(field)}`, field)];
}
