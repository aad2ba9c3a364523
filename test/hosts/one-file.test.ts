import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, skippedIf } from '../support/for-each-test.ts';
import { requirePrograms } from '../support/hosts/real-programs.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { inMountNamespace, whyNoMounts } from '../support/mount-namespace.ts';
import { ROOT, runProcess } from '../support/run-function.ts';

/** What only the one file has to show; `npm run test:executable` holds it to all that the script is held to. */

const ONE_FILE = join(ROOT, 'dist/bin/function-sts-assume-role');
const SPEC = list(generatorItem());
/** Nobody, and a user that no file knows. */
const STRANGERS = [65_534, 4_242_424];

const hosts = forAllTests(startHosts);
beforeAll(() => requirePrograms([ONE_FILE]));

test('needs no Node.js and no other file', async () => {
  const named = ['AWS_STS_ENDPOINT', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  const only = named.map((name) => `${name}=${hosts.environment[name]}`);
  const { exit, stdout, stderr } = await runProcess('env', ['-i', ...only, ONE_FILE], { input: SPEC, cwd: '/' });
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
});

describe('what a package holds does not change it', () => {
  const HOSTILE = 'console.log("taken over")';
  test.each<[string, Record<string, string>]>([
    ['a .env', { '.env': 'STS_FUNCTION_MODE=placeholder\nAWS_STS_ENDPOINT=http://127.0.0.1:1\n' }],
    ['a .env.production', { '.env.production': 'STS_FUNCTION_MODE=placeholder\n', '.env.local': 'AWS_REGION=\n' }],
    [
      'a bunfig.toml',
      { 'bunfig.toml': 'preload = ["./x.js"]\n', '.bunfig.toml': 'preload = ["./x.js"]\n', 'x.js': HOSTILE },
    ],
    ['a tsconfig.json', { 'tsconfig.json': '{"compilerOptions":{"paths":{"node:fs":["./x.js"]}}}', 'x.js': HOSTILE }],
    ['a package.json', { 'package.json': '{"imports":{"#x":"./x.js"},"main":"x.js"}', 'x.js': HOSTILE }],
    ['modules of the same names', { 'node_modules/fs/index.js': HOSTILE, 'main.ts': HOSTILE, 'index.js': HOSTILE }],
  ])('%s', async (_, files) => {
    const cwd = await hosts.folder(files);
    const run = () => runProcess(ONE_FILE, [], { input: SPEC, cwd, environment: { ...hosts.environment, HOME: cwd } });
    const { exit, stdout, stderr } = await run();
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(/^apiVersion: config\.kubernetes\.io\/v1\n/);
    const [secret] = emittedSecrets(stdout);
    expect(Object.keys(secret?.metadata.annotations ?? {})).toContain('sts.fn.crossplane.io/spec-hash');
  });
});

const withMounts = skippedIf(whyNoMounts(), 'any user on a read-only system');
withMounts.test.each(STRANGERS)('runs as user %d where nothing can be written and there is no HOME', async (uid) => {
  const { AWS_STS_ENDPOINT = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = hosts.environment;
  const folder = await hosts.folder({ 'list.yaml': SPEC });
  const script = `chmod -R a+rX "$FOLDER"; cp "${ONE_FILE}" "$FOLDER/function"
      mount --bind "$FOLDER" /mnt; mount -o remount,bind,ro /mnt; cd /mnt
      for folder in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o ro tmpfs $folder; done
      exec env -i AWS_STS_ENDPOINT=$AWS_STS_ENDPOINT AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID \\
        AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY \\
        setpriv --reuid=${uid} --regid=${uid} --clear-groups /mnt/function <list.yaml`;
  const environment = { FOLDER: folder, AWS_STS_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
  const { exit, stdout, stderr } = await inMountNamespace(script, environment);
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
});
