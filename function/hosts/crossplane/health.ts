import { createServer, type Server } from 'node:http';

/** What is asked over HTTP: kubelets cannot show a certificate of Crossplane's. */
export interface Health {
  /** False from the moment on when calls are no longer taken. */
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
