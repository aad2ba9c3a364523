import { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { parseAllDocuments } from 'yaml';
import { rolesOf, USERS } from '../../test/property/second-opinion/accounts.ts';
import { keysOf } from '../../test/property/second-opinion/manifests.ts';
import { AWS_REGION, KEYS, TOKEN_VARIABLES } from '../../test/property/second-opinion/world.ts';
import { ciEnvironment, roles as exampleRoles } from '../../test/support/accounts.ts';
import { applied, type Parts, reconcile } from '../../test/support/crossplane/request.ts';
import { grpcCaller } from '../../test/support/crossplane/start-server.ts';
import { startStandInApiServer, tokenRequest } from '../../test/support/stand-in-cluster.ts';
import { createIssuer } from '../../test/support/sts/issuer.ts';
import { type EmbeddedSts, startSts } from '../../test/support/sts/start-sts.ts';
import { readFolder, temporaryFolder } from '../../test/support/temporary-folder.ts';
import { documents, type Manifest, resourceList, type Written, writtenFor } from './manifests.ts';
import { type Next, type Run, runOf } from './runs.ts';
import { withSlip } from './slips.ts';
import { takeOver } from './surroundings.ts';

/** A process that runs one build, given by the folder of its `dist`, on the runs of many seeds, and says what it saw. */

/** What others saw of one step of a run; every text is the same for the same behaviour. */
export interface Seen {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
  /** Of STS and ECR. */
  readonly calls: readonly string[];
  /** Of the API server and of GitHub, each once. */
  readonly asked: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** Of Crossplane's step, each call. */
  readonly responses: readonly string[];
}

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
/** Keys that are no texts are what a mutation made. */
const QUIET = { logLevel: 'error' } as const;
const PREFIX = 'sts.fn.crossplane.io';
const dist = process.argv[2] ?? '';

const folder = temporaryFolder();
const issuer = await createIssuer();
let token = '';
let objects: readonly Manifest[] = [];
const api = await startStandInApiServer(({ method, path, body }) => answer(method, path, body));
prepareFolder();
EventEmitter.defaultMaxListeners = 0; // a build is loaded once for each world, and Node's warning of that would differ by its pid
const surroundings = takeOver(folder.path);
process.on('message', ({ seeds }: { seeds: readonly number[] }) => void runAll(seeds));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL')); // there is no other end any more
process.send?.({ isReady: true });

async function runAll(seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    try {
      process.send?.({ seed, seen: await runOne(runOf(seed)) });
    } catch (error) {
      console.error(`the world of seed ${seed} cannot be run:`, error); // a fault of this program, whatever the build does
      process.kill(process.pid, 'SIGKILL');
    }
  }
  process.send?.({ isDone: true });
}

function prepareFolder(): void {
  const authority = /certificate-authority-data: ([\w+/=]+)/.exec(api.kubeconfigText)?.[1] ?? '';
  const pem = Buffer.from(authority, 'base64').toString();
  folder.write('ca.pem', new X509Certificate(pem).toString());
  folder.write('kubeconfig', api.kubeconfigText);
  folder.write('run/secrets/kubernetes.io/serviceaccount/ca.crt', pem);
  folder.write('run/secrets/kubernetes.io/serviceaccount/token', 'CANARY-caller');
  folder.write('run/secrets/kubernetes.io/serviceaccount/namespace', 'system');
}

async function answer(method: string, path: string, body: string): Promise<{ status: number; body: unknown }> {
  if (path.startsWith('/github')) return { status: 200, body: { value: token } };
  const found =
    /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<plural>[^/]+)\/(?<name>[^/?]+)/.exec(path)
      ?.groups ?? {};
  const object = objects.find(
    ({ kind, metadata }) =>
      `${kind.toLowerCase()}s` === found.plural &&
      metadata.name === found.name &&
      metadata.namespace === found.namespace,
  );
  if (method === 'POST') return { status: 201, body: await tokenRequest(issuer, path, body) };
  return object === undefined ? { status: 404, body: { kind: 'Status', code: 404 } } : { status: 200, body: object };
}

