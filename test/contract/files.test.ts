import { chmodSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { newAgeKeys } from '../support/age-keys.ts';
import { emittedSecrets, reveal } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { functionConfig, generatorItem, list, specDocument } from '../support/manifests.ts';
import { type Ended, EXECUTABLE, runProcess } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OTHER = "# mine\nkind:   ConfigMap\napiVersion: v1\nmetadata: { name: 'other' }   # spaces\n";
const PLAINTEXT = /^warning: credentials of Secret .* go into files .*\n(?:info: wrote .*\n)*$/;

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

const run = (...argv: string[]): Promise<Ended> => runInProcess('', { sts, arguments: argv });
const render = (...argv: string[]) => run('render', ...argv);
async function callsOf(action: () => Promise<unknown>): Promise<number> {
  const before = sts.calls.length;
  await action();
  return sts.calls.length - before;
}

describe('render', () => {
  test('prints the Secrets of files and folders as documents; no file changes', async () => {
    folder.write('a/one.yaml', `${OTHER}---\n${specDocument('one')}`);
    folder.write(
      'two.json',
      JSON.stringify({
        apiVersion: 'generators.external-secrets.io/v1alpha1',
        kind: 'STSAssumeRoleToken',
        metadata: { name: 'two' },
        spec: { region: 'eu-west-1', role: 'arn:aws:iam::123456789012:role/deployer' },
      }),
    );
    const before = folder.read();
    const { exit, stdout, stderr } = await render(folder.path);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(emittedSecrets(stdout).map(({ metadata }) => metadata.name)).toEqual(['one', 'two']);
    expect(folder.read()).toEqual(before);
  });

  test('leaves out what begins with a dot, node_modules, and links out of the folder', async () => {
    using outside = temporaryFolder({ 'x.yaml': specDocument('outside') });
    folder.write('.hidden/x.yaml', specDocument('hidden'));
    folder.write('node_modules/x/x.yaml', specDocument('module'));
    folder.write('notes.txt', specDocument('text'));
    symlinkSync(outside.path, join(folder.path, 'link'));
    symlinkSync(join(outside.path, 'x.yaml'), join(folder.path, 'link.yaml'));
    folder.write('x.yaml', specDocument('seen'));
    const { stdout } = await render(folder.path);
    expect(emittedSecrets(stdout).map(({ metadata }) => metadata.name)).toEqual(['seen']);
  });

  test('gives a Secret that is there its own labels and annotations after those of the kustomization, as kustomize does', async () => {
    const marked =
      '{name: t, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/d}}';
    folder.write(
      'd.yaml',
      `${specDocument('d')}---\napiVersion: v1\nkind: Secret\nmetadata: ${marked}\ndata: {a: Yg==}\n`,
    );
    folder.write(
      'in.yaml',
      'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options, annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}}\nsessions: [{secrets: [{name: t, labels: {team: own}, annotations: {by: own}}]}]\n',
    );
    folder.write(
      'kustomization.yaml',
      'resources: [d.yaml]\ntransformers: [in.yaml]\nlabels: [{pairs: {team: common, tier: common}}]\ncommonAnnotations: {by: common}\n',
    );
    const [secret] = emittedSecrets((await render(folder.path)).stdout);
    expect(secret?.metadata).toMatchObject({
      labels: { team: 'own', tier: 'common' },
      annotations: { by: 'own' },
    });
  });

  test('takes keys from a Secret among the files', async () => {
    const keys = { id: ci.accessKeyId, secret: ci.secretAccessKey };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'team-a' },
      stringData: keys,
    };
    folder.write('keys.json', JSON.stringify(secret));
    const reference = (key: string) => `{name: keys, key: ${key}}`;
    const auth = `{secretRef: {accessKeyIDSecretRef: ${reference('id')}, secretAccessKeySecretRef: ${reference('secret')}}}`;
    folder.write('spec.yaml', specDocument().replace('spec: {', `spec: {auth: ${auth}, `));
    const environment = { AWS_STS_ENDPOINT: sts.url };
    const { exit, stdout } = await runInProcess('', { arguments: ['render', folder.path], environment });
    expect({ exit, secrets: emittedSecrets(stdout).length, caller: sts.calls.at(-1)?.callerArn }).toEqual({
      exit: 0,
      secrets: 1,
      caller: ci.arn,
    });
    expect(stdout).not.toContain(ci.secretAccessKey);
  });

  test('uses the Input among the files', async () => {
    folder.write(
      'options.yaml',
      'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: o}\nsessions: [{last: {sessionName: from-input}}]\n',
    );
    folder.write('spec.yaml', specDocument());
    await render(folder.path);
    expect(sts.calls.at(-1)).toMatchObject({ parameters: { RoleSessionName: 'from-input' } });
  });
});

