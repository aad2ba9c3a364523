import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';
import pLimit from 'p-limit';
import { ci } from '../../support/accounts.ts';
import { specDocument } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { expectMessages, show } from './expect-messages.ts';

/** What is wrong with files that `render -i` is given. */
interface FileFault {
  readonly files: Readonly<Record<string, string>>;
  /** The path in the folder; default: the folder. */
  readonly path?: string;
  /** Arguments, instead of `render -i`. */
  readonly arguments?: readonly string[];
  /** Arguments behind the path. */
  readonly behind?: readonly string[];
  spoil?(folder: string): void;
}

const INPUT = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options}\n';
const GROUP = 'sts.fn.crossplane.io';
const KEYS = 'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, namespace: team-a}\ndata: {}\n';

const WITH_KEYS = specDocument().replace(
  "'}",
  "', auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: a}, secretAccessKeySecretRef: {name: keys, key: b}}}}",
);
const EXEC = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
/** A transformer of kustomize, with more in its kustomization. */
const transformed = (more: string) => ({
  'a.yaml': WITH_KEYS,
  'options.yaml': INPUT.replace('{name: options}', `{name: options, ${EXEC}}`),
  'kustomization.yaml': `resources: [a.yaml]\ntransformers: [options.yaml]\n${more}`,
});
const BASE = {
  'base/kustomization.yaml': 'generators: [spec.yaml]\n',
  'base/spec.yaml': specDocument().replace('metadata: {', `metadata: {${EXEC}, `),
};
const COMPOSITION = `apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {name: app}
spec: {pipeline: [{step: keys, input: {apiVersion: ${GROUP}/v1beta1, kind: Input}}]}
`;
const plan = (files: FileFault['files']): FileFault => ({ files, arguments: ['plan'] });

