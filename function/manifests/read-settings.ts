import { delimiter, isAbsolute, join, sep } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { type Finding, finding } from '../findings/finding.ts';
import { quoted, type Sayable, say } from '../findings/say.ts';
import { defined, isWebUrl, typedKeys } from '../model/plain-data.ts';
import { TIMEOUT_MAX_SECONDS } from '../model/run-limits.ts';
import { PURPOSE_OF_MODE, type Settings } from '../model/settings.ts';
import { type Ambient, ENDPOINTS, type Environment } from '../model/world.ts';

/** Reads the run's settings. An unset variable means the default, and one of ours that is empty is an error. */
export function readSettings({ environment, mayBeRead }: Pick<Ambient, 'environment' | 'mayBeRead'>): {
  settings: Settings;
  findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  const refuse = (name: string, cause: Sayable) => findings.push(cannotUse(name, cause));
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    const isEmpty = value === '' && OWN_VARIABLES.includes(name); // who sets STS_FUNCTION_POLICY to nothing wanted a Policy
    if (isEmpty) refuse(name, 'it is set and empty. Unset it or give it a value');
    findings.push(...checkName(name));
  }
  const endpoints = ENDPOINTS.map((names) => readEndpoint(environment, names));
  findings.push(...endpoints.flatMap((read) => read.findings));
  const stsEndpoint = endpoints[0]?.endpoint;
  const hasCustomEndpoint = stsEndpoint !== undefined;
  const settings: Settings = { purposeName: 'mint', concurrency: 16, hasCustomEndpoint, ...defined({ stsEndpoint }) };
  for (const { name, must, read, mayHoldPassword } of SETTINGS) {
    const text = environment[name];
    if (!text) continue;
    const value = read(text);
    if (value) Object.assign(settings, value);
    else refuse(name, say`it must be ${must}${mayHoldPassword ? '' : say`, got ${quoted(text)}`}`);
  }
  const { HOMEDRIVE = `C:${sep}`, HOMEPATH } = environment;
  const paths: Environment = { ...environment, HOMEPATH: HOMEPATH && `${HOMEDRIVE}${HOMEPATH}` };
  const homeVariable = HOMES.find((name) => paths[name]) ?? 'HOME';
  const home = paths[homeVariable] ?? '';
  for (const name of [homeVariable, ...PATHS]) {
    const usual = IN_HOME[name] && isAbsolute(home) ? join(home, IN_HOME[name]) : ''; // a relative home is refused itself
    const pathText = paths[name] || usual;
    for (const path of (LISTS.has(name) ? pathText.split(delimiter) : [pathText]).filter(Boolean)) {
      const isReadHere = name !== homeVariable && name !== 'STS_FUNCTION_POLICY'; // the first is no file, the second has a reader that says so
      if (!isAbsolute(path))
        // the value is not repeated: it may be the token that belongs into the file
        refuse(name, 'its path must be absolute, since a package may have a file of that name');
      else if (isReadHere && !mayBeRead(path))
        refuse(name, say`it must name a regular file of at most 16 MB, got ${quoted(path)}`);
    }
  }
  return { settings, findings };
}

function cannotUse(name: string, cause: Sayable): Finding {
  return finding('SETTING_INVALID', say`cannot use ${name}: ${cause}.`);
}

/** A variable that is read by itself. */
interface Setting {
  readonly name: string;
  readonly must: string;
  /** The part of the settings that a text means; false where it is not what it must be. */
  readonly read: (text: string) => Partial<Settings> | false;
  /** True where a message does not repeat the text. */
  readonly mayHoldPassword?: true;
}

/** Node silently bypasses a proxy whose URL it cannot parse. */
const PROXY = {
  must: 'an http or https URL such as "http://proxy.example.org:3128"',
  read: (text: string) => isWebUrl(text) && {},
  mayHoldPassword: true,
} as const;

const SETTINGS: readonly Setting[] = [
  {
    name: 'STS_FUNCTION_CONCURRENCY',
    must: 'a whole number from 1 to 1000',
    read: (text) => isWhole(text, 1000) && { concurrency: Number(text) },
  },
  {
    name: 'STS_FUNCTION_TIMEOUT',
    must: `a whole number from 1 to ${TIMEOUT_MAX_SECONDS}`,
    read: (text) => isWhole(text, TIMEOUT_MAX_SECONDS) && {}, // the deadline takes it from the environment
  },
  { name: 'HTTPS_PROXY', ...PROXY },
  { name: 'https_proxy', ...PROXY },
  { name: 'STS_FUNCTION_CLUSTER', must: '"in-cluster" or "context:NAME"', read: readCluster },
  {
    name: 'STS_FUNCTION_MODE',
    must: '"mint", "placeholder" or "plan"',
    read: (text) => isOneOf(typedKeys(PURPOSE_OF_MODE), text) && { purposeName: PURPOSE_OF_MODE[text] },
  },
  {
    name: 'STS_FUNCTION_OUTPUT',
    must: '"files" or "stream"',
    read: (text) => isOneOf(['files', 'stream'], text) && { output: text },
  },
];

