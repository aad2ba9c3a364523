import { GOOD_SPEC, generator, list } from '../resource-list.ts';
import { type Ended, runFunction } from '../run-function.ts';
import { createIssuer } from '../sts/issuer.ts';
import { type EmbeddedSts, startSts } from '../sts/start-sts.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  type StandInApiServer,
  startStandInApiServer,
} from './stand-in-api-server.ts';

const ISSUER = 'https://issuer.example.org';
const ACCOUNT_ROLE = 'arn:aws:iam::111111111111:role/service-account';

/** One generator that asks for a ServiceAccount's session, with an audience more. */
export const WITH_SERVICE_ACCOUNT = list(
  generator(`${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: deployer, audiences: [extra]}}}`),
);

/** Paths of what is asked for it. */
export const SERVICE_ACCOUNT_PATH = '/api/v1/namespaces/team-a/serviceaccounts/deployer';
export const TOKEN_PATH = `${SERVICE_ACCOUNT_PATH}/token`;

/** A stand-in API server whose tokens an embedded STS trusts. */
export interface Cluster extends StandInApiServer {
  readonly sts: EmbeddedSts;
  /** The next request to `path` gets `answer`, as often as it is put here. */
  put(path: string, answer: ApiAnswer): void;
  /** Runs the function with the cluster switched on; a variable that is undefined is not set. */
  run(input: string, environment?: Readonly<Record<string, string | undefined>>): Promise<Ended>;
}

/** Starts both. */
export async function startCluster(): Promise<Cluster> {
  const issuer = await createIssuer({ issuer: ISSUER });
  const subject = 'system:serviceaccount:team-a:deployer';
  const sts = await startSts({
    identityProviders: [issuer],
    roles: [
      { arn: ACCOUNT_ROLE, trust: [{ federated: ISSUER, subject }] },
      { arn: 'arn:aws:iam::123456789012:role/deployer', trust: [{ principals: [ACCOUNT_ROLE] }] },
    ],
  });
  const iat = Math.floor(Date.now() / 1000);
  const token = await issuer.sign({ sub: subject, aud: ['sts.amazonaws.com', 'extra'], iat, exp: iat + 600 });
  const put = new Map<string, ApiAnswer[]>();
  const server = await startStandInApiServer(({ path }) => put.get(path)?.shift() ?? usual(path, token));
  return {
    ...server,
    sts,
    put: (path, answer) => {
      put.set(path, [...(put.get(path) ?? []), answer]);
    },
    run: (input, environment) => {
      const variables = {
        AWS_STS_ENDPOINT: sts.url,
        AWS_ECR_ENDPOINT: sts.url,
        STS_FUNCTION_CLUSTER: 'context:ci',
        KUBECONFIG: server.kubeconfig,
        ...environment,
      };
      const set = Object.entries(variables).filter((one): one is [string, string] => one[1] !== undefined);
      return runFunction(input, { environment: Object.fromEntries(set) });
    },
    close: async () => {
      await Promise.all([server.close(), sts.close()]);
    },
  };
}

function usual(path: ApiRequest['path'], token: string): ApiAnswer {
  if (path === TOKEN_PATH) return { status: 201, body: { kind: 'TokenRequest', status: { token } } };
  if (path !== SERVICE_ACCOUNT_PATH) return { status: 404, body: { kind: 'Status', code: 404 } };
  const annotations = { 'eks.amazonaws.com/role-arn': ACCOUNT_ROLE };
  return { status: 200, body: { kind: 'ServiceAccount', metadata: { name: 'deployer', annotations } } };
}
