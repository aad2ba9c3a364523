import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { registryTokenSpec, sessionTokenSpec } from '../../function/manifests/read-generator.ts';
import { ROOT } from '../support/run-function.ts';

/** docs/generators.md says of every field what becomes of it, and names a test that there is. */

const page = readFileSync(join(ROOT, 'docs/generators.md'), 'utf8');

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Every field below `path`, objects that only hold others left out. */
function fieldsOf({ properties = {} }: Schema, path: string): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const at = `${path}.${name}`;
    const inner = fieldsOf(schema, at);
    return at === 'spec.auth' || at === 'spec.requestParameters' ? inner : [at, ...inner];
  });
}

/** The rows of a kind's first table: patterns of fields, and the test. */
function rowsOf(kind: string): { patterns: RegExp[]; shownBy: string }[] {
  const [section = ''] = page.split(`## ${kind}\n`)[1]?.split('\n## ') ?? [];
  const [table = ''] = section.trim().split('\n\n');
  return table
    .split('\n')
    .slice(2)
    .map((line) => {
      const [, fields = '', , shownBy = ''] = line.split('|').map((cell) => cell.trim());
      const patterns = [...fields.matchAll(/`([^`]+)`/g)].map(
        ([, field = '']) => new RegExp(`^${field.replaceAll('.', '\\.').replaceAll('*', '.+')}$`),
      );
      return { patterns, shownBy };
    });
}

describe.each([
  ['STSSessionToken', sessionTokenSpec()],
  ['ECRAuthorizationToken', registryTokenSpec()],
])('%s', (kind, schema) => {
  const fields = fieldsOf(z.toJSONSchema(schema) as Schema, 'spec'); // a JSON Schema is wider than what is read here
  const rows = rowsOf(kind);

  test('has a row for every field, and none for a field that is not there', () => {
    const missing = fields.filter((field) => !rows.some(({ patterns }) => patterns.some((one) => one.test(field))));
    const idle = rows.flatMap(({ patterns }) => patterns.filter((one) => !fields.some((field) => one.test(field))));
    expect({ missing, idle }).toEqual({ missing: [], idle: [] });
  });

  test.each(rows.map(({ shownBy }) => shownBy))('names a test: %s', (shownBy) => {
    const [file = '', name = ''] = shownBy.split(' › ');
    const path = [`test/${file}.test.ts`, `test/${file}.ts`].map((one) => join(ROOT, one)).find(existsSync);
    const text = path === undefined ? '' : readFileSync(path, 'utf8');
    expect({ path: path !== undefined, isThere: name !== '' && text.includes(name) }).toEqual({
      path: true,
      isThere: true,
    });
  });
});
