import type { Hop, Keys, Session } from '../../../function/model/hop.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import { type Ambient, AwsError, type AwsFailure, type World } from '../../../function/model/world.ts';

type RunRequest = Hop['request'];

/** What AWS was asked in a fake world. */
interface FakeCall {
  readonly region: string;
  readonly signedWith: string;
  readonly request: RunRequest;
}

/** A world without network or time: sleeping moves its clock. */
export interface FakeWorld extends World {
  readonly calls: readonly FakeCall[];
  readonly slept: readonly number[];
  /** Most requests that were under way together. */
  readonly mostAtOnce: number;
}

/** 2026-01-02T03:04:05.678Z */
export const NOW = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));

/** Answers every request, except those for which `failures` (one per attempt, then none) has something. */
export function fakeWorld({
  failures = [],
  lifetimeSeconds,
}: {
  failures?: readonly (AwsFailure | undefined)[];
  lifetimeSeconds?: number;
} = {}): FakeWorld {
  const calls: FakeCall[] = [];
  const slept: number[] = [];
  let at = NOW.getTime();
  let atOnce = 0;
  let mostAtOnce = 0;
  const assume = async (
    region: string,
    credentials: Keys | undefined,
    request: RunRequest & { readonly durationSeconds: number },
  ): Promise<Session> => {
    const failure = failures[calls.length];
    calls.push({ region, signedWith: credentials?.accessKeyId.reveal() ?? 'default chain', request });
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    if (failure !== undefined) throw new AwsError(failure);
    const seconds = lifetimeSeconds ?? request.durationSeconds;
    return {
      accessKeyId: new Sensitive(`ASIA${calls.length}`),
      secretAccessKey: new Sensitive('secret'),
      sessionToken: new Sensitive('token'),
      expiration: new Date(at + seconds * 1000),
    };
  };
  return {
    sts: {
      client: async ({ region = 'us-east-1', credentials }) => ({
        getCallerIdentity: async () => ({ account: '111111111111', arn: 'arn:aws:iam::111111111111:user/ci' }),
        assumeRole: (request) => assume(region, credentials, request),
        assumeRoleWithWebIdentity: (request, token) =>
          assume(region, { accessKeyId: token, secretAccessKey: token }, request),
        getSessionToken: (request) => assume(region, credentials, request),
      }),
    },
    ecr: {
      client: async ({ region, scope, credentials }) => ({
        getAuthorizationToken: async () => {
          const session = await assume(region, credentials, { scope, durationSeconds: 43_200 });
          return {
            username: new Sensitive('AWS'),
            password: session.secretAccessKey,
            ...(scope === 'public' ? {} : { proxyEndpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com' }),
            ...(session.expiration && { expiration: session.expiration }),
          };
        },
      }),
    },
    kubernetes: { read: async () => null, requestToken: async () => new Sensitive('token') },
    ambient: ambient(),
    now: () => new Date(at),
    random: () => 0.5,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      at += milliseconds;
    },
    calls,
    slept,
    get mostAtOnce() {
      return mostAtOnce;
    },
  };
}

/** What a process was started with, when it was started with just this. */
export function ambient(environment: Readonly<Record<string, string>> = {}): Ambient {
  return {
    environment,
    program: 'function-sts-assume-role',
    region: async () => environment.AWS_REGION,
    readFile: async () => undefined,
    mayBeRead: () => true,
    githubToken: async () => undefined,
  };
}
