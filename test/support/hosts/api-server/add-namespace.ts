import { stringify } from 'yaml';
import { applyRole, type RoleChoice } from './apply-role.ts';
import type { ApiServer } from './start-api-server.ts';

/** What a namespace holds. */
interface NamespaceChoice extends RoleChoice {
  /** Annotations of its ServiceAccount `deployer`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Its Secrets, by name. */
  readonly contents?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Makes a namespace with the ServiceAccount `deployer`, Secrets, and the Role of docs/cluster.md for the user `ci`. */
export async function addNamespace(server: Pick<ApiServer, 'kubectl'>, choice: NamespaceChoice): Promise<void> {
  const { namespace, annotations, contents = {} } = choice;
  const objects = [
    { kind: 'Namespace', metadata: { name: namespace } },
    { kind: 'ServiceAccount', metadata: { name: 'deployer', namespace, annotations } },
    ...Object.entries(contents).map(([name, stringData]) => ({
      kind: 'Secret',
      metadata: { name, namespace },
      stringData,
    })),
  ];
  const manifests = objects.map((object) => stringify({ apiVersion: 'v1', ...object }));
  await server.kubectl(['apply', '-f', '-'], manifests.join('---\n'));
  await applyRole(server, choice);
}
