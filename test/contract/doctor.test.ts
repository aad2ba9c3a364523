import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CODES, type Code } from '../../function/findings/codes.ts';
import {
  CRON_JOB,
  DOCTOR_FAULTS,
  type DoctorFault,
  FETCHING,
  FOUND_KEYS,
  GENERATORS,
  INPUT,
  LASTING,
  NOTHING,
  OF_ANOTHER_TEAM,
  PACKAGE,
  PIPEFAIL,
  RENEWING,
  runDoctor,
  UNSURE_SECRETS,
  WITH_INPUT,
} from '../golden/doctor-faults.ts';
import { ci, ciEnvironment } from '../support/accounts.ts';
import { CLEAN_ENVIRONMENT, ROOT, runFunction, runProcess } from '../support/run-function.ts';
import { type EmbeddedSts, startSts } from '../support/sts/start-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe.each(Object.entries(DOCTOR_FAULTS))('%s', (_, fault) => {
  const severity = fault.severity ?? CODES[fault.code as Code].severity; // what is golden has it

  test('is found', async () => {
    const { exit, findings } = await runDoctor({
      ...fault,
      files: { ...(fault.isOfAll ? {} : OF_ANOTHER_TEAM), ...fault.files },
    });
    const lines = findings.split('\n').slice(0, -1);
    expect({ lines, count: lines.length }).toEqual({
      lines: expect.arrayContaining([expect.stringMatching(new RegExp(`^${severity}: .+\\. \\[[A-Z_]+\\]$`))]),
      count: fault.count ?? 1,
    });
    expect(exit).toBe(lines.some((line) => line.startsWith('error: ')) ? 1 : 0);
  });

  test('mended, nothing is found, and what was looked at is said', async () => {
    const { exit, summary, findings } = await runDoctor(fault, true);
    expect({ exit, findings }).toEqual({ exit: 0, findings: '' });
    expect(summary).toMatch(/^looked at "DIR": [1-9]\d* files?(?:, [1-9]\d* \w[\w ]*)*\. Found: nothing to mend\.\n$/);
  });
});

describe('a CronJob that is right', () => {
  const edited = (...edits: readonly (readonly [string | RegExp, string])[]) =>
    edits.reduce((text, [from, to]) => text.replace(from, to), `${CRON_JOB['cron-job.yaml']}`);

  test.each<[what: string, text: string, more?: Readonly<Record<string, string>>]>([
    ['under a built-in ClusterRole', edited(['kind: Role, name: renew-deployer', 'kind: ClusterRole, name: admin'])],
    [
      'whose account is a user',
      edited([/- \{ kind: Service.*/, '- { kind: User, name: "system:serviceaccount:team-a:renew-deployer" }']),
    ],
    ['whose account Flux fills in', edited(['serviceAccountName: renew-deployer', 'serviceAccountName: "${account}"'])],
    [
      'that fetches another Secret too',
      edited(
        ['[deployer]', '[deployer, keys]'],
        ['kubectl get', 'kubectl get secret keys -n team-a -o yaml >keys\n              kubectl get'],
      ),
    ],
    [
      'with the flag before the verb',
      edited([' get secret deployer --namespace team-a', ' --namespace team-a get secret deployer']),
    ],
    [
      'that asks whether a Secret is there',
      edited(
        ['kubectl get', 'if kubectl get'],
        [' --ignore-not-found', ''],
        ['.yaml\n              function', '.yaml; then :; fi\n              function'],
      ),
    ],
    [
      'that sets PATH itself',
      edited(['"/tools:/usr', '"/usr'], ['mkdir package', 'export PATH=/tools:$PATH\n              mkdir package']),
    ],
    [
      'that gets another program',
      edited(['args: [install, /tools]', 'command: [pip]\n            args: [install, kubernetes]']),
    ],
    [
      'with a token of its own',
      edited(
        ['restartPolicy: Never', 'automountServiceAccountToken: false\n          restartPolicy: Never'],
        [
          '- { name: tools, emptyDir: {} }',
          '- { name: tools, emptyDir: {} }\n          - { name: token, projected: { sources: [{ serviceAccountToken: { path: token } }] } }',
        ],
      ),
    ],
    ['under a Role that is aggregated', edited([/rules:[\s\S]*?(?=---)/, 'aggregationRule: {}\nrules: []\n'])],
    [
      'beside a Role for which there is no binding',
      edited(),
      {
        'more.yaml': `kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: more, namespace: team-a}\nrules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]\n`,
      },
    ],
  ])('%s', async (_, text, more = {}) => {
    const { findings } = await runDoctor({ ...NOTHING, files: { ...CRON_JOB, 'cron-job.yaml': text, ...more } });
    expect(findings.match(/^.*RUNTIME_INCOMPLETE\]$/gm) ?? []).toEqual([]);
  });
});

test.each<[what: string, file: string, text: string]>([
  ['a script of GitLab', '.gitlab-ci.yml', 'a: {script: [{toString: x}]}\n'],
  [
    'a schedule',
    'c.yaml',
    'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {schedule: {toString: x}}\n',
  ],
])('%s that is no text ends nothing', async (_, file, text) => {
  const { exit, findings } = await runDoctor({ ...NOTHING, files: { ...CRON_JOB, [file]: text } });
  expect({ exit, findings }).toEqual({ exit: 0, findings: '' });
});

