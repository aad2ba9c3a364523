import { createServer } from 'node:http';
import { connect } from 'node:net';
import { close, listen } from './listen.ts';

/** A proxy on loopback that knows CONNECT and nothing else. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  /** `host:port` of each tunnel asked for. */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts the proxy on a free port of 127.0.0.1. With `portOf` it is all the network there is: a host is the server on that port
 * of 127.0.0.1, and one without a port cannot be found.
 */
export async function startConnectProxy(portOf?: (host: string) => number | undefined): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, client) => {
    const target = request.url ?? '';
    tunnels.push(target);
    const [host = '', asked] = target.split(':');
    const port = portOf === undefined ? Number(asked) : portOf(host);
    if (port === undefined) return void client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const upstream = connect(port, portOf === undefined ? host : '127.0.0.1', () => {
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
    [Symbol.asyncDispose]: () => close(server),
  };
}
