import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { KUSTOMIZE, STRUCTS } from '../../function/repository/kustomize-fields.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { specDocument } from '../support/manifests.ts';
import { EXECUTABLE, ROOT, runProcess } from '../support/run-function.ts';

// The fields of a kustomization are those of kustomize, and what it refuses is refused.

const hosts = forAllTests(() => startHosts());

test('the fields are what the source of kustomize has', async () => {
  const { exit, stdout, stderr } = await runProcess('go', ['run', '.'], {
    cwd: join(ROOT, 'test/hosts/kustomize-fields'),
    environment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', GOTOOLCHAIN: 'local' },
    timeoutMilliseconds: 300_000,
  });
  const problems = stderr.replaceAll(/^go: downloading .*\n/gm, ''); // into a cache that is empty
  expect({ exit, problems }).toEqual({ exit: 0, problems: '' });
  expect(JSON.parse(stdout)).toEqual(STRUCTS);
});

test('and those of its version', async () => {
  const { stdout } = await hosts.run('kustomize', ['version'], { cwd: ROOT });
  expect(`kustomize ${stdout.trim().replace('v', '')}`).toBe(KUSTOMIZE);
});

const EXEC = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
const GENERATOR = specDocument().replace('metadata: {', `metadata: {${EXEC}, `);
const OPTIONS = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options, ${EXEC}}\n`;
const CONFIG_FN = OPTIONS.replace(EXEC, 'configFn: {exec: {path: function-sts-assume-role}}');
/** Another one for the same role. */
const OWN = specDocument().replace('name: deployer', 'name: own');
const APP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n';
const PATCH = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, labels: {a: b}}\n';

const FILES = {
  'base/kustomization.yaml': 'generators: [spec.yaml]\n',
  'base/spec.yaml': GENERATOR,
  'top/app.yaml': APP,
  'top/patch.yaml': PATCH,
  'top/a{b}.yaml': APP,
  'plain/app.yaml': APP,
};
const BASE = 'resources: [../base, app.yaml]\n';

/** What kustomize makes of an overlay, and what we make of the folder around it: the exit codes, and how many Secrets. */
async function both(files: Record<string, string>) {
  const folder = await hosts.folder({ ...FILES, ...files });
  const secretsIn = (text: string) => text.match(/^kind: "?Secret"?$/gm)?.length ?? 0;
  const argv = ['build', '--enable-alpha-plugins', '--enable-exec', 'top'];
  const theirs = await hosts.run('kustomize', argv, { cwd: folder });
  const ours = await runProcess(EXECUTABLE, ['render', '.'], { cwd: folder, environment: hosts.environment });
  return {
    kustomize: [theirs.exit === 0, secretsIn(theirs.stdout)],
    ours: [ours.exit === 0, secretsIn(ours.stdout)],
    stderr: ours.stderr,
  };
}

const overlays = (all: Readonly<Record<string, string | Record<string, string>>>) =>
  Object.entries(all).map(([what, files]): [string, Record<string, string>] => [
    what,
    typeof files === 'string' ? { 'top/kustomization.yaml': files } : files,
  ]);

describe('an overlay', () => {
  const one = pLimit(2);
  test.each(
    overlays({
      'a misspelt field': `${BASE}namespce: x\n`,
      'a misspelt prefix': `${BASE}namePrefx: a-\n`,
      'a base that is not there': 'resources: [../base, ../bas]\n',
      'a generator that is not there': `${BASE}generators: [deployr.yaml]\n`,
      'a field in the singular': `${BASE}generator: [app.yaml]\n`,
      'another apiVersion': `apiVersion: kustomize.config.k8s.io/v1\n${BASE}`,
      'another kind': `kind: Kustomisation\n${BASE}`,
      'a patch that is not there': `${BASE}patches: [{path: gone.yaml}]\n`,
      'two kustomizations': { 'top/kustomization.yaml': BASE, 'top/kustomization.yml': BASE },
      'a boolean of YAML 1.1': `${BASE}labels: [{pairs: {a: y}}]\n`,
      'a number of Go': `${BASE}commonAnnotations: {a: 1e_3}\n`,
      'a list in place of a namespace': `${BASE}namespace: [x]\n`,
      'a field inside': `${BASE}patches: [{path: patch.yaml, taget: {}}]\n`,
      'a folder without a kustomization': 'resources: [../base, ../plain]\n',
      'a folder around': { 'top/sub/app.yaml': APP, 'top/kustomization.yaml': 'resources: [../base, ..]\n' },
      'a file twice': 'resources: [../base, app.yaml, ./app.yaml]\n',
      'a folder around what it includes': {
        'top/kustomization.yaml': 'resources: [../base, ../mid/in]\n',
        'mid/in/kustomization.yaml': 'resources: [../../side]\n',
        'side/kustomization.yaml': 'resources: [../mid]\n',
        'mid/kustomization.yaml': 'resources: []\n',
      },
      'a file outside': 'resources: [../base, ../plain/app.yaml]\n',
      'a patch outside': `${BASE}patches: [{path: ../plain/app.yaml}]\n`,
      'a file as a component': `${BASE}components: [app.yaml]\n`,
      'an entry without a value': 'resources: [../base, ~]\n',
      'a schema that is not there': `${BASE}openapi: {path: gone}\n`,
      'a file of a generated ConfigMap that is not there': `${BASE}configMapGenerator: [{name: a, files: [gone]}]\n`,
      'an empty base': {
        'top/kustomization.yaml': 'resources: [../base, ../empty]\n',
        'empty/kustomization.yaml': 'namePrefix: ""\n',
      },
      'the function as a validator': {
        'top/kustomization.yaml': 'resources: [../base, own.yaml]\nvalidators: [options.yaml]\n',
        'top/own.yaml': OWN,
        'top/options.yaml': OPTIONS,
      },
      'bytes that are no text': { 'top/kustomization.yaml': `${BASE}# \u0001\n` },
    }),
  )('kustomize refuses it, and we do, its base too: %s', async (_, files) => {
    const { stderr, ...seen } = await one(() => both(files));
    expect(seen).toEqual({ kustomize: [false, 0], ours: [false, 0] });
    expect(stderr).toMatch(
      /^error: .*top\/kustomization\.ya?ml:\d+: |^error: .*(?:side|empty)\/kustomization\.yaml:1: /m,
    );
  });

  test.each(
    overlays({
      'with what each slip means': {
        'top/kustomization.yaml': `${BASE}namespace: x\nnamePrefix: a-\ngenerators: [own.yaml]\npatches: [{path: patch.yaml}]\n`,
        'top/own.yaml': OWN.replace('metadata: {', `metadata: {${EXEC}, `),
      },
      'with texts that look like more': `${BASE}labels: [{pairs: {a: "y"}}]\ncommonAnnotations: {b: 2024-01-01, c: 12:30, d: 1.2.3}\n`,
      'without values': `${BASE}patches:\nnamePrefix:\n`,
      'with anchors': `${BASE}metadata: {labels: &a {b: c}}\ncommonAnnotations: *a\n`,
      'with what only one name': { 'top/Kustomization': BASE },
      'with an older field': 'bases: [../base]\nresources: [app.yaml]\n',
      'with a patch that is written': `${BASE}patchesStrategicMerge:\n- |-\n${PATCH.replaceAll(/^(?=.)/gm, '  ')}`,
      'with a brace in a path': 'resources: [../base, "a{b}.yaml"]\n',
    }),
  )('kustomize builds it, and so do we: %s', async (_, files) => {
    const { stderr, ...seen } = await one(() => both(files));
    expect({ seen, stderr }).toEqual({
      seen: { kustomize: [true, expect.any(Number)], ours: [true, seen.kustomize[1]] },
      stderr: expect.not.stringContaining('error'),
    });
    expect(seen.kustomize[1]).toBeGreaterThan(0);
  });

  test.each(
    overlays({
      'a field in another case': `${BASE}NamePrefix: a-\n`,
      'a merge key': `${BASE}metadata: &a {name: b}\ncommonLabels: {<<: {a: b}}\n`,
      'a tag': `${BASE}namePrefix: !!str 5-\n`,
      'an entry that is nothing': `${BASE}generators: ["{}"]\n`,
      'a component twice': {
        'top/kustomization.yaml': 'resources: [../base]\ncomponents: [../part, ../part]\n',
        'part/kustomization.yaml': 'kind: Component\nnamePrefix: a-\n',
      },
      'a repeated field': `${BASE}namePrefix: a-\nnamePrefix: b-\n`,
    }),
  )('kustomize builds it, and we refuse to guess: %s', async (_, files) => {
    const { kustomize, ours } = await one(() => both(files));
    expect({ kustomize, ours }).toEqual({ kustomize: [true, 1], ours: [false, 0] });
  });

  test('metadata.configFn starts the function', async () => {
    const { kustomize, ours } = await both({
      'top/kustomization.yaml': 'resources: [../base, own.yaml]\ntransformers: [options.yaml]\n',
      'top/own.yaml': OWN,
      'top/options.yaml': CONFIG_FN,
    });
    expect({ kustomize, ours }).toEqual({ kustomize: [true, 2], ours: [true, 2] });
  });
});
