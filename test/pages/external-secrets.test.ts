import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { assumeRoleSpec } from '../../function/generators/sts-assume-role-token.ts';
import { externalSecret as externalSecretSchema } from '../../function/manifests/external-secret.ts';
import { clusterGenerator as clusterGeneratorSchema } from '../../function/manifests/generator-catalogue.ts';
import { hopsOf } from '../../function/model/hop.ts';
import { generatorSchema } from '../../function/model/schema-parts.ts';
import { draft } from '../../function/planner/draft.ts';
import { FIELD_ROWS } from '../../package/field-rows.ts';
import { clusterGenerator, externalSecret, fromGenerator, generatorManifest, SPEC } from '../support/manifests.ts';
import { ambient } from '../support/world/fake-world.ts';

/** docs/external-secrets.md, which is made of these rows, says of every field what becomes of it. */

const kinds = [
  ['ExternalSecret', externalSecretSchema()],
  ['ClusterGenerator', clusterGeneratorSchema()],
  ['STSAssumeRoleToken', generatorSchema('STSAssumeRoleToken', assumeRoleSpec())],
] as const;

describe.each(kinds)('%s', (kind, schema) => {
  test('has a row for every field of the schema', () => {
    const patterns = FIELD_ROWS[kind].flatMap(({ fields }) => fields).map(toPattern);
    const missing = leavesOf(toSchema(schema), '').filter((field) => !patterns.some((pattern) => pattern.test(field)));
    expect(missing).toEqual([]);
  });
});

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly (JsonSchema & { readonly type?: string })[];
}

function toSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as JsonSchema; // a JSON Schema is wider than what is read here
}

function leavesOf(schema: JsonSchema, path: string): string[] {
  const written = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  const { properties, items } = written;
  if (items !== undefined) return leavesOf(items, `${path}[]`);
  if (properties === undefined) return [path.replace(/\[\]$/, '')];
  return Object.entries(properties).flatMap(([name, inner]) => leavesOf(inner, path === '' ? name : `${path}.${name}`));
}

/** `*` stands for any part. */
function toPattern(field: string): RegExp {
  return new RegExp(`^${field.replaceAll(/[.[\]]/g, '\\$&').replaceAll('*', '.*')}$`);
}

describe('what the page says and no other test shows', () => {
  const shared = fromGenerator('shared', undefined, 'ClusterGenerator');

  test("a status is nobody's", async () => {
    const status = { conditions: [{ type: 'Ready' }] };
    const items = [
      { ...(generatorManifest(SPEC, { name: 'gen', namespace: 'team-a' }) as object), status },
      { ...(clusterGenerator(SPEC) as object), status },
      { ...(externalSecret({ dataFrom: [shared] }) as object), status },
    ];
    expect((await draft({ items, ambient: ambient() })).findings).toEqual([]);
  });

  test('a ServiceAccount of another namespace is refused', async () => {
    const jwt = { serviceAccountRef: { name: 'deployer', namespace: 'team-b' } };
    const items = [generatorManifest({ ...SPEC, auth: { jwt } }, { name: 'gen', namespace: 'team-a' })];
    const { findings } = await draft({ items, ambient: ambient({ STS_FUNCTION_CLUSTER: 'context:ci' }) });
    expect(findings.map(({ field }) => field)).toEqual(['spec.auth.jwt.serviceAccountRef.namespace']);
  });

  test('labels of a ClusterGenerator are matched by an entry', async () => {
    const items = [clusterGenerator(SPEC, { labels: { tier: 'prod' } }), externalSecret({ dataFrom: [shared] })];
    const sessions = [{ match: { labels: { tier: 'prod' } }, via: ['arn:aws:iam::123456789012:role/hub'] }];
    const functionConfig = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Input', sessions };
    const { jobs } = await draft({ items, functionConfig, ambient: ambient() });
    expect(jobs.map(({ parts: [part] }) => hopsOf(part).length)).toEqual([2]);
  });

  test('a ClusterGenerator can be ignored, and so is who names it', async () => {
    const annotations = { 'sts.fn.crossplane.io/ignore': 'true' };
    const items = [clusterGenerator(SPEC, { annotations }), externalSecret({ dataFrom: [shared] })];
    const { jobs, handled, findings } = await draft({ items, ambient: ambient() });
    expect({ jobs, handled, findings }).toEqual({ jobs: [], handled: [], findings: [] });
  });
});
