import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CODES } from '../../function/findings/codes.ts';
import {
  DOCTOR_FAULTS,
  type DoctorFault,
  FOUND_KEYS,
  GENERATORS,
  NOTHING,
  PACKAGE,
  runDoctor,
} from '../golden/doctor-faults.ts';
import { ci, ciEnvironment } from '../support/accounts.ts';
import { ROOT, runFunction } from '../support/run-function.ts';
import { type EmbeddedSts, startSts } from '../support/sts/start-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SEVERITIES: Readonly<Record<string, { readonly severity: string }>> = CODES;

describe.each(Object.entries(DOCTOR_FAULTS))('%s', (_, fault) => {
  const severity = SEVERITIES[fault.code]?.severity;

  test('is found', async () => {
    const { exit, stderr } = await runDoctor(fault);
    const lines = stderr.split('\n').slice(0, -1);
    expect({ lines, count: lines.length }).toEqual({
      lines: expect.arrayContaining([expect.stringMatching(new RegExp(`^${severity}: cannot .+\\.$`))]),
      count: fault.count ?? 1,
    });
    expect(exit).toBe(lines.some((line) => line.startsWith('error: ')) ? 1 : 0);
  });

  test('mended, nothing is found, and what was looked at is said', async () => {
    const { exit, stdout, stderr } = await runDoctor(fault, true);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(/^looked at "DIR": files: [1-9]\d*, .*\. Found: nothing to mend\.\n$/);
  });
});

test('docs/doctor.md has each of them, and none else', () => {
  const page = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8');
  const cases = [...page.matchAll(/^\| .+ \| (.+) \|$/gm)].map(([, name]) => name);
  expect(cases.filter((name) => name !== 'case').toSorted()).toEqual(Object.keys(DOCTOR_FAULTS).toSorted());
});

/** A call of kustomize, beside a kustomization in `app` that starts the function with `exec`. */
describe('calls', () => {
  const flags = '--enable-alpha-plugins';
  test.each<[what: string, script: string, isFound: boolean]>([
    ['a flag with a value', `kustomize build ${flags} --enable-exec=true app\n`, false],
    ['a flag that is switched off', `kustomize build ${flags} --enable-exec=false app\n`, true],
    ['the path before the flags', `kustomize build app ${flags}\n`, true],
    ['a path behind a flag with a value', `kustomize build ${flags} -o out app | cat\n`, true],
    ['a path behind helm', `kustomize build --enable-helm --helm-command helm3 ${flags} app\n`, true],
    ['a path in quotes', `kustomize build ${flags} "app"\n`, true],
    ['a path from where the script is', `cd ci && kustomize build ${flags} ../app\n`, true],
    ['a variable', `kustomize build ${flags} "$DIR"\n`, false],
    ['flags in a variable', `kustomize build $flags app\n`, false],
    ['flags in an array', `kustomize build "\${flags[@]}" app\n`, false],
    ['flags of the script', 'kustomize build "$@"\n', false],
    ['flags of another command', 'kustomize build `cat flags` app\n', false],
    ['a variable that takes what comes out', `kustomize build ${flags} app > "$OUT" 2>&1\n`, true],
    ['flags behind a redirection', `kustomize build 2>&1 >out ${flags} --enable-exec app\n`, false],
    ['a variable that is set before', `A="a b" kustomize build ${flags} app\n`, true],
    ['a condition', `if ! kustomize build ${flags} app; then exit 1; fi\n`, true],
    ['a substitution', `kubectl apply -f <(kustomize build ${flags} app)\n`, true],
    ['a branch', `case $1 in prod) kustomize build ${flags} app;; esac\n`, true],
    ['an array that becomes a command', `build=(kustomize build ${flags} app)\n`, false],
    ['words for another command', `echo run kustomize build ${flags} app\n`, false],
    ['words in quotes', `echo "a; kustomize build ${flags} app"\n`, false],
    ['an apostrophe in a comment', `# don't\nkustomize build ${flags} --enable-exec app\n# don't\n`, false],
    ['another folder', `kustomize build ${flags} other\n`, false],
    ['a folder whose name ends alike', `kustomize build ${flags} pp\n`, false],
    ['a program by its path', `/usr/local/bin/kustomize build ${flags} app\n`, true],
    ['a comment', `true # kustomize build ${flags} app\n`, false],
    ['the flag in the next command', `kustomize build ${flags} app; echo --enable-exec\n`, true],
    ['another program', `my-kustomize build ${flags} app\n`, false],
  ])('%s', async (_, script, isFound) => {
    const fault = DOCTOR_FAULTS['a hash for each session'];
    const { stderr } = await runDoctor({
      ...NOTHING,
      files: { ...fault?.files, ...fault?.mended, 'ci/build.sh': script },
    });
    expect(stderr.includes('"DIR/ci/build.sh", line 1: `kustomize build` has no `--enable-exec`')).toBe(isFound);
  });
});

