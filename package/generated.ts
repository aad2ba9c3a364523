import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { CODES } from '../function/api/codes.ts';
import { input } from '../function/api/input.ts';
import { assumeRoleSpec } from '../function/api/sts-assume-role-token.ts';

const root = join(import.meta.dirname, '..');

/** Texts that are made from the code, by their path in the repository. A test fails when one is stale. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/errors.md', errorsPage()],
    ['docs/input.md', withSection('docs/input.md', 'input', inputTable())],
    ['README.md', withSection('README.md', 'spec', specTable())],
  ]);
}

function errorsPage(): string {
  const rows = Object.entries(CODES).map(
    ([code, { severity, means, cure }]) =>
      `## ${code}\n\n${severity === 'error' ? 'Error' : 'Warning'}. ${means}\n\n${cure}\n`,
  );
  return `# Errors and warnings

Made by \`npm run generate\` from \`function/api/codes.ts\`. The code is in the result's \`tags.code\`. Every message, as a
user sees it, is in \`test/golden/messages.golden\`.

${rows.join('\n')}`;
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

function specTable(): string {
  const schema = z.toJSONSchema(assumeRoleSpec, { io: 'input' }) as JsonSchema; // a JSON Schema is wider than what we print
  return ['| field | type | |', '|---|---|---|', ...rowsOf(schema, 'spec')].join('\n');
}

function inputTable(): string {
  const schema = z.toJSONSchema(input, { unrepresentable: 'any' }) as JsonSchema; // as above
  const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties ?? {};
  return ['| field | type | |', '|---|---|---|', ...rowsOf({ properties, required: [] }, '')].join('\n');
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, path: string): string[] {
  return Object.entries(properties).flatMap(([name, written]) => {
    const property = written.anyOf?.find(({ type }) => type !== 'null') ?? written;
    const inner = property.items ?? property;
    const at = path === '' ? name : `${path}.${name}`;
    const type = property.items === undefined ? (property.type ?? 'any') : `list of ${property.items.type ?? 'any'}s`;
    const need = required.includes(name) ? 'Required. ' : '';
    const row = `| \`${at}\` | ${type} | ${need}${written.description ?? property.description ?? ''} |`;
    return [row, ...rowsOf(inner, property.items === undefined ? at : `${at}[]`)];
  });
}

function withSection(file: string, name: string, content: string): string {
  const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end of generated: ${name} -->`];
  const text = readFileSync(join(root, file), 'utf8');
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no section ${name}`);
  return `${before}${start}\n${content}\n${end}${after}`;
}
