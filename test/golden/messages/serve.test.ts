import { test } from '@jest/globals';
import pLimit from 'p-limit';
import { runFunction } from '../../support/run-function.ts';
import { expectMessages } from './expect-messages.ts';

type Start = readonly [name: string, argv: readonly string[], environment?: Readonly<Record<string, string>>];

const refused: readonly Start[] = [
  ['no certificates', ['serve']],
  ['an unknown flag', ['serve', '--tls']],
  ['an address that is none', ['--insecure', '--address', 'x']],
  ['a time to live that is none', ['--insecure', '--ttl', '0s']],
  ['a size that is none', ['--insecure', '--max-recv-message-size', '0']],
  ['two policies', ['--insecure', '--policy', 'a'], { STS_FUNCTION_POLICY: '/a' }],
  ['certificates that are not there', ['--tls-certs-dir', '/nonexistent']],
  ['a plan', ['--insecure'], { STS_FUNCTION_MODE: 'plan' }],
  ['placeholders with TLS', ['--tls-certs-dir', '/nonexistent'], { STS_FUNCTION_MODE: 'placeholder' }],
  ['an address that is not of this machine', ['--insecure', '--health-address', '192.0.2.1:1']],
];

test('what is said by a server that does not start', async () => {
  expectMessages(import.meta.filename, await pLimit(2).map(refused, showStart));
});

async function showStart([name, argv, environment = {}]: Start) {
  const { exit, stderr } = await runFunction('', { arguments: argv, environment });
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  return `## not started: ${name}\nexit ${exit}\n${errors.join('\n')}\n`;
}
