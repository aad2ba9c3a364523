import { type Cluster, describeCluster } from '../api/cluster.ts';
import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type ObjectRef, secretObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import type { ValueFault } from './read-secret-value.ts';

const MALFORMED: Readonly<Record<Exclude<ValueFault['reason'], 'noSecret' | 'noKey'>, string>> = {
  noString: 'is not a string. Quote it',
  noBase64: 'is not base64. Encode it with `printf %s "$VALUE" | base64 -w0`, or use `stringData`',
  empty: 'is empty. Write the value there',
  trailingNewline:
    'ends with a newline, which would be sent too. Write it again without: for `data`, `printf %s "$VALUE" | base64 -w0`',
  whiteSpace: 'has white space in it, which no such value has. Write it again',
  noText: 'has characters in it that no such value has. Write it again',
  encrypted: 'is encrypted by SOPS. Set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE to open it',
};

/** "cannot read SECRET for GENERATOR: CAUSE. CURE." Never a byte of the value. */
export function explainValueFault(
  generator: ObjectRef,
  { reference, reason }: ValueFault,
  cluster: Cluster | undefined,
): Finding {
  const key = quote(reference.key);
  const start = `cannot read ${describeObject(secretObject(reference))} for ${describeObject(generator)}`;
  const isInSpec = reference.field.startsWith('spec.'); // else the Input has it
  const at = { object: generator, ...(isInSpec && { field: reference.field }) };
  switch (reason) {
    case 'noSecret':
      return finding('REFERENCE_MISSING', `${start}: it is ${whereNot(generator, cluster)}.`, at);
    case 'noKey': {
      const message = `${start}: it has no key ${key}. Add the key, or correct \`${reference.field}.key\`.`;
      return finding('REFERENCE_MISSING', message, at);
    }
    default:
      return finding('CREDENTIAL_MALFORMED', `${start}: the value of key ${key} ${MALFORMED[reason]}.`, at);
  }
}

/** Where a Secret was looked for, and what helps. */
function whereNot({ namespace }: ObjectRef, cluster: Cluster | undefined): string {
  if (cluster === undefined) {
    return `not in the ResourceList. Put it in the package, or switch on a cluster (STS_FUNCTION_CLUSTER); a kustomize generator sees no resources, so there use \`transformers\` or the default credential chain`;
  }
  if (namespace === undefined)
    return 'not in the ResourceList, and a cluster is not asked without a namespace. Give the generator `metadata.namespace`';
  return `neither in the ResourceList nor in ${describeCluster(cluster)}. Apply it, or correct the name`;
}
