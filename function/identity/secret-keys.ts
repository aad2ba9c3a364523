import { type Finding, finding, specFinding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { named, type ObjectRef, say, theField, theObject } from '../findings/say.ts';
import { type Keys, TEMPORARY_KEY_PREFIX } from '../model/hop.ts';
import type { Identity, ResolvedContext } from '../model/identity.ts';
import { secretObject } from '../model/kinds.ts';
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
export function secretKeys(written: SecretKeySelectors, { namespace }: ObjectRef): Identity {
  const { accessKeyIDSecretRef, secretAccessKeySecretRef, sessionTokenSecretRef } = written;
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
    reads: all.map((reference) => ({ object: secretObject(reference), field: reference.field })),
    demands: [],
    hasOwnRole: false,
    describe: () => say`keys of ${theObject(secretObject(id))}`,
    mayBeSession: () => token !== undefined,
    refusals: ({ generator, needsLongTermKeys }) =>
      needsLongTermKeys && token !== undefined ? [specFinding(generator, token.field, mustBeAbsent())] : [],
    read(asked) {
      const read = defined({
        accessKeyId: readSecretValue(id, asked),
        secretAccessKey: readSecretValue(secret, asked),
        sessionToken: token && readSecretValue(token, asked),
      });
      const faults = Object.values(read).filter((value): value is Finding => !(value instanceof Sensitive));
      if (faults.length > 0) return { faults };
      const keys = read as Keys; // all of them are Sensitive
      return { keys, faults: [...checkId(keys, id, asked), ...checkSession(keys, id, asked)] };
    },
  };
}

/** Characters of secret access keys that no access key ID has: the ID would be sent as it is. */
const SECRET_ONLY = /[/+=]/;

function checkId({ accessKeyId }: Keys, id: SecretKeyRef, { generator }: ResolvedContext): Finding[] {
  if (!SECRET_ONLY.test(accessKeyId.reveal())) return [];
  const start = say`cannot use key ${named(id.key)} of ${theObject(secretObject(id))} for ${theObject(generator)}`;
  const message = say`${start}: no access key ID has "/", "+" or "=". Check that the two keys are not exchanged.`;
  return [finding('CREDENTIAL_MALFORMED', message, { object: generator, field: id.field })];
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