describe('render -i', () => {
  test('writes beside the spec, a file that nobody else reads, and the next run changes nothing', async () => {
    folder.write('a/spec.yaml', specDocument());
    const { exit, stdout, stderr } = await render('-i', folder.path);
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: '', stderr: expect.stringMatching(PLAINTEXT) });
    const after = folder.read();
    expect(Object.keys(after)).toEqual(['a/secret_deployer.yaml', 'a/spec.yaml']);
    expect(statSync(join(folder.path, 'a/secret_deployer.yaml')).mode & 0o777).toBe(0o600);
    const [secret] = emittedSecrets(after['a/secret_deployer.yaml'] ?? '');
    expect(secret && reveal(secret, 'access_key_id')).toMatch(/^ASIA/);
    expect(await callsOf(() => render('-i', folder.path))).toBe(0);
    expect(await callsOf(() => render('-i', join(folder.path, 'a/spec.yaml')))).toBe(0);
    expect(folder.read()).toEqual(after);
  });

  test('goes in a package where kpt would put it, from wherever it is started', async () => {
    folder.write('Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n');
    folder.write('deep/spec.yaml', specDocument());
    await render('-i', join(folder.path, 'deep'));
    expect(Object.keys(folder.read())).toContain('team-a/secret_deployer.yaml');
  });

  test('renews a Secret where it is; every other byte and the mode stay', async () => {
    folder.write('spec.yaml', specDocument());
    await render('-i', folder.path);
    const minted = folder.read()['secret_deployer.yaml'] ?? '';
    const old = minted
      .replace(/renew-after: ".*"/, 'renew-after: "2020-01-01T00:00:00Z"')
      .replace('name: deployer', 'name: deployer # why');
    const mixed = join(folder.path, 'mixed.yaml');
    writeFileSync(mixed, `${OTHER}---\n${old}---\n${OTHER}`);
    chmodSync(mixed, 0o640);
    writeFileSync(join(folder.path, 'secret_deployer.yaml'), OTHER);
    expect(await callsOf(() => render('-i', folder.path))).toBe(1);
    const text = readFileSync(mixed, 'utf8');
    expect({
      start: text.slice(0, OTHER.length),
      end: text.slice(-OTHER.length),
      mode: statSync(mixed).mode & 0o777,
    }).toEqual({ start: OTHER, end: OTHER, mode: 0o640 });
    expect({ comment: text.includes('name: deployer # why'), isOld: text.includes('2020-01-01') }).toEqual({
      comment: true,
      isOld: false,
    });
    expect(folder.read()['secret_deployer.yaml']).toBe(OTHER);
  });

  test('writes each Secret that the Input asks for into a file of its own, encrypted ones without a warning', async () => {
    folder.write('a/spec.yaml', specDocument());
    const { recipient } = await newAgeKeys();
    folder.write(
      'options.yaml',
      `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nsessions: [{secrets: [{namespaces: [team-a, team-b], encrypt: {sops: {age: [${recipient}]}}}]}]\n`,
    );
    const calls = await callsOf(async () =>
      expect(await render('-i', folder.path)).toMatchObject({
        exit: 0,
        stderr: expect.stringMatching(/^(?:info: wrote .*\n){2}$/),
      }),
    );
    const after = folder.read();
    const made = ['a/secret_deployer.yaml', 'a/team-b/secret_deployer.yaml'];
    expect({ calls, made: Object.keys(after).filter((file) => file.includes('secret_')) }).toEqual({ calls: 1, made });
    for (const file of made) expect(after[file]).toMatch(/^ {2}session_token: ENC\[/m);
    expect(await callsOf(() => render('-i', folder.path))).toBe(0);
    expect(folder.read()).toEqual(after);
  });

  test('a Policy can refuse plain text in files, and then nothing is asked', async () => {
    folder.write('spec.yaml', specDocument());
    using policy = temporaryFolder({
      'policy.yaml':
        'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{roles: ["arn:aws:iam::123456789012:role/*"], plaintext: refuse}]\n',
    });
    const environment = { STS_FUNCTION_POLICY: join(policy.path, 'policy.yaml') };
    const before = folder.read();
    const calls = await callsOf(async () => {
      const refused = await runInProcess('', { sts, environment, arguments: ['render', '-i', folder.path] });
      expect(refused).toMatchObject({
        exit: 1,
        stderr: expect.stringMatching(/the Policy "\/.*policy\.yaml" refuses plain text in files.*\(without `-i`\)/),
      });
    });
    expect({ calls, after: folder.read() }).toEqual({ calls: 0, after: before });
    expect(await runInProcess('', { sts, environment, arguments: ['render', folder.path] })).toMatchObject({ exit: 0 });
  });

  test('adds a document to a file of its name that holds other things', async () => {
    folder.write('spec.yaml', specDocument());
    folder.write('secret_deployer.yaml', OTHER.trimEnd());
    await render('-i', folder.path);
    const text = folder.read()['secret_deployer.yaml'] ?? '';
    expect(text.startsWith(`${OTHER}---\napiVersion: v1\nkind: Secret\n`)).toBe(true);
  });

  test.each<[string, () => void, RegExp]>([
    [
      'a Secret of somebody else',
      () =>
        folder.write(
          'secret_deployer.yaml',
          'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, namespace: team-a}\ndata: {mine: eA==}\n',
        ),
      /was not made by this function/,
    ],
    [
      "a Secret of External Secrets' operator",
      () =>
        folder.write(
          'secret_deployer.yaml',
          'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, namespace: team-a, labels: {reconcile.external-secrets.io/managed: "true"}}\n',
        ),
      /External Secrets' operator makes it\. Remove its ExternalSecret from the cluster first\. Delete or rename it/,
    ],
    ['a role that is denied', () => folder.write('b.yaml', specDocument('others', { role: 'others' })), /AccessDenied/],
    [
      'a folder out of the package',
      () => {
        folder.write('Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n');
        symlinkSync('/nonexistent', join(folder.path, 'team-a'));
      },
      /"[^"]*\/team-a" is a link or a file\. /,
    ],
    [
      'a link in place of the file',
      () => symlinkSync('/etc/hostname', join(folder.path, 'secret_deployer.yaml')),
      /it is not a regular file/,
    ],
    [
      'a second Input',
      () =>
        folder.write(
          'inputs.yaml',
          'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: a}\n---\napiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: b}\n',
        ),
      /inputs\.yaml:5: cannot choose an Input/,
    ],
    [
      'a Secret of this function that is broken',
      () =>
        folder.write(
          'broken.yaml',
          `${OTHER}---\nkind: Secret\nmetadata: {annotations: {sts.fn.crossplane.io/generator: [\n`,
        ),
      /broken\.yaml:8: cannot read this document: column \d+: /,
    ],
  ])('after an error nothing is written: %s', async (_, spoil, message) => {
    folder.write('a.yaml', specDocument());
    spoil();
    const before = folder.read();
    const { exit, stdout, stderr } = await render('-i', folder.path);
    expect({ exit, stdout, stderr, after: folder.read() }).toEqual({
      exit: 1,
      stdout: '',
      stderr: expect.stringMatching(message),
      after: before,
    });
  });
});

