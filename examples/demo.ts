import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { ci, roles } from '../test/support/accounts.ts';
import { CLEAN_ENVIRONMENT, ROOT, runFunction } from '../test/support/run-function.ts';
import { type EmbeddedSts, startSts } from '../test/support/sts/start-sts.ts';

/**
 * `npm run demo`: the main job on one screen, without an AWS account, and no file of this clone changes. The built executable gets what kpt and kustomize were recorded to
 * send, and the real ones run where they are installed. STS is the embedded one of the tests, on loopback.
 */
const LONGEST_VALUE_SHOWN = 8;
const PREFIX = 'sts.fn.crossplane.io/';
const HOST_TIMEOUT_MILLISECONDS = 30_000;

const run = promisify(execFile);

const hosts = [
  {
    name: 'kpt',
    sample: 'kpt-render.yaml',
    example: 'kpt/static-keys',
    command: ['kpt', 'fn', 'render', '--allow-exec', '-o', 'unwrap'],
  },
  {
    name: 'kustomize',
    sample: 'kustomize-generator.yaml',
    example: 'kustomize/generator',
    command: ['kustomize', 'build', '--enable-alpha-plugins', '--enable-exec'],
  },
];

const sts = await startSts({ users: [ci], roles });
const environment = {
  AWS_STS_ENDPOINT: sts.url,
  AWS_ACCESS_KEY_ID: ci.accessKeyId,
  AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
};
try {
  for (const [index, { name, sample }] of hosts.entries()) await showSample(name, sample, index === 0);
  for (const host of hosts) await showHost(host);
} finally {
  await sts.close();
}
say('With your own account');
print(`1. export PATH="$PWD/dist:$PWD/node_modules/.bin:$PATH", and sign in to AWS
2. In examples/kpt/default-chain/deployer.yaml set a \`role\` that trusts you
3. function-sts-assume-role render examples/kpt/default-chain (to the screen)`);

/** Sends what a host was recorded to send: the first one's generator, chain and Secret are shown, of another the Secret's name. */
async function showSample(name: string, sample: string, isFirst: boolean): Promise<void> {
  const input = readFileSync(join(ROOT, 'test/hosts/samples', sample), 'utf8');
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await runFunction(input, { environment });
  if (exit !== 0) throw new Error(`the function failed: ${stderr}`);
  const { items } = parse(stdout) as { items: readonly Manifest[] };
  if (!isFirst) return say(`What ${name} sends gives ${summaryOf(items)}`);
  say(`What ${name} sends: a ResourceList with this generator`);
  print(itemOf(items, 'STSAssumeRoleToken'));
  say('The role chain that was walked');
  print(chainOf(sts, before));
  say('The Secret that comes out (values cut short here)');
  print(itemOf(items, 'Secret'));
}

async function showHost({ name, example, command: [program = '', ...argv] }: (typeof hosts)[number]): Promise<void> {
  const path = [join(ROOT, '.hosts/bin'), join(ROOT, 'dist'), CLEAN_ENVIRONMENT.PATH].join(delimiter);
  if (!path.split(delimiter).some((folder) => existsSync(join(folder, program))))
    return say(`The real ${name} is not installed here (\`npm run test:hosts\` builds it)`);
  const folder = mkdtempSync(join(tmpdir(), 'demo-'));
  cpSync(join(ROOT, 'examples', example), folder, { recursive: true });
  const env = { ...CLEAN_ENVIRONMENT, ...environment, HOME: folder, PATH: path };
  try {
    const { stdout } = await run(program, argv, { cwd: folder, env, timeout: HOST_TIMEOUT_MILLISECONDS });
    const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
    say(`The real ${name} gives ${summaryOf(objects)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: object;
}

function isMade({ kind, metadata }: Manifest): boolean {
  return kind === 'Secret' && metadata?.annotations?.[`${PREFIX}generator`] !== undefined;
}

function summaryOf(objects: readonly Manifest[]): string {
  const made = objects
    .filter(isMade)
    .map(({ metadata, data }) => `${metadata?.name} with ${Object.keys(data ?? {}).length} keys`);
  if (made.length === 0) throw new Error('no Secret came out');
  return `Secret ${made.join(', ')}`;
}

/** One item without the annotations of its host, its credentials cut short. */
function itemOf(items: readonly Manifest[], kind: string): string {
  const found = items.find((item) => (kind === 'Secret' ? isMade(item) : item.kind === kind));
  const { annotations = {}, ...metadata } = found?.metadata ?? {};
  const own = Object.entries(annotations).filter(([name]) => name.startsWith(PREFIX));
  const shown = {
    ...found,
    metadata: { ...metadata, ...(own.length > 0 && { annotations: Object.fromEntries(own) }) },
  };
  return cut(stringify(shown, { lineWidth: 0, indentSeq: false, compat: 'yaml-1.1' }).trim());
}

function cut(text: string): string {
  const value = new RegExp(
    `^(\\s*(?:access_key_id|secret_access_key|session_token): .{${LONGEST_VALUE_SHOWN}}).*$`,
    'gm',
  );
  return text.replaceAll(value, '$1…');
}

function chainOf({ calls }: EmbeddedSts, from: number): string {
  const hops = calls.slice(from).map(({ operation, parameters, outcome }) => {
    const { RoleArn, RoleSessionName, DurationSeconds } = parameters;
    return `→ ${operation} ${RoleArn}\n  as ${RoleSessionName} for ${DurationSeconds} s: ${outcome}`;
  });
  return [calls.at(from)?.callerArn, ...hops].join('\n');
}

function say(heading: string): void {
  console.log(`== ${heading}`);
}

function print(text: string): void {
  console.log(text.replaceAll(/^/gm, '   '));
}
