import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ci } from '../support/accounts.ts';
import { emittedSecrets, normalise, reveal } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { functionAnnotation, generator, input, keysSecret, kptfile } from '../support/hosts/manifests.ts';
import { promisedSecret } from '../support/hosts/pages.ts';
import { KILLER, MOMENTS_MILLISECONDS, startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { EXECUTABLE, runProcess } from '../support/run-function.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { readFolder } from '../support/temporary-folder.ts';

const FUNCTION = { exec: 'function-sts-assume-role' };
const LOCAL_CONFIG = { 'config.kubernetes.io/local-config': 'true' };

/** Comments, quotes and order that kpt itself leaves alone; it doubles a comment at the end of a file. */
const NEIGHBOURS = `# Who runs it.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app # not the generator
  annotations:
    example.org/note: "a long line stays one line, however long it is, because the hosts do not fold what was not folded before"
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: app
        image: 'example.org/app:1'
        args: ["--flag", '- not an item', "yes", "0123"]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  block: |
    - looks like an item
    functionConfig: neither

    items:
    - nor this
  empty: ""
`;

const hosts = forAllTests(startHosts);

const render = (cwd: string, ...argv: string[]) => hosts.run('kpt', ['fn', 'render', '--allow-exec', ...argv], { cwd });
const evaluate = (cwd: string, ...argv: string[]) =>
  hosts.run('kpt', ['fn', 'eval', '--exec', FUNCTION.exec, ...argv], { cwd });
const succeeded = { exit: 0, stderr: expect.stringContaining('[PASS]') };

/** Files of `after` that `before` does not have; fails when any file of `before` is not as it was. */
function added(before: Record<string, string>, after: Record<string, string>): string[] {
  const news = Object.keys(after).filter((file) => !(file in before));
  expect(Object.fromEntries(Object.entries(after).filter(([file]) => file in before))).toEqual(before);
  return news;
}

/** A Deployment and its ConfigMap, as people write them and kpt leaves them. */
function manifestOf(index: number): string {
  return `# App ${index}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${index}
  labels: {app.kubernetes.io/name: 'app-${index}'}
spec:
  replicas: 3 # at least
  selector:
    matchLabels:
      app.kubernetes.io/name: app-${index}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-${index}
    spec:
      containers:
      - name: main
        image: "registry.example.org/app:1.2.3"
        args: [--port=8080, "--level=info"]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-${index}
data:
  app.properties: |
    # kind: Secret
    - apiVersion: v1
    mode=production
`;
}

describe('examples', () => {
  test.each([
    ['kpt/static-keys', 'secret_sts-assumerole-gen.yaml', []],
    ['kpt/external-secret', 'secret_sts-assumerole-secret.yaml', []],
    ['kpt/default-chain', 'team-a/secret_deployer.yaml', []],
    ['kpt/role-chain', 'team-a/secret_production.yaml', ['team-a/secret_staging.yaml']],
    ['kpt/sub-packages', 'partner/team-a/secret_partner.yaml', ['team-a/secret_deployer.yaml']],
  ])('%s gives the Secret that its page promises, and changes no other file', async (example, file, others) => {
    const folder = await hosts.example(example);
    const before = readFolder(folder);
    expect(await render(folder)).toMatchObject(succeeded);
    const after = readFolder(folder);
    expect(added(before, after)).toEqual([file, ...others]);
    expect(normalise(after[file] ?? '')).toBe(promisedSecret(example));
  });
});

describe('kpt fn render', () => {
  test('asks STS once, with the keys of the Secret that the manifest names, and what it emits can be used', async () => {
    const folder = await hosts.example('kpt/static-keys');
    const environment = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const calls = await hosts.callsOf(() =>
      hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder, environment }),
    );
    expect(calls).toEqual([
      expect.objectContaining({
        operation: 'AssumeRole',
        callerArn: ci.arn,
        region: 'eu-west-1',
        outcome: 'ok',
        parameters: expect.objectContaining({
          RoleArn: 'arn:aws:iam::123456789012:role/my-role',
          RoleSessionName: 'sts-assumerole-gen',
          DurationSeconds: '3600',
        }),
      }),
    ]);
    const [secret] = emittedSecrets(readFolder(folder)['secret_sts-assumerole-gen.yaml'] ?? '');
    expect(secret && (await callerOf(hosts.sts.url, secret))).toBe(
      'arn:aws:sts::123456789012:assumed-role/my-role/sts-assumerole-gen',
    );
  });

  test('renders twice into one document, and leaves the rest as `exec: cat` does', async () => {
    const files = { 'neighbours.yaml': NEIGHBOURS, 'generator.yaml': generator({ namespace: 'team-a' }) };
    const folder = await hosts.folder({ ...files, Kptfile: kptfile(FUNCTION) });
    const catFolder = await hosts.folder({ ...files, Kptfile: kptfile({ exec: 'cat' }) });
    expect(await render(catFolder)).toMatchObject(succeeded);
    const { Kptfile: _, ...untouched } = readFolder(catFolder);

    expect(await render(folder)).toMatchObject(succeeded);
    const { Kptfile: firstKptfile, 'team-a/secret_deployer.yaml': first, ...firstRest } = readFolder(folder);
    expect(firstRest).toEqual(untouched);
    expect(firstKptfile).toBe(kptfile(FUNCTION));
    expect(emittedSecrets(first ?? '')).toHaveLength(1);

    expect(await render(folder)).toMatchObject(succeeded);
    const { Kptfile: secondKptfile, 'team-a/secret_deployer.yaml': second, ...secondRest } = readFolder(folder);
    expect(secondRest).toEqual(untouched);
    expect(secondKptfile).toBe(kptfile(FUNCTION));
    expect(second).toBe(first);
  });

  test('changes nothing but the Secret in a package of 2,000 files', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`apps/app-${index}/app.yaml`, manifestOf(index)]),
    );
    const given = { ...files, Kptfile: kptfile(FUNCTION), 'aws/generator.yaml': generator({ namespace: 'team-a' }) };
    const folder = await hosts.folder(given);
    const calls = await hosts.callsOf(async () => {
      for (const _ of ['first', 'second']) expect(await render(folder)).toMatchObject(succeeded);
    });
    const { 'team-a/secret_deployer.yaml': secret = '', ...others } = readFolder(folder);
    expect({ calls: calls.length, secrets: emittedSecrets(secret).length }).toEqual({ calls: 1, secrets: 1 });
    expect(others).toEqual(given);
  });

  test('asks STS only when the Secret is due, and changes no file in between', async () => {
    const folder = await hosts.folder({ Kptfile: kptfile(FUNCTION), 'generator.yaml': generator() });
    hosts.sts.fail({ kind: 'shortSession', lifetimeSeconds: 30 }); // due after 17 to 20 seconds
    const rendered = async () => {
      const calls = await hosts.callsOf(async () => expect(await render(folder)).toMatchObject(succeeded));
      return { calls: calls.length, files: readFolder(folder) };
    };
    const first = await rendered();
    const second = await rendered();
    expect([first.calls, second.calls]).toEqual([1, 0]);
    expect(second.files).toEqual(first.files);
    const [, due = ''] = /renew-after: "?([^"\n]+)/.exec(first.files['secret_deployer.yaml'] ?? '') ?? [];
    await delay(Date.parse(due) - Date.now() + 1000);
    const third = await rendered();
    expect(third.calls).toBe(1);
    expect(
      added(first.files, { ...third.files, 'secret_deployer.yaml': first.files['secret_deployer.yaml'] ?? '' }),
    ).toEqual([]);
    expect(third.files['secret_deployer.yaml']).not.toBe(first.files['secret_deployer.yaml']);
  });

  test('renews a Secret that is not due for another `force-sync`, and changes nothing else', async () => {
    const folder = await hosts.folder({ Kptfile: kptfile(FUNCTION), 'generator.yaml': generator() });
    expect(await render(folder)).toMatchObject(succeeded);
    const { 'secret_deployer.yaml': _, ...before } = readFolder(folder);
    const forced = generator({ annotations: { 'force-sync': '1735689600' } });
    await writeFile(join(folder, 'generator.yaml'), forced);
    const calls = await hosts.callsOf(async () => {
      for (const _ of ['first', 'second']) expect(await render(folder)).toMatchObject(succeeded);
    });
    const { 'secret_deployer.yaml': secret = '', ...others } = readFolder(folder);
    const [made] = emittedSecrets(secret);
    const record = made?.metadata.annotations['sts.fn.crossplane.io/force-sync'];
    expect({ calls: calls.length, record }).toEqual({ calls: 1, record: '1735689600' });
    expect(others).toEqual({ ...before, 'generator.yaml': forced });
  });

  test('keeps what the owner of a Secret added to its file, and where the file was moved', async () => {
    const folder = await hosts.folder({ Kptfile: kptfile(FUNCTION), 'generator.yaml': generator() });
    await render(folder);
    const mark = '    sts.fn.crossplane.io/generator: STSAssumeRoleToken//deployer\n';
    const { 'secret_deployer.yaml': first = '', ...others } = readFolder(folder);
    const due = first.replace(/renew-after: .*/, 'renew-after: "2020-01-01T00:00:00Z"');
    const owned = `# Ours.\n${due.replace('metadata:\n', 'metadata:\n  labels:\n    tier: "prod" # quoted\n')}`;
    expect(owned).toContain(mark);
    const moved = await hosts.folder({ ...others, 'credentials/aws.yaml': owned });
    expect(await render(moved)).toMatchObject(succeeded);
    const after = readFolder(moved);
    expect(Object.keys(after)).toEqual(['Kptfile', 'credentials/aws.yaml', 'generator.yaml']);
    expect(normalise(after['credentials/aws.yaml'] ?? '')).toBe(normalise(owned));
    expect(after['credentials/aws.yaml']).not.toBe(owned);
  });

  test('puts the Secret of a sub-package’s generator there, once, also when both packages run the function', async () => {
    const folder = await hosts.folder({
      Kptfile: kptfile(FUNCTION),
      'generator.yaml': generator(),
      'sub/Kptfile': kptfile(FUNCTION),
      'sub/generator.yaml': generator({ name: 'partner', role: 'my-role' }),
    });
    const before = readFolder(folder);
    for (const _ of ['first', 'second']) {
      expect(await render(folder)).toMatchObject(succeeded);
      const after = readFolder(folder);
      expect(added(before, after)).toEqual(['secret_deployer.yaml', 'sub/secret_partner.yaml']);
      expect(emittedSecrets(after['sub/secret_partner.yaml'] ?? '')).toHaveLength(1);
    }
  });

  test('puts the Secret of a generator in a plain folder into the package that the folder belongs to', async () => {
    const folder = await hosts.folder({
      Kptfile: kptfile(FUNCTION),
      'aws/generator.yaml': generator({ namespace: 'team-a' }),
    });
    const before = readFolder(folder);
    await render(folder);
    expect(added(before, readFolder(folder))).toEqual(['team-a/secret_deployer.yaml']);
  });

  test('emits a Secret for each of several generators, in one file or many', async () => {
    const folder = await hosts.folder({
      Kptfile: kptfile(FUNCTION),
      'one.yaml': `${generator({ name: 'a' })}---\n${generator({ name: 'b' })}`,
      'two.yaml': generator({ name: 'b', namespace: 'team-a' }),
    });
    const before = readFolder(folder);
    expect(await render(folder)).toMatchObject(succeeded);
    const after = readFolder(folder);
    const files = added(before, after);
    expect(files).toEqual(['secret_a.yaml', 'secret_b.yaml', 'team-a/secret_b.yaml']);
    const keys = files
      .flatMap((file) => emittedSecrets(after[file] ?? ''))
      .map((secret) => reveal(secret, 'access_key_id'));
    expect(new Set(keys).size).toBe(3);
  });

  test('adds a document to a file of the Secret’s name that holds something else', async () => {
    const folder = await hosts.folder({
      Kptfile: kptfile(FUNCTION),
      'generator.yaml': generator(),
      'secret_deployer.yaml': keysSecret(),
    });
    expect(await render(folder)).toMatchObject(succeeded);
    const { 'secret_deployer.yaml': file = '' } = readFolder(folder);
    expect(file.startsWith(`${keysSecret()}---\n`)).toBe(true);
    expect(emittedSecrets(file)).toHaveLength(1);
  });

  test('leaves a package without a generator as it is', async () => {
    const folder = await hosts.folder({ Kptfile: kptfile(FUNCTION), 'neighbours.yaml': NEIGHBOURS });
    const catFolder = await hosts.folder({ Kptfile: kptfile({ exec: 'cat' }), 'neighbours.yaml': NEIGHBOURS });
    const calls = await hosts.callsOf(async () => expect(await render(folder)).toMatchObject(succeeded));
    await render(catFolder);
    expect(calls).toEqual([]);
    expect(readFolder(folder)).toEqual({ ...readFolder(catFolder), Kptfile: kptfile(FUNCTION) });
  });

  test.each(['render', 'doctor', 'version', '--debug'])(
    'keeps every file where a step has %s behind it',
    async (word) => {
      const files = { Kptfile: kptfile({ exec: `function-sts-assume-role ${word}` }), 'generator.yaml': generator() };
      const folder = await hosts.folder(files);
      const { exit, stderr } = await render(folder);
      expect({ exit, stderr }).toEqual({
        exit: 1,
        stderr: expect.stringContaining('Remove the arguments from `exec`'),
      });
      expect(readFolder(folder)).toMatchObject({ 'generator.yaml': generator() });
    },
  );

  test('renders into one document when its selectors show it Secrets too', async () => {
    const selectors = [{ kind: 'STSAssumeRoleToken' }, { kind: 'Secret' }];
    const folder = await hosts.folder({ Kptfile: kptfile({ ...FUNCTION, selectors }), 'generator.yaml': generator() });
    for (const _ of ['first', 'second']) {
      expect(await render(folder)).toMatchObject(succeeded);
      expect(emittedSecrets(readFolder(folder)['secret_deployer.yaml'] ?? '')).toHaveLength(1);
    }
  });

  test('shows a warning and does its work', async () => {
    const folder = await hosts.folder({
      Kptfile: kptfile(FUNCTION),
      'generator.yaml': generator(),
      'options.yaml': input(),
    });
    const before = readFolder(folder);
    const { exit, stderr } = await render(folder);
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: expect.stringContaining(
        '[warning] sts.fn.crossplane.io/v1beta1/Input/options: Input "options" has no effect',
      ),
    });
    expect(stderr).toContain('Stderr: warning: options.yaml: Input "options" has no effect');
    expect(added(before, readFolder(folder))).toEqual(['secret_deployer.yaml']);
  });

  const inInput = { generators: [parse(generator({ name: 'inline' })) as object] };
  test.each([
    ['an Input', { ...FUNCTION, configPath: 'config.yaml' }, input(inInput), ['inline']],
    ['a generator', { ...FUNCTION, configPath: 'config.yaml' }, generator({ name: 'config' }), ['config']],
  ])('takes %s as configPath, once, though kpt sends it twice', async (_, mutator, config, names) => {
    const folder = await hosts.folder({
      Kptfile: kptfile(mutator),
      'config.yaml': config,
      'generator.yaml': generator(),
    });
    const before = readFolder(folder);
    const calls = await hosts.callsOf(async () => expect(await render(folder)).toMatchObject(succeeded));
    expect(calls.map(({ parameters }) => parameters.RoleSessionName).toSorted()).toEqual(
      [...names, 'deployer'].toSorted(),
    );
    const files = ['deployer', ...names].map((name) => `secret_${name}.yaml`).toSorted();
    expect(added(before, readFolder(folder))).toEqual(files);
  });

  test('takes a configMap as one generator', async () => {
    const configMap = { role: 'arn:aws:iam::123456789012:role/deployer', region: 'eu-west-1', name: 'release' };
    const folder = await hosts.folder({ Kptfile: kptfile({ ...FUNCTION, configMap }) });
    const before = readFolder(folder);
    for (const _ of ['first', 'second']) {
      expect(await render(folder)).toMatchObject(succeeded);
      expect(added(before, readFolder(folder))).toEqual(['secret_release.yaml']);
    }
  });

  test.each(['unwrap', 'stdout'])('prints the Secret with --output %s and writes nothing', async (output) => {
    const folder = await hosts.example('kpt/default-chain');
    const before = readFolder(folder);
    const { exit, stdout } = await render(folder, '--output', output);
    expect(exit).toBe(0);
    expect(emittedSecrets(stdout)).toHaveLength(1);
    expect(readFolder(folder)).toEqual(before);
  });

  test('writes another folder with --output', async () => {
    const folder = await hosts.example('kpt/default-chain');
    const before = readFolder(folder);
    const elsewhere = join(await hosts.folder(), 'rendered');
    expect(await render(folder, '--output', elsewhere)).toMatchObject(succeeded);
    expect(readFolder(folder)).toEqual(before);
    expect(added(before, readFolder(elsewhere))).toEqual(['team-a/secret_deployer.yaml']);
  });

  test('shows no credential', async () => {
    const folder = await hosts.example('kpt/static-keys');
    const resultsFolder = await hosts.folder();
    const { stdout, stderr } = await render(folder, '--results-dir', resultsFolder);
    const manifests = Object.values(readFolder(folder));
    expect(manifests.flatMap(emittedSecrets)).toHaveLength(1);
    const shown = [stdout, stderr, ...Object.values(readFolder(resultsFolder))].join('\n');
    expect(leaks(shown, manifests)).toEqual([]);
  });
});

