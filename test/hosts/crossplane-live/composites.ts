import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { EmittedSecret } from '../../support/emitted.ts';
import type { ApiServer } from '../../support/hosts/api-server.ts';
import { ROOT } from '../../support/run-function.ts';
import { until } from '../../support/start-process.ts';

/** Where the Secrets of all composites are. */
export const TEAM = 'team-a';
const PORTION = 20;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message?: string;
}

interface CompositeObject {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** A kind of composite resource and its Composition, which is an example's. */
interface CompositeKind {
  readonly kind: string;
  readonly scope: 'Namespaced' | 'Cluster' | 'LegacyCluster';
  /** A folder of examples/crossplane. */
  readonly example: string;
}

/** {@link defineComposites} */
export type Composites = Awaited<ReturnType<typeof defineComposites>>;

/** Defines a kind with its Composition. */
export async function defineComposites(kubectl: ApiServer['kubectl'], wanted: CompositeKind) {
  const { kind, scope } = wanted;
  const plural = `${kind.toLowerCase()}s`;
  await kubectl(['apply', '-f', '-'], stringify(definitionOf(wanted, plural)));
  await kubectl(['apply', '-f', '-'], stringify(await compositionOf(wanted, plural)));
  await kubectl(['wait', `xrd/${plural}.example.org`, '--for=condition=Established', '--timeout=30s']);
  const inScope = scope === 'Namespaced' ? [`--namespace=${TEAM}`] : [];
  const all = async () => {
    const { items } = JSON.parse(await kubectl(['get', plural, ...inScope, '--output=json'])) as {
      items: CompositeObject[];
    };
    return new Map(items.map(({ metadata, status }) => [metadata.name, byType(status?.conditions ?? [])]));
  };
  return {
    /** Makes some, each with this spec. */
    add: async (names: readonly string[], spec: object) => {
      const metadata = scope === 'Namespaced' ? { namespace: TEAM } : {};
      const objects = names.map((name) =>
        stringify({ apiVersion: 'example.org/v1', kind, metadata: { name, ...metadata }, spec }),
      );
      for (const some of inPortions(objects)) await kubectl(['create', '-f', '-'], some.join('---\n'));
    },
    /** Waits until each of these has a condition, as `Ready=True`. */
    untilAll: (names: readonly string[], condition: string, seconds: number) => {
      const [type = '', status] = condition.split('=');
      return until(
        `${condition} of ${names.length} ${plural}, of which the first is ${names[0]}`,
        seconds,
        async () => {
          const found = await all();
          const missing = names.filter((name) => found.get(name)?.[type]?.status !== status);
          if (missing.length === 0) return true;
          const [first = ''] = missing;
          throw new Error(`${missing.length} are not so yet; ${first}: ${JSON.stringify(found.get(first))}`);
        },
      ).then(() => {});
    },
    /** The conditions of one. */
    conditionsOf: async (name: string) => (await all()).get(name) ?? {},
    /** The Secret that one of them has. */
    secretOf: async (name: string) =>
      JSON.parse(
        await kubectl(['get', 'secret', `${name}-deployer`, `--namespace=${TEAM}`, '--output=json']),
      ) as EmittedSecret & { metadata: { uid: string } },
    /** Deletes it as somebody would by hand. */
    deleteSecretOf: async (name: string) => {
      await kubectl(['delete', 'secret', `${name}-deployer`, `--namespace=${TEAM}`]);
    },
    /** Makes the engine look at each of these. */
    touch: async (names: readonly string[], mark: string) => {
      for (const some of inPortions(names))
        await kubectl(['annotate', '--overwrite', plural, ...some, ...inScope, `example.org/touched=${mark}`]);
    },
  };
}

function definitionOf({ kind, scope }: CompositeKind, plural: string): object {
  const text = { type: 'string' };
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { accountID: text } } } };
  const version = scope === 'LegacyCluster' ? 'v1' : 'v2';
  return {
    apiVersion: `apiextensions.crossplane.io/${version}`,
    kind: 'CompositeResourceDefinition',
    metadata: { name: `${plural}.example.org` },
    spec: {
      ...(scope === 'LegacyCluster' ? {} : { scope }),
      group: 'example.org',
      names: { kind, plural },
      versions: [{ name: 'v1', served: true, referenceable: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

/** The example's, for this kind and any account; where composites have no namespace its generator says the Secret's. */
async function compositionOf({ kind, scope, example }: CompositeKind, plural: string): Promise<object> {
  const listed = await readFile(join(ROOT, 'examples/crossplane', example, 'composition.yaml'), 'utf8');
  const text = listed.replace('arn:aws:iam::123456789012:role/deployer', 'arn:aws:iam::*:role/deployer');
  const placed = scope === 'Namespaced' ? text : text.replace('name: deployer\n', `$&          namespace: ${TEAM}\n`);
  const composition = parse(placed) as { metadata: object; spec: { compositeTypeRef: object } };
  const compositeTypeRef = { ...composition.spec.compositeTypeRef, kind };
  return { ...composition, metadata: { name: plural }, spec: { ...composition.spec, compositeTypeRef } };
}

function byType(conditions: readonly Condition[]): Readonly<Record<string, Condition>> {
  return Object.fromEntries(conditions.map((condition) => [condition.type, condition]));
}

/** So few that one call of kubectl is short even where the engine keeps the API server busy. */
function inPortions<T>(all: readonly T[]): T[][] {
  const starts = Array.from({ length: Math.ceil(all.length / PORTION) }, (_, index) => index * PORTION);
  return starts.map((start) => all.slice(start, start + PORTION));
}
