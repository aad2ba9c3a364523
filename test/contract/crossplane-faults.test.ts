import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { composite, request, verdictOf } from '../support/crossplane/request.ts';
import { type FunctionServer, startServer } from '../support/crossplane/start-server.ts';
import { skippedIf } from '../support/for-each-test.ts';
import { freePort } from '../support/listen.ts';
import { EXECUTABLE } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { until } from '../support/start-process.ts';
import type { EmbeddedSts } from '../support/sts/start-sts.ts';

// What happens to a server or around it, and that the call after it is answered.

const UNAVAILABLE = 14;
const OPEN_FILES = 48;
/** Linux says how many files a process has. */
const noFiles = existsSync('/proc/self/fd') ? undefined : '/proc is not there';
const { test: withFiles } = skippedIf(noFiles, 'a server without files');
/** What the engine asks for a composite of this name. */
const asking = (name = 'acme') =>
  request({
    xr: composite({ metadata: { name } }),
    requiredResources: { [`Secret/team-a/${name}-deployer`]: { items: [] } },
  });
const asked = asking();

let sts: EmbeddedSts;
let servers: FunctionServer[];
beforeEach(async () => {
  servers = [];
  sts = await startExampleSts();
});
afterEach(async () => {
  for (const server of servers) await server.kill();
  for (const server of servers) await server.stop(); // its client
  await sts.close();
});

async function start(options: Parameters<typeof startServer>[0] = {}): Promise<FunctionServer> {
  const server = await startServer({ sts, ...options });
  servers.push(server);
  return server;
}

/** A shell that sets something up, and is the server then. */
const under = (script: string): readonly [string, ...string[]] => [
  'bash',
  '-c',
  `${script}; exec "$0" "$@"`,
  EXECUTABLE,
];

const secretsOf = ({ desired }: RunFunctionResponse) => Object.keys(desired?.resources ?? {});

/** The first answer with a Secret: what failed a moment ago is not tried again at once, and a connection needs a moment too. */
async function untilAnswered(server: FunctionServer, question = asked): Promise<RunFunctionResponse> {
  return until('an answer with a Secret', 300, async () => {
    const response = await server.call(question).catch(() => undefined);
    return response !== undefined && secretsOf(response).length > 0 ? response : undefined;
  });
}

test('killed in the middle of a call: the call fails, and the server that comes next answers the same client', async () => {
  let server = await start();
  const client = server;
  for (const name of ['one', 'two', 'three']) {
    const before = sts.calls.length;
    sts.fail({ kind: 'slow', delayMs: 60_000, times: 1 });
    const failed = expect(client.call(asking(name))).rejects.toMatchObject({ code: UNAVAILABLE });
    while (sts.calls.length === before) await delay(10);
    await delay(Math.random() * 50);
    await server.kill();
    await failed;
    server = await start({ ports: client });
    expect(secretsOf(await untilAnswered(client, asking(name)))).toEqual([`${name}-deployer`]);
  }
});

describe('a log that cannot be written', () => {
  test.each([
    ['because its disk is full', 'exec 2>/dev/full'],
    ['because its reader has gone', 'exec 2> >(true)'],
  ])('%s changes nothing', async (_, script) => {
    const ports = { port: await freePort(), healthPort: await freePort() }; // it cannot say where it listens
    const server = await start({ command: under(script), arguments: ['--debug'], ports });
    for (let call = 0; call < 20; call += 1) expect(secretsOf(await server.call(asked))).toEqual(['acme-deployer']);
    expect(await server.stop()).toBe(0);
  });
});

describe('connections that nobody uses', () => {
  const idle: Socket[] = [];
  afterEach(() => {
    for (const socket of idle.splice(0)) socket.destroy();
  });

  async function open(port: number, count: number, text = ''): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      idle.push(socket);
      await once(socket, 'connect');
      if (text !== '') socket.write(text);
    }
  }

  test.each([
    ['that say nothing', ''],
    ['that break off in the preface', 'PRI * HTTP/2.0\r\n'],
    ['that speak HTTP/1.1', 'POST /RunFunction HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n'],
  ])('%s keep nobody from an answer', async (_, text) => {
    const server = await start();
    await open(server.port, 200, text);
    expect(secretsOf(await server.call(asked))).toEqual(['acme-deployer']);
    expect(await server.stop()).toBe(0);
  });

  withFiles(
    'and no files left for one to STS: the composite says so, and the calls after it are answered',
    async () => {
      const server = await start({ command: under(`ulimit -n ${OPEN_FILES}`) });
      await server.call(request()); // only asks what there is: the client has its connection, and STS nobody's
      await open(server.port, OPEN_FILES);
      while (readdirSync(`/proc/${server.pid}/fd`).length < OPEN_FILES) await delay(10); // the test's own time limit bounds it
      const response = await server.call(asked);
      expect(verdictOf(response)).toMatchObject({ reason: 'StsUnavailable' });
      for (const socket of idle.splice(0)) socket.destroy();
      expect(secretsOf(await untilAnswered(server))).toEqual(['acme-deployer']);
      expect(await server.stop()).toBe(0);
    },
  );
});
