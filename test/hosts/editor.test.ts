import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/node';
import { ROOT } from '../support/run-function.ts';

/** The language server that editors have for YAML, with our schemas: what it underlines. */

const SERVER = join(ROOT, 'node_modules/yaml-language-server/bin/yaml-language-server');
const WAIT_MILLISECONDS = 20_000;

interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

let editor: MessageConnection;
let stop: () => void;
beforeAll(async () => {
  const server = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  stop = () => server.kill();
  editor = createMessageConnection(server.stdout, server.stdin);
  editor.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) =>
    items.map(() => ({ validate: true })),
  );
  editor.onRequest('client/registerCapability', () => null);
  editor.listen();
  await editor.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: { textDocument: { publishDiagnostics: {} } },
  });
  await editor.sendNotification('initialized', {});
});
afterAll(() => {
  editor?.dispose();
  stop?.();
});

/** What is underlined in a document with one of our schemas: its line, from 1, and why. */
async function underlined(name: string, schema: string, text: string): Promise<string[]> {
  const uri = pathToFileURL(join('/', `${name}.yaml`)).href;
  const modeline = `# yaml-language-server: $schema=${pathToFileURL(join(ROOT, 'package/editor', schema)).href}\n`;
  const said = new Promise<readonly Diagnostic[]>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the language server says nothing')), WAIT_MILLISECONDS);
    const handler = editor.onNotification(
      'textDocument/publishDiagnostics',
      (params: { uri: string; diagnostics: Diagnostic[] }) => {
        if (params.uri !== uri) return;
        clearTimeout(timer);
        handler.dispose();
        resolve(params.diagnostics);
      },
    );
  });
  await editor.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'yaml', version: 1, text: modeline + text },
  });
  return (await said).map(({ message, range }) => `${range.start.line}: ${message}`);
}

const EXAMPLES = join(ROOT, 'examples');
const examples = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' });

test.each([
  ...examples.filter((path) => path.endsWith('/options.yaml')).map((path) => [path, 'input.schema.json'] as const),
  ['kpt/team-guard/policy.yaml', 'policy.schema.json'] as const,
])('%s has nothing underlined', async (path, schema) => {
  const text = await readFile(join(EXAMPLES, path), 'utf8');
  expect(await underlined(path.replaceAll('/', '-'), schema, text)).toEqual([]);
});

const INPUT = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: { name: options }\n';
const POLICY = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\n';
test.each([
  ['a field that is none', 'input.schema.json', `${INPUT}session: []\n`, '4: Property session is not allowed.'],
  [
    'a wrong type',
    'input.schema.json',
    `${INPUT}sessions:\n- expectAccount: 111111111111\n`,
    '5: Incorrect type. Expected "string".',
  ],
  [
    'a format that is none',
    'input.schema.json',
    `${INPUT}sessions:\n- secrets:\n  - format: dotenv\n`,
    '6: Value is not accepted. Valid values: "keys", "env", "credentialsFile", "credentialProcess", "dockerConfigJson".',
  ],
  ['a Policy without grants', 'policy.schema.json', POLICY, '1: Missing property "grants".'],
  [
    'a grant of something else',
    'policy.schema.json',
    `${POLICY}grants:\n- role: a\n`,
    '4: Property role is not allowed.',
  ],
])('%s is underlined', async (name, schema, text, want) => {
  expect(await underlined(name.replaceAll(' ', '-'), schema, text)).toEqual([want]);
});
