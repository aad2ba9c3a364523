import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { close, listen } from '../listen.ts';

/** Serves one file as a release on the loopback interface, in place of github.com. */
export async function startReleases(name: string, file: string) {
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const server = createServer(({ url }, response) => {
    if (url === `/v1/${name}`) createReadStream(file).pipe(response);
    else response.writeHead(404).end();
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/v1`, sha256, close: () => close(server) };
}
