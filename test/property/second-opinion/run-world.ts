import { rmSync } from 'node:fs';
import { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { adoptEnvironment, createWorld } from '../../../function/clients/world.ts';
import type { Finding } from '../../../function/findings/finding.ts';

import { runFunction } from '../../../function/hosts/crossplane/run-function.ts';
import { newService } from '../../../function/hosts/crossplane/shared-state.ts';
import { readPolicyFile } from '../../../function/hosts/policy.ts';
import { answerResourceList } from '../../../function/hosts/stdio.ts';
import type { KnownObject } from '../../../function/model/known.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import type { World as FunctionWorld } from '../../../function/model/world.ts';
import { ciEnvironment } from '../../support/accounts.ts';
import { composite, type Parts, reconcile } from '../../support/crossplane/request.ts';
import { createIssuer } from '../../support/sts/issuer.ts';
import { type RecordedCall, type Role, startSts } from '../../support/sts/start-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { rolesOf, USERS } from './accounts.ts';
import { besides, inCluster, inputOf, keysOf, policyOf, writtenIn } from './manifests.ts';
import { AWS_REGION, KEYS, TOKEN_VARIABLES, type World } from './world.ts';

/** What a run did, as others saw it. */
export interface Seen {
  readonly calls: readonly RecordedCall[];
  /** Tokens that were taken, as `tokensOf` names them. */
  readonly tokens: readonly string[];
  readonly findings: readonly Finding[];
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
      roles.splice(0, Infinity, ...rolesOf(world.wanted, issuer.issuer));
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
          tokenFile: async (path) => take(`tokenFile:${path}`),
          githubToken: async (audience) => take(`github:${audience}`),
        },
        kubernetes: {
          read: async (_, object) => find(inCluster(world), object),
          requestToken: async (_, { namespace, name }, audiences) =>
            new Sensitive(take(`serviceAccount:${namespace}/${name}:${audiences.join()}`)),
        },
      };
      const start = sts.calls.length;
      const findings = await (world.host === 'stdin' ? runStdin : runCrossplane)(world, surroundings);
      if (policy !== undefined) rmSync(policy);
      return { calls: sts.calls.slice(start), tokens, findings };
    },
    async close() {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
      await sts.close();
      folder.close();
    },
  };
}

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

async function runStdin(world: World, surroundings: FunctionWorld): Promise<readonly Finding[]> {
  const other = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } };
  const list = {
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items: [other, ...writtenIn('manifests', world), ...besides(world)],
    functionConfig: inputOf(world),
  };
  return (await answerResourceList(Buffer.from(JSON.stringify(list)), surroundings)).findings;
}

async function runCrossplane(world: World, surroundings: FunctionWorld): Promise<readonly Finding[]> {
  const { environment } = surroundings.ambient;
  const service = newService({
    world: surroundings,
    ttlSeconds: 300,
    readPolicy: () => readPolicyFile(environment),
  });
  const { name, namespace } = world.composite;
  const desired = writtenIn('manifests', world).map((resource, index) => [`desired-${index}`, { resource }] as const);
  const credentials = KEYS.map((key) => {
    const data = { id: Buffer.from(STEP_KEYS.id), secret: Buffer.from(STEP_KEYS.secret) };
    return [key, { credentialData: { data } }] as const;
  });
  const first: Parts = {
    observed: { composite: { resource: composite({ metadata: { name, namespace } }) }, resources: {} },
    desired: { resources: Object.fromEntries(desired) },
    input: inputOf(world),
    ...(world.hasStepCredentials ? { credentials: Object.fromEntries(credentials) } : {}),
  };
  let findings: readonly Finding[] = [];
  const call = async (request: Parts) => {
    const { credentials, ...others } = request;
    const asked = { ...(JSON.parse(JSON.stringify(others)) as object), ...(credentials && { credentials }) };
    const received = { ...RunFunctionRequest.fromPartial(asked), hasLostKey: false };
    const ended = await runFunction(received, AbortSignal.timeout(30_000), service);
    findings = ended.findings;
    return ended.response;
  };
  await reconcile(call, first, inCluster(world));
  return findings;
}
