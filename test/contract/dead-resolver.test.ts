import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { request } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { failureOf } from '../support/failure-of.ts';
import { skippedIf } from '../support/for-each-test.ts';
import { inMountNamespace, whyNoMounts } from '../support/mount-namespace.ts';
import { GOOD_SPEC, generator, list } from '../support/resource-list.ts';
import { EXECUTABLE } from '../support/run-function.ts';

// The system's resolver asks a server that takes questions and never answers, for longer than any test waits. Node looks names
// up in threads that nobody can stop, and waits for them when it ends by itself.

const withMounts = skippedIf(whyNoMounts(), 'a resolver that never answers');

withMounts.describe('a resolver that never answers', () => {
  const environment = { ...ciEnvironment('https://sts.example.com'), STS_FUNCTION_TIMEOUT: '1' };
  let folder: string;
  let silent: Socket;
  let questions = 0;
  beforeAll(async () => {
    const address = `127.53.${randomInt(1, 255)}.${randomInt(1, 255)}`; // 53 is the only port that it may have
    silent = createSocket('udp4', () => {
      questions += 1;
    });
    silent.bind(53, address);
    await once(silent, 'listening');
    folder = mkdtempSync(join(tmpdir(), 'resolver-'));
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${address}\noptions timeout:30 attempts:3\n`);
  });
  afterAll(() => {
    silent.close();
    rmSync(folder, { recursive: true });
  });

  test('the deadline ends the run, whatever the resolver waits for', async () => {
    const input = list(generator(GOOD_SPEC));
    writeFileSync(join(folder, 'list.yaml'), input);
    const script = 'mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf; "$FUNCTION" <"$FOLDER/list.yaml"';
    const before = questions;
    const ended = await inMountNamespace(script, { ...environment, FUNCTION: EXECUTABLE, FOLDER: folder });
    const { exit, codes } = failureOf(ended, input);
    expect({ exit, codes, asked: questions > before }).toEqual({ exit: 1, codes: ['DEADLINE_PASSED'], asked: true });
  });

  test('a server answers its call within the deadline, and ends when it is told to', async () => {
    const script = `mount --bind "${folder}/resolv.conf" /etc/resolv.conf; exec "$0" "$@"`;
    const command = ['unshare', '-m', 'bash', '--norc', '-c', script, EXECUTABLE] as const;
    const server = await startServer({ environment, command });
    const response = await server.call(
      request({ requiredResources: { 'Secret/team-a/acme-deployer': { items: [] } } }),
    );
    expect(response.conditions.map(({ reason }) => reason)).toEqual(['DeadlinePassed']);
    expect(await server.stop()).toBe(0);
  });
});
