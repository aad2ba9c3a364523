const GENERATORS = 'generators.external-secrets.io/v1alpha1';

export const ROLE_ARN = 'arn:aws:iam::123456789012:role/deployer';

/** A valid spec, as plain data. */
export const SPEC = { region: 'eu-west-1', role: ROLE_ARN };

/** A valid spec, as flow YAML. */
export const GOOD_SPEC = `region: eu-west-1, role: "${ROLE_ARN}"`;

/** A generator manifest as plain data. */
export function generatorManifest<Spec>(
  spec: Spec,
  metadata: object = { name: 'deployer', namespace: 'team-a' },
  kind = 'STSAssumeRoleToken',
) {
  return { apiVersion: GENERATORS, kind, metadata, spec };
}

/** A generator `team-a/deployer` as a document of a file; `spec` and `metadata`: flow YAML without braces. */
export function generatorDocument(
  spec = GOOD_SPEC,
  { name = 'deployer', metadata = 'namespace: team-a', kind = 'STSAssumeRoleToken' } = {},
): string {
  return `apiVersion: ${GENERATORS}\nkind: ${kind}\nmetadata: {name: ${name}, ${metadata}}\nspec: {${spec}}\n`;
}

/** The same as an item of a ResourceList. */
export function generatorItem(...choice: Parameters<typeof generatorDocument>): string {
  return item(generatorDocument(...choice));
}

/** A valid STSAssumeRoleToken with a comment, as a document of a file. */
export function specDocument(name = 'deployer', { namespace = 'team-a', role = 'deployer' } = {}): string {
  const spec = `region: eu-west-1, role: 'arn:aws:iam::123456789012:role/${role}'`;
  return generatorDocument(spec, { name, metadata: `namespace: ${namespace}` }).replace('\nspec', ' # kept\nspec');
}

/** An ExternalSecret manifest as plain data. */
export function externalSecret(
  spec: object,
  metadata: Readonly<Record<string, unknown>> = {},
  apiVersion = 'external-secrets.io/v1',
) {
  return {
    apiVersion,
    kind: 'ExternalSecret',
    metadata: { name: 'credentials', namespace: 'team-a', ...metadata },
    spec,
  };
}

/** An entry of `dataFrom` that names a generator. */
export function fromGenerator(name = 'gen', rewrite?: readonly object[], kind = 'STSAssumeRoleToken'): object {
  return { sourceRef: { generatorRef: { kind, name } }, ...(rewrite === undefined ? {} : { rewrite }) };
}

/** A ClusterGenerator of an STSAssumeRoleToken. */
export function clusterGenerator(spec: object, metadata: Readonly<Record<string, unknown>> = {}) {
  const generator = { stsAssumeRoleTokenSpec: spec };
  return generatorManifest(
    { kind: 'STSAssumeRoleToken', generator },
    { name: 'shared', ...metadata },
    'ClusterGenerator',
  );
}

/** A ResourceList around items in block YAML. */
export function list(items: string, config = ''): string {
  return `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n${items}${config}`;
}

/** A document of a file as an item of a list. */
export function item(document: string): string {
  return `- ${document.trimEnd().replaceAll('\n', '\n  ')}\n`;
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

/** An Input as its functionConfig; `fields`: block YAML, indented by two. */
export function functionConfig(fields: string): string {
  return `functionConfig:\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n${fields}`;
}
