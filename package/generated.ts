import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ADVICE } from '../function/chain/advice.ts';
import { CODES } from '../function/findings/codes.ts';
import { FAMILIES } from '../function/gotemplate/gotemplate.ts';
import { input, stepInput } from '../function/manifests/input.ts';
import { assumeRoleSpec } from '../function/manifests/read-generator.ts';
import { policy } from '../function/manifests/read-policy.ts';
import { bundleTable } from './bundle-table.ts';
import { editorSchema } from './editor-schema.ts';
import { inputCrd } from './input-crd.ts';

const root = join(import.meta.dirname, '..');

/** Texts that are made from the code and the last build, by their path in the repository. A test fails when one is stale. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/errors.md', errorsPage()],
    ['package/input/sts.fn.crossplane.io_inputs.yaml', inputCrd()],
    ['package/editor/input.schema.json', editorSchema('Input', stepInput())],
    ['package/editor/policy.schema.json', editorSchema('Policy', policy())],
    ['docs/input.md', withSection('docs/input.md', 'input', inputTable())],
    ['docs/templates.md', withSection('docs/templates.md', 'templates', functionsTable())],
    ['docs/supply-chain.md', withSection('docs/supply-chain.md', 'bundle', bundleTable())],
    ['README.md', withSection('README.md', 'spec', specTable())],
  ]);
}

const SEVERITIES = { error: 'Error', warning: 'Warning', info: 'Info' };

function errorsPage(): string {
  const rows = Object.entries(CODES).map(
    ([code, { severity, means, cure }]) => `## ${code}\n\n${SEVERITIES[severity]}. ${means}\n\n${cure}\n`,
  );
  const awsRows = Object.entries(ADVICE).map(([awsCode, [code, advice]]) => `| ${awsCode} | ${code} | ${advice}. |`);
  return `# Errors and warnings

Made by \`npm run generate\` from \`function/findings/codes.ts\` and \`function/chain/advice.ts\`. The code is in the result's \`tags.code\`. Every message, as a
user sees it, is in a file of \`test/golden/messages/\`: one for each area, such as \`grants.golden\`.

${rows.join('\n')}
## What AWS answers

A message repeats AWS's code and nothing else of its answer. Codes that may pass by themselves (throttling, errors of the
service, InvalidIdentityToken, IDPCommunicationError, a clock that was corrected) are tried five times; all others are final,
AccessDenied too unless \`awaitRoles\` says otherwise.

| AWS's code | ours | |
|---|---|---|
${awsRows.join('\n')}

AWS says AccessDenied alike for a role that does not exist and for one that does not trust the caller. What it may be, in the
order in which to look:

1. There is no such role: a slip in the account, the path or the name of its ARN.
2. Its trust policy does not name the caller: of hop n, the role of hop n - 1.
3. It asks for an external ID that is missing or another.
4. The caller's own policy does not allow sts:AssumeRole on the role, or a service control policy or boundary forbids it.
5. The session has tags, and the trust policy or the caller's policy lacks sts:TagSession; with a source identity,
   sts:SetSourceIdentity. **In an EKS Pod Identity** every session has six tags (\`kubernetes-namespace\`, \`eks-cluster-name\`, …) and
   all are transitive: each role of the chain must allow sts:TagSession, no hop may give a tag of the same key, and where
   neither is wanted the association can have \`disableSessionTags\`.
6. The role is some seconds old: see \`awaitRoles\` in [input.md](input.md).
`;
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
  const schema = z.toJSONSchema(assumeRoleSpec(), { io: 'input' }) as JsonSchema; // a JSON Schema is wider than what we print
  return ['| field | type | |', '|---|---|---|', ...rowsOf(schema, 'spec')].join('\n');
}

function inputTable(): string {
  const schema = z.toJSONSchema(input(), { unrepresentable: 'any' }) as JsonSchema; // as above
  const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties ?? {};
  return ['| field | type | |', '|---|---|---|', ...rowsOf({ properties, required: [] }, '')].join('\n');
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, path: string): string[] {
  return Object.entries(properties).flatMap(([name, written]) => {
    const property = written.anyOf?.find(({ type }) => type !== 'null') ?? written;
    const inner = property.items ?? property;
    const at = path === '' ? name : `${path}.${name}`;
    const type =
      property.items === undefined ? (property.type ?? 'object') : `list of ${property.items.type ?? 'object'}s`;
    const need = required.includes(name) ? 'Required. ' : '';
    const row = `| \`${at}\` | ${type} | ${need}${written.description ?? property.description ?? ''} |`;
    return [row, ...rowsOf(inner, property.items === undefined ? at : `${at}[]`)];
  });
}

/** The functions of templates, each with the types that it takes. */
function functionsTable(): string {
  const rows = Object.entries(FAMILIES).map(([family, functions]) => {
    const calls = Object.entries(functions).map(([name, { takes, takesMore }]) =>
      [name, ...takes.map((type) => (type === 'dict' ? 'map' : type)), ...(takesMore ? ['…'] : [])].join(' '),
    );
    return `| ${family} | ${calls.map((call) => `\`${call}\``).join(', ')} |`;
  });
  return [
    '| functions | with what they take, in this order; `…` is any number of values of any type |',
    '|---|---|',
    ...rows,
  ].join('\n');
}

function withSection(file: string, name: string, content: string): string {
  const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end of generated: ${name} -->`];
  const text = readFileSync(join(root, file), 'utf8');
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no section ${name}`);
  return `${before}${start}\n${content}\n${end}${after}`;
}
