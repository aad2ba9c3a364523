import type { AuditBench } from './audit-bench.ts';
import type { HttpAnswer } from './canary-server.ts';
import type { Canaries } from './needles.ts';

/** One way in for a secret: a package that uses it, what is around the package, and the values that nobody may see. */
export interface Position {
  readonly documents: readonly string[];
  /** `sessions` of the package's Input, as flow YAML. */
  readonly sessions?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly canaries: Canaries;
  /** A server opens nothing that SOPS encrypted. */
  readonly isRefusedByServe?: true;
  /** How it goes wrong by itself, by what is wrong. */
  readonly spoilt?: Readonly<Record<string, Spoilt>>;
}

/** What is changed, so that nothing can be minted. */
export interface Spoilt {
  readonly documents?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What all servers but STS answer. */
  readonly answer?: HttpAnswer;
}

export type MakePosition = (bench: AuditBench) => Position | Promise<Position>;

/** A generator of `role`; `more`: fields of its spec as flow YAML, with a comma before each. */
export function generatorDocument(role: string, more = '', kind = 'STSAssumeRoleToken'): string {
  const spec = role === '' ? '' : `, role: "${role}"`;
  return `apiVersion: generators.external-secrets.io/v1alpha1
kind: ${kind}
metadata: {name: deployer, namespace: team-a}
spec: {region: eu-west-1${spec}${more}}
`;
}

/** A Secret; values as they are. */
export function secretDocument(name: string, values: Readonly<Record<string, string>>): string {
  const data = Object.entries(values).map(([key, value]) => `  ${key}: ${Buffer.from(value).toString('base64')}\n`);
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: team-a}\ndata:\n${data.join('')}`;
}

/** A ServiceAccount of that role. */
export function serviceAccountDocument(name: string, role: string): string {
  const annotations = `{eks.amazonaws.com/role-arn: "${role}"}`;
  return `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ${name}, namespace: team-a, annotations: ${annotations}}\n`;
}
