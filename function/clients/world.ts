import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { attempt, onceAsync } from '../model/plain-data.ts';
import { type Ambient, ENDPOINTS, type Environment, type World } from '../model/world.ts';
import { awsClients } from './aws-clients.ts';
import { boundInterimAnswers } from './bounded-answers.ts';
import { mayBeRead, readText } from './read-file.ts';
import { stsClient } from './sts.ts';

/** Debian's home folder for users without one. */
const MISSING_HOME = '/nonexistent';

/** What is around the program beside its environment. */
export type ProgramInfo = Pick<Ambient, 'program' | 'terminal'>;

/** The real `World`: AWS, Kubernetes, clock, environment. */
export function createWorld(environment: Environment, programInfo: ProgramInfo = { program: '' }): World {
  boundInterimAnswers();
  const region = onceAsync(() => operatorRegion(environment)); // read once for all generators without one
  const clients = awsClients(environment, region);
  // the client of Kubernetes is half of the bundle, and most runs need none
  const kubernetes = onceAsync(async () => (await import('./kubernetes.ts')).kubernetes(environment));
  return {
    ambient: {
      ...programInfo,
      environment,
      region,
      mayBeRead,
      readFile: async (path) => readText(path),
      githubToken: async (...input) => (await import('./github-token.ts')).requestGithubToken(environment, ...input),
    },
    kubernetes: {
      read: async (...input) => (await kubernetes()).read(...input),
      requestToken: async (...input) => (await kubernetes()).requestToken(...input),
    },
    sts: { client: (options) => stsClient(clients, options) },
    ecr: { client: async (options) => (await import('./ecr.ts')).ecrClient(clients, options) },
    now: () => new Date(),
    random: Math.random,
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
  };
}

/** The region from the SDK's settings, without its metadata server, which takes seconds where there is none. */
async function operatorRegion({ AWS_REGION }: Environment): Promise<string | undefined> {
  if (AWS_REGION) return AWS_REGION;
  const sdk = await import('@smithy/core/config');
  const { configFileSelector } = sdk.NODE_REGION_CONFIG_OPTIONS;
  const read = sdk.loadConfig<string | undefined>(
    { environmentVariableSelector: () => undefined, configFileSelector, default: undefined },
    sdk.NODE_REGION_CONFIG_FILE_OPTIONS,
  );
  return (await read()) || undefined;
}

/**
 * Sets variables of the SDK in `environment`, which it reads itself, and gives what the operator had set. Our own endpoints, such as
 * AWS_STS_ENDPOINT, become the SDK's, so that its credential chain uses them too. The SDK's warnings about Node versions are switched off. A
 * user without HOME and without an entry in the system gets a folder that does not exist, since the SDK fails without a home.
 */
export function adoptEnvironment(environment: Record<string, string | undefined>): Environment {
  const operatorEnvironment = { ...environment };
  for (const [ourName, sdkName] of ENDPOINTS) {
    const endpoint = environment[ourName];
    if (endpoint && !environment[sdkName]) environment[sdkName] = endpoint;
  }
  if (!environment.HOME && !attempt(homedir)) environment.HOME = MISSING_HOME;
  environment.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  return operatorEnvironment;
}

const SHELL = '/bin/sh';

/**
 * Ends the process at once. `process.exit` waits for DNS lookups in threads that cannot be stopped, for minutes if a resolver does not
 * answer. During one, a shell that only exits with `code` replaces the process (docs/decisions/024-a-process-that-ends.md).
 */
export function endProcess(code: number): never {
  const isLookingUp = process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
  if (isLookingUp && existsSync(SHELL)) {
    attempt(() => process.execve?.(SHELL, [SHELL, '-c', `exit ${code}`], {})); // not supported or not permitted: exit as usual
  }
  process.exit(code);
}
