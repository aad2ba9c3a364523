import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { makeIdentity } from '../certificates/make-identity.ts';
import { temporaryFolder } from '../files/temporary-folder.ts';
import { close, listen } from '../network/listen.ts';

/** What a stand-in API server was asked. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** An answer: a status with an object, or a connection that breaks, or none. */
export type ApiAnswer = { readonly status: number; readonly body: unknown } | 'reset' | 'never';

/** A stand-in for an API server on loopback, for faults that a real one does not make when asked to. */
export interface StandInApiServer {
  readonly port: number;
  /** A kubeconfig whose only context is `ci`. */
  readonly kubeconfig: string;
  readonly kubeconfigText: string;
  readonly requests: readonly ApiRequest[];
  close(): Promise<void>;
}

/** Starts the stand-in; `answer` decides what each request gets. */
export async function startStandInApiServer(answer: (request: ApiRequest) => ApiAnswer): Promise<StandInApiServer> {
  const { key, cert } = await makeIdentity({ isAuthority: true });
  const requests: ApiRequest[] = [];
  const server = createServer({ key, cert }, async (message, response) => {
    const request = await read(message);
    requests.push(request);
    const given = answer(request);
    if (given === 'never') return;
    if (given === 'reset') message.socket.destroy();
    else response.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.body));
  });
  const port = await listen(server);
  const folder = temporaryFolder();
  const kubeconfigText = kubeconfigFor(`https://127.0.0.1:${port}`, cert);
  return {
    port,
    kubeconfig: folder.write('kubeconfig', kubeconfigText),
    kubeconfigText,
    requests,
    close: async () => {
      folder.close();
      await close(server);
    },
  };
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
