/** A ResourceList around items in block YAML. */
export function list(items: string, config = ''): string {
  return `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n${items}${config}`;
}

/** A document of a file as an item of a list. */
export function item(document: string): string {
  return `- ${document.trimEnd().replaceAll('\n', '\n  ')}\n`;
}

/** A generator `team-a/deployer` with `spec` as flow YAML, without its braces. */
export function generator(
  spec: string,
  { name = 'deployer', metadata = 'namespace: team-a', kind = 'STSAssumeRoleToken' } = {},
): string {
  return `- apiVersion: generators.external-secrets.io/v1alpha1
  kind: ${kind}
  metadata: {name: ${name}, ${metadata}}
  spec: {${spec}}
`;
}

/** A Secret `team-a/NAME` with `data` as flow YAML, without its braces. */
export function secret(data: string, { name = 'keys', field = 'stringData', annotations = '' } = {}): string {
  return `- apiVersion: v1
  kind: Secret
  metadata: {name: ${name}, namespace: team-a${annotations}}
  ${field}: {${data}}
`;
}

/** A ConfigMap that no function has any business with. */
export const OTHER = `- apiVersion: v1
  kind: ConfigMap
  metadata: {name: other} # untouched
`;

/** A valid spec, as flow YAML. */
export const GOOD_SPEC = 'region: eu-west-1, role: "arn:aws:iam::123456789012:role/deployer"';

/** An Input as its functionConfig; `fields`: block YAML, indented by two. */
export function functionConfig(fields: string): string {
  return `functionConfig:\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n${fields}`;
}

/** An STSAssumeRoleToken as a document of a file. */
export function specDocument(name = 'deployer', { namespace = 'team-a', role = 'deployer' } = {}): string {
  return `apiVersion: generators.external-secrets.io/v1alpha1
kind: STSAssumeRoleToken
metadata: {name: ${name}, namespace: ${namespace}} # kept
spec: {region: eu-west-1, role: 'arn:aws:iam::123456789012:role/${role}'}
`;
}