/** A package that starts the function with `exec`, in another one, beside one that starts nothing. */
describe('calls of kpt', () => {
  const without = 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\n';
  const files = {
    'all/Kptfile': without,
    'all/app/Kptfile': PACKAGE.Kptfile,
    'all/app/spec.yaml': PACKAGE['spec.yaml'],
    'all/app/below/Kptfile': without,
    'other/Kptfile': without,
  };
  test.each<[what: string, script: string, isFound: boolean]>([
    ['the package', 'kpt fn render all/app\n', true],
    ['the package from where the script is', 'cd ci\nkpt fn render ../all/app/\n', true],
    ['the package from elsewhere', 'cd all\nkpt fn render app/\n', true],
    ['one that it is in', 'kpt fn render all\n', true],
    ['one in it', 'kpt fn render all/app/below\n', false],
    ['another one', 'kpt fn render all/app --allow-exec\nkpt fn render other\n', false],
    ['one that cannot be known', 'cd other\nkpt fn render\n', false],
  ])('%s', async (_, script, isFound) => {
    const { stderr } = await runDoctor({ ...NOTHING, files: { ...files, 'ci/render.sh': script } });
    expect(stderr !== '').toBe(isFound);
  });
});

/** Each in a folder with a kustomization in `app` and a Kptfile that start the function with `exec`. */
describe('what is no command, or one that cannot be read without running it', () => {
  const good = 'kustomize build --enable-alpha-plugins --enable-exec app';
  const bad = 'kustomize build --enable-alpha-plugins app';
  const workflow = (step: string) => `jobs:\n  a:\n    steps:\n${step.replaceAll(/^/gm, '    ')}\n`;
  test.each<[what: string, file: string, text: string]>([
    ['flags in a variable of make', 'Makefile', 'FLAGS := --enable-exec\nbuild:\n\tkustomize build $(FLAGS) app\n'],
    ['a variable of make', 'Makefile', `BUILD = ${bad}\nbuild:\n\t$(BUILD) --enable-exec\n`],
    ['the help of make', 'Makefile', 'help:\n\t@echo "  render   runs kpt fn render on the package"\n'],
    ['a here-document', 'help.sh', `cat <<-'EOF'\n${bad}\n\tEOF\n${good}\n`],
    ['a text of many lines', 'help.sh', `echo "\n${bad}\n"\n${good}\n`],
    ['a folded text', '.github/workflows/a.yaml', workflow(`- run: >-\n    ${good.replaceAll(' ', '\n    ')}`)],
    ['a text in two lines', '.github/workflows/a.yaml', workflow(`- run: ${good.replace(' -', '\n    -')}`)],
    ['the name of a step', '.github/workflows/a.yaml', workflow(`- name: kustomize build\n  run: ${good}`)],
    ['the name of another', '.github/workflows/a.yaml', workflow('- name: kpt fn render\n  uses: example/a@v1')],
    ['flags of a workflow', '.github/workflows/a.yaml', workflow(`- run: ${bad} \${{ inputs.flags }}`)],
    ['flags of GitLab', '.gitlab-ci.yml', 'build:\n  script:\n  - kustomize build $FLAGS app\n'],
    ['a workflow that does not parse', '.github/workflows/a.yaml', `${workflow(`- run: ${bad}`)}    a: [\n`],
  ])('%s', async (_, file, text) => {
    const files = { ...GENERATORS, ...NOTHING.files, [file]: text };
    expect(await runDoctor({ ...NOTHING, files })).toMatchObject({ exit: 0, stderr: '' });
  });

  test('of two kustomizations the one without the function may be meant', async () => {
    const script = 'cd other\nkustomize build --enable-alpha-plugins .\n';
    const files = { ...GENERATORS, 'other/kustomization.yaml': 'resources: []\n', 'build.sh': script };
    expect(await runDoctor({ ...NOTHING, files })).toMatchObject({ exit: 0, stderr: '' });
  });

  test.each<[what: string, file: string, text: string, line: number]>([
    ['a recipe of make', 'Makefile', `build:\n\t@-${bad}\n`, 2],
    ['a line of a step', '.github/workflows/a.yaml', workflow(`- run: |\n\n    true\n    ${bad}`), 7],
    ['a folded step', '.github/workflows/a.yaml', workflow(`- run: >-\n    ${bad.replaceAll(' ', '\n    ')}`), 5],
    ['an entry of a list', '.gitlab-ci.yml', `build:\n  before_script:\n  - true\n  - ${bad}\n`, 4],
    ['a document of a file', '.gitlab-ci.yml', `spec: {}\n---\nbuild: {script: ["${bad}"]}\n`, 3],
  ])('but %s is one', async (_, file, text, line) => {
    const files = { ...GENERATORS, [file]: text };
    const { stderr } = await runDoctor({ ...NOTHING, files });
    expect(stderr).toContain(`"DIR/${file}", line ${line}: \`kustomize build\` has no \`--enable-exec\``);
  });
});