interface Failure {
  name: string;
  reason: string;
  files: Readonly<Record<string, string>>;
  code: string;
  message: string;
  /** Calls of STS. */
  calls: number;
}

const madeSecret =
  'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken//deployer}}\n';

const failures: readonly Failure[] = [
  {
    name: 'a role that does not trust the caller',
    reason: 'only STS knows',
    files: { 'generator.yaml': generator({ name: 'a', role: 'others' }), 'keys.yaml': keysSecret() },
    code: 'HOP_DENIED',
    message:
      'cannot assume role "arn:aws:iam::123456789012:role/others" (hop 1 of 1, sts:AssumeRole) for STSAssumeRoleToken "a": AccessDenied.',
    calls: 1,
  },
  {
    name: 'one of two roles that does not trust the caller',
    reason: 'the session that was obtained is dropped: all or nothing',
    files: {
      'a.yaml': generator({ name: 'a', role: 'others' }),
      'b.yaml': generator({ name: 'b', keysIn: 'keys' }),
      'keys.yaml': keysSecret(),
    },
    code: 'HOP_DENIED',
    message: 'for STSAssumeRoleToken "a": AccessDenied.',
    calls: 2,
  },
  {
    name: 'a duration below the minimum',
    reason: 'refused before any call, also for the generator that is right',
    files: {
      'a.yaml': generator({ name: 'a', requestParameters: { sessionDuration: 60 } }),
      'b.yaml': generator({ name: 'b' }),
    },
    code: 'SPEC_INVALID',
    message:
      'cannot use STSAssumeRoleToken "a": `spec.requestParameters.sessionDuration` must be at least 900, got "60".',
    calls: 0,
  },
  {
    name: 'a field that does not exist',
    reason: 'a typo never becomes a default',
    files: { 'a.yaml': generator({ name: 'a', requestParameters: { durationSeconds: 900 } }) },
    code: 'SPEC_INVALID',
    message: 'did you mean `sessionDuration`',
    calls: 0,
  },
  {
    name: 'a Secret with keys that is not in the package',
    reason: 'a missing reference is known without AWS',
    files: { 'a.yaml': generator({ name: 'a', keysIn: 'elsewhere' }), 'keys.yaml': keysSecret() },
    code: 'REFERENCE_MISSING',
    message: 'cannot read Secret "elsewhere" for STSAssumeRoleToken "a": it is not in the ResourceList.',
    calls: 0,
  },
  {
    name: 'a Secret of the name that is not ours',
    reason: 'it is never overwritten',
    files: { 'a.yaml': generator({ name: 'keys' }), 'keys.yaml': keysSecret() },
    code: 'TARGET_NOT_OURS',
    message: 'cannot write Secret "keys" for STSAssumeRoleToken "keys": it was not made by this function.',
    calls: 0,
  },
  ...['data: 5', 'data: {access_key_id: [a]}', 'type: {a: b}'].map((field) => ({
    name: `a Secret that was made, with \`${field}\``,
    reason: 'kpt prints what is new where the former and the new one differ in kind',
    files: { 'a.yaml': generator(), 'secret.yaml': `${madeSecret}${field}\n` },
    code: 'TARGET_NOT_REPLACEABLE',
    message: 'cannot change Secret "deployer": ',
    calls: 0,
  })),
  {
    name: 'a generator of the same name that bears the marks of kustomize',
    reason: "the Secret of one package never goes into another's folder",
    files: {
      'a/Kptfile': kptfile(),
      'a/a.yaml': generator({
        annotations: {
          'kustomize.config.k8s.io/id': '1',
          'internal.config.kubernetes.io/generatorBehavior': 'unspecified',
          ...functionAnnotation(),
        },
      }),
      'b.yaml': generator(),
    },
    code: 'TARGET_CONFLICT',
    message: 'cannot write Secret "deployer" for STSAssumeRoleToken "deployer": that generator is there twice.',
    calls: 0,
  },
];