describe('--policy', () => {
  const POLICY = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: []\n';

  test.each(['plan', 'render', 'doctor'])("of %s is the operator's, and one is enough", async (command) => {
    folder.write('a/spec.yaml', specDocument());
    const policy = folder.write('policy.yaml', POLICY);
    const argv = [command, '--policy', policy, join(folder.path, 'a')];
    const messages = command === 'doctor' ? 'stdout' : 'stderr';
    const guarded = await run(...argv);
    expect(guarded).toMatchObject({
      exit: 1,
      [messages]: expect.stringContaining(`no grant of the Policy "${policy}" is for`),
    });
    folder.write('policy.yaml', POLICY.replace('grants', 'grnts'));
    expect(await run(...argv)).toMatchObject({ exit: 1, [messages]: expect.stringContaining(`${policy}:`) });
    const environment = { STS_FUNCTION_POLICY: policy };
    expect(await runInProcess('', { environment, arguments: argv })).toMatchObject({
      exit: 2,
      stderr: 'error: cannot use --policy: STS_FUNCTION_POLICY is set too. Set one of them. [USAGE_INVALID]\n',
    });
    expect(await run(command, '--policy=', folder.path)).toMatchObject({ exit: 2, stdout: '' });
  });
});

describe('standard input, as `-`', () => {
  const from = (input: string, ...argv: string[]) => runInProcess(input, { sts, arguments: argv });
  const OPTIONS =
    'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: o}\nsessions: [{secrets: [{format: env}]}]\n';

  test.each([
    ['documents', `${specDocument()}---\n${OPTIONS}`],
    ['a ResourceList', list(generatorItem(), functionConfig('  sessions: [{secrets: [{format: env}]}]\n'))],
  ])('may be %s', async (_, input) => {
    const planned = await from(input, 'plan', '-o', 'json', '-');
    expect(planned).toMatchObject({ exit: 0, stderr: '' });
    expect(JSON.parse(planned.stdout)).toMatchObject({ secrets: [{ package: '.', file: '-', format: 'env' }] });
    const rendered = await from(input, 'render', '-');
    expect(rendered).toMatchObject({ exit: 0, stderr: '' });
    expect(emittedSecrets(rendered.stdout)).toMatchObject([{ metadata: { name: 'deployer' } }]);
  });

  test('stands alone, and gets no file beside it', async () => {
    for (const argv of [
      ['render', '-i', '-'],
      ['plan', '-', folder.path],
      ['plan', '--since', '-', '-'],
    ])
      expect(await from(specDocument(), ...argv)).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringContaining('stands alone'),
      });
    expect(await from('', 'plan', '-')).toMatchObject({ exit: 0, stderr: expect.stringContaining('[GENERATOR_NONE]') });
  });
});