async function runOne(run: Run): Promise<Seen[]> {
  surroundings.setClock(NOW);
  const iat = Math.floor(NOW / 1000);
  token = await issuer.sign({ sub: 'anybody', aud: 'anything', iat, exp: iat + 24 * 3600 });
  for (const path of ['run/tokens/ci', 'run/tokens/deploy/ci', 'run/secrets/ci']) folder.write(path, token);
  const sts = await startSts({ users: USERS, roles: trusting(run), identityProviders: [issuer] });
  const work = join(folder.path, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  try {
    const written = writtenFor(run);
    if (written.policy !== undefined) folder.write('policy.json', written.policy);
    objects = written.cluster;
    if (run.sts.fault !== undefined) sts.fail(run.sts.fault);
    const bench: Bench = { run, written, sts, work, environment: environmentOf(run, written, sts.url) };
    return await (run.host === 'crossplane' ? runCrossplane(bench) : runProcess(bench));
  } finally {
    process.chdir('/');
    await sts.close();
  }
}

interface Bench {
  readonly run: Run;
  readonly written: Written;
  readonly sts: EmbeddedSts;
  readonly work: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

function trusting({ world, sts: { denied, absent } }: Run) {
  const all = rolesOf(world.wanted, issuer.issuer, false);
  const roles = all.map((role, index) =>
    denied !== undefined && denied % all.length === index
      ? { ...role, trust: [{ principals: ['arn:aws:iam::999999999999:root'] }] }
      : role,
  );
  const known = new Set(roles.map(({ arn }) => arn));
  const left = absent === undefined || all.length === 0 ? roles : roles.toSpliced(absent % all.length, 1);
  return [...left, ...exampleRoles.filter(({ arn }) => !known.has(arn))];
}

function environmentOf({ world, variables, host }: Run, { policy }: Written, url: string): Bench['environment'] {
  const isServer = host === 'crossplane';
  const cluster = world.cluster === 'operator' || world.cluster === 'both';
  return {
    ...ciEnvironment(url),
    AWS_REGION,
    ...Object.fromEntries(TOKEN_VARIABLES.map((name) => [name, token])),
    ACTIONS_ID_TOKEN_REQUEST_URL: `https://127.0.0.1:${api.port}/github`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'CANARY-github',
    AWS_CA_BUNDLE: join(folder.path, 'ca.pem'),
    KUBECONFIG: join(folder.path, 'kubeconfig'),
    ...(isServer ? { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) } : {}),
    ...(policy === undefined ? {} : { STS_FUNCTION_POLICY: join(folder.path, 'policy.json') }),
    ...(world.output === 'unknown' ? {} : { STS_FUNCTION_OUTPUT: world.output }),
    ...(cluster ? { STS_FUNCTION_CLUSTER: isServer ? 'in-cluster' : 'context:ci' } : {}),
    ...variables,
    // of several hops at once, the number of awaits before each says which one meets a fault or gets an STS's next token
    STS_FUNCTION_CONCURRENCY: '1',
  };
}

/** Standard input, the plugin, and the commands for people. */
async function runProcess(bench: Bench): Promise<Seen[]> {
  const { run, written, work, sts, environment } = bench;
  const { host, isYaml, bytes } = run;
  let { items, input } = written;
  const isCommand = Array.isArray(host);
  if (isCommand) {
    const half = Math.ceil(items.length / 2);
    folder.write('work/a.yaml', documents(items.slice(0, half), isYaml));
    folder.write('work/b/c.yaml', documents([...items.slice(half), input], isYaml));
  }
  const steps: Seen[] = [];
  for (const next of [undefined, ...run.next]) {
    let changed = items;
    if (next !== undefined) {
      begin(next, sts);
      changed = items.map((item) => changedBy(item, next));
      if (next.change === 'a slip') ({ changed, input } = withSlip({ changed, input }, next.slip));
      if (!Array.isArray(changed) || typeof input !== 'object' || input === null) break;
      if (isCommand) for (const [path, text] of Object.entries(readFolder(work))) rewrite(path, text, next, isYaml);
    }
    const start = sts.calls.length;
    const given = { dist, environment, cwd: work };
    if (host === 'plugin') folder.write('work/plugin.yaml', documents([input], isYaml));
    const list = next === undefined && bytes !== undefined ? bytes : resourceList(changed, input, isYaml);
    const ended = await surroundings.run({
      ...given,
      argv: isCommand ? [...host, '.'] : host === 'plugin' ? ['plugin.yaml'] : [],
      input: isCommand ? '' : host === 'plugin' ? documents(changed, isYaml) : list,
    });
    steps.push(seenOf(bench, start, ended, isCommand ? readFolder(work) : {}));
    items = isCommand || ended.exit !== 0 ? changed : madeOf(ended.stdout, changed);
    if (isCommand && ended.exit === 0 && host[0] === 'render') folder.write('work/made.yaml', ended.stdout);
  }
  return steps;
}

function begin({ afterSeconds, fault }: Next, sts: EmbeddedSts): void {
  surroundings.setClock(Date.now() + afterSeconds * 1000);
  if (fault !== undefined) sts.fail(fault);
}

function rewrite(path: string, text: string, next: Next, isYaml: boolean): void {
  if (!text.includes(`${PREFIX}/generator`) || next.change === 'nothing') return;
  const made = parseAllDocuments(text, QUIET).map((one) => one.toJS() as Manifest);
  folder.write(
    join('work', path),
    documents(
      made.map((one) => changedBy(one, next)),
      isYaml,
    ),
  );
}

/** The items of a ResourceList or of a stream. */
function madeOf(stdout: string, before: readonly Manifest[]): readonly Manifest[] {
  try {
    const all = parseAllDocuments(stdout, QUIET).map((one) => one.toJS() as { items?: Manifest[] } & Manifest);
    return all.flatMap((one) => one?.items ?? [one]);
  } catch {
    return before;
  }
}

function changedBy(item: Manifest, { change }: Next): Manifest {
  // after a slip any part may be anything
  const metadata = recordOf(recordOf(item).metadata);
  const annotations = recordOf(metadata.annotations);
  const data = recordOf(recordOf(item).data);
  const annotated = (more: object) =>
    ({ ...item, metadata: { ...metadata, annotations: { ...annotations, ...more } } }) as Manifest;
  if (item?.kind !== 'Secret') return change === 'force-sync' ? annotated({ 'force-sync': '2' }) : item;
  if (!(`${PREFIX}/generator` in annotations)) return item;
  const [first = 'x', ...others] = Object.keys(data);
  if (change === 'a value') return { ...item, data: { ...data, [first]: 'Y2hhbmdlZA==' } };
  if (change === 'a key less') return { ...item, data: Object.fromEntries(others.map((key) => [key, data[key]])) };
  if (change === 'the hash') return annotated({ [`${PREFIX}/spec-hash`]: `v1-${'0'.repeat(32)}` });
  if (change === 'the owner') return annotated({ [`${PREFIX}/generator`]: 'STSAssumeRoleToken/team-x/another' });
  if (change === 'the expiration') return annotated({ [`${PREFIX}/expiration`]: '2099-01-01T00:00:00Z' });
  return item;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}; // a list, too
}

