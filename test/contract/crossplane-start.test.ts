import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { close, listen } from '../support/listen.ts';
import { makeIdentity, writeServerFolder } from '../support/make-identity.ts';
import { runFunction } from '../support/run-function.ts';

describe('what does not start', () => {
  const FLAGS = ['serve', '--insecure'];
  test.each<[string, readonly string[], Record<string, string>, number, RegExp]>([
    ['without certificates', ['serve'], {}, 2, /no certificates are named/],
    ['an unknown flag', [...FLAGS, '--tls'], {}, 2, /cannot use argument "--tls": `serve` has no such option\. /],
    ['a flag without its value', [...FLAGS, '--ttl'], {}, 2, /cannot use argument "--ttl": it needs a value\. /],
    ['a flag in place of a value', ['serve', '--policy', '--insecure'], {}, 2, /"--policy": it needs a value\. /],
    [
      'a value that no flag takes',
      ['serve', '--insecure=yes'],
      {},
      2,
      /"--insecure=yes": `--insecure` takes no value\. /,
    ],
    ['an argument that is no flag', [...FLAGS, 'a'], {}, 2, /cannot use argument "a": `serve` takes no argument\. /],
    [
      'an address without a port',
      [...FLAGS, '--address', 'localhost'],
      {},
      2,
      /--address must be HOST:PORT, .*"localhost"/,
    ],
    [
      'one of health',
      [...FLAGS, '--health-address', '8080'],
      {},
      2,
      /--health-address must be HOST:PORT, .*got "8080"/,
    ],
    ['a time to live of 0', [...FLAGS, '--ttl', '0s'], {}, 2, /--ttl must be/],
    ['two policies', [...FLAGS, '--policy', 'a'], { STS_FUNCTION_POLICY: '/b' }, 2, /STS_FUNCTION_POLICY is set too/],
    [
      'a Policy that is not there',
      [...FLAGS, '--policy', '/nonexistent'],
      {},
      1,
      /the Policy "\/nonexistent" of .* --policy: /,
    ],
    [
      'certificates that are not there',
      ['--tls-certs-dir', '/nonexistent'],
      {},
      1,
      /cannot use "\/nonexistent\/tls\.crt": /,
    ],
    [
      'certificates of the environment',
      [],
      { TLS_SERVER_CERTS_DIR: '/nonexistent' },
      1,
      /cannot use "\/nonexistent\/tls\./,
    ],
    ['a plan', FLAGS, { STS_FUNCTION_MODE: 'plan' }, 1, /a server cannot show a plan/],
    [
      'placeholders with TLS',
      ['--tls-certs-dir', '/nonexistent'],
      { STS_FUNCTION_MODE: 'placeholder' },
      1,
      /--insecure only/,
    ],
  ])('%s', async (_, argv, environment, exit, message) => {
    const ended = await runFunction('', { arguments: argv, environment });
    const lines = ended.stderr.split('\n').filter((line) => line.startsWith('error: '));
    expect({ exit: ended.exit, lines: lines.length, stdout: ended.stdout }).toEqual({ exit, lines: 1, stdout: '' });
    expect(lines[0]).toMatch(message);
  });

  test.each<[string, Record<string, string>, string]>([
    ['no certificate', { 'tls.crt': 'none' }, 'tls.crt": it holds no certificate in PEM, or a broken one'],
    ['no authority', { 'ca.crt': '' }, 'ca.crt": it holds no certificate in PEM, or a broken one'],
    ['another key', { 'tls.key': 'other' }, 'tls.key": it is no key in PEM, or not that of tls.crt'],
  ])('with %s in the file', async (_, files, message) => {
    const [own, other] = await Promise.all([makeIdentity({ isAuthority: true }), makeIdentity({ isAuthority: true })]);
    const folder = writeServerFolder(own, own.cert);
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), text === 'other' ? other.key : text);
    const { exit, stderr } = await runFunction('', { arguments: ['--tls-certs-dir', folder] });
    rmSync(folder, { recursive: true });
    expect({ exit, stderr: stderr.replace(folder, 'DIR') }).toEqual({
      exit: 1,
      stderr: `error: cannot use "DIR/${message}. Mount tls.crt, tls.key and ca.crt, in PEM. [SETTING_INVALID]\n`,
    });
  });

  test('on a port in use: one line, exit 1', async () => {
    const taken = createServer();
    const port = await listen(taken);
    const argv = [...FLAGS, '--address', `127.0.0.1:${port}`, '--health-address', '127.0.0.1:0'];
    const { exit, stderr } = await runFunction('', { arguments: argv });
    await close(taken);
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^error: cannot listen on "127.0.0.1:${port}": EADDRINUSE. [^\n]*\\. \\[[A-Z_]+\\]\n$`, 'm'),
    );
  });
});
