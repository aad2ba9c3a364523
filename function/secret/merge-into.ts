import type { SecretManifest } from '../api/flow.ts';
import type { SecretForm } from '../api/plan.ts';
import { stringsIn } from '../api/strings-in.ts';
import type { SuppliedObject } from '../api/supplied.ts';

/** A Secret added to the one that is there: its other keys stay, and its type unless the form has one. */
export function mergeInto(
  { data, stringData, type = 'Opaque' }: SuppliedObject,
  secret: SecretManifest,
  form: Pick<SecretForm, 'type'>,
): SecretManifest {
  const texts = Object.entries(stringsIn(stringData)).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    ...secret,
    type: form.type ?? type,
    data: { ...stringsIn(data), ...Object.fromEntries(texts), ...secret.data },
  };
}