test('a token where the name of a variable belongs is not repeated', async () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
  const job = `a: {script: [function-sts-assume-role render .]}\n`;
  const files = { ...CRON_JOB, ...WITH_INPUT(`{tokenEnv: ${token}}`), '.gitlab-ci.yml': job };
  const { findings, summary } = await runDoctor({ ...NOTHING, files } as DoctorFault);
  expect(`${findings}${summary}`).not.toContain(token);
});

test.each<[code: Code, exit: number]>([
  ['GENERATOR_UNUSED', 1],
  ['GENERATOR_NONE', 1],
  ['PLAINTEXT', 0],
])('with --strict a warning %s exits with %i', async (code, exit) => {
  const fault = Object.values(DOCTOR_FAULTS).find((row) => row.code === code && row.severity !== 'error') ?? NOTHING;
  const usual = await runDoctor(fault);
  expect(usual).toMatchObject({ exit: 0, findings: expect.stringContaining(`[${code}]`) });
  expect(await runDoctor({ ...fault, behind: [...(fault.behind ?? []), '--strict'] })).toEqual({ ...usual, exit });
});

describe('a schedule', () => {
  const said = async (files: Readonly<Record<string, string>>) =>
    (await runDoctor({ ...NOTHING, files: { ...PACKAGE, ...files } })).findings.match(/^.*REFRESHED_TOO_LATE\]$/gm) ??
    [];

  const SCHEDULED_JOB = (command: string) =>
    `on: {schedule: [{cron: "*/20 * * * *"}]}\njobs: {a: {steps: [{shell: bash, run: "function-sts-assume-role ${command} | kubectl apply -f -"}]}}\n`;

  test.each<[what: string, files: Readonly<Record<string, string>>]>([
    ['asks AWS in each run', { 'renew.yaml': RENEWING('*/30 * * * *', PIPEFAIL) }],
    ['fetches a part of the Secret', { 'renew.yaml': FETCHING('*/30 * * * *', 'jsonpath={.data}') }],
    ['fetches another Secret', { 'renew.yaml': FETCHING('*/30 * * * *', 'yaml', 'other') }],
    ['rests at night', { 'renew.yaml': FETCHING('*/10 8-18 * * *') }],
    ['names a folder that is not here', { '.github/workflows/ci.yaml': SCHEDULED_JOB('render other') }],
    ['names a folder of which a part is here', { '.github/workflows/ci.yaml': SCHEDULED_JOB('render .') }],
    [
      'is not the only one',
      { 'renew.yaml': FETCHING('*/10 * * * *'), 'all.yaml': RENEWING('0 3 * * *', PIPEFAIL).replace('renew,', 'all,') },
    ],
    [
      'is suspended beside another one',
      { 'renew.yaml': FETCHING('*/10 * * * *'), 'all.yaml': RENEWING('0 3 * * *', PIPEFAIL, '  suspend: true\n') },
    ],
  ])('that %s is fine', async (_, files) => {
    expect(await said(files)).toEqual([]);
  });

  test.each([900, 1000, 1800, 2700, 3600, 7200, 28_800, 43_200])(
    'for sessions of %i seconds is fine as the finding advises it',
    async (seconds) => {
      for (const name of ['deployer', 'a', 'b', 'c']) {
        const spec = { 'spec.yaml': LASTING(String(seconds), name) };
        const [late = ''] = await said({ ...spec, 'renew.yaml': FETCHING('0 0 * * *', 'yaml', name) });
        const minutes = Number(/ every (\d+) minutes /.exec(late)?.[1]);
        const schedule = minutes < 60 ? `*/${minutes} * * * *` : `0 */${Math.floor(minutes / 60)} * * *`;
        expect({ late, again: await said({ ...spec, 'renew.yaml': FETCHING(schedule, 'yaml', name) }) }).toEqual({
          late: expect.stringContaining(`a session of ${seconds} seconds ends before`),
          again: [],
        });
      }
    },
  );
});

