import { describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What kpt's other functions do to our objects before this one starts: `plan` and `render` start none of them.

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

const run = (...argv: string[]) => runInProcess('', { sts, arguments: [...argv, folder.path] });
const CATALOG = 'ghcr.io/kptdev/krm-functions-catalog';
const OURS = '{exec: function-sts-assume-role}';
const LOCAL = 'annotations: {config.kubernetes.io/local-config: "true"}';

function kptfile(mutators: readonly string[], validators: readonly string[] = []): string {
  const list = (name: string, steps: readonly string[]) => `  ${name}: [${steps.join(', ')}]\n`;
  return `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\npipeline:\n${list('mutators', mutators)}${list('validators', validators)}`;
}

function spec(metadata = 'namespace: team-a', role = "'arn:aws:iam::123456789012:role/deployer'"): string {
  return `apiVersion: generators.external-secrets.io/v1alpha1
kind: STSAssumeRoleToken
metadata:
  name: deployer
  ${metadata}
spec:
  region: eu-west-1
  role: ${role}
`;
}

const setNamespace = (value: string, more = '', image = `${CATALOG}/set-namespace:v0.4.1`) =>
  `{image: "${image}", configMap: {namespace: ${value}${more}}}`;
const setters = (values: string) => `{image: "gcr.io/kpt-fn/apply-setters:v0.2", configMap: {${values}}}`;
const STARLARK = '{image: "gcr.io/kpt-fn/starlark:v0.5", configPath: star.yaml}';
const WITH_SETTER = "'arn:aws:iam::123456789012:role/deployer' # kpt-set: arn:aws:iam::${account}:role/${role}";
const CONTEXT = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kptfile.kpt.dev, ${LOCAL}}\ndata: {name: ${name}}\n`;
const KEYS = `auth:
    secretRef:
      accessKeyIDSecretRef: {name: keys, key: id}
      secretAccessKeySecretRef: {name: keys, key: secret}
