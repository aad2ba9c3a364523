import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type ObjectRef, secretObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import type { IdentityRefusal } from './choose-identity.ts';
import type { ValueFault } from './read-secret-value.ts';

const MALFORMED: Readonly<Record<Exclude<ValueFault['reason'], 'noSecret' | 'noKey'>, string>> = {
  noString: 'is not a string. Quote it',
  noBase64: 'is not base64. Encode it with `printf %s "$KEY" | base64 -w0`, or use `stringData`',
  empty: 'is empty. Write the key there',
  trailingNewline:
    'ends with a newline, which would break the signature. Write it again without: for `data`, `printf %s "$KEY" | base64 -w0`',
  whiteSpace: 'has white space in it, which no key has. Write it again',
  noText: 'has characters in it that no key has. Write it again',
  encrypted: 'is encrypted by SOPS, which this version does not open. Decrypt it before this function runs',
};

/** "cannot read SECRET for GENERATOR: CAUSE. CURE." Never a byte of the value. */
export function explainValueFault(generator: ObjectRef, { reference, reason }: ValueFault): Finding {
  const secret = describeObject(secretObject(reference));
  const key = quote(reference.key);
  const at = { object: generator, field: reference.field };
  const start = `cannot read ${secret} for ${describeObject(generator)}`;
  if (reason === 'noSecret') {
    const cure =
      'Put it in the package; a kustomize generator sees no resources, so there use `transformers` or the default credential chain';
    return finding('REFERENCE_MISSING', `${start}: it is not in the ResourceList. ${cure}.`, at);
  }
  if (reason === 'noKey') {
    return finding(
      'REFERENCE_MISSING',
      `${start}: it has no key ${key}. Add the key, or correct \`${reference.field}.key\`.`,
      at,
    );
  }
  return finding('CREDENTIAL_MALFORMED', `${start}: the value of key ${key} ${MALFORMED[reason]}.`, at);
}

/** Why the identity that `spec.auth` asks for cannot be taken. */
export function explainRefusal(generator: ObjectRef, { reason }: IdentityRefusal): Finding {
  const start = `cannot use ${describeObject(generator)}`;
  if (reason === 'bothGiven') {
    const message = `${start}: \`spec.auth\` has both \`secretRef\` and \`jwt\`. Remove one of them.`;
    return finding('SPEC_INVALID', message, { object: generator, field: 'spec.auth' });
  }
  if (reason === 'authAndIdentity') {
    const message = `${start}: it has \`spec.auth\`, and its entry of the functionConfig has \`identity\`. Remove one of them.`;
    return finding('SPEC_INVALID', message, { object: generator, field: 'spec.auth' });
  }
  const cure =
    'Use `secretRef`, or remove `auth` to use the default credential chain, which reads AWS_WEB_IDENTITY_TOKEN_FILE';
  const message = `${start}: \`spec.auth.jwt\` is not in this version. ${cure}.`;
  return finding('NOT_AVAILABLE', message, { object: generator, field: 'spec.auth.jwt' });
}