/** What is counted, beside a package with a generator: in the sentence, and in `looked` of `-o json`. */
describe('what was looked at', () => {
  const refTo = (kind: string, name = 'deployer') =>
    `spec: {dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: ${kind}, name: ${name}}}}]}\n`;
  const secret = (spec: string) =>
    `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: app, namespace: team-a}\n${spec}`;
  const shared = (kind: string, field: string) =>
    `apiVersion: generators.external-secrets.io/v1alpha1\nkind: ClusterGenerator\nmetadata: {name: all}\nspec: {kind: ${kind}, generator: {${field}: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/deployer"}}}\n`;
  const generators = ['a', 'b'].map((name) => PACKAGE['spec.yaml'].replace('name: deployer', `name: ${name}`));
  const asItems = generators.map((one) => `- ${one.trim().replaceAll('\n', '\n  ')}\n`).join('');
  test.each<[what: string, more: Readonly<Record<string, string>>, counted: Readonly<Record<string, number>>]>([
    ['a package', {}, { files: 2, generators: 1, Kptfiles: 1 }],
    [
      'an ExternalSecret of a store',
      { 'a.yaml': secret('spec: {secretStoreRef: {name: a}, data: []}\n') },
      { files: 3, generators: 1, Kptfiles: 1 },
    ],
    [
      'an ExternalSecret with a generator of ours',
      { 'a.yaml': secret(refTo('STSAssumeRoleToken')) },
      { files: 3, generators: 1, ExternalSecrets: 1, Kptfiles: 1 },
    ],
    [
      'an ExternalSecret with a ClusterGenerator of ours',
      {
        'a.yaml': secret(refTo('ClusterGenerator', 'all')),
        'b.yaml': shared('STSAssumeRoleToken', 'stsAssumeRoleTokenSpec'),
      },
      { files: 4, generators: 2, ExternalSecrets: 1, Kptfiles: 1 },
    ],
    [
      'an ExternalSecret with a ClusterGenerator that is not ours',
      { 'a.yaml': secret(refTo('ClusterGenerator', 'all')), 'b.yaml': shared('Password', 'passwordSpec') },
      { files: 4, generators: 1, Kptfiles: 1 },
    ],
    [
      'an Input with two generators',
      {
        'a.yaml': `${INPUT}generators:\n${asItems}`,
        Kptfile: PACKAGE.Kptfile.replace('role}', 'role, configPath: a.yaml}'),
      },
      { files: 3, generators: 3, Inputs: 1, Kptfiles: 1 },
    ],
  ])('%s', async (_, more, counted) => {
    const fault = { ...NOTHING, files: { ...PACKAGE, ...more } };
    const parts = Object.entries(counted).map(([name, count]) => `${count} ${name}`.replace(/^(1 .*)s$/, '$1'));
    const { findings: lines, summary } = await runDoctor(fault);
    expect(summary.split('. Found: ')[0]).toBe(`looked at "DIR": ${parts.join(', ')}`);
    const json = await runDoctor({ ...fault, behind: ['-o', 'json'] });
    const { looked, findings } = JSON.parse(json.summary);
    const seen = Object.entries(looked).filter(([, count]) => count !== 0);
    expect(Object.fromEntries(seen)).toEqual(counted);
    expect(findings).toHaveLength(lines.split('\n').length - 1);
  });
});

test('test/evidence/doctor.md has each of them, and none else', () => {
  const page = readFileSync(join(ROOT, 'test/evidence/doctor.md'), 'utf8');
  const cases = [...page.matchAll(/^\| .+ \| (.+) \|$/gm)].map(([, name]) => name);
  expect(cases.filter((name) => name !== 'case').toSorted()).toEqual(Object.keys(DOCTOR_FAULTS).toSorted());
});

/** What is said of the command in line 1: it lacks its flag, it is not understood, or nothing. */
type Judged = 'lacks' | 'unread' | 'fine';

const JUDGEMENTS = {
  lacks: /^error: .* has no `--(?:enable|allow)-exec`/m,
  unread: /^warning: the command in .*, line 1, may lack a flag: /m,
};

function judged(findings: string): Judged[] {
  const said = (['lacks', 'unread'] as const).filter((one) => JUDGEMENTS[one].test(findings));
  return said.length === 0 && findings === '' ? ['fine'] : said;
}

