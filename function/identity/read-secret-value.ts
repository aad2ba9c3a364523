import { type Finding, finding } from '../findings/finding.ts';
import { named, notThere, type ObjectRef, say, theField, theObject, type Words } from '../findings/say.ts';
import { type OpenedSecret, objectIn } from '../model/answers.ts';
import type { ResolvedContext } from '../model/identity.ts';
import { objectKey, secretObject } from '../model/kinds.ts';
import { decodeStrictBase64, valueAt } from '../model/plain-data.ts';
import { type Cluster, describeCluster, type SecretKeyRef } from '../model/schema-parts.ts';
import { Sensitive } from '../model/sensitive.ts';

/** Who reads, and from what. */
type Reading = Pick<ResolvedContext, 'generator' | 'answers' | 'cluster'>;

const MALFORMED = {
  noString: 'is not a string. Quote it',
  noBase64: 'is not base64. Encode it with `printf %s "$VALUE" | base64 -w0`, or use `stringData`',
  tooLong: 'has more than 32,768 characters. Write the key, token or external ID alone there',
  empty: 'is empty. Write the value there',
  trailingNewline:
    'ends with a newline, which would be sent too. Remove the newline; for `data` use `printf %s "$VALUE" | base64 -w0`',
  whiteSpace: 'contains white space, and no key, token or external ID does. Copy the value again',
  noText: 'contains characters that no key, token or external ID has. Copy the value again',
  encrypted: 'is encrypted by SOPS, and the Secret has no `sops` to open it with. Decrypt it before the run',
};

/**
 * Most characters of a value as it is written, since very many generators may read the same. The limit is ours: AWS promises none for
 * tokens, and says that they typically have less than 4,096 bytes.
 */
const MOST_CHARACTERS = 32_768;

/**
 * Reads one value: printable text without white space, as keys, tokens and external IDs are. Otherwise "cannot read SECRET for
 * GENERATOR: CAUSE. CURE.", without a byte of the value. `opened`: for keys in front of a role, from a sealed Secret.
 */
export function readSecretValue(
  reference: SecretKeyRef,
  { generator, answers, cluster }: Reading,
  opened?: OpenedSecret['opened'],
): Sensitive | Finding {
  const object = secretObject(reference);
  const key = named(reference.key);
  const start = say`cannot read ${theObject(object)} for ${theObject(generator)}`;
  const isInSpec = reference.field.startsWith('spec.'); // otherwise it is in the Input
  const at = { object: generator, ...(isInSpec && { field: reference.field }) };
  const secret = opened ?? objectIn(answers, objectKey(object));
  if (secret === null) return finding('REFERENCE_MISSING', say`${start}: it is ${notFound(generator, cluster)}.`, at);
  const plain = valueAt(secret.stringData, [reference.key]); // the API server lets stringData win over data
  const encoded = valueAt(secret.data, [reference.key]);
  if (plain === undefined && encoded === undefined) {
    const cure = say`Add the key, or correct ${theField(`${reference.field}.key`)}`;
    return finding('REFERENCE_MISSING', say`${start}: it has no ${opened ? 'encrypted ' : ''}key ${key}. ${cure}.`, at);
  }
  const value = plain === undefined ? checked(encoded, decodeBase64) : checked(plain, (text) => text);
  if (value instanceof Sensitive) return value;
  return finding('CREDENTIAL_MALFORMED', say`${start}: the value of key ${key} ${MALFORMED[value]}.`, at);
}

function decodeBase64(text: string): string | undefined {
  return decodeStrictBase64(text)?.toString('latin1');
}

function checked(raw: unknown, decode: (text: string) => string | undefined): Sensitive | keyof typeof MALFORMED {
  if (typeof raw !== 'string') return 'noString';
  if (raw.startsWith('ENC[')) return 'encrypted';
  if (raw.length > MOST_CHARACTERS) return 'tooLong';
  const value = decode(raw);
  if (value === undefined) return 'noBase64';
  if (value === '') return 'empty';
  if (/[\r\n]$/.test(value)) return 'trailingNewline';
  if (/\s/.test(value)) return 'whiteSpace';
  return /^[\x21-\x7e]+$/.test(value) ? new Sensitive(value) : 'noText';
}

/** Where a Secret was looked for, and what helps. */
function notFound({ namespace }: ObjectRef, cluster: Cluster | undefined): Words {
  if (cluster === undefined) {
    const place = `Put it in the package${namespace === undefined ? '' : ', in that namespace'}`;
    return notThere({
      cure: `${place}, or set STS_FUNCTION_CLUSTER to look it up in a cluster`,
      cureOfGenerator: 'start this function under `transformers`, or use the default credential chain',
    });
  }
  if (namespace === undefined)
    return notThere({
      also: ', and without a namespace it cannot be looked up in a cluster',
      cure: 'Set `metadata.namespace` of the generator',
    });
  return notThere({ beside: describeCluster(cluster), cure: 'Apply it, or correct the name' });
}