describe.each(failures)('a failure: $name', ({ files, code, message, calls: wanted }) => {
  const shownOf = { exit: 1, stderr: expect.stringContaining('[FAIL]') };

  test.each([
    ['kpt fn render', render],
    ['kpt fn eval', evaluate],
  ])('%s exits with 1, says why, and leaves every file as it was', async (_, run) => {
    const folder = await hosts.folder({ ...files, Kptfile: kptfile(FUNCTION), 'neighbours.yaml': NEIGHBOURS });
    const resultsFolder = await hosts.folder();
    const before = readFolder(folder);
    const calls = await hosts.callsOf(async () => {
      const ended = await run(folder, '--results-dir', resultsFolder);
      expect(ended).toMatchObject(shownOf);
      expect(ended.stderr.split('Stderr:')[1]).toContain(message);
      const { 'results.yaml': results = '' } = readFolder(resultsFolder);
      expect(parse(results)).toMatchObject({
        exitCode: 1,
        items: [{ results: [{ severity: 'error', message: expect.stringContaining(message), tags: { code } }] }],
      });
      expect(leaks(ended.stdout + ended.stderr + results)).toEqual([]);
    });
    expect(calls).toHaveLength(wanted);
    expect(readFolder(folder)).toEqual(before);
  });
});

test('a package in one that starts the function too is warned of when the outer one is rendered', async () => {
  const folder = await hosts.folder({
    Kptfile: kptfile(FUNCTION),
    'nested/Kptfile': kptfile(FUNCTION),
    'nested/generator.yaml': generator({ namespace: 'team-a' }),
  });
  const warning = 'nested/Kptfile: `pipeline.mutators[0]` reuses no session: `pipeline.mutators[0]` of "Kptfile" ';
  expect(await render(folder, 'nested')).toMatchObject({
    exit: 0,
    stderr: expect.not.stringContaining('reuses no session'),
  });
  expect(await render(folder)).toMatchObject({ exit: 0, stderr: expect.stringContaining(warning) });
});

