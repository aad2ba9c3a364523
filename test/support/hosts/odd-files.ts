import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { close, listen } from '../listen.ts';

/** What a file is, beside a text: a link to a path, a program, or what a server has under the file's path. */
type Content =
  | string
  | Uint8Array
  | { readonly link: string }
  | { readonly program: string }
  | { readonly served: string };

export type Files = Readonly<Record<string, Content>>;

/** Stands for the server's address in texts and paths. */
export const SERVER = 'loopback.invalid';

/** A server on loopback that has files, by path. */
export async function startFileServer() {
  const texts = new Map<string, string>();
  const server = createServer(({ url = '' }, response) => {
    const text = texts.get(url);
    response.statusCode = text === undefined ? 404 : 200;
    response.end(text);
  });
  const address = `127.0.0.1:${await listen(server)}`;
  const named = (text: string) => text.replaceAll(SERVER, address);
  return {
    /** Writes files into a folder, and serves what is to be served as `/PREFIX/PATH`. */
    write(folder: string, prefix: string, files: Files): void {
      for (const [name, content] of Object.entries(files)) {
        const path = join(folder, prefix, named(name));
        if (typeof content === 'object' && 'served' in content) texts.set(`/${prefix}/${name}`, named(content.served));
        else {
          mkdirSync(dirname(path), { recursive: true });
          if (typeof content === 'string') writeFileSync(path, named(content));
          else if (content instanceof Uint8Array) writeFileSync(path, content);
          else if ('link' in content) symlinkSync(content.link, path);
          else writeFileSync(path, content.program, { mode: 0o755 });
        }
      }
    },
    close: () => close(server),
  };
}
