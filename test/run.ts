import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * Runs tests, after what they need: `node test/run.ts [bounds|hosts|executable] [PATH…] [OPTIONS OF JEST]`. Nothing else knows jest's flags.
 * Unit tests read the sources, so they need no build; a suite of hosts is named with or without its folder, and `hosts all` runs all of
 * older programs too.
 */

const ROOT = join(import.meta.dirname, '..');
/** More than there are cores, since tests wait for servers, programs and deadlines. */
const WORKERS = availableParallelism() + 4;
/** What bounds judge is processor time, of which work takes more beside other work. */
const WORKERS_OF_BOUNDS = availableParallelism() + 2;
/** Real hosts leave the processor half idle even so: they wait for reconciles, watches and leases. */
const WORKERS_OF_HOSTS = 3 * availableParallelism();
// an option that takes several values takes the paths behind it too: such a one comes last
const JEST = [
  ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  ...['node_modules/jest/bin/jest.js', '-c', 'test/jest.config.json'],
  '--cacheDirectory=node_modules/.cache/jest', // by itself jest would take the folder for temporary files
];

/** Linux keeps it in memory. Tests write some hundred thousand files, for which a disk takes twice as long. */
const MEMORY = '/dev/shm';
/** Many times what tests have there at one time. */
const ROOM_BYTES = 4 * 1024 ** 3;

/** The exit code of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** Options of jest whose value is the name of a test. */
const BEFORE_A_NAME = ['-t', '--testNamePattern'];

/** What decides limits alone: how much, how long, how often. `npm test` runs none of it. */
const OF_BOUNDS = [
  ...[
    'package-work',
    'package-neighbours',
    'package-deep',
    'package-size',
    'package-templates',
    'package-links',
    'package-starts',
  ].map((name) => `contract/attacks/${name}`),
  'contract/attacks/sts-credential-endpoints',
  ...['composite-kept', 'composite-memory', 'composite-size', 'composite-templates'].map(
    (name) => `contract/attacks/${name}`,
  ),
  ...['contract/doctor-work', 'contract/load', 'property/megabyte'],
].map((name) => `test/${name}`);
/** What of them an engine decides: how long a text takes it, and how much memory. The others are of the code, which the one file shares. */
const OF_ENGINES = ['contract/attacks/package-size', 'contract/attacks/composite-memory', 'contract/load'].map(
  (name) => `test/${name}`,
);
/** Of these `npm test` runs a part. */
const IN_PART = [
  ...['contract/leak-audit.test', 'contract/atomic-writes'],
  ...['fuzz', 'many-composites', 'plan-since', 'second-opinion', 'sealed-keys', 'split-items', 'split-documents'].map(
    (name) => `property/${name}`,
  ),
  'unit/gotemplate/gotemplate.test',
].map((name) => `test/${name}`);
/** One suite of each kind that has runs without a process of their own: with one they give the same. */
const AS_PROCESSES = [
  ...['golden/success', 'golden/messages/function-config'],
  ...['contract/policy', 'contract/files.test', 'contract/cluster.test', 'contract/chains'],
  ...['contract/attacks/package-drift', 'contract/attacks/operator-settings'],
].map((name) => `test/${name}`);

/** Another order than that of the files, the same in each run. */
const SHUFFLED = ['--randomize', '--seed=20261129'];

/** Their commands listen where a reader's do, as a pod of Crossplane does: nothing may run beside them. */
const ALONE = ['test/hosts/docs', 'test/hosts/journeys/account-per-namespace'];

/** What runs on Crossplane's engine before the newest: all after `hosts all`, else a part of the first. */
const OF_OLDER_ENGINE = ['crossplane-live', 'crossplane.test', 'crossplane-reconciles'].map(
  (name) => `test/hosts/${name}`,
);

/** The suites of real programs that the one file is held to, beside goldens and contract. */
const OF_ONE_FILE = [
  ...['one-file', 'install', 'completion', 'doctor', 'kpt', 'kustomize', 'sops', 'moto', 'go-reference', 'cluster'],
  ...['examples', 'crossplane.test', 'crossplane-reconciles', 'clock-jumps'],
].map((name) => `test/hosts/${name}`);