/** Files of a package, and links in it: a text that begins with `->` is where one leads to. */
type PackageFiles = Readonly<Record<string, string>>;
/** `same`: both make the same Secrets; `said`: the plan calls the package incomplete; `refused`: both make none. */
type Outcome = 'same' | 'said' | 'refused';

const named = (...names: readonly string[]): PackageFiles =>
  Object.fromEntries(names.map((name, index) => [name, generator({ name: `n${index}` })]));
const ignoring = (rules: string): PackageFiles => ({
  ...named(
    'a.yaml',
    'b.yaml',
    'x/a.yaml',
    'x/b.yaml',
    'x/a/b.yaml',
    'y/x/b.yaml',
    'a/c.yaml',
    '#a.yaml',
    '_-.yaml',
    'A.yaml',
  ),
  '.krmignore': rules,
});
const HEAD = 'apiVersion: kpt.dev/v1\nmetadata: {name: p}\n';
const PIPELINE = `pipeline: {mutators: [{exec: ${FUNCTION.exec}}]}\n`;
const withKptfile = (Kptfile: string): PackageFiles => ({ ...named('a.yaml'), Kptfile });
const withStep = (step: string) =>
  withKptfile(`kind: Kptfile\n${HEAD}pipeline: {mutators: [{exec: ${FUNCTION.exec}, ${step}}]}\n`);

