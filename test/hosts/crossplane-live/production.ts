import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiServer } from '../../support/hosts/api-server.ts';
import { ROOT } from '../../support/run-function.ts';
import { until } from '../../support/start-process.ts';
import { NAMESPACE } from './install-function.ts';

const RUNTIME = 'DeploymentRuntimeConfig';

/** What a Deployment makes its pods of, as far as the example's other files depend on it. */
interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly {
      readonly args?: readonly string[];
      readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
      readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean };
      readonly volumeMounts: readonly { readonly mountPath: string }[];
    }[];
  };
}

/** The pods that the engine makes by the runtime of examples/crossplane/production, and that example's objects by their kinds. */
export async function podsOfProduction(kubectl: ApiServer['kubectl']) {
  const built = await kubectl(['kustomize', join(ROOT, 'examples/crossplane/production')]);
  const objects = new Map(parseAllDocuments(built).map((document) => [document.get('kind'), document]));
  await kubectl(['apply', '-f', '-'], String(objects.get(RUNTIME)));
  const template = await until('a Deployment with that runtime', 60, async () => {
    const text = await kubectl(['get', 'deployments', `--namespace=${NAMESPACE}`, '--output=json']);
    const { items } = JSON.parse(text) as { items: { spec: { template: PodTemplate } }[] };
    const templates = items.map(({ spec }) => spec.template);
    return templates.find(({ spec }) => spec.containers[0]?.securityContext?.readOnlyRootFilesystem);
  });
  return { template, get: (kind: string, path: readonly unknown[]) => objects.get(kind)?.getIn(path) };
}
