import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { ci, roles } from '../test/support/accounts.ts';
import { CLEAN_ENVIRONMENT, ROOT, runFunction } from '../test/support/run-function.ts';
import { type EmbeddedSts, startSts } from '../test/support/sts/start-sts.ts';

/**
 * `npm run demo`: the main job without an AWS account. The built executable gets what kpt and kustomize were recorded to
 * send, and the real ones run where they are installed. STS is the embedded one of the tests, on loopback.
 */
const LONGEST_VALUE_SHOWN = 8;
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
  for (const { name, sample } of hosts) await showSample(name, sample);
  for (const host of hosts) await showHost(host);
} finally {
  await sts.close();
}
say('With your own account');
print(`1. Put the executable on PATH: export PATH="$PWD/dist:$PWD/node_modules/.bin:$PATH"
2. In examples/kpt/default-chain/deployer.yaml set \`role\` to a role that trusts you, and sign in as you do for the aws CLI.
3. kpt fn render examples/kpt/default-chain --allow-exec   (no AWS_STS_ENDPOINT: then it is AWS that is asked)`);

async function showSample(name: string, sample: string): Promise<void> {
  const input = readFileSync(join(ROOT, 'test/hosts/samples', sample), 'utf8');
  say(`What ${name} sends: a ResourceList; the generator in it`);
  print(itemOf(input, 'STSAssumeRoleToken'));
  const before = sts.calls.length;
  const { exit, stdout, stderr } = await runFunction(input, { environment });
  if (exit !== 0) throw new Error(`the function failed: ${stderr}`);
  say('The role chain that was walked');
  print(chainOf(sts, before));
  say('The Secret that comes out (values cut short here)');
  print(itemOf(stdout, 'Secret', 'deployer'));
}

async function showHost({ name, example, command: [program = '', ...argv] }: (typeof hosts)[number]): Promise<void> {
  const path = [join(ROOT, '.hosts/bin'), join(ROOT, 'dist'), CLEAN_ENVIRONMENT.PATH].join(delimiter);
  say(`The real ${name}: \`${[program, ...argv].join(' ')}\` in examples/${example}`);
  if (!path.split(delimiter).some((folder) => existsSync(join(folder, program)))) {
    print(`${name} is not installed here: left out. \`npm run test:hosts\` builds it.`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'demo-'));
  cpSync(join(ROOT, 'examples', example), folder, { recursive: true });
  const env = { ...CLEAN_ENVIRONMENT, ...environment, HOME: folder, PATH: path };
  try {
    const { stdout } = await run(program, argv, { cwd: folder, env, timeout: HOST_TIMEOUT_MILLISECONDS });
    const secrets = stdout.split(/^---$/m).filter((document) => document.includes('sts.fn.crossplane.io/generator:'));
    print(secrets.map((document) => cut(document.trim())).join('\n---\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One item, its credentials cut short. */
function itemOf(text: string, kind: string, name?: string): string {
  const { items } = parse(text) as { items: { kind?: string; metadata?: { name?: string } }[] };
  const found = items.find((item) => item.kind === kind && (name === undefined || item.metadata?.name === name));
  return cut(stringify(found, { lineWidth: 0, indentSeq: false, compat: 'yaml-1.1' }).trim());
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
    return ` → ${operation} ${RoleArn} as ${RoleSessionName} for ${DurationSeconds} s: ${outcome}`;
  });
  return [calls.at(from)?.callerArn, ...hops].join('\n');
}

function say(heading: string): void {
  console.log(`\n== ${heading}`);
}

function print(text: string): void {
  console.log(text.replaceAll(/^/gm, '   '));
}
