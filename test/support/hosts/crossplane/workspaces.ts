import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { EmittedSecret } from '../../emitted.ts';
import { ROOT } from '../../run-function.ts';
import type { ApiServer } from '../api-server/start-api-server.ts';
import { until } from './until.ts';

const TEAM = 'team-a';
const PORTION = 20;
const IN_TEAM = `--namespace=${TEAM}`;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

interface Workspace {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

type Kubectl = ApiServer['kubectl'];

/** Defines the composite `Workspace` and the Composition of the example. */
export async function defineWorkspaces(kubectl: Kubectl): Promise<void> {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { accountID: { type: 'string' } } } },
  };
  const definition = {
    apiVersion: 'apiextensions.crossplane.io/v2',
    kind: 'CompositeResourceDefinition',
    metadata: { name: 'workspaces.example.org' },
    spec: {
      scope: 'Namespaced',
      group: 'example.org',
      names: { kind: 'Workspace', plural: 'workspaces' },
      versions: [{ name: 'v1', served: true, referenceable: true, schema: { openAPIV3Schema: schema } }],
    },
  };
  const composition = await readFile(join(ROOT, 'examples/crossplane/account-from-composite/composition.yaml'), 'utf8');
  await kubectl(['create', 'namespace', TEAM]);
  await kubectl(['apply', '-f', '-'], stringify(definition));
  await kubectl(['apply', '-f', '-'], composition);
  await kubectl(['wait', 'xrd/workspaces.example.org', '--for=condition=Established', '--timeout=30s']);
}

/** Makes composites of an account. */
export async function addWorkspaces(kubectl: Kubectl, names: readonly string[], accountID: string): Promise<void> {
  const objects = names.map((name) =>
    stringify({
      apiVersion: 'example.org/v1',
      kind: 'Workspace',
      metadata: { name, namespace: TEAM },
      spec: { accountID },
    }),
  );
  for (const some of inPortions(objects)) await kubectl(['create', '-f', '-'], some.join('---\n'));
}

/** Waits until each of these has a condition, as `Ready=True`. */
export async function untilAll(
  kubectl: Kubectl,
  names: readonly string[],
  wanted: string,
  seconds: number,
): Promise<void> {
  const [type, status] = wanted.split('=');
  await until(`${wanted} of ${names.length} composites, of which the first is ${names[0]}`, seconds, async () => {
    const all = await workspaces(kubectl);
    const missing = names.filter((name) => all.get(name)?.[type ?? '']?.status !== status);
    if (missing.length === 0) return true;
    const [first = ''] = missing;
    throw new Error(`${missing.length} are not so yet; ${first}: ${JSON.stringify(all.get(first))}`);
  });
}

/** The conditions of one. */
export async function conditionsOf(kubectl: Kubectl, name: string): Promise<Readonly<Record<string, Condition>>> {
  return (await workspaces(kubectl)).get(name) ?? {};
}

/** All conditions of all of them, by name and type. */
async function workspaces(kubectl: Kubectl): Promise<ReadonlyMap<string, Readonly<Record<string, Condition>>>> {
  const { items } = JSON.parse(await kubectl(['get', 'workspaces', IN_TEAM, '--output=json'])) as {
    items: Workspace[];
  };
  return new Map(
    items.map(({ metadata, status }) => [
      metadata.name,
      Object.fromEntries((status?.conditions ?? []).map((condition) => [condition.type, condition])),
    ]),
  );
}

/** The Secret that one of them has. */
export async function secretOf(kubectl: Kubectl, name: string): Promise<EmittedSecret & { metadata: { uid: string } }> {
  return JSON.parse(await kubectl(['get', 'secret', `${name}-deployer`, IN_TEAM, '--output=json']));
}

/** Deletes it as somebody would by hand. */
export async function deleteSecretOf(kubectl: Kubectl, name: string): Promise<void> {
  await kubectl(['delete', 'secret', `${name}-deployer`, IN_TEAM]);
}

/** Makes the engine look at each of these. */
export async function touch(kubectl: Kubectl, names: readonly string[], mark: string): Promise<void> {
  for (const some of inPortions(names))
    await kubectl(['annotate', 'workspaces', ...some, IN_TEAM, `example.org/touched=${mark}`]);
}

/** So few that one call of kubectl is short even where the engine keeps the API server busy. */
function inPortions<T>(all: readonly T[]): T[][] {
  const starts = Array.from({ length: Math.ceil(all.length / PORTION) }, (_, index) => index * PORTION);
  return starts.map((start) => all.slice(start, start + PORTION));
}
