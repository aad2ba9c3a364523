import type { Ambient } from '../../../function/api/world.ts';

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

/** What a process was started with, when it was started with just this. */
export function ambient(environment: Readonly<Record<string, string>> = {}): Ambient {
  return {
    environment,
    region: async () => environment.AWS_REGION,
    readFile: async () => undefined,
    tokenFile: async () => undefined,
    githubToken: async () => undefined,
  };
}