`;
const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata: {id: QQ==, secret: QQ==}\n';

describe('a step before this function', () => {
  test.each<[string, { mutators: string[]; files?: Record<string, string>; spec?: string; validators?: string[] }]>([
    ['set-labels', { mutators: [`{image: "${CATALOG}/set-labels:v0.2.0", configMap: {tier: prod}}`, OURS] }],
    [
      'set-annotations of a mirror',
      { mutators: ['{image: "example.org:5000/mirror/set-annotations@sha256:0"}', OURS] },
    ],
    ['gatekeeper, kubeval', { mutators: ['{image: "gcr.io/kpt-fn/gatekeeper:v0"}', '{image: "kubeval:v0.3"}', OURS] }],
    ['a validator', { mutators: [OURS], validators: [STARLARK] }],
    ['a function behind this one', { mutators: [OURS, STARLARK] }],
    ['set-namespace with the namespace that stands there', { mutators: [setNamespace('team-a'), OURS] }],
    ['set-namespace for another namespace', { mutators: [setNamespace('prod', ', namespaceMatcher: dev'), OURS] }],
    [
      'set-namespace, of local objects',
      { mutators: [setNamespace('prod'), OURS], spec: spec(`namespace: team-a\n  ${LOCAL}`) },
    ],
    ['set-namespace, without a namespace', { mutators: [setNamespace('prod'), OURS], spec: spec(LOCAL) }],
    [
      'set-namespace by the name of the package',
      {
        mutators: ['{image: "set-namespace:v0.4.1", configPath: package-context.yaml}', OURS],
        files: { 'package-context.yaml': CONTEXT('team-a') },
      },
    ],
    ['starlark over other objects', { mutators: [STARLARK.replace('}', ', selectors: [{kind: Deployment}]}'), OURS] }],
    ['starlark over all but ours', { mutators: [STARLARK.replace('}', ', exclude: [{name: deployer}]}'), OURS] }],
    ['apply-setters without a setter in our objects', { mutators: [setters('account: "1"'), OURS] }],
    [
      'apply-setters with the values that stand there',
      { mutators: [setters('account: "123456789012", role: deployer'), OURS], spec: spec(undefined, WITH_SETTER) },
    ],
    [
      'apply-setters with other setters',
      { mutators: [setters('other: "1"'), OURS], spec: spec(undefined, WITH_SETTER) },
    ],
    [
      'another package beside it',
      { mutators: [OURS], files: { '../other/Kptfile': kptfile([STARLARK]), '../other/a.yaml': SECRET } },
    ],
  ])(
    '%s: nothing is said, and all is rendered',
    async (_, { mutators, validators, files = {}, spec: own = spec() }) => {
      folder.write('app/Kptfile', kptfile(mutators, validators));
      folder.write('app/spec.yaml', own);
      for (const [name, text] of Object.entries(files)) folder.write(`app/${name}`, text);
      expect(await run('plan')).toMatchObject({ exit: 0, stderr: '' });
      const { exit, stdout, stderr } = await run('render');
      expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
    },
  );

  test.each<
    [string, { mutators: string[]; files?: Record<string, string>; spec?: string; says: string; line?: string }]
  >([
    [
      'set-namespace with another namespace',
      {
        mutators: [setNamespace('prod'), OURS],
        says: 'sets the namespace of STSAssumeRoleToken "team-a/deployer" to "prod"',
      },
    ],
    [
      'set-namespace of old, which also changes local objects',
      {
        mutators: [setNamespace('prod', '', 'gcr.io/kpt-fn/set-namespace:v0.3.4'), OURS],
        spec: spec(LOCAL),
        says: 'sets the namespace of STSAssumeRoleToken "deployer" to "prod"',
      },
    ],
    [
      'set-namespace for this namespace',
      {
        mutators: [setNamespace('prod', ', namespaceMatcher: team-a'), OURS],
        says: 'sets the namespace of STSAssumeRoleToken "team-a/deployer" to "prod"',
      },
    ],
    [
      'set-namespace by the name of the package',
      {
        mutators: ['{image: "set-namespace:v0.4.1", configPath: package-context.yaml}', OURS],
        files: { 'package-context.yaml': CONTEXT('prod') },
        says: 'sets the namespace of STSAssumeRoleToken "team-a/deployer" to "prod"',
      },
    ],
    [
      'set-namespace with options that are not there',
      {
        mutators: ['{image: "set-namespace:v0.4.1", configPath: gone.yaml}', OURS],
        says: 'may change STSAssumeRoleToken "team-a/deployer"',
      },
    ],
    [
      'set-namespace, of a Secret that is read',
      {
        mutators: [setNamespace('prod'), OURS],
        spec: `${spec(LOCAL)}  ${KEYS}`,
        files: { 'keys.yaml': SECRET },
        says: 'sets the namespace of Secret "keys" to "prod"',
      },
    ],
    ['starlark', { mutators: [STARLARK, OURS], says: 'may change STSAssumeRoleToken "team-a/deployer"' }],
    [
      'a program',
      { mutators: ['{exec: "./rename.sh all"}', OURS], says: 'may change STSAssumeRoleToken "team-a/deployer"' },
    ],
    [
      'apply-setters with another value',
      {
        mutators: [setters('account: "210987654321"'), OURS],
        spec: spec(undefined, WITH_SETTER),
        says: 'may change STSAssumeRoleToken "team-a/deployer"',
      },
    ],
    [
      'a step of a package inside',
      {
        mutators: [OURS],
        files: { 'sub/Kptfile': kptfile([setNamespace('prod')]), 'sub/spec.yaml': spec().replace('deployer', 'inner') },
        says: 'sets the namespace of STSAssumeRoleToken "team-a/inner" to "prod"',
        line: 'app/sub/Kptfile:5',
      },
    ],
  ])(
    '%s: the plan says it, and render refuses',
    async (_, { mutators, files = {}, spec: own = spec(), says, line }) => {
      folder.write('app/Kptfile', kptfile(mutators));
      folder.write('app/spec.yaml', own);
      for (const [name, text] of Object.entries(files)) folder.write(`app/${name}`, text);
      const at = `${folder.path}/${line ?? 'app/Kptfile:5'}`;
      const plan = await run('plan');
      const command = `kpt fn render ${folder.path}/app --allow-exec -o unwrap`;
      expect(plan).toMatchObject({
        exit: 0,
        stdout: expect.stringContaining('issue'),
        stderr: `info: ${at}: the plan leaves out that \`pipeline.mutators[0]\` ${says}, before this function starts. Run \`STS_FUNCTION_MODE=plan ${command}\` to plan with it. [PLAN]\n`,
      });
      const before = sts.calls.length;
      const said = (cure: string) =>
        `error: ${at}: cannot render this package: \`pipeline.mutators[0]\` ${says}, before this function starts. ${cure} [HOST_NEEDED]\n`;
      expect(await run('render')).toMatchObject({ exit: 1, stdout: '', stderr: said(`Run \`${command}\`.`) });
      const inPlace = command.replace(' -o unwrap', '');
      expect(await run('render', '-i')).toMatchObject({ exit: 1, stdout: '', stderr: said(`Run \`${inPlace}\`.`) });
      expect(sts.calls.length).toBe(before);
    },
  );
});