/** What kpt reads, starts and refuses: `plan` knows it, or says so. */
const PACKAGES: readonly (readonly [string, Outcome, PackageFiles])[] = [
  [
    'hidden files and folders',
    'same',
    named('.a.yaml', '.b/c.yml', '.yaml', 'node_modules/d.json', '.git/e.yaml', 'F.YAML'),
  ],
  [
    'packages in hidden folders, but for .git',
    'same',
    {
      ...named('.a/b.yaml', '.git/c/d.yaml', 'node_modules/e/f.yaml'),
      '.a/Kptfile': kptfile(),
      '.git/c/Kptfile': kptfile(),
      'node_modules/e/Kptfile': kptfile(),
    },
  ],
  [
    'links that are named otherwise',
    'same',
    { ...named('a.yaml', '../out/b.yaml'), c: '-> ../out', 'd.txt': '-> ../out/b.yaml' },
  ],
  ['a link to a file', 'said', { ...named('a.yaml', '../out/b.yaml'), 'c.yaml': '-> ../out/b.yaml' }],
  ['a link to a folder', 'said', { ...named('a.yaml', '../out/b.yaml'), 'c.yaml': '-> ../out' }],
  [
    'a link that is ignored',
    'same',
    { ...named('a.yaml', '../out/b.yaml'), 'c.yaml': '-> ../out/b.yaml', '.krmignore': 'c.yaml\n' },
  ],
  ['a linked Kptfile', 'refused', { ...named('a.yaml'), 'out/Kptfile': 'x', 'x/Kptfile': '-> ../out/nothing' }],
  ['a folder for a Kptfile', 'refused', { ...named('a.yaml', 'b/Kptfile/c.yaml') }],
  ['a linked .krmignore', 'said', { ...named('a.yaml', 'b.yaml'), rules: 'b.yaml\n', '.krmignore': '-> rules' }],
  ...[
    'a.yaml',
    'x',
    'x/',
    '/x',
    '/x/',
    'x/b.yaml',
    '/x/b.yaml',
    '/b.yaml',
    'a',
    'a/',
    '#a.yaml',
    ' a.yaml ',
    '_-.yaml',
    '/x/a/b.yaml',
    'a/b.yaml',
    'b.yaml/',
    'a.yaml\r\n',
    'x/a\nb.yaml',
    './a.yaml',
    'x/../a.yaml',
    'y/./x',
    '*.md',
    'a*.yaml',
    'z?',
  ].map((rules) => [`.krmignore: ${JSON.stringify(rules)}`, 'same', ignoring(rules)] as const),
  ...[
    '/*/b.yaml',
    '!b.yaml\nb.yaml',
    'b.yaml\n!x',
    'a.yaml\t',
    '\\#a.yaml',
    '[a-b].yaml',
    'x[./]a',
    '**/b.yaml',
    'x/**',
    '?.yaml',
    `#${'a'.repeat(70_000)}\nb.yaml`,
  ].map((rules) => [`.krmignore: ${JSON.stringify(rules.slice(-20))}`, 'said', ignoring(rules)] as const),
  ['a .krmignore that kpt breaks at', 'said', ignoring('/\n')],
  [
    '.krmignore of others',
    'same',
    {
      ...named('a.yaml', 'sub/a.yaml', 'plain/a.yaml'),
      '.krmignore': 'sub\n',
      'sub/Kptfile': kptfile(),
      'plain/.krmignore': 'a.yaml\n',
    },
  ],
  ...[
    ['quoted', `kind: "Kptfile"\n${HEAD}${PIPELINE}`],
    ['escaped', `kind: "\\x4bptfile"\n${HEAD}${PIPELINE}`],
    ['with a comment', `kind: Kptfile # x\n${HEAD}${PIPELINE}`],
    ['with a blank', `kind: Kptfile \n${HEAD}${PIPELINE}`],
    ['in flow style', `{kind: Kptfile, apiVersion: kpt.dev/v1, metadata: {name: p}, ${PIPELINE.trim()}}\n`],
    [
      'as JSON',
      `{"kind": "Kptfile", "apiVersion": "kpt.dev/v1", "metadata": {"name": "p"}, "pipeline": {"mutators": [{"exec": "${FUNCTION.exec}"}]}}\n`,
    ],
    ['with an alias', `kind: Kptfile\n${HEAD}info: {site: &a ${FUNCTION.exec}}\npipeline: {mutators: [{exec: *a}]}\n`],
    [
      'with empty fields',
      `kind: Kptfile\n${HEAD}pipeline:\n  validators:\n  mutators:\n  - exec: ${FUNCTION.exec}\n    configMap:\n`,
    ],
    ['with blanks around the program', `kind: Kptfile\n${HEAD}pipeline: {mutators: [{exec: " ${FUNCTION.exec} "}]}\n`],
  ].map(([how, text = '']) => [`a Kptfile ${how}`, 'same', withKptfile(text)] as const),
  ...[
    ['of another kind', `kind: Foo\n${HEAD}${PIPELINE}`],
    ['of an old version', `kind: Kptfile\n${HEAD.replace('v1', 'v1alpha2')}${PIPELINE}`],
    ['without a name', `kind: Kptfile\napiVersion: kpt.dev/v1\n${PIPELINE}`],
    ['with another field', `kind: Kptfile\n${HEAD}Info: {}\n${PIPELINE}`],
    ['with another field of metadata', `kind: Kptfile\n${HEAD.replace('name: p', 'name: p, uid: a')}${PIPELINE}`],
    ['with another field of info', `kind: Kptfile\n${HEAD}info: {sites: a}\n${PIPELINE}`],
    ['with a list for a map', `kind: Kptfile\n${HEAD}info: []\n${PIPELINE}`],
    ['with a map for a text', `kind: Kptfile\n${HEAD}info: {site: {}}\n${PIPELINE}`],
    ['with a key twice', `kind: Kptfile\n${HEAD}${PIPELINE}${PIPELINE}`],
    ['behind an empty document', `---\n---\nkind: Kptfile\n${HEAD}${PIPELINE}`],
  ].map(([how, text = '']) => [`a Kptfile ${how}`, 'refused', withKptfile(text)] as const),
  ...[
    'image: a',
    'selector: []',
    'selectors: {}',
    'selectors: [{kinds: a}]',
    'configMap: []',
    'configMap: {a: {}}',
    'configMap: {role: a}, configPath: a.yaml',
    'configPath: b.yaml',
    'configPath: a..yaml',
    'configPath: ../p/a.yaml',
    'configPath: two.yaml',
    'configPath: sub/a.yaml',
  ].map(
    (step) =>
      [
        `a step with ${step}`,
        'refused',
        {
          ...withStep(step),
          'two.yaml': `${generator({ name: 'c' })}---\n${generator({ name: 'd' })}`,
          'sub/Kptfile': kptfile(),
          'sub/a.yaml': generator({ name: 'e' }),
        },
      ] as const,
  ),
  ...[
    ['without a kind', 'a: b\n', 'refused'],
    ['without a name', 'apiVersion: v1\nkind: List\nitems: []\n', 'refused'],
    ['that is a list', '- a\n', 'refused'],
    ['that is a text', 'a\n', 'refused'],
    ['with a name elsewhere', 'apiVersion: v1\nkind: A\nmetadata:\n  labels: {}\nspec:\n  name: a\n', 'refused'],
    ['with nothing in it', '# a\n---\n', 'same'],
    ['in flow style', '{apiVersion: v1, kind: A, metadata: {name: a}}\n', 'same'],
    ['with a quoted head', '"apiVersion": v1\n"kind": A\n"metadata":\n  "name": a\n', 'same'],
  ].map(
    ([what, text = '', outcome]) =>
      [`a document ${what}`, outcome as Outcome, { ...named('a.yaml'), 'b.yaml': text }] as const,
  ),
  ['a step that excludes nothing', 'same', withStep('exclude: [{}, {name: ""}]')],
  ['selectors that find an object twice', 'said', withStep('selectors: [{kind: STSAssumeRoleToken}, {name: n0}]')],
  ['selectors for other objects each', 'same', withStep('selectors: [{name: n0}, {name: other}]')],
  [
    'a program in quotes',
    'said',
    withKptfile(`kind: Kptfile\n${HEAD}pipeline: {mutators: [{exec: "'${FUNCTION.exec}'"}]}\n`),
  ],
  [
    'a program in another one',
    'said',
    withKptfile(`kind: Kptfile\n${HEAD}pipeline: {mutators: [{exec: sh -c ${FUNCTION.exec}}]}\n`),
  ],
  [
    'a hidden generator for such a program',
    'said',
    {
      '.a.yaml': generator(),
      Kptfile: `kind: Kptfile\n${HEAD}pipeline: {mutators: [{exec: sh -c ${FUNCTION.exec}}]}\n`,
    },
  ],
  [
    'a program that adds a generator, over nothing',
    'said',
    {
      'add.sh': '',
      ...withKptfile(
        `kind: Kptfile\n${HEAD}pipeline: {mutators: [{exec: sed 's/n0/n1/', selectors: [{kind: None}]}, {exec: ${FUNCTION.exec}}]}\n`,
      ),
    },
  ],
  [
    'a program behind this one',
    'said',
    withKptfile(`kind: Kptfile\n${HEAD}pipeline: {mutators: [{exec: ${FUNCTION.exec}}, {exec: "sed s/n0/n1/"}]}\n`),
  ],
];

