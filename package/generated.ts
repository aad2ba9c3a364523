import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { ADVICE } from '../function/chain/advice.ts';
import { CODES, type Code } from '../function/findings/codes.ts';
import { AREAS, EXPLANATIONS } from '../function/findings/explanations.ts';
import { HOST, render } from '../function/findings/say.ts';
import { assumeRoleSpec } from '../function/generators/sts-assume-role-token.ts';
import { FAMILIES } from '../function/gotemplate/gotemplate.ts';
import { stepInput } from '../function/manifests/input.ts';
import { policySchema } from '../function/manifests/read-policy.ts';
import { VARIABLE_TYPES } from '../function/model/schema-parts.ts';
import { bundleTable } from './bundle-table.ts';
import { decisionsTable } from './decisions.ts';
import { editorSchema } from './editor-schema.ts';
import { fieldTable } from './field-rows.ts';
import { inputCrd } from './input-crd.ts';
import { grantsTable, limitsTables, table, templateExamples, templateLimits } from './page-tables.ts';
import { annotationsTable, environmentTable, examplesTable, flagsTable, metricsTable } from './reference.ts';

const root = join(import.meta.dirname, '..');

/** Texts that are made from the code and the last build, by their path in the repository. A test fails when one is stale. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/errors.md', errorsPage()],
    [
      'docs/reference.md',
      withSections('docs/reference.md', {
        flags: flagsTable(),
        examples: examplesTable(),
        environment: environmentTable(),
        annotations: annotationsTable(),
        metrics: metricsTable(),
      }),
    ],
    ['docs/decisions/README.md', withSections('docs/decisions/README.md', { decisions: decisionsTable() })],
    ['package/input/sts.fn.crossplane.io_inputs.yaml', inputCrd()],
    ['package/editor/input.schema.json', editorSchema('Input', stepInput())],
    ['package/editor/policy.schema.json', editorSchema('Policy', policySchema())],
    [
      'docs/input.md',
      withSections('docs/input.md', {
        input: inputTable(),
        variables: variablesTable(),
        spec: specTable(),
        limits: limitsTables(),
      }),
    ],
    [
      'docs/external-secrets.md',
      withSections('docs/external-secrets.md', {
        'external-secret': fieldTable('ExternalSecret'),
        'cluster-generator': fieldTable('ClusterGenerator'),
        'assume-role-token': fieldTable('STSAssumeRoleToken'),
      }),
    ],
    [
      'docs/generators.md',
      withSections('docs/generators.md', {
        'session-token': fieldTable('STSSessionToken'),
        'registry-token': fieldTable('ECRAuthorizationToken'),
      }),
    ],
    ['docs/policy.md', withSections('docs/policy.md', { grants: grantsTable() })],
    [
      'docs/templates.md',
      withSections('docs/templates.md', {
        'template-examples': templateExamples(),
        templates: functionsTable(),
        'template-limits': templateLimits(),
      }),
    ],
    ['docs/supply-chain.md', withSections('docs/supply-chain.md', { bundle: bundleTable() })],
    ['.node-version', nodeVersion()],
  ]);
}

/** For what chooses a Node.js by the folder: the one that `npm ci` installs. */
function nodeVersion(): string {
  const { devDependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
  return `${devDependencies.node}\n`;
}

const SEVERITIES = { error: 'Error', warning: 'Warning', info: 'Info' };

function errorsPage(): string {
  const rows = Object.entries(EXPLANATIONS).map(([code, { means, cure, causes }]) => {
    const severity = SEVERITIES[CODES[code as Code].severity]; // entries() forgets
    const list = causes.map((cause, at) => `${at + 1}. ${cause}\n`).join('');
    return linked(`## ${code}\n\n${severity}. ${means}\n\n${cure}\n${list === '' ? '' : `\n${list}`}`);
  });
  const awsRows = Object.entries(ADVICE).map(
    ([awsCode, [code, advice]]) => `| ${awsCode} | ${code} | ${render(advice, HOST)}. |`,
  );
  return `<!-- generated: errors -->
# Errors and warnings

Every line on standard error ends with its code, and a result has it in \`tags.code\`. \`function-sts-assume-role help CODE\` prints the text below.
It comes from \`function/findings/explanations.ts\` and \`function/chain/advice.ts\`, by \`npm run generate\`. All messages are in
\`test/golden/messages/\`.

${table(['what somebody sees', 'codes'], ...Object.entries(AREAS).map(([area, codes]) => [area, codes.replaceAll(/\w+/g, (code) => `[${code}](#${code.toLowerCase()})`)]))}

${rows.join('\n')}
## What AWS answers

A message repeats AWS's code and nothing else of its answer. Some codes may pass: throttling, errors of the service,
InvalidIdentityToken, IDPCommunicationError, a clock that was corrected. They are tried five times. All others are final. AccessDenied is
final too, unless \`awaitRoles\` is set.

| AWS's code | our code | what to do |
|---|---|---|
${awsRows.join('\n')}
<!-- end of generated: errors -->
`;
}

/** A text for terminals names a page by its path; on a page the name is a link. */
const linked = (text: string) => text.replaceAll(/\bdocs\/([\w-]+\.md)/g, '[$1]($1)');

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  /** Of an object whose keys its author names. */
  readonly additionalProperties?: JsonSchema | false;
  readonly anyOf?: readonly JsonSchema[];
}

function specTable(): string {
  const schema = z.toJSONSchema(assumeRoleSpec(), { io: 'input' }) as JsonSchema; // a JSON Schema is wider than what we print
  return ['| field | type | |', '|---|---|---|', ...rowsOf(schema, 'spec')].join('\n');
}

function inputTable(): string {
  const schema = z.toJSONSchema(stepInput(), { unrepresentable: 'any' }) as JsonSchema; // as above
  const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties ?? {};
  return ['| field | type | |', '|---|---|---|', ...rowsOf({ properties, required: [] }, '')].join('\n');
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, path: string): string[] {
  return Object.entries(properties).flatMap(([name, written]) => {
    const property = written.anyOf?.find(({ type }) => type !== 'null') ?? written;
    const named = property.additionalProperties || undefined; // false: no other keys
    const inner = property.items ?? named ?? property;
    const at = path === '' ? name : `${path}.${name}`;
    const type =
      property.items === undefined ? (property.type ?? 'object') : `list of ${property.items.type ?? 'object'}s`;
    const need = required.includes(name) ? 'Required. ' : '';
    const row = `| \`${at}\` | ${type} | ${need}${written.description ?? property.description ?? ''} |`;
    const below = named === undefined ? at : `${at}.NAME`;
    return [row, ...rowsOf(inner, property.items === undefined ? below : `${at}[]`)];
  });
}

const MOST_IN_A_ROW = 8;

/** The functions of templates, each with the types that it takes. */
function functionsTable(): string {
  const rows = Object.entries(FAMILIES).flatMap(([family, functions]) => {
    const calls = Object.entries(functions).map(([name, { takes, takesMore }]) =>
      [name, ...takes.map((type) => (type === 'dict' ? 'map' : type)), ...(takesMore ? ['…'] : [])].join(' '),
    );
    const each = Math.ceil(calls.length / Math.ceil(calls.length / MOST_IN_A_ROW)); // as many in each row
    const starts = calls.flatMap((_, index) => (index % each === 0 ? [index] : []));
    return starts.map((start) => {
      const some = calls.slice(start, start + each).map((call) => `\`${call}\``);
      return [start === 0 ? family : `${family}, more`, some.join(', ')];
    });
  });
  return table(['functions', 'with what they take, in this order; `…` is any number of values'], ...rows);
}

/** What an author needs of a type beside its pattern. */
interface TypeExample {
  readonly allows: string;
  readonly example: string;
  /** Each with the slip that it is. */
  readonly refused: Readonly<Record<string, string>>;
}

const TYPE_EXAMPLES: Readonly<Record<keyof typeof VARIABLE_TYPES, TypeExample>> = {
  accountID: {
    allows: '12 digits. Leading zeros count, so it stands in quotes',
    example: '012345678901',
    refused: { '12345678901': 'a zero is lost', '1234-5678-9012': 'dashes', '*': 'any account' },
  },
  region: {
    allows: 'the form of a region: whether there is one is for AWS to say',
    example: 'us-gov-west-1',
    refused: { 'EU-WEST-1': 'capitals', 'eu-west-1a': 'a zone', 'eu-west-1.example.org': 'another host' },
  },
  dnsLabel: {
    allows: '1 to 63 lower-case letters, digits and `-`, with neither of its ends a `-`: a name of a namespace',
    example: 'team-a',
    refused: { 'Team-A': 'capitals', 'team-': 'a `-` at its end', 'team.a': 'a dot', team_a: 'a `_`' },
  },
  roleName: {
    allows: "1 to 64 letters, digits and `_+=,.@-`, as IAM has it, without the role's path",
    example: 'Deploy_v2@platform',
    refused: { 'ci/deploy': 'a path', 'arn:aws:iam::111111111111:role/ci': 'an ARN', 'deploy-*': 'a pattern' },
  },
};

/** The types of variables; each example is held to the type's pattern. */
function variablesTable(): string {
  const code = (text: string) => `\`${text}\``;
  const rows = Object.entries(TYPE_EXAMPLES).map(([type, { allows, example, refused }]) => {
    const { pattern } = VARIABLE_TYPES[type as keyof typeof VARIABLE_TYPES]; // entries() forgets
    const wrong = [example, ...Object.keys(refused)].filter((text) => pattern.test(text) !== (text === example));
    if (wrong.length > 0) throw new Error(`the examples of ${type} are not as its pattern has it: ${wrong}`);
    const slips = Object.entries(refused).map(([text, slip]) => `${code(text)} (${slip})`);
    return `| ${[code(type), allows, code(pattern.source), code(example), slips.join(', ')].join(' | ')} |`;
  });
  return ['| type | allows | exactly | example | refused |', '|---|---|---|---|---|', ...rows].join('\n');
}

function withSections(file: string, sections: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(root, file), 'utf8');
  for (const [name, content] of Object.entries(sections)) {
    const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end of generated: ${name} -->`];
    const [before, rest] = text.split(start);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined) throw new Error(`${file} has no section ${name}`);
    text = `${before}${start}\n${content}\n${end}${after}`;
  }
  return text;
}
