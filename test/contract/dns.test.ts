import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
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
import { GOOD_SPEC, generatorItem, list } from '../support/manifests.ts';
import { inMountNamespace, whyNoMounts } from '../support/mount-namespace.ts';
import { EXECUTABLE } from '../support/run-function.ts';
import { withPatience } from '../support/with-patience.ts';

// The system's resolver asks a server of the test's: one that takes questions and never answers, for longer than any test waits, or one
// that knows no name. Node looks names up in threads that nobody can stop, and waits for them when it ends by itself.

const withMounts = skippedIf(whyNoMounts(), 'a resolver that never answers');

/** A resolver for the tests around it, and a folder with a `resolv.conf` that names it. */
function startResolver(
  answer: (question: Buffer, from: RemoteInfo, socket: Socket) => void,
  use: (folder: string) => void,
): void {
  let folder: string;
  let socket: Socket;
  beforeAll(async () => {
    const address = `127.53.${randomInt(1, 255)}.${randomInt(1, 255)}`; // 53 is the only port that it may have
    socket = createSocket('udp4', (question, from) => answer(question, from, socket));
    socket.bind(53, address);
    await once(socket, 'listening');
    folder = mkdtempSync(join(tmpdir(), 'resolver-'));
    writeFileSync(join(folder, 'resolv.conf'), `nameserver ${address}\noptions timeout:30 attempts:3\n`);
    use(folder);
  });
  afterAll(() => {
    socket.close();
    rmSync(folder, { recursive: true });
  });
}

withMounts.describe('a resolver that never answers', () => {
  const environment = ciEnvironment('https://sts.example.com');
  let folder: string;
  let questions = 0;
  startResolver(
    () => {
      questions += 1;
    },
    (made) => {
      folder = made;
    },
  );

  test('the deadline ends the run, whatever the resolver waits for', async () => {
    const input = list(generatorItem());
    writeFileSync(join(folder, 'list.yaml'), input);
    const script = 'mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf; "$FUNCTION" <"$FOLDER/list.yaml"';
    const run = async (patience: Readonly<Record<string, string>>) => {
      const before = questions;
      const all = { ...environment, ...patience, FUNCTION: EXECUTABLE, FOLDER: folder };
      const { exit, codes } = failureOf(await inMountNamespace(script, all), input);
      return { exit, codes, asked: questions > before };
    };
    const ended = await withPatience(run, ({ asked }) => asked);
    expect(ended).toEqual({ exit: 1, codes: ['DEADLINE_PASSED'], asked: true });
  });

  test('a server answers its call within the deadline, and ends when it is told to', async () => {
    const script = `mount --bind "${folder}/resolv.conf" /etc/resolv.conf; exec "$0" "$@"`;
    const command = ['unshare', '-m', 'bash', '--norc', '-c', script, EXECUTABLE] as const;
    const server = await startServer({ environment: { ...environment, STS_FUNCTION_TIMEOUT: '2' }, command });
    const response = await server.call(
      request({ requiredResources: { 'Secret/team-a/acme-deployer': { items: [] } } }),
    );
    expect(response.conditions.map(({ reason }) => reason)).toEqual(['DeadlinePassed']);
    expect(await server.stop()).toBe(0);
  });
});

withMounts.describe('a resolver that knows no name', () => {
  let folder: string;
  startResolver(
    (question, { port, address }, socket) => {
      const answer = Buffer.from(question);
      answer.writeUInt16BE(0x8183, 2); // a response: there is no such name (RFC 1035, section 4.1.1)
      socket.send(answer, port, address);
    },
    (made) => {
      folder = made;
    },
  );

  test.each([
    ['eu-wset-1', 'Did you mean `eu-west-1`? Check `spec.region`'],
    ['eu-west-1', 'Check `spec.region`'],
  ])('the host is named, and the region that was meant: %s', async (region, cure) => {
    const input = list(generatorItem(GOOD_SPEC.replace('eu-west-1', region)));
    writeFileSync(join(folder, 'list.yaml'), input);
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = ciEnvironment('');
    const ended = await inMountNamespace(
      'mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf; "$FUNCTION" <"$FOLDER/list.yaml"',
      { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, FUNCTION: EXECUTABLE, FOLDER: folder } as Record<string, string>,
    );
    expect(ended).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(
        `: STS was not reached: DNS does not have the host "sts.${region}.amazonaws.com" (ENOTFOUND). ${cure}`,
      ),
    });
  });
});
