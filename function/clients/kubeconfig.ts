import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { KubeConfig, type User } from '@kubernetes/client-node';
import { parseBounded } from '../model/parse-bounded.ts';
import { attempt, defined, distinct, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { timeoutMilliseconds } from '../model/run-limits.ts';
import type { Cluster } from '../model/schema-parts.ts';
import { ClusterError, type Environment } from '../model/world.ts';
import { MOST_OUTPUT_BYTES, mayBeRead, readNamedFile, readText } from './read-file.ts';

/** The kubeconfig of a cluster, with its context as the current one. @throws ClusterError when there is none. */
export function loadKubeconfig({ context }: Cluster, environment: Environment): KubeConfig {
  if (context !== undefined) return contextKubeconfig(context, environment);
  if (!environment.KUBERNETES_SERVICE_HOST || !environment.KUBERNETES_SERVICE_PORT)
    throw new ClusterError({ kind: 'unusable', cause: 'noPod' });
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** Merges the files of KUBECONFIG, or reads ~/.kube/config. Of entries with equal names the first counts, as in kubectl. */
function contextKubeconfig(context: string, environment: Environment): KubeConfig {
  const paths = environment.KUBECONFIG?.split(delimiter).filter((path) => path !== '') ?? [];
  const files = paths.length > 0 ? paths : [join(environment.HOME || homedir(), '.kube', 'config')];
  const read = files.flatMap((file) => attempt(() => readKubeconfig(file)) ?? []);
  if (read.length === 0) throw new ClusterError({ kind: 'unusable', cause: 'noKubeconfig' });
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: firstOfEachName(read.flatMap((file) => file.clusters)),
    users: firstOfEachName(read.flatMap((file) => file.users)),
    contexts: firstOfEachName(read.flatMap((file) => file.contexts)),
    currentContext: context,
  });
  if (config.getCurrentCluster() === null) throw new ClusterError({ kind: 'unusable', cause: 'noContext' });
  const user = config.getCurrentUser();
  const userConfig = read.find(({ users }) => users.some(({ name }) => name === user?.name));
  if (userConfig !== undefined) startProgramsIn(userConfig.folder, config, timeoutMilliseconds(environment));
  return config;
}

/** What a kubeconfig of the client's has more. */
interface KubeconfigUser extends User {
  readonly tokenFile?: string;
}

/**
 * The token in the file that a kubeconfig names, which the client does not read. As in kubectl it counts before `token`
 * (`NewBearerAuthWithRefreshRoundTripper` in kubernetes/client-go, transport/round_trippers.go). @throws ClusterError without either.
 */
export function readTokenFile(config: KubeConfig): string | undefined {
  const { tokenFile, token }: Partial<KubeconfigUser> = config.getCurrentUser() ?? {};
  if (!tokenFile) return undefined;
  const text = (readText(tokenFile) ?? '').trim();
  if (text === '' && !token) throw new ClusterError({ kind: 'unusable', cause: 'noCredentials' });
  return text || undefined;
}

/** True where the client can read the files that a kubeconfig names. */
export function mayReadFiles(config: KubeConfig): boolean {
  const { certFile, keyFile, authProvider } = config.getCurrentUser() ?? {};
  const files = [config.getCurrentCluster()?.caFile, certFile, keyFile, textAt(authProvider, ['config', 'tokenFile'])];
  return files.every((path) => !path || mayBeRead(path));
}

type Start = (program: string, argv: readonly string[], options: SpawnOptions) => ChildProcess;

/**
 * Lets an exec plugin start in the kubeconfig's folder. The client starts it where this process is, so in a package, and its arguments
 * may be paths too. What it prints, and its time, is bounded. `execFn` is how the client starts one (`ExecAuth` of @kubernetes/client-node).
 */
function startProgramsIn(cwd: string, config: KubeConfig, timeout: number): void {
  const { authenticators } = config as unknown as { authenticators: { execFn?: Start }[] }; // private
  const start: Start = (program, argv, options) => {
    const child = spawn(program, argv ?? [], { ...options, cwd, timeout, killSignal: 'SIGKILL' });
    for (const output of [child.stdout, child.stderr]) {
      let length = 0;
      output?.on('data', (text: string) => {
        length += text.length;
        if (length > MOST_OUTPUT_BYTES) child.kill('SIGKILL');
      });
    }
    return child;
  };
  for (const authenticator of authenticators) if (authenticator.execFn) authenticator.execFn = start;
}

/** Throws for a file that is missing or no kubeconfig: kubectl skips one of several as well. */
function readKubeconfig(file: string) {
  const config = new KubeConfig();
  const folder = dirname(file);
  const manifest: unknown = parseBounded(readNamedFile(file).toString(), { merge: true }).toJS();
  const records = listAt(manifest, ['users']).map((entry) => valueAt(entry, ['user']));
  for (const user of records) takePathsFrom(folder, user);
  config.loadFromString(JSON.stringify(manifest));
  config.makePathsAbsolute(folder);
  const tokenFiles = records.map((user) => textAt(user, ['tokenFile']) ?? textAt(user, [...PROVIDER, 'tokenFile']));
  const users = config.users.map(
    (user, at): KubeconfigUser => ({ ...user, ...defined({ tokenFile: tokenFiles[at] }) }),
  );
  return { folder, users, clusters: config.clusters, contexts: config.contexts };
}

const PROVIDER = ['auth-provider', 'config'];
const FILES = [['tokenFile'], ['token-file'], [...PROVIDER, 'tokenFile'], [...PROVIDER, 'idp-certificate-authority']];
const PROGRAMS = [
  ['exec', 'command'],
  [...PROVIDER, 'exec', 'command'],
  [...PROVIDER, 'cmd-path'],
];

/**
 * Makes paths of a kubeconfig's user absolute that the client's `makePathsAbsolute` leaves as they are. A program without a folder is
 * looked for on PATH, as kubectl does (`ResolveLocalPaths` in kubernetes/client-go, tools/clientcmd/loader.go).
 */
function takePathsFrom(folder: string, user: unknown): void {
  for (const path of [...FILES, ...PROGRAMS]) {
    const holder = valueAt(user, path.slice(0, -1));
    const key = path.at(-1) ?? '';
    const text = textAt(holder, [key]);
    const isPath = text !== undefined && text !== '' && (FILES.includes(path) || text.includes(sep));
    if (isPath && isRecord(holder)) holder[key] = resolve(folder, text);
  }
}

function firstOfEachName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return distinct(all, ({ name }) => name);
}