test.each(PACKAGES)('`plan` knows of %s what kpt does, or says so: %s', async (_, outcome, files) => {
  const root = await hosts.folder();
  const folder = join(root, 'p');
  for (const [name, text] of Object.entries({ Kptfile: kptfile(FUNCTION), ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await (text.startsWith('-> ') ? symlink(text.slice(3), join(folder, name)) : writeFile(join(folder, name), text));
  }
  const planned = await runProcess(EXECUTABLE, ['plan', '-o', 'json', folder], {
    cwd: root,
    environment: hosts.environment,
  });
  const rendered = await render(root, folder, '-o', 'unwrap');
  const secrets = (JSON.parse(planned.stdout || '{}').secrets ?? []) as { target: { name: string } }[];
  const names = secrets.map(({ target }) => target.name).toSorted();
  const made = rendered.exit === 0 ? emittedSecrets(rendered.stdout).map(({ metadata }) => metadata.name) : [];
  const isSaid = planned.stderr.includes('the plan leaves out that ');
  expect({ outcome: isSaid ? 'said' : planned.exit === 0 ? 'same' : 'refused', stderr: planned.stderr }).toMatchObject({
    outcome,
  });
  if (outcome !== 'said') expect(names).toEqual(made.toSorted());
  if (outcome === 'same') expect(made.length).toBeGreaterThan(0);
  if (outcome === 'refused') expect(rendered.exit).toBe(1);
});

describe('kpt fn eval', () => {
  const ROLE = ['role=arn:aws:iam::123456789012:role/deployer', 'region=eu-west-1', 'name=release'];

  test('gives each generator’s Secret without a pipeline, in the generator’s package', async () => {
    const folder = await hosts.folder({
      Kptfile: kptfile(),
      'generator.yaml': generator({ annotations: LOCAL_CONFIG }),
      'sub/Kptfile': kptfile(),
      'sub/generator.yaml': generator({ name: 'partner', namespace: 'team-a' }),
      'neighbours.yaml': NEIGHBOURS,
    });
    const catFolder = await hosts.folder(readFolder(folder));
    await hosts.run('kpt', ['fn', 'eval', '--exec', 'cat'], { cwd: catFolder });
    const before = readFolder(catFolder);
    for (const _ of ['first', 'second']) {
      expect(await evaluate(folder)).toMatchObject(succeeded);
      const after = readFolder(folder);
      expect(added(before, after)).toEqual(['secret_deployer.yaml', 'sub/team-a/secret_partner.yaml']);
      expect(emittedSecrets(Object.values(after).join('---\n'))).toHaveLength(2);
    }
  });

  test('finds the Secret that kpt fn render made', async () => {
    const folder = await hosts.example('kpt/sub-packages');
    await render(folder);
    const rendered = readFolder(folder);
    expect(await evaluate(folder)).toMatchObject(succeeded);
    const evaluated = readFolder(folder);
    expect(Object.keys(evaluated)).toEqual(Object.keys(rendered));
    expect(normalise(JSON.stringify(Object.values(evaluated).map(normalise)))).toBe(
      normalise(JSON.stringify(Object.values(rendered).map(normalise))),
    );
  });

  test('takes a generator as key=value, also beside those of the package', async () => {
    const folder = await hosts.folder({ 'generator.yaml': generator() });
    const before = readFolder(folder);
    for (const asked of [
      [
        ['deployer', '3600'],
        ['team-a.release', '7200'],
      ],
      [],
    ]) {
      const calls = await hosts.callsOf(async () =>
        expect(await evaluate(folder, '--', ...ROLE, 'sessionDuration=7200', 'namespace=team-a')).toMatchObject(
          succeeded,
        ),
      );
      expect(
        calls.map(({ parameters }) => [parameters.RoleSessionName, parameters.DurationSeconds]).toSorted(),
      ).toEqual(asked);
      expect(added(before, readFolder(folder))).toEqual(['secret_deployer.yaml', 'team-a/secret_release.yaml']);
    }
  });

  test('refuses a key=value that it does not know', async () => {
    const folder = await hosts.folder({ 'neighbours.yaml': NEIGHBOURS });
    const before = readFolder(folder);
    const { exit, stderr } = await evaluate(folder, '--', ...ROLE, 'duration=900');
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr: expect.stringContaining('`data.duration` is not a known field'),
    });
    expect(readFolder(folder)).toEqual(before);
  });

  test.each([
    ['a generator', generator({ name: 'config' }), 'config'],
    ['an Input', input({ generators: [parse(generator({ name: 'inline' })) as object] }), 'inline'],
  ])('takes %s as --fn-config', async (_, config, name) => {
    const folder = await hosts.folder({ 'neighbours.yaml': NEIGHBOURS });
    const configFolder = await hosts.folder({ 'config.yaml': config });
    const { exit, stdout } = await evaluate(
      folder,
      '--fn-config',
      join(configFolder, 'config.yaml'),
      '--output',
      'unwrap',
    );
    expect(exit).toBe(0);
    expect(emittedSecrets(stdout).map(({ metadata }) => metadata.name)).toEqual([name]);
  });

  test('takes an Input that lies in the package as --fn-config', async () => {
    const folder = await hosts.folder({ 'generator.yaml': generator(), 'options.yaml': input({ generators: [] }) });
    const before = readFolder(folder);
    const { exit, stderr } = await evaluate(folder, '--fn-config', join(folder, 'options.yaml'));
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.not.stringContaining('among the items') });
    expect(added(before, readFolder(folder))).toEqual(['secret_deployer.yaml']);
  });

  test('gives the Secret between kpt fn source and kpt fn sink', async () => {
    const folder = await hosts.example('kpt/default-chain');
    const elsewhere = join(await hosts.folder(), 'sunk');
    const script = `kpt fn source . | ${FUNCTION.exec} | kpt fn sink "$0"`;
    const { exit } = await hosts.run('bash', ['-euo', 'pipefail', '-c', script, elsewhere], { cwd: folder });
    expect(exit).toBe(0);
    expect(added(readFolder(folder), readFolder(elsewhere))).toEqual(['team-a/secret_deployer.yaml']);
  });
});

test.each(MOMENTS_MILLISECONDS)(
  'killed after %d ms, the function leaves the package as it was, and the next run has the Secret',
  async (milliseconds) => {
    const folder = await hosts.folder({
      'killer.sh': KILLER,
      'generator.yaml': generator(),
      'neighbours.yaml': NEIGHBOURS,
      Kptfile: kptfile({ exec: 'bash ./killer.sh' }),
    });
    const before = readFolder(folder);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    hosts.sts.fail({ kind: 'held', until: promise });
    const run = (delay: string) =>
      hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd: folder, environment: { DELAY: delay } });
    const { exit } = await run(String(milliseconds / 1000));
    expect({ exit, after: readFolder(folder) }).toEqual({ exit: 1, after: before });
    release(); // who was killed early has not asked yet
    expect((await run('')).exit).toBe(0);
    expect(emittedSecrets(readFolder(folder)['secret_deployer.yaml'] ?? '')).toHaveLength(1);
  },
);