async function runCrossplane(bench: Bench): Promise<Seen[]> {
  const { run, written, work, sts, environment } = bench;
  const argv = ['serve', '--insecure', '--address', '127.0.0.1:0', '--health-address', '127.0.0.1:0', '--debug'];
  const steps: Omit<Seen, 'exit' | 'stdout' | 'stderr'>[] = [];
  const ended = await surroundings.run({ dist, argv, environment, cwd: work, input: '' }, async (stderr) => {
    const port = await servingAt(stderr);
    const caller = grpcCaller(port);
    try {
      let parts = partsOf(run, written);
      for (const next of [undefined, ...run.next]) {
        if (next !== undefined) {
          begin(next, sts);
          parts = changedParts(parts, next);
        }
        const start = sts.calls.length;
        const responses: string[] = [];
        const made = await reconcile(
          async (asked) => {
            const { credentials, ...others } = asked;
            const plain = { ...(JSON.parse(JSON.stringify(others)) as Parts), ...(credentials && { credentials }) };
            const response = await caller.call(plain);
            responses.push(sorted(RunFunctionResponse.toJSON(response), 1));
            return response;
          },
          parts,
          written.cluster,
        ).catch((error: unknown) => {
          responses.push(`no answer: ${error}`);
          return undefined;
        });
        steps.push({ ...sightsOf(bench, start), files: {}, responses: responses.map(normal) });
        if (made !== undefined) parts = withMade(parts, made.response);
      }
    } finally {
      caller.close();
    }
  });
  const all = steps.length > 0 ? steps : [{ calls: [], asked: [], files: {}, responses: [] }]; // it did not start
  return all.map((step) => ({ ...step, exit: ended.exit, stdout: ended.stdout, stderr: normalLog(ended.stderr) }));
}