test('render --detailed-exitcode ends with 2 where a renewal failed, and the old Secret is kept', async () => {
  folder.write('spec.yaml', specDocument());
  await render('-i', folder.path);
  const file = join(folder.path, 'secret_deployer.yaml');
  expect((await render('--detailed-exitcode', folder.path)).exit).toBe(0);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(renew-after: ).*/, '$1"2020-01-01T00:00:00Z"'));
  const before = readFileSync(file, 'utf8');
  for (const [argv, exit] of [
    [[], 0],
    [['--detailed-exitcode'], 2],
    [['-i', '--detailed-exitcode'], 2],
  ] as const) {
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
    const ended = await render(...argv, folder.path);
    expect(ended).toMatchObject({ exit, stderr: expect.stringContaining('[RENEWAL_FAILED]') });
    if (argv[0] !== '-i') expect(ended.stdout).toContain('2020-01-01');
  }
  expect(readFileSync(file, 'utf8')).toBe(before);
});

describe('plan', () => {
  test('without a path is of the folder that it runs in, and so is `render`', async () => {
    folder.write('spec.yaml', specDocument());
    const here = (...argv: string[]) => runProcess(EXECUTABLE, argv, { cwd: folder.path });
    const [without, named] = [await here('plan', '-o=json'), await here('plan', '--output=json', '.')];
    const timeless = ({ stdout }: Ended) => stdout.replace(/"renewAfter": .*/, '');
    expect({ ...without, stdout: timeless(without) }).toEqual({ ...named, stdout: timeless(named) });
    expect(JSON.parse(without.stdout)).toMatchObject({ secrets: [{ package: '.' }] });
    expect(await here('render', '--placeholder')).toEqual(await here('render', '--placeholder', '.'));
  });

  test('--detailed-exitcode: 2 where a Secret is due, 0 where all are good, 1 after an error', async () => {
    folder.write('spec.yaml', specDocument());
    const exit = async () => (await run('plan', '--detailed-exitcode', folder.path)).exit;
    expect((await run('plan', folder.path)).exit).toBe(0);
    expect(await exit()).toBe(2);
    await render('-i', folder.path);
    expect(await exit()).toBe(0);
    folder.write('other/spec.yaml', specDocument('other').replace('region', 'regoin'));
    expect(await exit()).toBe(1);
  });

  test.each(['tree', 'table', 'yaml', 'json', 'markdown'])(
    'exit 2 with %s: the plan where a Secret is due, nothing after wrong usage',
    async (format) => {
      folder.write('spec.yaml', specDocument());
      const planned = (...more: string[]) => run('plan', '--detailed-exitcode', '-o', format, ...more, folder.path);
      expect(await planned()).toEqual({
        exit: 2,
        signal: null,
        stdout: expect.stringContaining('deployer'),
        stderr: '',
      });
      expect(await planned('--detailed-exit')).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringMatching(/^error: /),
      });
      expect(await planned('-o', 'html')).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringMatching(/^error: /),
      });
    },
  );

  test('of folders that make no Secret none is listed, and Markdown says so where there is nothing', async () => {
    folder.write('empty/Kptfile', 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\n');
    const markdown = await run('plan', '-o', 'markdown', folder.path);
    const [summary, none, why] = markdown.stdout.split('\n\n');
    expect(summary).toBe('0 packages, 0 Secrets: 0 due, 0 good. 0 calls of STS.');
    expect(none).toBe('None of the files that were read makes a Secret.');
    expect(why).toMatch(/^```text\nwarning: nothing in .* \[GENERATOR_NONE\]\n```\n$/);
    folder.write('full/spec.yaml', specDocument());
    expect((await run('plan', '-o', 'tree', folder.path)).stdout).not.toContain('0 due, 0 good');
  });

  test('names the role that gets the login of a registry, and the call where there is none', async () => {
    const registry = (name: string) => specDocument(name).replace('STSAssumeRole', 'ECRAuthorization');
    folder.write('a.yaml', registry('a'));
    folder.write('b.yaml', registry('b').replace(/, role.*'/, ''));
    const { stdout } = await run('plan', folder.path);
    expect(stdout).toMatch(/ 123456789012 deployer +43200\n.* ecr:GetAuthorizationToken +43200\n$/);
    const markdown = await run('plan', '-o', 'markdown', folder.path);
    expect(markdown.stdout.match(/^\| issue.*/gm)).toEqual([
      expect.stringContaining('| `123456789012 deployer` |'),
      expect.stringContaining('| `ecr:GetAuthorizationToken` |'),
    ]);
  });

  test('says the same as data and as a table, and asks nobody', async () => {
    folder.write('spec.yaml', specDocument());
    const calls = await callsOf(async () => {
      const json = await run('plan', '-o', 'json', folder.path);
      expect(json).toMatchObject({ exit: 0, stderr: '' });
      expect(JSON.parse(json.stdout)).toEqual({
        version: 1,
        incomplete: [],
        errors: [],
        notes: [],
        secrets: [
          {
            target: { name: 'deployer', namespace: 'team-a' },
            generator: { kind: 'STSAssumeRoleToken', name: 'deployer', namespace: 'team-a' },
            package: '.',
            host: 'none',
            file: join(folder.path, 'spec.yaml'),
            line: 1,
            action: 'issue',
            reason: 'absent',
            identity: { source: 'default', description: "the SDK's default chain (keys in the environment)" },
            hops: [
              {
                role: 'arn:aws:iam::123456789012:role/deployer',
                region: 'eu-west-1',
                sessionName: 'team-a.deployer',
                sessionDuration: 3600,
              },
            ],
            lifetime: 3600,
            format: 'keys',
            recipients: [],
            specHash: expect.stringMatching(/^v1-[0-9a-f]{32}$/),
            digest: expect.stringMatching(/^v1-[0-9a-f]{32}$/),
            renewAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          },
        ],
      });
      const table = (await run('plan', folder.path)).stdout.split('\n');
      expect(table[1]).toMatch(/^issue {3}team-a\/deployer {2}none yet {2}.* {2}3600$/);
    });
    expect(calls).toBe(0);
    const SUMMARY = '1 package, 1 Secret: 1 due, 0 good. 1 call of STS.\n';
    const markdown = (await run('plan', '-o', 'markdown', folder.path)).stdout;
    expect(markdown.split(SUMMARY)).toEqual(['', expect.stringMatching(/^\n\|.*\n```text\n.* {2}3600 s\n```\n$/s)]);
    await render('-i', folder.path);
    expect((await run('plan', '-o', 'yaml', folder.path)).stdout).toMatch(/action: keep\n {2}reason: valid/);
  });
});

describe('plan of an object that the host may change first', () => {
  const transformer = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Input
metadata:
  name: options
  annotations: {config.kubernetes.io/function: '{exec: {path: function-sts-assume-role}}'}
`;
  const kptfile = `apiVersion: kpt.dev/v1
kind: Kptfile
metadata: {name: app}
pipeline: {mutators: [{exec: set-roles}, {exec: function-sts-assume-role}]}
`;
  const [patched, other] = ['patched', 'other'].map((name) =>
    specDocument(name).replace(/arn:aws:iam::\d+:role.\w+/, 'SET_BY_OVERLAY'),
  );
  const kustomization = `resources: [patched.yaml, other.yaml]
transformers: [options.yaml]
patches: [{target: {kind: STSAssumeRoleToken, name: patched}, patch: '[{"op": "replace", "path": "/spec/role", "value": "x"}]'}]
`;

  test.each([
    ['a patch of kustomize', { 'kustomization.yaml': kustomization, 'options.yaml': transformer, 'other.yaml': '' }, 0],
    [
      'a patch, beside one that it does not touch',
      { 'kustomization.yaml': kustomization, 'options.yaml': transformer, 'other.yaml': other ?? '' },
      1,
    ],
    ['a function of kpt', { Kptfile: kptfile }, 0],
  ])('is incomplete, and refuses nothing for what its file has: %s', async (_, files, exit) => {
    for (const [path, text] of Object.entries({ ...files, 'patched.yaml': patched ?? '' })) folder.write(path, text);
    const { stdout, ...ended } = await run('plan', folder.path);
    expect(ended.exit).toBe(exit);
    expect(stdout).toMatch(/note: .*patched.yaml:\d+: as its file has it: .* must be the ARN of a role/);
    expect(stdout.split('\n').filter((line) => /error:/.test(line))).toEqual(
      exit === 0 ? [] : [expect.stringMatching(/other.yaml:\d+: cannot use STSAssumeRoleToken "team-a\/other"/)],
    );
    expect(await run('render', folder.path)).toMatchObject({ exit: 1, stderr: expect.stringContaining('HOST_NEEDED') });
  });

  test('is incomplete where a folder starts the function: its Input has an effect there', async () => {
    const sessions = 'sessions: [{match: {names: [app]}, last: {sessionDuration: 900}}]\n';
    folder.write('start/options.yaml', `${transformer}${sessions}`);
    folder.write('start/kustomization.yaml', 'resources: [options.yaml]\n');
    folder.write('app/app.yaml', specDocument('app'));
    folder.write('app/kustomization.yaml', 'resources: [app.yaml]\ntransformers: [../start]\n');
    const { exit, stdout, stderr } = await run('plan', folder.path);
    expect({ exit, others: stderr.split('\n').filter((line) => !/\[PLAN\]$|^$|^info: /.test(line)) }).toEqual({
      exit: 0,
      others: [],
    });
    expect(stdout).toContain('note: ');
  });
});

test.each([
  [['render', '--wrong', '.'], 'cannot use argument "--wrong": `render` has no such option. See --help.'],
  [['render', '--in-place=x', '.'], 'cannot use argument "--in-place=x": `--in-place` takes no value. See --help.'],
  [['plan', '-i', '.'], 'cannot use argument "-i": `plan` has no such option. See --help.'],
  [['plan', '.', '-o'], 'cannot use argument "--output": it needs a value. See --help.'],
  [
    ['plan', '-o', 'xml', '.'],
    'cannot use "xml" as `--output`: it must be one of `tree`, `table`, `yaml`, `json`, `markdown`.',
  ],
])('wrong usage: %j', async (argv, message) => {
  expect(await run(...argv)).toMatchObject({ exit: 2, stdout: '', stderr: `error: ${message} [USAGE_INVALID]\n` });
});

test.each(['plan', 'render', 'doctor'])('%s in a folder that was removed is an error', async (command) => {
  const removed = ['-c', 'rmdir "$PWD"; exec "$0" "$@"', EXECUTABLE, command, '.'];
  expect(await runProcess('sh', removed, { cwd: mkdtempSync(join(folder.path, 'gone-')) })).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(
      /^error: (?:cannot read the working folder: it is not .*\. \[INPUT_UNREADABLE\]|The current working directory was deleted,.*)\n$/,
    ), // the second from the one file's runtime, which begins nothing there
  });
});

test('a wrong path is an error, and files without a generator are warned of', async () => {
  expect(await render(join(folder.path, 'nowhere'))).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(
      /^error: cannot read ".*nowhere": it is not there \(ENOENT\)\. Correct the path\. \[INPUT_UNREADABLE\]\n$/,
    ),
  });
  expect(await render(folder.path)).toMatchObject({
    exit: 0,
    stdout: '',
    stderr: expect.stringMatching(/^warning: nothing in .* is an STSAssumeRoleToken, /),
  });
});
