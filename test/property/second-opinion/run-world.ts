import { rmSync } from 'node:fs';
import { adoptEnvironment, createWorld } from '../../../function/clients/world.ts';
import type { CallResult } from '../../../function/crossplane/end-call.ts';
import { runFunction } from '../../../function/crossplane/run-function.ts';
import { newService } from '../../../function/crossplane/shared-state.ts';
import type { Finding } from '../../../function/findings/finding.ts';
import { NO_POLICY, readPolicyFile } from '../../../function/hosts/policy.ts';
import { runResourceList } from '../../../function/hosts/stdio.ts';
import { GENERATOR_ANNOTATION } from '../../../function/model/annotations.ts';
import type { KnownObject } from '../../../function/model/answers.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import type { World as FunctionWorld } from '../../../function/model/world.ts';
import { ciEnvironment } from '../../support/accounts.ts';
import { composite, type Parts, Remembered, reconcile, rememberedOf, sent } from '../../support/crossplane/request.ts';
import { createIssuer } from '../../support/sts/issuer.ts';
import { type RecordedCall, type Role, startSts } from '../../support/sts/start-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { rolesOf, USERS } from './accounts.ts';
import { besides, brokenIn, inCluster, inputOf, keysOf, namingBroken, policyOf, writtenIn } from './manifests.ts';
import { AWS_REGION, KEYS, TOKEN_VARIABLES, takenKey, type World } from './world.ts';

/** What a run did, as others saw it. */
export interface Seen {
  readonly calls: readonly RecordedCall[];
  /** Tokens that were taken, as `tokensOf` names them. */
  readonly tokens: readonly string[];
  readonly findings: readonly Finding[];
  /** In each turn: whose Secrets got a new session, and what is desired under the taken key. */
  readonly turns?: readonly Turn[];
  /** What another composite of the same Composition has after all turns, where there were several. */
  readonly neighbour?: Turn | undefined;
}

interface Turn {
  readonly made: readonly string[];
  readonly outcome: CallResult['outcome'] | undefined;
  readonly isLimited: boolean;
  readonly taken: unknown;
}

export const STEP_KEYS = keysOf('step');

/** The embedded STS, where every role trusts everybody, and the function with clients of AWS's SDK that ask it. */
export async function startWorlds() {
  const issuer = await createIssuer();
  const now = Math.floor(Date.now() / 1000);
  const token = await issuer.sign({ sub: 'anybody', aud: 'anything', iat: now, exp: now + 24 * 3600 });
  const folder = temporaryFolder();
  const roles: Role[] = [];
  const sts = await startSts({ users: USERS, roles, identityProviders: [issuer] });
  const before = { ...process.env };
  Object.assign(process.env, ciEnvironment(sts.url), { AWS_REGION });
  adoptEnvironment(process.env);
  const real = createWorld(process.env);
  let runs = 0;
  return {
    async run(world: World): Promise<Seen> {
      const setRoles = (isDenied: boolean) =>
        roles.splice(0, Infinity, ...rolesOf(world.wanted, issuer.issuer, isDenied));
      setRoles(world.isDenied && world.host === 'crossplane');
      const text = policyOf(world);
      const policy = text && folder.write(`policy-${++runs}.json`, text); // a new one: to write one anew takes far longer
      const environment = {
        ...ciEnvironment(sts.url),
        ...Object.fromEntries(TOKEN_VARIABLES.map((name) => [name, token])),
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://127.0.0.1:1',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
        ...(policy === undefined ? {} : { STS_FUNCTION_POLICY: policy }),
        ...(world.output === 'unknown' ? {} : { STS_FUNCTION_OUTPUT: world.output }),
        ...(world.cluster === 'operator' || world.cluster === 'both'
          ? { STS_FUNCTION_CLUSTER: world.host === 'stdin' ? 'context:ci' : 'in-cluster' }
          : {}),
      };
      const tokens: string[] = [];
      const take = (source: string) => {
        tokens.push(source);
        return token;
      };
      const surroundings: FunctionWorld = {
        ...real,
        ambient: {
          ...real.ambient,
          environment,
          readFile: async (path) => take(`tokenFile:${path}`),
          githubToken: async (audience) => take(`github:${audience}`),
        },
        kubernetes: {
          read: async (_, object) => find(inCluster(world), object),
          requestToken: async (_, { namespace, name }, audiences) => {
            take(`serviceAccount:${namespace}/${name}:${audiences.join()}`);
            const sub = `system:serviceaccount:${namespace}:${name}`;
            return new Sensitive(await issuer.sign({ sub, aud: [...audiences], iat: now, exp: now + 24 * 3600 }));
          },
        },
      };
      const start = sts.calls.length;
      const { runNeighbour, ...ran } = await (world.host === 'stdin' ? runStdin : runCrossplane)(world, surroundings);
      const seen = { calls: sts.calls.slice(start), tokens: [...tokens], ...ran };
      setRoles(false);
      const neighbour = await runNeighbour?.();
      if (policy !== undefined) rmSync(policy);
      return { ...seen, neighbour };
    },
    async close() {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
      await sts.close();
      folder.close();
    },
  };
}

