import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { registryTokenSpec } from '../../function/generators/ecr-authorization-token.ts';
import { sessionTokenSpec } from '../../function/generators/sts-session-token.ts';
import { FIELD_ROWS } from '../../package/field-rows.ts';

/** docs/generators.md, which is made of these rows, says of every field what becomes of it. */

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

describe.each([
  ['STSSessionToken', sessionTokenSpec()],
  ['ECRAuthorizationToken', registryTokenSpec()],
] as const)('%s', (kind, schema) => {
  const fields = fieldsOf(z.toJSONSchema(schema) as Schema, 'spec'); // a JSON Schema is wider than what is read here
  const rows = FIELD_ROWS[kind];

  test('has a row for every field, and none for a field that is not there', () => {
    const patterns = rows
      .flatMap((row) => row.fields)
      .map((field) => new RegExp(`^${field.replaceAll('.', '\\.').replaceAll('*', '.+')}$`));
    const missing = fields.filter((field) => !patterns.some((one) => one.test(field)));
    const idle = patterns.filter((one) => !fields.some((field) => one.test(field)));
    expect({ missing, idle }).toEqual({ missing: [], idle: [] });
  });
});
