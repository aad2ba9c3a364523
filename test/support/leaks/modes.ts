import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionRunnerServiceService } from '@crossplane-org/function-sdk-typescript';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { parse } from 'yaml';
import { composite, request } from '../crossplane/request.ts';
import { type FunctionServer, startServer } from '../crossplane/start-server.ts';
import { type EmittedSecret, emittedSecrets } from '../emitted.ts';
import { functionConfig, item, list } from '../manifests.ts';
import { EXECUTABLE, runProcess } from '../run-function.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { Position } from './secret-sources.ts';

/** What a run left behind, wherever it is. */
export interface Said {
  /** Of a process; of a server, whether it gave a Secret (0) or not (1). */
  readonly exit: number | null;
  /** By where it is: standard error, a file, an answer. */
  readonly texts: Readonly<Record<string, string>>;
  /** Texts that came from the caller, and that go back to him as they are. */
  readonly given: readonly string[];
  readonly secrets: readonly EmittedSecret[];
}

/** Keys whose values are no secrets. */
const PUBLIC_KEYS = ['expiration', 'expires_at', 'proxy_endpoint', 'username'];

/** Each text without what was given, and without each value of the Secrets that were asked for, once. */
export function residue({ texts, given, secrets }: Said): Record<string, string> {
  const values = secrets.flatMap(({ data }) => Object.values(data));
  const isAskedFor = (text: string) => values.length > 0 && text.includes('kind: Secret') && !text.startsWith('error:');
  return Object.fromEntries(
    Object.entries(texts).map(([where, text]) => {
      const without = [...given, ...(isAskedFor(text) ? values : [])];
      return [where, without.reduce((rest, one) => rest.replace(one, () => ''), text)];
    }),
  );
}

/** What the Secrets that were asked for hold, as canaries: nothing of it is to be anywhere else. */
export function emittedCanaries(secrets: readonly EmittedSecret[]): Record<string, string> {
  const entries = secrets.flatMap(({ data }) => Object.entries(data));
  const secret = entries.filter(([key, value]) => !PUBLIC_KEYS.includes(key) && value.length > 16);
  return Object.fromEntries(secret.map(([key, value]) => [`emitted ${key}`, Buffer.from(value, 'base64').toString()]));
}

/** Our Secrets in a text; none in one that is no YAML. */
function secretsIn(text: string): EmittedSecret[] {
  return text.includes('kind: Secret') ? emittedSecrets(text) : [];
}

/** What is run: the package, and what is around it. */
export type Case = Pick<Position, 'documents' | 'sessions'> & {
  readonly environment: Readonly<Record<string, string>>;
};

/** One way to start the function as a process. */
interface Mode {
  readonly mints?: true;
  readonly run: (one: Case) => Promise<Said>;
}

const entries = ({ sessions = '[]' }: Case) => `  sessions: ${sessions}\n`;
const inputDocument = (one: Case) =>
  functionConfig(entries(one)).replace('functionConfig:\n', '').replaceAll(/^ {2}/gm, '');

/** As a KRM function: a ResourceList. */
async function throughList(one: Case): Promise<Said> {
  const items = one.documents.map(item);
  const config = functionConfig(entries(one));
  return throughProcess(one, { input: list(items.join(''), config), given: [...items, config] });
}

/** As kustomize's legacy plugin: the Input in a file, documents on standard input. */
async function throughPlugin(one: Case): Promise<Said> {
  const files = { 'input.yaml': inputDocument(one) };
  return throughProcess(one, { input: one.documents.join('---\n'), given: one.documents, files, argv: ['input.yaml'] });
}

/** As a command for people, in a folder with a file for each document. */
async function throughFiles(one: Case, argv: readonly string[], input = ''): Promise<Said> {
  const documents = one.documents.map((text, index) => [`package/${index}.yaml`, text] as const);
  const files = { ...Object.fromEntries(documents), 'package/input.yaml': inputDocument(one) };
  return throughProcess(one, {
    input,
    given: one.documents,
    files,
    argv: argv.map((part) => (part === 'DIR' ? 'package' : part)),
  });
}

/** What changes since a plan in which each Secret had another lifetime. */
async function throughFormerPlan(one: Case): Promise<Said> {
  const { texts } = await throughFiles(one, ['plan', '-o', 'json', 'DIR']);
  const former = texts.stdout?.replaceAll(/(?<="lifetime": )\d/g, '9');
  return throughFiles(one, ['plan', '--since', '-', '-o', 'json', 'DIR'], former);
}

