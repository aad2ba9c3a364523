import { delimiter, isAbsolute, sep } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { type Finding, finding } from '../findings/finding.ts';
import { quoted, type Sayable, say } from '../findings/say.ts';
import type { Cluster } from '../model/cluster.ts';
import type { Settings } from '../model/flow.ts';
import { defined } from '../model/plain-data.ts';
import { TIMEOUT_DEFAULT_SECONDS, TIMEOUT_MAX_SECONDS } from '../model/run-limits.ts';
import type { Environment } from '../model/world.ts';

const DEFAULT_CONCURRENCY = 16;

/** Reads the run's settings. An unset variable means the default, and one of ours that is empty is an error. */
export function readSettings(environment: Environment): { settings: Settings; findings: readonly Finding[] } {
  const findings: Finding[] = checkOwnVariables(environment);
  const refuse = (name: string, cause: Sayable) =>
    findings.push(finding('SETTING_INVALID', say`cannot use ${name}: ${cause}.`));
  const [stsEndpoint] = ENDPOINTS.map((names) => readEndpoint(environment, names, refuse));
  const concurrency = readWhole(environment, 'STS_FUNCTION_CONCURRENCY', DEFAULT_CONCURRENCY, 1000, refuse);
  // the clock is the deadline's: here is only said what is wrong
  readWhole(environment, 'STS_FUNCTION_TIMEOUT', TIMEOUT_DEFAULT_SECONDS, TIMEOUT_MAX_SECONDS, refuse);
  checkProxy(environment, refuse);
  for (const { name, path } of relativePaths(environment)) {
    refuse(name, say`its path must be absolute, since a package may have a file of that name, got ${quoted(path)}`);
  }
  const cluster = readCluster(environment, refuse);
  const mode = readMode(environment, refuse);
  const output = readOutput(environment, refuse);
  return {
    settings: defined({ mode, output, stsEndpoint, cluster, concurrency }),
    findings,
  };
}

type Refuse = (name: string, cause: Sayable) => void;

/**
 * External Secrets' names of the services' endpoints, and the SDK's. AWS_STS_ENDPOINT reaches only the web-identity hop there;
 * here it means every hop, like the SDK's own AWS_ENDPOINT_URL_STS.
 */
const ENDPOINTS = [
  ['AWS_STS_ENDPOINT', 'AWS_ENDPOINT_URL_STS', 'https://sts.eu-west-1.amazonaws.com'],
  ['AWS_ECR_ENDPOINT', 'AWS_ENDPOINT_URL_ECR', 'https://api.ecr.eu-west-1.amazonaws.com'],
  ['AWS_ECR_PUBLIC_ENDPOINT', 'AWS_ENDPOINT_URL_ECR_PUBLIC', 'https://api.ecr-public.us-east-1.amazonaws.com'],
] as const;

/** AWS_ENDPOINT_URL is the SDK's endpoint for all services: what is wrong with it is said of STS. */
function readEndpoint(
  environment: Environment,
  [theirs, sdks, example]: (typeof ENDPOINTS)[number],
  refuse: Refuse,
): string | undefined {
  if (environment[theirs] && environment[sdks] && environment[theirs] !== environment[sdks]) {
    refuse(theirs, say`${sdks} has another value. Set one of them`);
  }
  const names = [theirs, sdks, ...(theirs === 'AWS_STS_ENDPOINT' ? ['AWS_ENDPOINT_URL'] : [])];
  const name = names.find((one) => environment[one]);
  const endpoint = name && environment[name];
  if (!name || !endpoint) return undefined;
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') {
    refuse(name, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS makes the SDK go around it. Unset one of them');
  }
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    refuse(name, say`it must be an http or https URL such as "${example}"`);
    return undefined;
  }
  return endpoint;
}

/** `in-cluster` or `context:NAME`. */
function readCluster(environment: Environment, refuse: Refuse): Cluster | undefined {
  const text = environment.STS_FUNCTION_CLUSTER || undefined;
  if (text === undefined) return undefined;
  if (text === 'in-cluster') return { inCluster: true };
  const [, context] = /^context:(.+)$/.exec(text) ?? [];
  if (context !== undefined) return { context };
  refuse('STS_FUNCTION_CLUSTER', say`it must be "in-cluster" or "context:NAME", got ${quoted(text)}`);
  return undefined;
}

/** The value is not repeated: it may hold a password. Node goes around a proxy whose URL it does not understand. */
function checkProxy(environment: Environment, refuse: Refuse): void {
  for (const name of ['HTTPS_PROXY', 'https_proxy']) {
    const proxy = environment[name];
    if (proxy && !/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) {
      refuse(name, 'it must be an http or https URL such as "http://proxy.example.org:3128"');
    }
  }
}

function readWhole(environment: Environment, name: string, otherwise: number, max: number, refuse: Refuse): number {
  const text = environment[name] || undefined;
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  refuse(name, say`it must be a whole number from 1 to ${max}, got ${quoted(text)}`);
  return otherwise;
}

