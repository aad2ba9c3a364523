import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { freePort } from '../support/free-port.ts';
import { close, listen } from '../support/network/listen.ts';
import { runFunction } from '../support/run-function.ts';

describe('what does not start', () => {
  const FLAGS = ['serve', '--insecure'];
  test.each<[string, readonly string[], Record<string, string>, number, RegExp]>([
    ['without certificates', ['serve'], {}, 2, /no certificates are named/],
    ['an unknown flag', [...FLAGS, '--tls'], {}, 2, /cannot use the arguments of serve/],
    ['an address without a port', [...FLAGS, '--address', 'localhost'], {}, 2, /must be HOST:PORT/],
    ['a time to live of 0', [...FLAGS, '--ttl', '0s'], {}, 2, /--ttl must be/],
    ['two policies', [...FLAGS, '--policy', 'a'], { STS_FUNCTION_POLICY: '/b' }, 2, /are both set/],
    ['a Policy that is not there', [...FLAGS, '--policy', '/nonexistent'], {}, 1, /STS_FUNCTION_POLICY/],
    ['certificates that are not there', ['--tls-certs-dir', '/nonexistent'], {}, 1, /cannot use the certificates/],
    ['certificates of the environment', [], { TLS_SERVER_CERTS_DIR: '/nonexistent' }, 1, /cannot use the certificates/],
    ['a plan', FLAGS, { STS_FUNCTION_MODE: 'plan' }, 1, /nobody to tell a plan/],
    [
      'placeholders with TLS',
      ['--tls-certs-dir', '/nonexistent'],
      { STS_FUNCTION_MODE: 'placeholder' },
      1,
      /--insecure alone/,
    ],
  ])('%s', async (_, argv, environment, exit, message) => {
    const ended = await runFunction('', { arguments: argv, environment });
    const lines = ended.stderr.split('\n').filter((line) => line.startsWith('error: '));
    expect({ exit: ended.exit, lines: lines.length, stdout: ended.stdout }).toEqual({ exit, lines: 1, stdout: '' });
    expect(lines[0]).toMatch(message);
  });

  test('on a port in use: one line, exit 1', async () => {
    const taken = createServer();
    const port = await listen(taken);
    const argv = [...FLAGS, '--address', `127.0.0.1:${port}`, '--health-address', `127.0.0.1:${await freePort()}`];
    const { exit, stderr } = await runFunction('', { arguments: argv });
    await close(taken);
    expect(exit).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error: cannot listen on "127.0.0.1:${port}": EADDRINUSE. [^\n]*\\.\n$`, 'm'));
  });
});