interface Start {
  readonly input?: string;
  readonly given: readonly string[];
  readonly argv?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** Runs it where nothing else is, and collects every file that it left there. */
async function throughProcess(
  { environment }: Case,
  { input = '', given, argv = [], files = {} }: Start,
): Promise<Said> {
  using home = temporaryFolder(files);
  mkdirSync(join(home.path, 'tmp'));
  chmodSync(home.path, 0o700);
  const own = { HOME: home.path, TMPDIR: join(home.path, 'tmp') };
  const options = { input, cwd: home.path, environment: { ...own, ...environment } };
  const { exit, stdout, stderr } = await runProcess(EXECUTABLE, argv, options);
  const written = Object.entries(home.read()).filter(([name, text]) => files[name] !== text);
  const texts = { stdout, stderr, ...Object.fromEntries(written) };
  return { exit, texts, given, secrets: Object.values(texts).flatMap(secretsIn) };
}

/** What `status` says of the Secrets that a run has made. */
async function throughStatus(one: Case, argv: readonly string[]): Promise<Said> {
  const { texts, secrets } = await throughFiles(one, ['render', 'DIR']);
  const said = await throughFiles(one, ['status', '-', ...argv], texts.stdout);
  return { ...said, secrets };
}

const withMode = (one: Case, mode: string): Case => ({
  ...one,
  environment: { ...one.environment, STS_FUNCTION_MODE: mode },
});

/** Every way to start a process. */
export const MODES: Readonly<Record<string, Mode>> = {
  'KRM function': { mints: true, run: throughList },
  'legacy plugin': { mints: true, run: throughPlugin },
  render: { mints: true, run: (one) => throughFiles(one, ['render', 'DIR']) },
  'render -i': { mints: true, run: (one) => throughFiles(one, ['render', '-i', 'DIR']) },
  plan: { run: (one) => throughFiles(one, ['plan', 'DIR']) },
  'plan -o yaml': { run: (one) => throughFiles(one, ['plan', '-o', 'yaml', 'DIR']) },
  'plan -o json': { run: (one) => throughFiles(one, ['plan', '-o', 'json', 'DIR']) },
  'plan --since': { run: throughFormerPlan },
  'plan of a ResourceList': { run: (one) => throughList(withMode(one, 'plan')) },
  'placeholders of a ResourceList': { run: (one) => throughList(withMode(one, 'placeholder')) },
  'render --placeholder': { run: (one) => throughFiles(one, ['render', '--placeholder', 'DIR']) },
  doctor: { run: (one) => throughFiles(one, ['doctor', 'DIR']) },
  'status -o json': { run: (one) => throughStatus(one, ['-o', 'json']) },
  status: { run: (one) => throughStatus(one, []) },
  'doctor --online': { run: (one) => throughFiles(one, ['doctor', '--online', 'DIR']) },
  install: { run: (one) => throughFiles(one, ['install', '/proc/nowhere']) },
  'wrong usage': { run: (one) => throughFiles(one, ['render', '--nothing', 'DIR']) },
};

/** gRPC's own trace, which an operator can switch on. */
const TRACE = { GRPC_VERBOSITY: 'DEBUG', GRPC_TRACE: 'all', GRPC_NODE_VERBOSITY: 'DEBUG', GRPC_NODE_TRACE: 'all' };

/** Starts the server with everything in its log. */
export const startTalking = (environment: Readonly<Record<string, string>>, certificates?: string) =>
  startServer({
    environment: { ...TRACE, ...environment },
    arguments: ['--debug'],
    ...(certificates === undefined ? {} : { certificates }),
  });

/** One reconcile; the answer without the Secret that was asked for, and the server's log and pages so far. */
export async function throughServer(server: FunctionServer, one: Case): Promise<Said> {
  const { documents, sessions = '[]' } = one;
  const objects = documents.map(readable);
  const isSpec = (object: unknown) =>
    /generators|external-secrets/.test((object as { apiVersion?: string }).apiVersion ?? '');
  const input = {
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    generators: objects.filter(isSpec),
    sessions: parse(sessions) as unknown,
  };
  const uid = crypto.randomUUID();
  const xr = composite({ metadata: { uid, name: `acme-${uid}` } }); // so that the one before is nothing to it: a composite has a limit
  const asked = request({ input, xr });
  const { response } = await server.reconcile(
    asked,
    objects.filter((object) => !isSpec(object)),
  );
  const secrets = Object.values(response.desired?.resources ?? {}).map(({ resource }) => resource as EmittedSecret);
  return {
    exit: secrets.length > 0 ? 0 : 1,
    texts: { 'kind: Secret': `kind: Secret ${JSON.stringify(response)}`, ...(await pagesOf(server)) },
    given: [],
    secrets,
  };
}

/** What is not YAML is an object without fields: the engine never sends one. */
function readable(document: string): unknown {
  try {
    return parse(document) as unknown;
  } catch {
    return {};
  }
}

async function pagesOf(server: FunctionServer): Promise<Record<string, string>> {
  const pages = ['/metrics', '/healthz', '/readyz', '/nothing'];
  const texts = await Promise.all(pages.map(async (page) => [page, (await server.get(page)).text]));
  return { ...(Object.fromEntries(texts) as Record<string, string>), stderr: server.stderr() };
}

/** Sends what is no request; gives gRPC's answer, with the log. */
export async function sendBytes(server: FunctionServer, bytes: Buffer): Promise<Record<string, string>> {
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const same = (buffer: Buffer) => buffer;
  const answer = await new Promise<string>((resolve) => {
    const { path } = FunctionRunnerServiceService.runFunction;
    client.makeUnaryRequest(
      path,
      same,
      same,
      bytes,
      new Metadata(),
      { deadline: Date.now() + 10_000 },
      (error, given) =>
        resolve(error === null ? String(given) : `${error.code} ${error.details} ${JSON.stringify(error.metadata)}`),
    );
  });
  client.close();
  return { answer, ...(await pagesOf(server)) };
}
