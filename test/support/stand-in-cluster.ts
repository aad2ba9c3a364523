import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { close, listen } from './listen.ts';
import { makeIdentity } from './make-identity.ts';
import { GOOD_SPEC, generatorItem, list } from './manifests.ts';
import { runInProcess } from './run-in-process.ts';
import { createIssuer, type Issuer } from './sts/issuer.ts';
import { startSts } from './sts/start-sts.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What a stand-in API server was asked. */
interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** An answer: a status with an object or the text of one, or a connection that breaks, or none. */
export type ApiAnswer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'
  | 'never';

/**
 * Starts a stand-in for an API server on loopback, for faults that a real one does not make when asked to; `answer` decides what
 * each request gets.
 */
export async function startStandInApiServer(answer: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>) {
  const { key, cert } = await makeIdentity({ isAuthority: true });
  const requests: ApiRequest[] = [];
  const server = createServer({ key, cert }, async (message, response) => {
    const request = await read(message);
    requests.push(request);
    const given = await answer(request);
    if (given === 'never') return;
    if (given === 'reset') message.socket.destroy();
    else
      response
        .writeHead(given.status, { 'content-type': 'application/json', ...given.headers })
        .end(textOf(given.body));
  });
  const port = await listen(server);
  const folder = temporaryFolder();
  const kubeconfigText = kubeconfigFor(`https://127.0.0.1:${port}`, cert);
  return {
    port,
    /** A kubeconfig whose only context is `ci`. */
    kubeconfig: folder.write('kubeconfig', kubeconfigText),
    kubeconfigText,
    requests,
    close: async () => {
      folder.close();
      await close(server);
    },
  };
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

async function read(message: IncomingMessage): Promise<ApiRequest> {
  const { method = '', url = '', headers } = message;
  return { method, path: url, authorization: headers.authorization, body: await text(message) };
}

/** A kubeconfig with one context, `ci`, that has a token. */
export function kubeconfigFor(server: string, authority?: string): string {
  const ca =
    authority === undefined ? '' : `, certificate-authority-data: ${Buffer.from(authority).toString('base64')}`;
  return `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "${server}"${ca}}}]
users: [{name: u, user: {token: CANARY-caller}}]
contexts: [{name: ci, context: {cluster: c, user: u}}]
`;
}

const ISSUER = 'https://issuer.example.org';
export const ACCOUNT_ROLE = 'arn:aws:iam::111111111111:role/service-account';

/** One generator that asks for a ServiceAccount's session, with an audience more. */
export const WITH_SERVICE_ACCOUNT = list(
  generatorItem(`${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: deployer, audiences: [extra]}}}`),
);

/** The ServiceAccount as an API server answers it. */
export const serviceAccount = (metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'deployer', namespace: 'team-a', ...metadata },
});

/** Paths of what is asked for it. */
export const SERVICE_ACCOUNT_PATH = '/api/v1/namespaces/team-a/serviceaccounts/deployer';
export const TOKEN_PATH = `${SERVICE_ACCOUNT_PATH}/token`;

/** {@link startCluster} */
export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** Starts a stand-in API server, and an embedded STS that trusts its tokens. */
export async function startCluster() {
  const issuer = await createIssuer({ issuer: ISSUER });
  const subject = 'system:serviceaccount:team-a:deployer';
  const sts = await startSts({
    identityProviders: [issuer],
    roles: [
      { arn: ACCOUNT_ROLE, trust: [{ federated: ISSUER, subject }] },
      { arn: 'arn:aws:iam::123456789012:role/deployer', trust: [{ principals: [ACCOUNT_ROLE] }] },
    ],
  });
  let forgotten = 0;
  const put = new Map<string, ApiAnswer[]>();
  const server = await startStandInApiServer((request) => put.get(request.path)?.shift() ?? usual(request, issuer));
  return {
    ...server,
    sts: {
      ...sts,
      get calls() {
        return sts.calls.slice(forgotten);
      },
    },
    /** The next request to `path` gets `answer`, as often as it is put here. */
    put: (path: string, answer: ApiAnswer) => {
      put.set(path, [...(put.get(path) ?? []), answer]);
    },
    /** Runs the function with the cluster switched on; a variable that is undefined is not set. */
    run: (input: string, environment?: Readonly<Record<string, string | undefined>>) => {
      const variables = {
        AWS_STS_ENDPOINT: sts.url,
        AWS_ECR_ENDPOINT: sts.url,
        STS_FUNCTION_CLUSTER: 'context:ci',
        KUBECONFIG: server.kubeconfig,
        ...environment,
      };
      const set = Object.entries(variables).filter((one): one is [string, string] => one[1] !== undefined);
      return runInProcess(input, { environment: Object.fromEntries(set) });
    },
    /** Forgets what it and its STS were asked, and the answers that nobody has fetched. */
    forget: () => {
      put.clear();
      server.requests.length = 0;
      forgotten = sts.calls.length;
    },
    close: async () => {
      await Promise.all([server.close(), sts.close()]);
    },
  };
}

async function usual({ path, body }: ApiRequest, issuer: Issuer): Promise<ApiAnswer> {
  if (path === TOKEN_PATH) return { status: 201, body: await tokenRequest(issuer, path, body) };
  if (path !== SERVICE_ACCOUNT_PATH) return { status: 404, body: { kind: 'Status', code: 404 } };
  return { status: 200, body: serviceAccount({ annotations: { 'eks.amazonaws.com/role-arn': ACCOUNT_ROLE } }) };
}

/** What an API server makes of a request for a token: the request, and the token of the account in the path for the audiences in it. */
export async function tokenRequest(issuer: Issuer, path: string, body: string) {
  const [, namespace, name] = /namespaces\/([^/]+)\/serviceaccounts\/([^/]+)/.exec(path) ?? [];
  const { spec } = JSON.parse(body) as { spec: { audiences: string[] } }; // what the function sends
  const iat = Math.floor(Date.now() / 1000);
  const claims = { sub: `system:serviceaccount:${namespace}:${name}`, aud: spec.audiences, iat, exp: iat + 600 };
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec,
    status: { token: await issuer.sign(claims) },
  };
}