function readMode(environment: Environment, refuse: Refuse): Settings['mode'] {
  const mode = environment.STS_FUNCTION_MODE || 'mint';
  if (mode === 'mint' || mode === 'placeholder' || mode === 'plan') return mode;
  refuse('STS_FUNCTION_MODE', say`it must be "mint", "placeholder" or "plan", got ${quoted(mode)}`);
  return 'mint';
}

function readOutput(environment: Environment, refuse: Refuse): Settings['output'] {
  const output = environment.STS_FUNCTION_OUTPUT || undefined;
  if (output === undefined || output === 'files' || output === 'stream') return output;
  refuse('STS_FUNCTION_OUTPUT', say`it must be "files" or "stream", got ${quoted(output)}`);
  return undefined;
}

/** Variables that name files or folders whose content the operator answers for: some can start programs, others are guards. */
const PATHS = [
  'AWS_CA_BUNDLE',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_LOGIN_CACHE_DIRECTORY',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'KUBECONFIG',
  'NODE_EXTRA_CA_CERTS', // Node.js read it at its start: that run is not to go on
  'SOPS_AGE_KEY_FILE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'STS_FUNCTION_POLICY',
];

/** Those of them that take several paths. */
const LISTS: ReadonlySet<string> = new Set(['KUBECONFIG', 'SSL_CERT_DIR']);

/**
 * The variables whose path starts at the working folder. Hosts start a function in the package's own folder: a package would bring
 * what the variable names.
 */
function relativePaths(environment: Environment): { readonly name: string; readonly path: string }[] {
  const named = PATHS.flatMap((name) => {
    const value = environment[name] ?? '';
    return (LISTS.has(name) ? value.split(delimiter) : [value]).map((path) => ({ name, path }));
  });
  return [homeOf(environment), ...named].filter(({ path }) => path !== '' && !isAbsolute(path));
}

/**
 * The home folder, where AWS's configuration and kubectl's are, as the SDK looks for it: the first of these that is set, whatever the
 * system (`getHomeDir` of @smithy/core). Where none is, the system says it.
 */
function homeOf({ HOME, USERPROFILE, HOMEDRIVE = `C:${sep}`, HOMEPATH }: Environment) {
  if (HOME) return { name: 'HOME', path: HOME };
  if (USERPROFILE) return { name: 'USERPROFILE', path: USERPROFILE };
  return { name: 'HOMEPATH', path: HOMEPATH ? `${HOMEDRIVE}${HOMEPATH}` : '' };
}

/** Every variable of the environment that is ours: whatever reads one more has it here. */
const OWN_VARIABLES: readonly string[] = [
  'AWS_ECR_ENDPOINT',
  'AWS_ECR_PUBLIC_ENDPOINT',
  'AWS_STS_ENDPOINT',
  'STS_FUNCTION_CLUSTER',
  'STS_FUNCTION_CONCURRENCY',
  'STS_FUNCTION_MODE',
  'STS_FUNCTION_OUTPUT',
  'STS_FUNCTION_POLICY',
  'STS_FUNCTION_TIMEOUT',
];

/** So many letters may be wrong, missing or too many: a Service's STS_FUNCTION_PORT is three away from STS_FUNCTION_MODE. */
const SLIPS = 2;

/**
 * What Kubernetes sets for a Service in the same namespace, here one called sts-function: `STS_FUNCTION_PORT` and its like
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const OF_A_SERVICE = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/**
 * What is wrong with the variables by themselves. An empty one is no absent one: whoever sets a Policy whose name is empty means
 * to have one. One that is nearly ours is a warning, since it may be somebody else's.
 */
function checkOwnVariables(environment: Environment): Finding[] {
  return Object.keys(environment).flatMap((name) => {
    const value = environment[name];
    if (value === undefined) return [];
    if (OWN_VARIABLES.includes(name)) return value === '' ? [empty(name)] : [];
    const meant = OWN_VARIABLES.find((own) => isNearly(name, own));
    return meant === undefined ? [] : [unknown(name, meant)];
  });
}

function isNearly(name: string, own: string): boolean {
  if (Math.abs(name.length - own.length) > SLIPS || OF_A_SERVICE.test(name)) return false;
  const isOfAws = own.startsWith('AWS_');
  if (isOfAws && !name.startsWith(own.slice(0, 'AWS_STS_'.length))) return false; // AWS_SQS_ENDPOINT is another service's
  return distance(name.toUpperCase(), own) <= SLIPS;
}

function empty(name: string): Finding {
  return finding('SETTING_INVALID', say`cannot use ${name}: it is set and empty. Unset it or give it a value.`);
}

function unknown(name: string, meant: string): Finding {
  const message = say`cannot use ${quoted(name)}: there is no such setting. Write ${meant}, if that was meant.`;
  return finding('SETTING_UNKNOWN', message);
}
