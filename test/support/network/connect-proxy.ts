import { createServer } from 'node:http';
import { connect } from 'node:net';
import { close, listen } from './listen.ts';

/** A proxy on loopback that knows CONNECT and nothing else. */
export interface ConnectProxy {
  readonly url: string;
  /** `host:port` of each tunnel asked for. */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

/** Starts the proxy on a free port of 127.0.0.1. */
export async function startConnectProxy(): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, client) => {
    const target = request.url ?? '';
    tunnels.push(target);
    const [host, port] = target.split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on('error', () => [client, upstream].map((end) => end.destroy()));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    tunnels,
    close: () => close(server),
  };
}