const [first, ...others] = process.argv.slice(2);
if (first !== 'hosts') writeIntoMemory(); // images of containers are large
if (first === 'hosts') {
  must('bash', ['test/hosts/install.sh']);
  build('build', 'build:executable');
  const isAll = others[0] === 'all';
  const asJest = isAll ? others.slice(1) : others;
  const named = asJest.map((path, at) =>
    isPath(path, at, asJest) && !path.startsWith('test/') ? `test/hosts/${path}` : path,
  );
  const newest = [...ALONE.map((suite) => [suite]), ['test/hosts/', `--testPathIgnorePatterns=${ALONE.join('|')}`]];
  const older = {
    options: [...asJest, ...OF_OLDER_ENGINE.slice(0, isAll ? undefined : 1)],
    variables: { TEST_ENGINE: 'crossplane-core-2.3', TEST_BOUNDS: isAll ? '1' : '' },
  };
  const all = [...newest.map((suites) => ({ options: [...asJest, ...suites] })), older];
  jest((asJest.some(isPath) ? [{ options: named }] : all).map((each) => ({ ...each, workers: WORKERS_OF_HOSTS })));
} else if (first === 'executable') {
  build('build', 'build:executable');
  process.env.TEST_EXECUTABLE = 'dist/bin/function-sts-assume-role';
  const elsewhere = OF_BOUNDS.filter((suite) => !OF_ENGINES.includes(suite));
  const all = ['test/golden/', 'test/contract/', `--testPathIgnorePatterns=${elsewhere.join('|')}`];
  jest(others.some(isPath) ? [others] : [all, { options: OF_ONE_FILE, workers: WORKERS_OF_HOSTS }]);
} else if (first === 'bounds') {
  build('build');
  const whole = (options: readonly string[]) => ({
    ...{ options, variables: { TEST_BOUNDS: '1' }, workers: WORKERS_OF_BOUNDS },
  });
  if (others.some(isPath)) jest([whole(others)]);
  jest([
    whole([...others, ...OF_BOUNDS, ...IN_PART]),
    [...others, ...SHUFFLED, ...withoutProcesses()],
    { options: [...others, ...AS_PROCESSES], variables: { TEST_PROCESSES: '1' } },
  ]);
} else {
  const given = process.argv.slice(2);
  const paths = given.filter(isPath);
  const isOfUnits = paths.length > 0 && paths.every((path) => path.startsWith('test/unit'));
  if (!isOfUnits) build('build');
  const elsewhere = OF_BOUNDS.filter((suite) => !paths.some((path) => path.startsWith(suite)));
  jest([[...given, `--testPathIgnorePatterns=${['test/hosts/', ...elsewhere].join('|')}`]]);
}

/** The suites with runs that have no process of their own. What one leaves there shows in another order. */
function withoutProcesses(): string[] {
  const suites = globSync('test/{contract,golden}/**/*.test.ts', { cwd: ROOT });
  const runs = ['run-in-process', 'expect-messages', 'doctor-faults', 'stand-in-cluster'];
  const has = (suite: string) => runs.some((name) => readFileSync(join(ROOT, suite), 'utf8').includes(name));
  return suites.filter(has);
}

/** Lets tests have their temporary files in memory, where there is room and the caller names no folder for them. */
function writeIntoMemory(): void {
  if (process.env.TMPDIR) return;
  const folder = folderInMemory();
  if (folder === undefined) return;
  process.env.TMPDIR = folder;
  process.on('exit', () => remove(folder));
  process.on('SIGINT', () => {}); // what runs gets it too, and ends: `run` sees that
}

/** A folder in memory for programs too; undefined where there is none, as on hardened machines and in most containers. */
function folderInMemory(): string | undefined {
  let folder: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ROOM_BYTES) return undefined;
    folder = mkdtempSync(join(MEMORY, 'tests-'));
    chmodSync(folder, 0o755); // some tests run as another user
    const program = join(folder, 'program');
    writeFileSync(program, '', { mode: 0o755 });
    accessSync(program, constants.X_OK); // fails where nothing there may be run
    rmSync(program);
    return folder;
  } catch {
    if (folder !== undefined) remove(folder);
    return undefined;
  }
}

/** What cannot be removed stays: it is no fault of a test. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`${folder} is left over: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isPath(argument: string, index: number, all: readonly string[]): boolean {
  return !argument.startsWith('-') && !BEFORE_A_NAME.includes(all[index - 1] ?? '');
}

function build(...scripts: readonly string[]): void {
  for (const script of scripts) must('npm', ['run', '--silent', script]);
}

/** A run of jest: its paths and options, or these with variables and another number of workers. */
type JestRun = readonly string[] | JestSetting;
interface JestSetting {
  readonly options: readonly string[];
  readonly variables?: Record<string, string>;
  readonly workers?: number;
}

/** Runs jest once for each: one that fails does not keep back the others. */
function jest(runs: readonly JestRun[]): never {
  const exits = runs.map((each) => {
    const { options, variables = {}, workers = WORKERS }: JestSetting = 'options' in each ? each : { options: each };
    return run(process.execPath, [...JEST, `--maxWorkers=${workers}`, ...options], variables);
  });
  process.exit(Math.max(...exits));
}

function must(program: string, given: readonly string[]): void {
  const exit = run(program, given);
  if (exit !== 0) process.exit(exit);
}

function run(program: string, given: readonly string[], variables: Readonly<Record<string, string>> = {}): number {
  const env = { ...process.env, ...variables };
  const { status, signal, error } = spawnSync(program, given, { cwd: ROOT, stdio: 'inherit', env });
  if (error !== undefined) console.error(`cannot run ${program}: ${error.message}.`);
  if (signal === 'SIGINT' || status === INTERRUPTED) process.exit(INTERRUPTED); // nothing more is started
  return status ?? 1;
}
