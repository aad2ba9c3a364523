import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../support/failure-of.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { withPatience } from '../support/with-patience.ts';

// Servers below HTTP: what they do with a connection, how often one is made, and what is said.

const ATTEMPTS = 5;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 500\r\n';
const input = list(generatorItem());

/** A server that does so with each connection, until `use` has ended: its port, and how many came. */
async function serving<T>(
  take: (socket: Socket) => void,
  use: (port: number, taken: () => number) => Promise<T>,
): Promise<T> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    take(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use((server.address() as AddressInfo).port, () => sockets.length);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

async function run(url: string, environment: Readonly<Record<string, string>> = {}) {
  const ended = await runFunction(input, { sts: { url }, environment });
  const { exit, lines, codes } = failureOf(ended, input);
  return {
    exit,
    codes,
    causes: lines.map((line) => /^error: cannot assume role .*? "team-a\/deployer": (.*?)\. [A-Z]/.exec(line)?.[1]),
  };
}

const afterRequest = (act: (socket: Socket) => void) => (socket: Socket) => void socket.once('data', () => act(socket));

describe('a server that dies is asked five times', () => {
  test.concurrent.each<[string, (socket: Socket) => void, string]>([
    ['it resets the connection', (socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['it resets after the request', afterRequest((socket) => socket.resetAndDestroy()), 'ECONNRESET'],
    ['it ends in the middle of the head', afterRequest((socket) => socket.end(HEAD)), 'ECONNRESET'],
    ['it ends in the middle of the body', afterRequest((socket) => socket.end(`${HEAD}\r\n<Assume`)), 'ECONNRESET'],
    [
      'it resets in the middle of the body',
      afterRequest((socket) => socket.write(`${HEAD}\r\n<Assume`, () => socket.resetAndDestroy())),
      'ECONNRESET',
    ],
  ])('%s', async (_, take, cause) => {
    await serving(take, async (port, taken) => {
      expect(await run(`http://127.0.0.1:${port}`)).toEqual({
        exit: 1,
        codes: ['STS_UNAVAILABLE'],
        causes: [`STS was not reached at "127.0.0.1:${port}" (${cause})`],
      });
      expect(taken()).toBe(ATTEMPTS);
    });
  });
});

describe('a server that is silent is left at the deadline', () => {
  const late = {
    exit: 1,
    codes: ['DEADLINE_PASSED'],
    causes: ['there was no answer within STS_FUNCTION_TIMEOUT'],
  };

  test.concurrent.each<[string, string, (socket: Socket) => void]>([
    ['before TLS', 'https', () => {}],
    ['before the head', 'http', afterRequest(() => {})],
    ['in the head', 'http', afterRequest((socket) => socket.write(HEAD))],
    ['in the body', 'http', afterRequest((socket) => socket.write(`${HEAD}\r\n<Assume`))],
  ])('%s', async (_, scheme, take) => {
    await serving(take, async (port, taken) => {
      const asked = async (environment: Readonly<Record<string, string>>) => {
        const before = taken();
        return { ended: await run(`${scheme}://127.0.0.1:${port}`, environment), taken: taken() - before };
      };
      expect(await withPatience(asked, (one) => one.taken > 0)).toEqual({ ended: late, taken: 1 });
    });
  });

  test.concurrent('and so is one that takes no connection, since its queue is full', async () => {
    const program =
      'const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port))';
    const stopped = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 300_000,
    });
    const sockets: Socket[] = [];
    try {
      const [line] = await once(stopped.stdout, 'data');
      stopped.kill('SIGSTOP');
      for (let index = 0; index < 8; index += 1) {
        const socket = new Socket().on('error', () => {});
        sockets.push(socket);
        socket.connect(Number(line), '127.0.0.1');
      }
      while (sockets.every(({ connecting }) => connecting)) await delay(10);
      const asked = (environment: Readonly<Record<string, string>>) =>
        run(`http://127.0.0.1:${Number(line)}`, environment);
      expect(await withPatience(asked, ({ causes }) => causes[0] !== undefined)).toEqual(late);
    } finally {
      for (const socket of sockets) socket.destroy();
      stopped.kill('SIGKILL');
    }
  });
});