const faults: Readonly<Record<string, FileFault>> = {
  'a path that is not there': { files: {}, path: 'nowhere' },
  'files without a generator': { files: { 'a.yaml': KEYS } },
  'a step of a Composition': plan({ 'a.yaml': COMPOSITION }),
  'steps of Compositions': { files: { 'a.yaml': `${COMPOSITION}---\n${COMPOSITION}` }, arguments: ['render'] },
  'a Composition of others': plan({ 'a.yaml': COMPOSITION.replace('sts.fn', 'pt.fn') }),
  'a function annotation without a path': plan({
    ...BASE,
    'base/spec.yaml': BASE['base/spec.yaml'].replace('{path: function-sts-assume-role}', 'function-sts-assume-role'),
  }),
  'an overlay without its base': {
    files: { ...BASE, 'overlays/prod/kustomization.yaml': 'resources: [../../base]\n' },
    path: 'overlays/prod',
    arguments: ['plan'],
  },
  'an overlay whose base has no generator': {
    files: { 'a/kustomization.yaml': 'resources: [base]\n', 'a/base/kustomization.yaml': 'resources: []\n' },
    path: 'a',
    arguments: ['plan'],
  },
  'an Input and a Policy without their apiVersion': plan({
    'a.yaml': specDocument(),
    'b.yaml': INPUT.replace(/.*\n/, ''),
    'c.yaml': 'kind: Policy\nmetadata: {name: a}\ngrants: []\n',
  }),
  'an Input and a Policy without their apiVersion and kind': plan({
    'a.yaml': specDocument(),
    'b.yaml': 'sessions:\n- via: [arn:aws:iam::111111111111:role/hub]\n',
    'c.yaml': 'allow:\n- roles: ["arn:aws:iam::*:role/*"]\n',
    'd.yaml': 'grants:\n- roles: ["arn:aws:iam::*:role/*"]\n',
  }),
  'other documents with the same words': plan({
    'a.yaml': specDocument(),
    'b.yaml': 'sessions: [{name: a}]\nallow: [{from: 10.0.0.0/8}]\ngrants: [{roles: [admin]}]\n',
    'c.yaml': 'apiVersion: kyverno.io/v1\nkind: Policy\nmetadata: {name: a}\ngrants: []\n',
    'd.yaml': 'apiVersion: example.org/v1\nkind: Input\nsessions: [{via: [a]}]\n',
    'e.yaml': 'allow: [{roles: *nowhere}]\n',
    'values.yaml': 'allow: true\nsessions: 5\ngrants: {a: b}\n',
  }),
  'a broken document': { files: { 'a.yaml': `${KEYS}---\nkind: Input\nmetadata: {name: [CANARY # ${GROUP}\n` } },
  'an alias without an anchor': { files: { 'a.yaml': `kind: Secret\nmetadata: {annotations: *a} # ${GROUP}\n` } },
  'a broken Secret of somebody': { files: { 'a.yaml': 'kind: Secret\nmetadata: {name: [CANARY\n' } },
  'a file that is not UTF-8': { files: {}, path: 'latin.yaml', spoil: writeLatin },
  'keys that are nowhere, and an entry that matches nothing': {
    files: {
      'a.yaml': WITH_KEYS,
      'b.yaml': `${INPUT}sessions: [{match: {names: [nobody]}}]\n`,
    },
  },
  'a plan with keys that are nowhere': plan({ 'a.yaml': WITH_KEYS }),
  'a plan with a key that is not there': plan({
    'a.yaml': WITH_KEYS,
    'b.yaml': KEYS.replace('name: deployer', 'name: keys').replace('{}', '{a: QQ==}'),
  }),
  'a plan with a ServiceAccount and no cluster': plan({
    'a.yaml': specDocument().replace("'}", "', auth: {jwt: {serviceAccountRef: {name: ci}}}}"),
  }),
  'a plan with keys that kustomize makes': plan(
    transformed('namespace: team-a\nsecretGenerator: [{name: keys, literals: [a=A]}]\n'),
  ),
  'a plan with keys that kustomize makes under another name': plan(
    transformed('namespace: team-a\nsecretGenerator: [{name: others, literals: [a=A]}]\n'),
  ),
  'a plan with keys that a patch may name': plan({
    ...transformed('patches: [{target: {kind: Secret}, path: patch.yaml}]\n'),
    'patch.yaml': '[]\n',
  }),
  'a plan with keys that a base elsewhere may have': plan({
    ...transformed(''),
    'kustomization.yaml': 'resources: [a.yaml, https://example.org/base]\ntransformers: [options.yaml]\n',
  }),
  'a plan with keys that a prefix may name': plan(transformed('namePrefix: a-\n')),
  'a plan with regions that are not listed': plan({
    'a.yaml': specDocument().replace('eu-west-1', 'eu-west-9'),
    'b.yaml': specDocument('other').replace('eu-west-1', 'eu-wset-1'),
    'c.yaml': specDocument('third').replace('eu-west-1', 'eu-wset-1'),
    'd.yaml': `${INPUT}sessions:\n- via:\n  - role: arn:aws:iam::111111111111:role/hub\n    region: mars-north-1\n`,
  }),
  'a plan with many regions that are not listed': plan(
    Object.fromEntries(
      Array.from({ length: 7 }, (_, n) => [
        `${n}.yaml`,
        specDocument(`n${n}`).replace('eu-west-1', `mars-north-${n + 1}`),
      ]),
    ),
  ),
  'a pipe': { files: {}, spoil: (folder) => execFileSync('mkfifo', [join(folder, 'pipe')]), path: 'pipe' },
  'an Input of no version': { files: { 'a.yaml': specDocument(), 'b.yaml': INPUT.replace('/v1beta1', '') } },
  'a generator without a name, after others': plan({
    'a.yaml': 'apiVersion: v1\nkind: List\nitems: []\n',
    'b.yaml': `${specDocument()}---\n${specDocument().replace('name: deployer, ', '')}`,
  }),
  'templates of another program': plan({
    'a.yaml': `{{- if .Values.deployer }}\n${specDocument()}{{- end }}\n`,
    'b.yaml': specDocument().replace('spec:', 'spec:\n  {{- toYaml .Values.spec }}\nother:'),
  }),
  'variables of Flux and envsubst': plan({
    'a.yaml': specDocument().replace('eu-west-1', '"${AWS_REGION}"'),
    'b.yaml': specDocument('other').replace('123456789012', '${ACCOUNT:=123456789012}'),
  }),
  'a Secret that kustomize makes too': plan({
    ...BASE,
    'base/kustomization.yaml': `${BASE['base/kustomization.yaml']}namespace: team-a\n`,
    'kustomization.yaml':
      'resources: [base]\nsecretGenerator: [{name: deployer, namespace: team-a, literals: [a=b]}]\n',
  }),
  'a Secret that kustomize makes too, before a transformer': plan({
    ...transformed('secretGenerator: [{name: deployer, namespace: team-a, literals: [a=b]}]\n'),
    'a.yaml': specDocument(),
  }),
  'a Secret that kustomize changes afterwards': plan({
    ...BASE,
    'kustomization.yaml':
      'resources: [base]\nsecretGenerator: [{name: deployer, namespace: team-a, behavior: merge, literals: [a=b]}]\n',
  }),
  'a variable of Helm': plan({
    'a.yaml': specDocument('deployer').replace(
      /role: .*?(?=[,}\n])/,
      'role: "arn:aws:iam::123456789012:role/{{ .Values.role }}"',
    ),
  }),
  "a variable in kustomize's or another form": plan({
    'a.yaml': specDocument().replace('123456789012', '$(ACCOUNT)'),
    'b.yaml': specDocument('other').replace(/role: .*'/, 'role: $(ROLE)'),
  }),
  'an Input and no generator': { files: { 'a.yaml': INPUT } },
  'an identity of an entry that is not granted': plan({
    'a.yaml': specDocument(),
    'b.yaml': `${INPUT}allow: [{identities: [github]}]\nsessions:\n- identity: {tokenEnv: TOKEN}\n`,
  }),
  'an audience of an entry that is not granted': plan({
    'a.yaml': specDocument(),
    'b.yaml': `${INPUT}allow: [{audiences: [a]}]\nsessions:\n- renew: {}\n  identity: {github: {}}\n`,
  }),
  'a Policy': { files: { 'a.yaml': INPUT.replace('Input', 'Policy') } },
  'an Input in each of two files': { files: { 'a.yaml': INPUT, 'b.yaml': INPUT } },
  'two Inputs in a file': { files: { 'a.yaml': `${INPUT}---\n${INPUT}` } },
  'a label that is nearly the one of an entry': {
    files: {
      'a.yaml': specDocument().replace('{name:', '{\n  labels: {\n    app: a,\n    app.io/tier: prd},\n  name:'),
      'b.yaml': `${INPUT}sessions: [{match: {labels: {app.io/tier: prod}}}]\n`,
    },
    arguments: ['plan'],
  },
  'a label of nearly the name that an entry wants': {
    files: {
      'a.yaml': specDocument().replace('{name:', '{labels: {teir: prod}, name:'),
      'b.yaml': `${INPUT}sessions: [{match: {labels: {tier: prod}}}]\n`,
    },
  },
  'a label of another team': plan({
    'a.yaml': specDocument().replace('{name:', '{labels: {team: team-b}, name:'),
    'b.yaml': `${INPUT}sessions: [{match: {labels: {team: team-a}}}]\n`,
  }),
  'a step of kpt that gets no generator': plan({
    Kptfile:
      'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline:\n  mutators:\n  - exec: function-sts-assume-role\n    selectors:\n    - name: nobody\n',
    'a.yaml': specDocument(),
  }),
  'a kustomization behind another in a file': plan({
    'kustomization.yaml': 'resources: [a.yaml]\n---\ntransformers: [options.yaml]\n',
  }),
  'a misspelt field of a kustomization': plan({ ...transformed(''), 'kustomization.yaml': 'namespce: dev\n' }),
  'a field of a kustomization in another case': plan({ 'kustomization.yaml': 'Patches: []\n' }),
  'a kustomization whose name is in another case': plan({
    'Kustomization.yaml': 'resources: [spec.yaml]\nnamePrefix: p-\n',
    'spec.yaml': specDocument(),
  }),
  "Flux's object in a file of that name": plan({
    'Kustomization.yaml':
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\nspec: {path: ./a}\n',
    'spec.yaml': specDocument(),
  }),
  'a kustomization of another version': plan({ 'kustomization.yaml': 'apiVersion: v2\nresources: []\n' }),
  'a list in place of a namespace': plan({ 'kustomization.yaml': 'namespace: [dev]\n' }),
  'a merge key in a kustomization': plan({ 'kustomization.yaml': 'metadata: &a {name: b}\n<<: *a\n' }),
  'a base that is not there': plan({ 'kustomization.yaml': 'resources: [../../bas]\n' }),
  'a base without a kustomization': plan({ 'kustomization.yaml': 'resources: [base]\n', 'base/a.yaml': KEYS }),
  'two kustomizations in a folder': plan({
    'kustomization.yaml': 'resources: []\n',
    'kustomization.yml': 'resources: []\n',
  }),
  'the function as a validator': plan({
    ...transformed(''),
    'kustomization.yaml': 'resources: [a.yaml]\nvalidators: [options.yaml]\n',
  }),
  'a circle of kustomizations': plan({
    'x/kustomization.yaml': 'resources:\n- https://example.org/base\n- ../y\n',
    'y/kustomization.yaml': '# y\ncomponents: [../x]\n',
  }),
  'a Secret in two files': { files: { 'a.yaml': specDocument(), 'b.yaml': KEYS, 'c.yaml': KEYS } },
  'a link in place of the file': {
    files: { 'a.yaml': specDocument() },
    spoil: (folder) => symlinkSync('/nonexistent', join(folder, 'secret_deployer.yaml')),
  },
  'a link in place of the folder': {
    files: { 'a.yaml': specDocument(), Kptfile: 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n' },
    spoil: (folder) => symlinkSync('/nonexistent', join(folder, 'team-a')),
  },
  'a name too long for a file': { files: { 'a.yaml': specDocument('n'.repeat(250)) } },
  'a link in place of the folder, and a file there': {
    files: {
      'a.yaml': specDocument(),
      Kptfile: 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n',
      'other/secret_deployer.yaml': '',
    },
    arguments: ['render'],
    spoil: (folder) => symlinkSync(join(folder, 'other'), join(folder, 'team-a')),
  },
  'a plugin whose file holds something else': {
    files: { 'a.yaml': KEYS.replace('Secret', 'ConfigMap') },
    path: 'a.yaml',
    arguments: [],
  },
  'words behind the file of a plugin': {
    files: { 'a.yaml': specDocument() },
    path: 'a.yaml',
    arguments: [],
    behind: ['x'],
  },
  'install into a folder that is not there': { files: {}, path: 'no where', arguments: ['install'] },
  'install into a file': { files: { 'a.yaml': KEYS }, path: 'a.yaml', arguments: ['install'] },
  'install where something else is': { files: { 'function-sts-assume-role': '#!/bin/sh\n' }, arguments: ['install'] },
};

test('what is said of files and folders', async () => {
  expectMessages(import.meta.filename, await pLimit(2).map(Object.entries(faults), showFault));
});

async function showFault([name, fault]: [string, FileFault]) {
  const { files, path = '', spoil, arguments: argv = ['render', '-i'], behind = [] } = fault;
  using folder = temporaryFolder(files);
  spoil?.(folder.path);
  const { stderr, ...ended } = await runInProcess('', {
    arguments: [...argv, join(folder.path, path), ...behind],
    environment: { AWS_ACCESS_KEY_ID: ci.accessKeyId, AWS_SECRET_ACCESS_KEY: ci.secretAccessKey },
  });
  const stdout = argv[0] === 'plan' ? '' : ended.stdout; // other tests read it
  const told = stderr.replaceAll(folder.path, 'DIR').replaceAll(/n{20,}…/g, 'nnn…'); // a long path is cut, its folder with it
  return show(name, '', { ...ended, stdout, stderr: told });
}

function writeLatin(folder: string): void {
  writeFileSync(join(folder, 'latin.yaml'), Buffer.from('kind: Secret\ndata: {a: \xff}\n', 'latin1'));
}
