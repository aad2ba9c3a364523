import { Agent, type RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ObjectRef } from '../findings/say.ts';
import { coreObject, identify, pluralOf } from '../model/kinds.ts';
import { parseJson } from '../model/parse-bounded.ts';
import { cached, defined, isRecord, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import type { Cluster } from '../model/schema-parts.ts';
import { Sensitive } from '../model/sensitive.ts';
import { ClusterError, type ClusterFailure, type Environment, type Kubernetes } from '../model/world.ts';
import { proxyOptions } from './agent-options.ts';
import { rejectOnAbort } from './bounded-answers.ts';
import { connectionFailure, withEndpoint } from './failures.ts';
import { loadKubeconfig, mayReadFiles, readTokenFile } from './kubeconfig.ts';
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

/**
 * Kubernetes with the connection settings of its official client, which is large: this file is imported for the first call of an API
 * server. Requests are sent with Node's HTTP, so that they follow HTTPS_PROXY and their answers are bounded; an answer is held to what was
 * asked for.
 */
export function kubernetes(environment: Environment): Kubernetes {
  const connections = new Map<string, Connection>();
  const call = async (cluster: Cluster, signal: AbortSignal, path: string, body?: unknown): Promise<unknown> => {
    try {
      const connection = cached(connections, JSON.stringify(cluster), () => connect(cluster, environment));
      return await rejectOnAbort(send(connection, signal, path, body), signal);
    } catch (error) {
      if (error instanceof ClusterError) throw error;
      if (signal.aborted) throw new ClusterError({ kind: 'deadline' });
      throw new ClusterError(connectionFailure(error, environment) ?? { kind: 'malformed' });
    }
  };
  return {
    async read(cluster, object, signal) {
      try {
        const manifest = await call(cluster, signal, pathOf(object));
        const { apiVersion, kind, name, namespace } = object;
        if (!isDeepStrictEqual(identify(manifest), { apiVersion, kind, name, ...defined({ namespace }) }))
          throw new ClusterError({ kind: 'malformed' });
        const data = valueAt(manifest, ['data']);
        const annotations = stringsIn(valueAt(manifest, ['metadata', 'annotations']));
        return { annotations, manifest, ...(isRecord(data) ? { data } : {}) };
      } catch (error) {
        if (error instanceof ClusterError && error.failure.kind === 'absent') return null;
        throw error;
      }
    },
    async requestToken(cluster, serviceAccount, audiences, signal) {
      const spec = { audiences: [...audiences], expirationSeconds: TOKEN_SECONDS };
      const path = `${pathOf(coreObject('ServiceAccount', serviceAccount))}/token`;
      const answer = await call(cluster, signal, path, { spec });
      const token = textAt(answer, ['status', 'token']);
      if (textAt(answer, ['kind']) !== 'TokenRequest' || !token) throw new ClusterError({ kind: 'malformed' });
      return new Sensitive(token);
    },
  };
}

/** The path of an object (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris). */
function pathOf({ apiVersion, kind, name, namespace }: ObjectRef): string {
  const root = apiVersion.includes('/') ? '/apis' : '/api';
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}/${apiVersion}${within}/${pluralOf(kind)}/${encodeURIComponent(name)}`;
}

function connect(cluster: Cluster, environment: Environment): Connection {
  const config = loadKubeconfig(cluster, environment);
  const server = config.getCurrentCluster()?.server ?? '';
  if (!server.startsWith('https://')) throw new ClusterError({ kind: 'unusable', cause: 'noHttps' });
  return { config, server, environment };
}

/** What an API server answers; `body`: what it is to create. @throws ClusterError, the errors of a connection, or of no JSON. */
async function send(connection: Connection, signal: AbortSignal, path: string, body?: unknown): Promise<unknown> {
  const { headers, agent } = await authenticate(connection);
  const url = new URL(connection.server + path);
  const sent = requestText({
    url,
    method: body === undefined ? 'GET' : 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    agent,
    signal,
  });
  const { status, text } = await sent.catch((error) => {
    throw withEndpoint(error, url);
  });
  if (status >= 200 && status < 300) return parseJson(text);
  throw new ClusterError(FAILURE_OF_STATUS[status] ?? { kind: 'answered', httpStatus: status });
}

/** Credentials for the API server. Read for each request, since tokens of pods and of exec plugins are short-lived. */
async function authenticate(connection: Connection) {
  const options: RequestOptions = {};
  try {
    if (!mayReadFiles(connection.config)) throw new Error();
    await connection.config.applyToHTTPSOptions(options);
  } catch {
    throw new ClusterError({ kind: 'unusable', cause: 'noCredentials' });
  }
  const token = readTokenFile(connection.config);
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

const FAILURE_OF_STATUS: Readonly<Record<number, ClusterFailure>> = {
  401: { kind: 'unauthenticated' },
  403: { kind: 'forbidden' },
  404: { kind: 'absent' },
};