test.each([
  ['another name', '{kind: Secret, name: other}'],
  ['another namespace', '{kind: Secret, namespace: other}'],
  ['a label, which the Secret may not have', '{kind: Secret, labels: {a: b}}'],
  ['the name of the spec too', '{name: deployer}'],
  ['nothing', '{}'],
])('exclude by %s keeps no Secret from its function', async (_, selector) => {
  const Kptfile = PACKAGE.Kptfile.replace('role}', `role, exclude: [${selector}]}`);
  expect(await runDoctor({ ...NOTHING, files: { ...PACKAGE, Kptfile } })).toMatchObject({ exit: 0, stderr: '' });
});

/** What a spec names, and a transformer finds: test/hosts/doctor.test.ts has the real kustomize say so. */
describe.each(Object.entries(FOUND_KEYS))('keys that are there: %s', (_, files) => {
  test('nothing is said', async () => {
    expect(await runDoctor({ ...NOTHING, files })).toMatchObject({ exit: 0, stderr: '' });
  });
});

test('four times as many kustomizations and commands take about four times as long', async () => {
  const secondsFor = async (count: number) => {
    const names = Array.from({ length: count }, (_, n) => `app${n}`);
    const manifests = names.flatMap((name) => [
      [`${name}/kustomization.yaml`, 'generators: [spec.yaml]\nresources: [config.yaml]\n'],
      [`${name}/spec.yaml`, GENERATORS['app/spec.yaml'].replace('name: deployer', `name: ${name}`)],
      [`${name}/config.yaml`, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`],
    ]);
    const build = names.map((name) => `kustomize build --enable-alpha-plugins --enable-exec ${name}\n`).join('');
    using folder = temporaryFolder({ ...Object.fromEntries(manifests), 'build.sh': build });
    const seconds: number[] = [];
    for (const _ of ['once', 'again']) {
      const before = performance.now();
      const { stdout } = await runFunction('', { arguments: ['doctor', folder.path] });
      seconds.push((performance.now() - before) / 1000);
      expect(stdout).toContain(`kustomizations: ${count}, commands in scripts and workflows: ${count}`);
    }
    return Math.min(...seconds);
  };
  const few = await secondsFor(100);
  expect(await secondsFor(400)).toBeLessThan(10 * few); // it was 15 times as long when each looked at all others
});

test('a folder that is named through a link is the folder', async () => {
  const fault = DOCTOR_FAULTS.Flux;
  using folder = temporaryFolder(
    Object.fromEntries(Object.entries(fault?.files ?? {}).map(([name, text]) => [`real/${name}`, text])),
  );
  symlinkSync('real', join(folder.path, 'link'));
  const { stderr } = await runFunction('', { arguments: ['doctor', join(folder.path, 'link')] });
  expect(stderr).toContain('under Flux: Kustomization "flux/app" in');
});

describe('manifests that mean harm', () => {
  const bomb = Array.from({ length: 30 }, (_, n) => `a${n}: &a${n} [*a${n - 1}, *a${n - 1}]`);
  const annotation = 'config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"';
  test.each<[string, Record<string, string>]>([
    ['a bomb of aliases', { 'a.yaml': `kind: Function\nb: &a-1 x\n${bomb.join('\n')}\n` }],
    ['a thousand brackets', { 'a.yaml': `kind: Function\na: ${'['.repeat(100_000)}\n` }],
    [
      'keys of prototypes',
      { 'a.yaml': 'kind: Kptfile\napiVersion: kpt.dev/v1\n__proto__: {pipeline: {mutators: 1}}\n' },
    ],
    [
      'lines that would be messages',
      {
        'kustomization.yaml': 'generators: ["a.yaml"]\n',
        'a.yaml': `apiVersion: x/v1\nkind: "X\\nerror: fake"\nmetadata: {name: "a\\nerror: fake", annotations: {${annotation}}}\n`,
        'kustomize.sh': 'kustomize build --enable-alpha-plugins\n',
      },
    ],
    [
      'kustomizations in a circle',
      {
        'a/kustomization.yaml': 'resources: [../b]\n',
        'b/kustomization.yaml': 'resources: [../a]\n',
        'c.sh': 'kustomize build a\n',
      },
    ],
    [
      'a script without an end',
      { 'a.sh': `${';'.repeat(200_000)}kustomize build a\n${'<<a\n'.repeat(50_000)}`, 'b.sh': '"'.repeat(99_999) },
    ],
    ['a plugin path that leads out', { 'kustomization.yaml': 'generators: [../../../../etc/passwd, {a: 1}, 5]\n' }],
    ['names that are no text', { 'a.yaml': 'apiVersion: 5\nkind: {a: b}\nmetadata: [1]\n' }],
  ])('%s', async (_, files) => {
    const { exit, stdout, stderr } = await runDoctor({ ...NOTHING, files });
    expect([0, 1]).toContain(exit);
    expect(stdout).toMatch(/^looked at "DIR": /);
    expect(stderr).not.toMatch(/^error: fake|fault/m);
  });

  test('no value of a Secret is in what is said', async () => {
    const values = `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: CANARY}\ndata: {b: Q0FOQVJZ, c: [CANARY\n`;
    const { stdout, stderr } = await runDoctor({ ...NOTHING, files: { 'a.yaml': values } });
    expect(stderr).toMatch(/^error: cannot read "DIR\/a.yaml", document 1: /);
    expect(stdout + stderr).not.toMatch(/CANARY|Q0FOQVJZ/);
  });
});

describe('online', () => {
  const MINUTE = 60_000;
  let sts: EmbeddedSts;
  afterEach(() => sts.close());
  const ask = async (offset: number, more: Partial<DoctorFault> = {}) => {
    sts = await startSts({ users: [ci], now: () => new Date(Date.now() + offset) });
    return runDoctor({ ...NOTHING, behind: ['--online'], environment: ciEnvironment(sts.url), ...more });
  };
  const IDENTITY = `STS knows the SDK's default chain as "arn:aws:iam::111111111111:user/ci".\n`;

  test('says whose the default chain is, and asks for nothing else', async () => {
    const { exit, stdout, stderr } = await ask(0);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout.split('\n')[1]).toBe(IDENTITY.trim());
    expect(sts.calls.map(({ operation }) => operation)).toEqual(['GetCallerIdentity']);
  });

  test.each([
    ['behind', 4, 'it is 4 min behind that of STS. Set it, as `timedatectl set-ntp true` does.'],
    ['ahead, so that STS refuses the first call', -20, 'it is 20 min ahead of that of STS.'],
  ])('says that the clock is %s', async (_, minutes, message) => {
    const { exit, stdout, stderr } = await ask(minutes * MINUTE);
    expect({ exit, identity: stdout.includes(IDENTITY) }).toEqual({ exit: 0, identity: true });
    expect(stderr).toContain(`warning: cannot trust this machine's clock: ${message}`);
  });

  test('half a minute is nothing to speak of', async () => {
    expect(await ask(MINUTE / 2)).toMatchObject({ exit: 0, stderr: '' });
  });

  test('without credentials it is an error, and the rest is said as well', async () => {
    const { exit, stdout, stderr } = await ask(0, { environment: {} });
    expect({ exit, looked: stdout.startsWith('looked at "DIR"') }).toEqual({ exit: 1, looked: true });
    expect(stderr).toMatch(/^error: cannot ask who the SDK's default chain is \(sts:GetCallerIdentity\): .+\.\n$/);
  });
});

test.each([
  ['two folders', ['a', 'b'], 'cannot use argument "b": `doctor` takes one.'],
  ['an empty path', [''], 'cannot use an empty path'],
  ['an unknown option', ['--fix'], 'cannot use argument "--fix"'],
])('%s are wrong usage', async (_, argv, message) => {
  const { exit, stderr } = await runFunction('', { arguments: ['doctor', ...argv] });
  expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(message) });
});

test('a folder that is not there is an error', async () => {
  const { exit, stderr } = await runFunction('', { arguments: ['doctor', '/nonexistent/x'] });
  expect({ exit, stderr }).toEqual({
    exit: 1,
    stderr: 'error: cannot read "/nonexistent/x": it is not there (ENOENT). Correct the path.\n',
  });
});
