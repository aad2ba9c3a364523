import { createServer, type Server } from 'node:http';

/** State for the HTTP endpoints. They have no TLS, since kubelets have no client certificate of Crossplane. */
export interface Health {
  /** False once the server drains. */
  readonly isReady: () => boolean;
  readonly metrics: () => Promise<string>;
}

/** /healthz, /readyz and /metrics. */
export function createHealthServer({ isReady, metrics }: Health): Server {
  return createServer((request, response) => {
    const answer = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
    const { pathname } = URL.parse(request.url ?? '/', 'http://localhost') ?? { pathname: '' };
    if (pathname === '/healthz') return answer(200, 'ok\n');
    if (pathname === '/readyz') return isReady() ? answer(200, 'ok\n') : answer(503, 'draining\n');
    if (pathname !== '/metrics') return answer(404, 'not found\n');
    return void metrics().then(
      (text) => answer(200, text),
      () => answer(500, 'cannot collect\n'),
    );
  });
}