async function servingAt(stderr: () => string): Promise<number> {
  for (;;) {
    const [, port] = /"message":"serving","port":(\d+)/.exec(stderr()) ?? [];
    if (port !== undefined) return Number(port);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function partsOf({ world }: Run, { items, input, composite }: Written): Parts {
  const step = keysOf('step');
  const data = { id: Buffer.from(step.id), secret: Buffer.from(step.secret) };
  return {
    meta: { tag: 'tag' },
    observed: { composite: { resource: composite }, resources: {} },
    desired: { resources: Object.fromEntries(items.map((resource, index) => [`desired-${index}`, { resource }])) },
    input,
    ...(world.hasStepCredentials
      ? { credentials: Object.fromEntries(KEYS.map((key) => [key, { credentialData: { data } }])) }
      : {}),
  };
}

function changedParts(parts: Parts, next: Next): Parts {
  const { observed, input } = parts;
  if (observed === undefined) return parts;
  const resources = Object.entries(observed.resources).map(
    ([key, { resource }]) => [key, { resource: changedBy(resource as Manifest, next) }] as const,
  );
  const composite =
    next.change === 'force-sync'
      ? changedBy(observed.composite.resource as Manifest, next)
      : observed.composite.resource;
  const slipped = next.change === 'a slip' ? withSlip({ input: input ?? {} }, next.slip).input : input;
  return {
    ...parts,
    observed: { composite: { resource: composite }, resources: Object.fromEntries(resources) },
    input: typeof slipped === 'object' && slipped !== null ? slipped : input,
  };
}

/** As the engine shows it in its next reconcile. */
function withMade(parts: Parts, { desired }: RunFunctionResponse): Parts {
  const { composite } = parts.observed ?? {};
  if (composite === undefined) return parts;
  const { uid } = (composite.resource as { metadata: { uid: string } }).metadata;
  const resources = Object.entries(desired?.resources ?? {}).flatMap(([key, { resource }]) =>
    resource === undefined || (parts.desired?.resources[key] !== undefined && resource.kind !== 'Secret')
      ? []
      : [[key, { resource: applied(resource, uid) }] as const],
  );
  return { ...parts, observed: { composite, resources: Object.fromEntries(resources) } };
}

function seenOf(
  bench: Bench,
  start: number,
  { exit, stdout, stderr }: Pick<Seen, 'exit' | 'stdout' | 'stderr'>,
  files: Seen['files'],
): Seen {
  const shown = Object.entries(files).map(([path, text]) => [path, normal(text)] as const);
  return {
    exit,
    stdout: normal(stdout),
    stderr: normal(stderr),
    ...sightsOf(bench, start),
    files: Object.fromEntries(shown),
    responses: [],
  };
}

function sightsOf({ sts }: Bench, start: number): Pick<Seen, 'calls' | 'asked'> {
  const asked = new Set(api.requests.map(({ method, path, body }) => normal(`${method} ${path} ${body}`)));
  (api.requests as unknown[]).length = 0; // its own list
  return {
    calls: sts.calls.slice(start).map((call) => sorted(call)),
    asked: [...asked].toSorted(),
  };
}

/** JSON whose keys are in order: a map of protobuf has none. */
function sorted(value: unknown, indent = 0): string {
  const order = (_: string, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : inner;
  return JSON.stringify(value, order, indent);
}

/** Without what each process has of its own: its folder and its ports. */
function normal(text: string): string {
  return text.replaceAll(folder.path, 'DIR').replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');
}

/** A server's log also has its ports, and how long each call took. */
function normalLog(text: string): string {
  return normal(text)
    .replaceAll(/"(port|healthPort)":\d+/g, '"$1":PORT')
    .replaceAll(/"seconds":[\d.e-]+/g, '"seconds":SECONDS');
}
