import { constants, open, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ambient, Environment, Kubernetes, World } from '../api/world.ts';
import { awsClients } from './aws-clients.ts';
import { awsEcr } from './ecr.ts';
import { handlerOptions } from './http-handler.ts';
import { onceMade } from './promises.ts';
import { awsSts } from './sts.ts';

/** As Debian has it for who has none. */
const NO_HOME = '/nonexistent';

/** The real world. */
export function createWorld(environment: Environment): World {
  const ambient = createAmbient(environment);
  const clients = awsClients(() => handlerOptions(environment), ambient.region);
  return {
    ambient,
    kubernetes: createKubernetes(environment),
    sts: awsSts(clients),
    ecr: awsEcr(clients),
    now: () => new Date(),
    random: Math.random,
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
  };
}

/** The client of Kubernetes is half of the bundle: it is loaded when an API server is first asked. */
function createKubernetes(environment: Environment): Kubernetes {
  const load = onceMade(async () => (await import('./kubernetes.ts')).kubernetes(environment));
  return {
    read: async (...question) => (await load()).read(...question),
    requestToken: async (...question) => (await load()).requestToken(...question),
  };
}

/** What the process was started with. */
function createAmbient(environment: Environment): Ambient {
  return {
    environment,
    region: onceMade(sdkRegion), // asked for by every generator without one
    readFile: (path) => readFile(path, 'utf8').catch(() => undefined),
    tokenFile: readTokenFile,
    githubToken: async (...asked) => (await import('./github-token.ts')).requestGithubToken(environment, ...asked),
  };
}

/** As the SDK reads it, which then asks the machine's metadata server, too: where there is none, that takes seconds. */
async function sdkRegion(): Promise<string | undefined> {
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } = await import(
    '@smithy/core/config'
  );
  const { configFileSelector } = NODE_REGION_CONFIG_OPTIONS;
  const read = loadConfig<string | undefined>(
    {
      environmentVariableSelector: ({ AWS_REGION }) => AWS_REGION || undefined,
      configFileSelector,
      default: undefined,
    },
    NODE_REGION_CONFIG_FILE_OPTIONS,
  );
  return (await read()) || undefined;
}

const ENDPOINTS = [
  ['AWS_STS_ENDPOINT', 'AWS_ENDPOINT_URL_STS'],
  ['AWS_ECR_ENDPOINT', 'AWS_ENDPOINT_URL_ECR'],
  ['AWS_ECR_PUBLIC_ENDPOINT', 'AWS_ENDPOINT_URL_ECR_PUBLIC'],
] as const;

/**
 * Makes the SDK follow our settings: AWS_STS_ENDPOINT and its like become the SDK's own variables, so that the calls inside its
 * credential chain use it too, and its advice about coming Node versions stays off standard error. A user whom the system does
 * not know, and who has no HOME, gets one without files: the SDK would stop at the question where it is.
 */
export function adoptEnvironment(environment: Record<string, string | undefined>): void {
  for (const [ours, sdks] of ENDPOINTS) {
    const endpoint = environment[ours];
    if (endpoint && !environment[sdks]) environment[sdks] = endpoint;
  }
  if (!environment.HOME && !hasHome()) environment.HOME = NO_HOME;
  environment.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
}

function hasHome(): boolean {
  try {
    return homedir() !== '';
  } catch {
    return false;
  }
}

/** No token is as long: whatever goes on longer is none. */
const READ_BYTES = 64 * 1024;

/**
 * How a file begins that is said to hold a token; undefined when it cannot be read, or is no file but a device or a pipe, which
 * may give bytes for ever, or none.
 */
async function readTokenFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // else a pipe waits for who writes it
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
