import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that hands out canaries: GitHub's tokens, a container's credentials, an instance's. */
export interface CanaryServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a request gets; undefined refuses it. */
export type CanaryAnswer = (request: IncomingMessage) => HttpAnswer | undefined;

export async function startCanaryServer(answer: CanaryAnswer): Promise<CanaryServer> {
  const server = createServer((request, response) => {
    const { status, body } = answer(request) ?? { status: 403, body: '' };
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
