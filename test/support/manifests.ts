/** A generator manifest as plain data. */
export function generatorManifest(
  spec: unknown,
  metadata: Record<string, unknown> = { name: 'deployer', namespace: 'team-a' },
): unknown {
  return { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'STSAssumeRoleToken', metadata, spec };
}

export const ROLE_ARN = 'arn:aws:iam::123456789012:role/deployer';

/** A valid spec, as plain data. */
export const SPEC = { region: 'eu-west-1', role: ROLE_ARN };

/** An ExternalSecret manifest as plain data. */
export function externalSecret(
  spec: object,
  metadata: Readonly<Record<string, unknown>> = {},
  apiVersion = 'external-secrets.io/v1',
): unknown {
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
export function clusterGenerator(spec: object, metadata: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'ClusterGenerator',
    metadata: { name: 'shared', ...metadata },
    spec: { kind: 'STSAssumeRoleToken', generator: { stsAssumeRoleTokenSpec: spec } },
  };
}