/** A call of kustomize, beside a kustomization in `app` that starts the function with `exec`. */
describe('calls', () => {
  const flags = '--enable-alpha-plugins';
  test.each<[what: string, script: string, is: Judged | Judged[]]>([
    ['a flag with a value', `kustomize build ${flags} --enable-exec=true app\n`, 'fine'],
    ['a flag that is switched off', `kustomize build ${flags} --enable-exec=false app\n`, 'lacks'],
    ['the path before the flags', `kustomize build app ${flags}\n`, 'lacks'],
    ['a path behind a flag with a value', `kustomize build ${flags} -o out app | cat\n`, 'lacks'],
    ['a path behind helm', `kustomize build --enable-helm --helm-command helm3 ${flags} app\n`, 'lacks'],
    ['a path in quotes', `kustomize build ${flags} "app"\n`, 'lacks'],
    ['a path from where the script is', `kustomize build ${flags} ../app\n`, 'lacks'],
    ['another folder', `kustomize build ${flags} other\n`, 'fine'],
    ['a folder whose name ends alike', `kustomize build ${flags} pp\n`, 'fine'],
    ['a program by its path', `/usr/local/bin/kustomize build ${flags} app\n`, 'lacks'],
    ['a program of the same name with more', `my-kustomize build ${flags} app\n`, 'fine'],
    ['a folder in a variable', `kustomize build ${flags} "$DIR"\n`, 'lacks'],
    ['a folder in a variable, with its flag', `kustomize build ${flags} --enable-exec "$DIR"\n`, 'fine'],
    ['a part of a path in a variable', `kustomize build ${flags} overlays/$FLAGS/prod\n`, 'lacks'],
    ['a path that a program prints', `kustomize build ${flags} $(dirname $0)/app\n`, 'lacks'],
    ['what a program prints', `kustomize build $(cat there)\n`, 'unread'],
    ['the same in the old way', 'kustomize build `cat flags` app\n', 'unread'],
    ['flags in a variable', 'kustomize build $flags app\n', 'unread'],
    ['flags or a folder', 'kustomize build $KUSTOMIZE_FLAGS\n', 'unread'],
    ['flags in an array', `kustomize build "\${flags[@]}" app\n`, 'unread'],
    ['flags of the script', 'kustomize build "$@"\n', 'unread'],
    ['flags in a variable beside the flag', 'kustomize build --enable-exec $flags app\n', 'fine'],
    ['a variable that takes what comes out', `kustomize build ${flags} app > "$OUT" 2>&1\n`, 'lacks'],
    ['flags behind a redirection', `kustomize build 2>&1 >out ${flags} --enable-exec app\n`, 'fine'],
    ['flags behind a redirection without a space', `kustomize build app>out ${flags} --enable-exec\n`, 'fine'],
    ['flags in the next lines', `kustomize build \\\n  ${flags} \\\n  --enable-exec app\n`, 'fine'],
    ['flags in the next lines, of Windows', `kustomize build \\\r\n  ${flags} \\\r\n  --enable-exec app\r\n`, 'fine'],
    ['a variable that is set before', `A="a b" B=c kustomize build ${flags} app\n`, 'lacks'],
    ['another user', `sudo kustomize build ${flags} app\n`, 'lacks'],
    ['the flag in the next command', `kustomize build ${flags} app; echo --enable-exec\n`, 'lacks'],
    ['the flag in a comment', `kustomize build ${flags} app # --enable-exec\n`, 'lacks'],
    ['a next command that is read too', `kustomize build app && kustomize build ../app\n`, ['lacks', 'unread']],
    ['a condition', `if ! kustomize build ${flags} app; then exit 1; fi\n`, 'unread'],
    ['a command behind another', `cd ci && kustomize build ${flags} ../app\n`, 'unread'],
    ['a substitution', `kubectl apply -f <(kustomize build ${flags} app)\n`, 'unread'],
    ['a branch', `case $1 in prod) kustomize build ${flags} app;; esac\n`, 'unread'],
    ['an array that becomes a command', `build=(kustomize build ${flags} app)\n`, 'unread'],
    ['a program in a variable', '"$KUSTOMIZE" build app\n', 'unread'],
    ['flags before the command', 'kubectl --context=ci kustomize app\n', 'lacks'],
    ['words for another command', `echo run kustomize build ${flags} app\n`, 'unread'],
    ['words in quotes', `echo "a; kustomize build ${flags} app"\n`, 'fine'],
    ['a shell in quotes', `bash -c 'kustomize build ${flags} app'\n`, 'fine'],
    ['a substitution in quotes', `out="$(kustomize build ${flags} app)"\n`, 'unread'],
    ['a command behind another, with its flag', `cd ci && kustomize build ${flags} --enable-exec ../app\n`, 'fine'],
    ['a loop, with its flag', `for d in a b; do kustomize build ${flags} --enable-exec $d; done\n`, 'fine'],
    ['a substitution, with its flag', `out=$(kustomize build ${flags} --enable-exec app)\n`, 'fine'],
    ['the flag of another command', `kustomize build ${flags} --enable-exec app; kustomize build app\n`, 'unread'],
    ['a command behind another, of another folder', `cd ci && kustomize build ${flags} ../other\n`, 'fine'],
    ['a line without an end', `kustomize build ${'a '.repeat(6_000)}\n`, 'fine'],
    ['words of two sentences', 'echo kustomize; build app\n', 'fine'],
    ['an apostrophe in a comment', `# don't\nkustomize build ${flags} --enable-exec app\n# don't\n`, 'fine'],
    ['a comment', `  # kustomize build ${flags} app\n`, 'fine'],
  ])('%s', async (_, script, is) => {
    const fault = DOCTOR_FAULTS['a hash for each session'];
    const { findings } = await runDoctor({
      ...NOTHING,
      files: { ...fault?.files, ...fault?.mended, 'ci/build.sh': script },
    });
    expect(judged(findings)).toEqual([is].flat());
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
  test.each<[what: string, script: string, is: Judged]>([
    ['the package', 'kpt fn render all/app\n', 'lacks'],
    ['the package from where the script is', 'kpt fn render ../all/app/\n', 'lacks'],
    ['the package from elsewhere', 'kpt fn render app/ # in all\n', 'lacks'],
    ['one that it is in', 'kpt fn render all\n', 'lacks'],
    ['one in it', 'kpt fn render all/app/below\n', 'fine'],
    ['another one', 'kpt fn render other\nkpt fn render all/app --allow-exec\n', 'fine'],
    ['one that cannot be known', 'kpt fn render $PACKAGE\n', 'unread'],
    ['one that cannot be known, with its flag', 'kpt fn render $PACKAGE --allow-exec\n', 'fine'],
    ['an evaluation', 'kpt fn eval all/app --exec function-sts-assume-role\n', 'fine'],
  ])('%s', async (_, script, is) => {
    const { findings } = await runDoctor({ ...NOTHING, files: { ...files, 'ci/render.sh': script } });
    expect(judged(findings)).toEqual([is]);
  });
});

const BESIDE = { 'package/Kptfile': PACKAGE.Kptfile, 'package/spec.yaml': PACKAGE['spec.yaml'] };

/** Each in a folder with a kustomization in `app` and a Kptfile that start the function with `exec`. */
describe('where commands are', () => {
  const good = 'kustomize build --enable-alpha-plugins --enable-exec app';
  const bad = 'kustomize build --enable-alpha-plugins app';
  const workflow = (step: string) =>
    `env: {STS_FUNCTION_MODE: plan}\njobs:\n  a:\n    steps:\n${step.replaceAll(/^/gm, '    ')}\n`;
  test.each<[what: string, file: string, text: string]>([
    ['a folded text', '.github/workflows/a.yaml', workflow(`- run: >-\n    ${good.replaceAll(' ', '\n    ')}`)],
    ['a text in two lines', '.github/workflows/a.yaml', workflow(`- run: ${good.replace(' -', '\n    -')}`)],
    ['the name of a step', '.github/workflows/a.yaml', workflow(`- name: kustomize build\n  run: ${good}`)],
    ['the name of another', '.github/workflows/a.yaml', workflow('- name: kpt fn render\n  uses: example/a@v1')],
    ['a text that was closed', 'help.sh', `echo "\nit's"\n${good}\n`],
    ['a here-document that was closed', 'help.sh', `cat <<-'EOF' <<B\n"\n\tEOF\n'\nB\n${good}\n`],
    ['no here-document', 'help.sh', `cat <<<EOF; echo $((1<<2)) \\<<A\n${good}\n`],
    ['an apostrophe behind a command', 'help.sh', `true # don't\n${good}\n`],
    ['the help of make', 'Makefile', 'help:\n\t@echo "  render   runs kpt fn render on the package"\n'],
    ['a here-document', 'help.sh', `cat <<-'EOF'\n${bad}\n\tEOF\n${good}\n`],
    ['the second here-document of a line', 'help.sh', `cat <<A <<B\nA\n${bad}\nB\n`],
    ['a here-document without an end', 'help.sh', `cat <<A\nB\n${bad}\n`],
    ['a text of many lines', 'help.sh', `echo "\n${bad}\n"\n${good}\n`],
    ['an apostrophe in a Makefile', 'Makefile', `a: # don't\n\techo don't\nb:\n\t${good}\n`],
  ])('%s: nothing is said', async (_, file, text) => {
    const files = { ...GENERATORS, ...BESIDE, [file]: text };
    expect(await runDoctor({ ...NOTHING, files })).toMatchObject({ exit: 0, findings: '' });
  });

  test.each<[what: string, file: string, text: string, line: number]>([
    ['flags in a variable of make', 'Makefile', 'FLAGS := --enable-exec\nbuild:\n\tkustomize build $(FLAGS) app\n', 3],
    ['a variable of make', 'Makefile', `BUILD = ${bad}\nbuild:\n\t$(BUILD) --enable-exec\n`, 1],
    ['a program of make', 'Makefile', 'build:\n\t@$(KUSTOMIZE) build app\n', 2],
    ['flags of a workflow', '.github/workflows/a.yaml', workflow(`- run: ${bad} \${{ inputs.flags }}`), 5],
    ['flags of GitLab', '.gitlab-ci.yml', 'build:\n  script:\n  - kustomize build $FLAGS app\n', 3],
    ['a workflow that does not parse', '.github/workflows/a.yaml', `${workflow(`- run: ${bad}`)}    a: [\n`, 5],
  ])('%s: not understood', async (_, file, text, line) => {
    const files = { ...GENERATORS, ...BESIDE, [file]: text };
    const { exit, findings } = await runDoctor({ ...NOTHING, files });
    expect(findings).toMatch(/^warning: the command in [^\n]+ may lack a flag: [^\n]+\n$/);
    expect({ exit, findings }).toEqual({
      exit: 0,
      findings: expect.stringContaining(`"DIR/${file}", line ${line}, may `),
    });
  });

  test.each([
    ['a variable', 'kustomize build --enable-alpha-plugins $DIR\n'],
    ['a folder after a `cd`', 'cd other\nkustomize build --enable-alpha-plugins .\n'],
  ])('of two kustomizations the one without the function may be meant by %s', async (_, script) => {
    const files = { ...GENERATORS, 'other/kustomization.yaml': 'resources: []\n', 'build.sh': script };
    const { findings } = await runDoctor({ ...NOTHING, files });
    expect(findings).toMatch(
      /^warning: the command in [^\n]* its folder is not known, and some kustomizations need [^\n]*\n$/,
    );
  });

  test('a base that others include is not what a variable means', async () => {
    const script = 'kustomize build --enable-alpha-plugins $DIR\n';
    const files = { ...GENERATORS, 'base/kustomization.yaml': 'resources: []\n', 'build.sh': script };
    files['app/kustomization.yaml'] += 'resources: [../base]\n';
    expect(judged((await runDoctor({ ...NOTHING, files })).findings)).toEqual(['lacks']);
  });

  test('of many in a file the first is said, and how many more there are', async () => {
    const script = `cd a; ${bad}\n`.repeat(1000);
    const { findings } = await runDoctor({ ...NOTHING, files: { ...GENERATORS, 'build.sh': script } });
    expect(findings).toMatch(
      /^warning: the command in "DIR\/build.sh", line 1, and 999 more may lack a flag: [^\n]+\n$/,
    );
  });

  test('a repository that starts nothing hears nothing of its scripts', async () => {
    const files = {
      'app/kustomization.yaml': 'resources: []\n',
      'build.sh': `cd a; ${bad}\nkubectl kustomize $FLAGS app\n`,
    };
    const { exit, findings } = await runDoctor({ ...NOTHING, files });
    expect({ exit, findings }).toEqual({ exit: 0, findings: expect.stringMatching(/^[^\n]+ \[GENERATOR_NONE\]\n$/) });
  });

  test.each<[what: string, file: string, text: string, line: number]>([
    ['a recipe of make', 'Makefile', `build:\n\t@-${bad}\n`, 2],
    ['a line of a step', '.github/workflows/a.yaml', workflow(`- run: |\n\n    true\n    ${bad}`), 8],
    ['a folded step', '.github/workflows/a.yaml', workflow(`- run: >-\n    ${bad.replaceAll(' ', '\n    ')}`), 6],
    ['an entry of a list', '.gitlab-ci.yml', `build:\n  before_script:\n  - true\n  - ${bad}\n`, 4],
    ['a document of a file', '.gitlab-ci.yml', `spec: {}\n---\nbuild: {script: ["${bad}"]}\n`, 3],
  ])('%s: a command is read', async (_, file, text, line) => {
    const files = { ...GENERATORS, [file]: text };
    const { findings } = await runDoctor({ ...NOTHING, files });
    expect(findings).toContain(`"DIR/${file}", line ${line}: \`kustomize build\` has no \`--enable-exec\``);
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
  expect(await runDoctor({ ...NOTHING, files: { ...PACKAGE, Kptfile } })).toMatchObject({
    exit: 0,
    findings: expect.not.stringContaining('cannot renew Secrets'),
  });
});

test.each<[name: string, isFound: boolean]>([
  ['function-sts-assume-rol', true],
  ['FUNCTION_STS_ASSUME_ROLE', true],
  ['./bin/function-sts-asume-role', true],
  ['function-sts-assume-role.sh', false],
  ['function-assume-role', false],
])('of an executable %s it is said that ours may be meant: %s', async (name, isFound) => {
  const files = { ...PACKAGE, Kptfile: PACKAGE.Kptfile.replace('function-sts-assume-role', name) };
  const { findings } = await runDoctor({ ...NOTHING, files });
  expect(findings.includes('function-sts-assume-role", if that was meant. [FUNCTION_NOT_FOUND]')).toBe(isFound);
});

test('a validator beside a mutator is fine, since the mutator makes the Secrets', async () => {
  const Kptfile = `${PACKAGE.Kptfile}  validators: [{exec: function-sts-assume-role}]\n`;
  expect(await runDoctor({ ...NOTHING, files: { ...PACKAGE, Kptfile } })).toMatchObject({ exit: 0, findings: '' });
});

test('an executable that is there is no slip of the pen', async () => {
  const Kptfile = PACKAGE.Kptfile.replace('function-sts-assume-role', 'function-sts-assume-role2');
  const fault: DoctorFault = {
    ...NOTHING,
    files: { ...PACKAGE, Kptfile },
    executable: ['function-sts-assume-role2', 0o755],
    environment: { PATH: 'DIR' },
  };
  expect(await runDoctor(fault)).toMatchObject({ exit: 0, findings: '' });
});

describe("GitHub's token", () => {
  const fault = DOCTOR_FAULTS['a workflow without a token'];
  const steps = (script: string) => `steps: [{run: ${script}}]`;
  const run = steps('kpt fn render --allow-exec');
  const may = 'permissions: {id-token: write}';
  test.each<[what: string, workflow: string, isFound: boolean]>([
    ['no permissions', `on: push\njobs: {a: {${run}}}`, true],
    ['those of the job', `on: push\njobs: {a: {${may}, ${run}}}`, false],
    ['all of them', `on: push\npermissions: write-all\njobs: {a: {${run}}}`, false],
    ['reading alone', `on: push\npermissions: read-all\njobs: {a: {${run}}}`, true],
    ["a job that takes its workflow's away", `on: push\n${may}\njobs: {a: {permissions: {}, ${run}}}`, true],
    ['another job that has them', `on: push\njobs: {a: {${may}, steps: [{run: ls}]}, b: {${run}}}`, true],
    ['a job that starts nothing', 'on: push\njobs: {a: {steps: [{run: kpt live apply}]}}', false],
    [
      '`render` of this function',
      `on: push\njobs: {a: {${steps('function-sts-assume-role render aws | kubectl apply -f -')}}}`,
      true,
    ],
    ['`render` by its path', `on: push\njobs: {a: {${steps('./bin/function-sts-assume-role render -i aws')}}}`, true],
    ['`render` with a token', `on: push\njobs: {a: {${may}, ${steps('function-sts-assume-role render aws')}}}`, false],
    ['a preview', `on: push\njobs: {a: {${steps('function-sts-assume-role render --placeholder aws')}}}`, false],
    [
      'a preview by its variable',
      `on: push\njobs: {a: {${steps('STS_FUNCTION_MODE=plan kpt fn render --allow-exec')}}}`,
      false,
    ],
    [
      'a preview by the variable of its workflow',
      `env: {STS_FUNCTION_MODE: placeholder}\non: push\njobs: {a: {${run}}}`,
      false,
    ],
    ['a plan', `on: push\njobs: {a: {${steps('function-sts-assume-role plan -o markdown aws')}}}`, false],
    ['a workflow that others call', `on: {workflow_call: {}}\njobs: {a: {${run}}}`, false],
    ['values of other types', `on: 5\npermissions: [1]\njobs: {a: {steps: [null, {run: 5}]}, b: null}`, false],
  ])('%s', async (_, workflow, isFound) => {
    const files = { ...fault?.files, '.github/workflows/ci.yaml': `${workflow}\n` };
    const { findings } = await runDoctor({ ...NOTHING, files });
    expect(findings.includes(' gets no token of GitHub: ')).toBe(isFound);
  });
});

describe('Secrets in a git repository', () => {
  const secret = DOCTOR_FAULTS['credentials in git']?.files['app/secret.yaml'] ?? '';
  const file = 'app/deep/secret.yaml';

  /** What git itself says of the file decides what is right. */
  test.each<[what: string, rules: Readonly<Record<string, string>>]>([
    ['nothing', {}],
    ['its name, anywhere', { '.gitignore': 'secret.yaml\n' }],
    ['its name at the root', { '.gitignore': '/secret.yaml\n' }],
    ['a folder', { '.gitignore': 'deep/\n' }],
    ['a pattern, in Windows lines', { '.gitignore': '# rules\r\n*.yaml\r\n' }],
    ['a pattern that is taken back', { '.gitignore': '*.yaml\n!secret.yaml\n' }],
    ['a pattern that is taken back below', { '.gitignore': '*.yaml\n', 'app/.gitignore': '!deep/*.yaml\n' }],
    ['a folder, and a file that is taken back in it', { '.gitignore': '/app\n', 'app/.gitignore': '!secret.yaml\n' }],
    ['a pattern below', { 'app/.gitignore': '/deep/**/*.yaml\n' }],
    ['another case', { '.gitignore': 'SECRET.yaml\n' }],
    ['many folders', { '.gitignore': 'app/**\n!app/deep/\n' }],
  ])('.gitignore with %s', async (_, rules) => {
    using folder = temporaryFolder({ [file]: secret, ...rules });
    const git = (...argv: string[]) =>
      runProcess('/usr/bin/env', ['git', ...argv], { cwd: folder.path, environment: CLEAN_ENVIRONMENT });
    await git('init', '--quiet');
    const { exit } = await git('check-ignore', '--quiet', file);
    const { stdout: findings } = await runFunction('', { arguments: ['doctor', folder.path] });
    expect(findings.includes('credentials go into git: ')).toBe(exit !== 0);
  });

  test.each<[what: string, text: string]>([
    ['a placeholder', secret.replace('{sts.', '{sts.fn.crossplane.io/placeholder: "true", sts.')],
    ['one that SOPS encrypted', `${secret}sops: {version: 3.11.0}\n`],
    ['one without data', secret.replace(/data.*/, 'type: Opaque')],
    ['one of somebody else', secret.replace('sts.fn.crossplane.io', 'example.org')],
  ])('%s is fine', async (_, text) => {
    const files = { 'keys.yaml': text, '.git/HEAD': '' };
    expect(await runDoctor({ ...NOTHING, files })).toMatchObject({
      exit: 0,
      findings: expect.not.stringContaining('into git'),
    });
  });

  test('and outside of one it is fine', async () => {
    expect(await runDoctor({ ...NOTHING, files: { 'a.yaml': secret } })).toMatchObject({
      exit: 0,
      findings: expect.not.stringContaining('into git'),
    });
  });
});

test.each([
  [
    'a field path',
    'fromFieldPath: spec.region',
    'fromFieldPath: spec..region',
    '`vars.region.fromFieldPath` must be a path',
  ],
  ['two sources', 'fromFieldPath:', 'namespaceLabel: a, fromFieldPath:', '`vars.region` must have only one of'],
  ['a type', 'type: region', 'type: regio', '`vars.region.type` must be'],
  ['a time', 'ttl: 60s', 'ttl: 60', '`ttl` must be a time'],
  ['a variable that is not there', '${account}', '${acount}', 'uses a variable "acount"'],
  ['a kind', 'kind: Input', 'kind: Inputs', '`kind` is not a kind of'],
])(
  'of a step of a Composition, %s that is wrong is named with file, Composition and step',
  async (_, good, bad, want) => {
    const { 'composition.yaml': composition = '' } = DOCTOR_FAULTS['a generator of a step with a fault']?.mended ?? {};
    const { findings } = await runDoctor({ ...NOTHING, files: { 'composition.yaml': composition.replace(good, bad) } });
    expect(findings).toContain(want);
    expect(findings).toMatch(/^error: DIR\/composition.yaml:\d+: .* step "keys" of Composition "app"/);
  },
);

/** What a spec names, and a transformer finds: test/hosts/doctor.test.ts has the real kustomize say so. */
describe.each(Object.entries(FOUND_KEYS))('keys that are there: %s', (_, files) => {
  test('nothing is said', async () => {
    expect(await runDoctor({ ...NOTHING, files })).toMatchObject({ exit: 0, findings: '' });
  });
});

/** What is not sure of a Secret that something reads. */
describe.each(Object.entries(UNSURE_SECRETS))('a Secret that is not as it is made: %s', (_, files) => {
  test('nothing is said', async () => {
    expect(await runDoctor({ ...NOTHING, files })).toMatchObject({ exit: 0, findings: '' });
  });
});

test('a folder that is named through a link is the folder', async () => {
  const fault = DOCTOR_FAULTS.Flux;
  using folder = temporaryFolder(
    Object.fromEntries(Object.entries(fault?.files ?? {}).map(([name, text]) => [`real/${name}`, text])),
  );
  symlinkSync('real', join(folder.path, 'link'));
  const { stdout: findings } = await runFunction('', { arguments: ['doctor', join(folder.path, 'link')] });
  expect(findings).toContain('under Flux: Kustomization "flux/app" in');
});

describe('manifests that mean harm', () => {
  const bomb = Array.from({ length: 30 }, (_, n) => `a${n}: &a${n} [*a${n - 1}, *a${n - 1}]`);
  const annotation = 'config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"';
  test.each<[string, Record<string, string>]>([
    ['a bomb of aliases', { 'a.yaml': `kind: Function\nb: &a-1 x\n${bomb.join('\n')}\n` }],
    ['a bomb of aliases in an Input', { 'a.yaml': `${INPUT}b: &a-1 x\n${bomb.join('\n')}\n` }],
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
    [
      'workflows that are no YAML',
      { '.github/workflows/a.yaml': '\0\x01kpt fn render\r\n[[[', 'a.sh': '\0kpt \xff\r\r' },
    ],
    [
      'many variables, quotes and folders in quotes',
      { 'a.sh': `kustomize build ${'${'.repeat(4000)}\nkpt fn render ${'"$('.repeat(3000)}\n${'\\\n'.repeat(50_000)}` },
    ],
    [
      'rules of git that take long',
      {
        '.git/HEAD': '',
        '.gitignore': `${'*a'.repeat(30)}*b\n${'**/a/'.repeat(20)}b\n**/a/**/a/b\n`,
        [`${'a/'.repeat(200)}${'a'.repeat(90)}.yaml`]:
          'apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {sts.fn.crossplane.io/generator: a}}\ndata: {a: QQ==}\n',
      },
    ],
    ['a plugin path that leads out', { 'kustomization.yaml': 'generators: [../../../../etc/passwd, {a: 1}, 5]\n' }],
    ['names that are no text', { 'a.yaml': 'apiVersion: 5\nkind: {a: b}\nmetadata: [1]\n' }],
  ])('%s', async (_, files) => {
    const { exit, summary, findings } = await runDoctor({ ...NOTHING, files });
    expect([0, 1]).toContain(exit);
    expect(summary).toMatch(/^looked at "DIR": /);
    expect(findings).not.toMatch(/^error: fake|fault/m);
  });

  test('the same fault in two files is said of both', async () => {
    const broken = 'kind: STSSessionToken\na: [\n';
    const { findings } = await runDoctor({ ...NOTHING, files: { 'a/a.yaml': broken, 'b/a.yaml': broken } });
    expect(findings.match(/^error: DIR\/[ab]\/a\.yaml:3: cannot read this document/gm)).toHaveLength(2);
  });

  test('no value of a Secret is in what is said', async () => {
    const values = `apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {sts.fn.crossplane.io/generator: a}}\nstringData: {a: CANARY}\ndata: {b: Q0FOQVJZ, c: [CANARY\n`;
    const { summary, findings } = await runDoctor({ ...NOTHING, files: { 'a.yaml': values } });
    expect(findings).toMatch(/^error: DIR\/a.yaml:\d+: cannot read this document: /);
    expect(summary + findings).not.toMatch(/CANARY|Q0FOQVJZ/);
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
    const { exit, summary, findings } = await ask(0);
    expect({ exit, findings }).toEqual({ exit: 0, findings: '' });
    expect(summary.split('\n')[1]).toBe(IDENTITY.trim());
    expect(sts.calls.map(({ operation }) => operation)).toEqual(['GetCallerIdentity']);
  });

  test.each([
    ['behind', 4, 'it is 4 min behind that of STS. Set it, as `timedatectl set-ntp true` does.'],
    ['ahead, so that STS refuses the first call', -20, 'it is 20 min ahead of that of STS.'],
  ])('says that the clock is %s', async (_, minutes, message) => {
    const { exit, summary, findings } = await ask(minutes * MINUTE);
    expect({ exit, identity: summary.includes(IDENTITY) }).toEqual({ exit: 0, identity: true });
    expect(findings).toContain(`warning: this machine's clock is wrong: ${message}`);
  });

  test('half a minute is nothing to speak of', async () => {
    expect(await ask(MINUTE / 2)).toMatchObject({ exit: 0, findings: '' });
  });

  test('without credentials it is an error, and the rest is said as well', async () => {
    const { exit, summary, findings } = await ask(0, { environment: {} });
    expect({ exit, looked: summary.startsWith('looked at "DIR"') }).toEqual({ exit: 1, looked: true });
    expect(findings).toMatch(
      /^error: cannot ask who the SDK's default chain is \(sts:GetCallerIdentity\): .+\. \[[A-Z_]+\]\n$/,
    );
  });
});

test.each([
  ['two folders', ['a', 'b'], 'cannot use argument "b": `doctor` takes only one.'],
  ['an empty path', [''], 'cannot use an empty path'],
  ['an unknown option', ['--fix'], 'cannot use argument "--fix"'],
])('%s are wrong usage', async (_, argv, message) => {
  const { exit, stderr } = await runFunction('', { arguments: ['doctor', ...argv] });
  expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(message) });
});

test('a folder that is not there is an error', async () => {
  const { exit, stdout } = await runFunction('', { arguments: ['doctor', '/nonexistent/x'] });
  expect({ exit, stdout }).toEqual({
    exit: 1,
    stdout: expect.stringContaining(
      'error: cannot read "/nonexistent/x": it is not there (ENOENT). Correct the path. [INPUT_UNREADABLE]\n',
    ),
  });
});