function isWhole(text: string, max: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= max;
}

function isOneOf<const Text extends string>(all: readonly Text[], text: string): text is Text {
  return all.some((value) => value === text);
}

function readCluster(text: string): Pick<Settings, 'cluster'> | false {
  const [, context] = /^context:(.+)$/.exec(text) ?? [];
  if (context !== undefined) return { cluster: { context } };
  return text === 'in-cluster' && { cluster: { inCluster: true } };
}

const LOOPBACK = /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** AWS_ENDPOINT_URL is the SDK's endpoint for all services: its faults are reported with STS's. */
function readEndpoint(
  environment: Environment,
  [ourName, sdkName, example]: (typeof ENDPOINTS)[number],
): { readonly endpoint?: string; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  if (environment[ourName] && environment[sdkName] && environment[ourName] !== environment[sdkName]) {
    findings.push(cannotUse(ourName, say`${sdkName} is set to another value. Set only one of them`));
  }
  const names = [ourName, sdkName, ...(ourName === 'AWS_STS_ENDPOINT' ? ['AWS_ENDPOINT_URL'] : [])];
  const name = names.find((variable) => environment[variable]);
  const endpoint = name && environment[name];
  if (!name || !endpoint) return { findings };
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') {
    findings.push(cannotUse(name, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS makes the SDK ignore it. Unset one of them'));
  }
  if (!isWebUrl(endpoint)) {
    findings.push(cannotUse(name, say`it must be an http or https URL such as "${example}"`));
    return { findings };
  }
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === 'http:' && !LOOPBACK.test(hostname)) {
    const message = say`the network can see credentials: ${name} is an http URL. Use https.`;
    findings.push(finding('ENDPOINT_UNENCRYPTED', message));
  }
  return { endpoint, findings };
}

/**
 * Variables that name files or folders whose content the operator answers for: some can start programs, others are guards. Hosts start
 * a function in the package's own folder: with a relative path the package itself would supply the file.
 */
export const PATHS = [
  'AWS_CA_BUNDLE',
  'AWS_CONFIG_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_LOGIN_CACHE_DIRECTORY',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'KUBECONFIG',
  'NODE_EXTRA_CA_CERTS', // Node.js has read it at its start: the run must stop
  'SOPS_AGE_KEY_FILE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'STS_FUNCTION_POLICY',
];

/** What is read in the home folder where some of them are not set. */
const IN_HOME: Environment = {
  AWS_CONFIG_FILE: '.aws/config',
  AWS_SHARED_CREDENTIALS_FILE: '.aws/credentials',
  KUBECONFIG: '.kube/config',
};

/** Those of them that take several paths. */
const LISTS: ReadonlySet<string> = new Set(['KUBECONFIG', 'SSL_CERT_DIR']);

/**
 * Variables that name the home folder, where AWS's configuration and kubectl's are. On every system the SDK takes the first that
 * is set (`getHomeDir` of @smithy/core), and asks the system if none is.
 */
const HOMES = ['HOME', 'USERPROFILE', 'HOMEPATH'];

/** All environment variables that are ours: those for endpoints, and those named after this function. */
export const OWN_VARIABLES = [
  ...ENDPOINTS.map(([name]) => name),
  ...[...SETTINGS.map(({ name }) => name), ...PATHS].filter((name) => name.startsWith('STS_FUNCTION_')),
];

/** Most wrong, missing or extra letters of a typo: a Service's STS_FUNCTION_PORT is three away from STS_FUNCTION_MODE. */
const SLIPS = 2;

/** What the name of a variable for one of AWS's services begins with. */
const OF_AWS = /^AWS_[A-Z]+_/;

/**
 * What Kubernetes sets for a Service in the same namespace, here one called sts-function: `STS_FUNCTION_PORT` and its like
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const OF_A_SERVICE = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/** Warns of a name that is nearly ours: it may be somebody else's. */
export function checkName(name: string): Finding[] {
  if (OWN_VARIABLES.includes(name) || OF_A_SERVICE.test(name)) return [];
  const near = OWN_VARIABLES.filter((setting) => Math.abs(name.length - setting.length) <= SLIPS);
  const alike = near.filter((setting) => name.startsWith(OF_AWS.exec(setting)?.[0] ?? '')); // AWS_SQS_ENDPOINT is another service's
  const meant = alike.find((setting) => distance(name.toUpperCase(), setting) <= SLIPS);
  if (meant === undefined) return [];
  const message = say`${quoted(name)} is unused: there is no such setting. Write ${meant}, if that was meant.`;
  return [finding('SETTING_UNKNOWN', message)];
}