/** Another step's, in the place of a Secret. */
const TAKEN = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'other' } };

type Named = { apiVersion: string; kind: string; metadata: object };

/** An object as the client of Kubernetes gives it. */
function find(
  objects: readonly Named[],
  wanted: { kind: string; name: string; namespace?: string },
): KnownObject | null {
  const found = objects.find(({ kind, metadata }) => {
    const { name, namespace } = metadata as { name: string; namespace?: string };
    return kind === wanted.kind && name === wanted.name && namespace === wanted.namespace;
  });
  if (found === undefined) return null;
  const { metadata, data } = found as Named & { metadata: { annotations?: Record<string, string> }; data?: object };
  const isRead = found.kind === 'Secret' || found.kind === 'ServiceAccount';
  return isRead
    ? { annotations: metadata.annotations ?? {}, ...(data && { data: { ...data } }) }
    : { annotations: {}, manifest: found };
}

interface Ran extends Pick<Seen, 'findings' | 'turns'> {
  readonly runNeighbour?: () => Promise<Turn>;
}

async function runStdin(world: World, surroundings: FunctionWorld): Promise<Ran> {
  const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } };
  const list = {
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items: [other, ...writtenIn('manifests', world), ...besides(world)],
    functionConfig: inputOf(world),
  };
  const { findings } = await runResourceList(Buffer.from(JSON.stringify(list)), surroundings);
  return { findings };
}

/** The same composite in each turn, made anew, so that nothing of it is observed or remembered. */
async function runCrossplane(world: World, surroundings: FunctionWorld): Promise<Ran> {
  const { STS_FUNCTION_POLICY: file } = surroundings.ambient.environment;
  const service = newService({
    world: surroundings,
    maxTtlSeconds: 300,
    currentPolicy: () => (file ? readPolicyFile(file) : NO_POLICY),
  });
  const { namespace } = world.composite;
  const desired = writtenIn('manifests', world).map((resource, index) => [`desired-${index}`, { resource }] as const);
  const credentials = KEYS.map((key) => {
    const data = { id: Buffer.from(STEP_KEYS.id), secret: Buffer.from(STEP_KEYS.secret) };
    return [key, { credentialData: { data } }] as const;
  });
  const taken = takenKey(world);
  const others = [
    ...namingBroken(world).map((resource, index) => [`broken-${index}`, { resource }] as const),
    ...(taken === undefined ? [] : [[taken, { resource: TAKEN }] as const]),
  ];
  let ended: CallResult | undefined;
  const call = async (request: Parts) => {
    ended = await runFunction(sent(request), AbortSignal.timeout(30_000), service);
    return ended.response;
  };
  const findings: Finding[] = [];
  const turns: Turn[] = [];
  const remembered = new Remembered();
  const runTurn = async (name: string, turn: number): Promise<Turn> => {
    const broken = brokenIn(turn, world);
    const xr = composite({ metadata: { name, namespace, uid: `uid-${name}-${turn}` } });
    const first: Parts = {
      observed: { composite: { resource: xr }, resources: {} },
      desired: { resources: Object.fromEntries([...desired, ...others]) },
      input: inputOf(world),
      ...(world.hasStepCredentials ? { credentials: Object.fromEntries(credentials) } : {}),
    };
    const shown = { asks: new Remembered(), remembers: remembered, bootstraps: rememberedOf(...broken) }[world.engine];
    const { response } = await reconcile(call, first, [...inCluster(world), ...broken], shown);
    findings.push(...(ended?.findings ?? []));
    const made = (ended?.newSecrets ?? []).map(({ metadata }) => metadata.annotations[GENERATOR_ANNOTATION] ?? '');
    return {
      made: [...new Set(made)],
      outcome: ended?.outcome,
      isLimited: ended?.findings.some(({ code }) => code === 'RATE_LIMITED') === true,
      taken: taken && response.desired?.resources[taken]?.resource?.kind,
    };
  };
  for (let turn = 0; turn < world.turns; turn += 1) turns.push(await runTurn(world.composite.name, turn));
  const told = [...findings];
  return { findings: told, turns, ...(turns.length > 1 && { runNeighbour: () => runTurn('neighbour', 0) }) };
}
