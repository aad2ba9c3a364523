import { Agent, type RequestOptions } from 'node:https';
import {
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  type KubeConfig,
  type RequestContext,
  ResponseContext,
  SelfDecodingBody,
  ServerConfiguration,
  type V1Secret,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { ObjectRef } from '../findings/say.ts';
import type { Cluster } from '../model/cluster.ts';
import { pluralOf } from '../model/kinds.ts';
import type { KnownObject } from '../model/known.ts';
import { defined } from '../model/plain-data.ts';
import { Sensitive } from '../model/sensitive.ts';
import { ClusterError, type ClusterFailure, type Environment, type Kubernetes } from '../model/world.ts';
import { proxyOptions } from './agent-options.ts';
import { connectionFailure } from './failures.ts';
import { loadKubeconfig, readTokenFile } from './kubeconfig.ts';
import { rejectOnAbort } from './promises.ts';
import { requestText } from './request-text.ts';

/** The shortest lifetime of a token that an API server accepts. */
const TOKEN_SECONDS = 600;

/** An API server, and the agent that keeps its connections. */
interface Connection {
  readonly config: KubeConfig;
  readonly server: string;
  readonly environment: Environment;
  agent?: Agent;
}

/** Kubernetes through its official client, which is large: this file is imported for the first call of an API server. */
export function kubernetes(environment: Environment): Kubernetes {
  const connections = new Map<string, Connection>();
  const call = async <T>(cluster: Cluster, signal: AbortSignal, question: (apis: Apis) => Promise<T>): Promise<T> => {
    try {
      const key = JSON.stringify(cluster);
      const connection = connections.get(key) ?? connect(cluster, environment);
      connections.set(key, connection);
      const answer = question(apisOf(connection, signal));
      return await rejectOnAbort(answer, signal);
    } catch (error) {
      throw error instanceof ClusterError ? error : new ClusterError(classify(error, signal));
    }
  };
  return {
    async read(cluster, object, signal) {
      try {
        return await call(cluster, signal, (apis) => readOne(apis, object));
      } catch (error) {
        if (error instanceof ClusterError && error.failure.kind === 'absent') return null;
        throw error;
      }
    },
    async requestToken(cluster, { name, namespace = '' }, audiences, signal) {
      const spec = { audiences: [...audiences], expirationSeconds: TOKEN_SECONDS };
      const { status } = await call(cluster, signal, ({ core }) =>
        core.createNamespacedServiceAccountToken({ name, namespace, body: { spec } }),
      );
      if (!status?.token) throw new ClusterError({ kind: 'malformed' });
      return new Sensitive(status.token);
    },
  };
}

async function readOne({ core, custom }: Apis, { apiVersion, kind, name, namespace }: ObjectRef): Promise<KnownObject> {
  const one = { name, namespace: namespace ?? '' };
  if (kind === 'Secret') return toKnown(await core.readNamespacedSecret(one));
  if (kind === 'ConfigMap') return toKnown(await core.readNamespacedConfigMap(one));
  if (kind === 'ServiceAccount') return toKnown(await core.readNamespacedServiceAccount(one));
  const [group = '', version = ''] = apiVersion.split('/');
  const generator = { group, version, plural: pluralOf(kind), name };
  const manifest: unknown =
    namespace === undefined
      ? await custom.getClusterCustomObject(generator)
      : await custom.getNamespacedCustomObject({ ...generator, namespace });
  return { annotations: {}, manifest };
}

function connect(cluster: Cluster, environment: Environment): Connection {
  const config = loadKubeconfig(cluster, environment);
  const server = config.getCurrentCluster()?.server ?? '';
  if (!server.startsWith('https://')) throw new ClusterError({ kind: 'unusable', cause: 'noHttps' });
  return { config, server, environment };
}

type Apis = ReturnType<typeof apisOf>;

/** The client's APIs for Kubernetes' own kinds, and for custom resources. */
function apisOf(connection: Connection, signal: AbortSignal) {
  const send = (request: RequestContext) => sendRequest(request, connection, signal);
  const baseServer = new ServerConfiguration(connection.server, {});
  const configuration = createConfiguration({ baseServer, httpApi: wrapHttpLibrary({ send }) });
  return { core: new CoreV1Api(configuration), custom: new CustomObjectsApi(configuration) };
}

/** Sends a request with Node's HTTP instead of the client's, so that it follows HTTPS_PROXY. */
async function sendRequest(request: RequestContext, connection: Connection, signal: AbortSignal) {
  const { headers, agent } = await authenticate(connection);
  const body = request.getBody();
  const { status, text } = await requestText({
    url: new URL(request.getUrl()),
    method: request.getHttpMethod(),
    headers: { ...request.getHeaders(), ...headers },
    ...(typeof body === 'string' ? { body } : {}),
    agent,
    signal,
  });
  const answer = new SelfDecodingBody(Promise.resolve(Buffer.from(text)));
  return new ResponseContext(status, { 'content-type': 'application/json' }, answer);
}

/** Credentials for the API server. Read for each request, since tokens of pods and of exec plugins are short-lived. */
async function authenticate(connection: Connection) {
  const options: RequestOptions = {};
  try {
    await connection.config.applyToHTTPSOptions(options);
  } catch {
    throw new ClusterError({ kind: 'unusable', cause: 'noCredentials' });
  }
  const token = await readTokenFile(connection.config);
  const { auth, ca, cert, key, servername, rejectUnauthorized } = options;
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  const bearer = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const tls = defined({ ca, cert, key, servername, rejectUnauthorized });
  const hasOwnProxy = connection.config.getCurrentCluster()?.proxyUrl !== undefined;
  connection.agent ??= hasOwnProxy
    ? (options.agent as Agent) // of the same class: the client makes it from `proxy-url`
    : new Agent({ keepAlive: true, ...proxyOptions(connection.environment), ...tls });
  const headers = { ...basic, ...(options.headers as Record<string, string>), ...bearer }; // the client sets only strings
  return { headers, agent: connection.agent };
}

function toKnown({ metadata, data }: Pick<V1Secret, 'metadata' | 'data'>): KnownObject {
  return { annotations: metadata?.annotations ?? {}, ...defined({ data }) };
}

const FAILURE_OF_STATUS: Readonly<Record<number, ClusterFailure>> = {
  401: { kind: 'unauthenticated' },
  403: { kind: 'forbidden' },
  404: { kind: 'absent' },
};

function classify(error: unknown, signal: AbortSignal): ClusterFailure {
  if (signal.aborted) return { kind: 'deadline' };
  const { code } = (error ?? {}) as { code?: unknown }; // the client's ApiException has the HTTP status there
  if (typeof code === 'number') return FAILURE_OF_STATUS[code] ?? { kind: 'answered', httpStatus: code };
  return connectionFailure(error) ?? { kind: 'malformed' };
}
