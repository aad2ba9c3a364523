import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { emittedSecrets, resultsOf, reveal, withoutPlaintextWarning } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { generatorItem, item, list, specDocument } from '../support/manifests.ts';
import type { Ended } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);
const answer = (input: string): Promise<Ended> => runInProcess(input, { sts });
const command = (...argv: string[]): Promise<Ended> => runInProcess('', { sts, arguments: [...argv, folder.path] });

const external = (spec: string) => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: credentials, namespace: team-a}
spec:
  dataFrom:
  - sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}
${spec}`;

const TEMPLATE = `  target:
    template:
      templateFrom:
      - configMap: {name: texts, items: [{key: credentials}]}
`;
const TEXTS = `apiVersion: v1
kind: ConfigMap
metadata: {name: texts, namespace: team-a}
data:
  credentials: "[default]\\naws_access_key_id = {{ .access_key_id }}\\n"
`;

/** Documents as items of a ResourceList in the layout of kpt. */
const items = (...documents: readonly string[]) => documents.map(item).join('');
const given = (spec: string, ...more: readonly string[]) => list(generatorItem() + items(external(spec), ...more));

describe('a ResourceList', () => {
  test('with a template in a ConfigMap: the Secret, and nothing new when it comes again', async () => {
    const first = await answer(given(TEMPLATE, TEXTS));
    expect(first).toMatchObject({ exit: 0, stderr: '' });
    const [secret] = emittedSecrets(first.stdout);
    expect(secret && reveal(secret, 'credentials')).toMatch(/^\[default\]\naws_access_key_id = ASIA\w+\n$/);
    const calls = sts.calls.length;
    const second = await answer(first.stdout);
    expect({ stdout: second.stdout, calls: sts.calls.length }).toEqual({ stdout: first.stdout, calls });
  });

  test('a Secret that its generator had before an ExternalSecret named it stays, and is named', async () => {
    const alone = await answer(list(generatorItem()));
    expect(emittedSecrets(alone.stdout)).toHaveLength(1);
    const { exit, stdout, stderr } = await answer(`${alone.stdout.trimEnd()}\n${items(external(''))}`);
    expect({ exit, secrets: emittedSecrets(stdout).map(({ metadata }) => metadata.name) }).toEqual({
      exit: 0,
      secrets: ['deployer', 'credentials'],
    });
    expect(stderr).toBe(
      'warning: Secret "team-a/deployer" is not renewed: its generator "STSAssumeRoleToken/team-a/deployer" no longer asks for it. Delete the Secret. [GENERATOR_GONE]\n',
    );
  });

  test('the Secret of one that makes none any more is named', async () => {
    const first = await answer(list(generatorItem() + items(external(''))));
    const none = first.stdout.replace(/^( *)dataFrom:$/m, '$1target: {creationPolicy: None}\n$&');
    const { exit, stderr } = await answer(none);
    expect({ exit, isChanged: none !== first.stdout }).toEqual({ exit: 0, isChanged: true });
    expect(stderr).toContain('no longer asks for it. Delete the Secret. [GENERATOR_GONE]');
  });

  test('that cannot be split gives the same', async () => {
    const whole = `# not kpt's\n${given(TEMPLATE, TEXTS)}`;
    expect(emittedSecrets((await answer(whole)).stdout)).toHaveLength(1);
  });

  test.each(['Merge', 'CreateOrMerge'])(
    '%s adds to a Secret in its place, and keeps what else it has',
    async (policy) => {
      const theirs = `apiVersion: v1
kind: Secret
metadata:
  name: credentials # theirs
  namespace: team-a
  finalizers: [example.org/theirs]
type: example.org/type
data: {other: YQ==}
stringData: {more: b}
`;
      const { exit, stdout } = await answer(given(`  target: {creationPolicy: ${policy}}\n`, theirs));
      expect(exit).toBe(0);
      expect(stdout).toContain('name: credentials # theirs\n');
      const [secret] = emittedSecrets(stdout);
      expect(secret).toMatchObject({ type: 'example.org/type', metadata: { finalizers: ['example.org/theirs'] } });
      expect(secret && reveal(secret, 'other')).toBe('a');
      expect(secret).toMatchObject({ stringData: { more: 'b' } });
      expect(Object.keys(secret?.data ?? {})).toContain('access_key_id');
    },
  );

  test('`immutable` and finalizers stay when the Secret is made anew', async () => {
    const spec = '  target: {immutable: true, template: {metadata: {finalizers: [example.org/keep]}}}\n';
    const { stdout } = await answer(given(spec));
    const again = await answer(stdout.replace('role/deployer', 'role/my-role').replace('immutable: true\n', '\n'));
    const [secret] = emittedSecrets(again.stdout);
    expect(again).toMatchObject({ exit: 0, stderr: expect.stringMatching(/^warning: .* cannot be renewed: .*\n$/) });
    expect(secret).toMatchObject({ immutable: true, metadata: { finalizers: ['example.org/keep'] } });
  });

  test('what only the real session shows to be wrong is an error without a value, and no Secret', async () => {
    const label = '{{ if ne .access_key_id "ASIAIOSFODNN7EXAMPLE" }}{{ .session_token }}{{ end }}';
    const input = given(`  target: {template: {metadata: {labels: {a: '${label}'}}}}\n`);
    const { exit, stdout, stderr } = await answer(input);
    expect({ exit, secrets: emittedSecrets(stdout) }).toEqual({ exit: 1, secrets: [] });
    expect(stderr).toBe(
      'error: cannot use ExternalSecret "team-a/credentials": `spec.target.template.metadata.labels.a` gives a value that no label can have. [TEMPLATE_INVALID]\n',
    );
    expect(resultsOf(stdout)).toHaveLength(1);
  });
});

test.each([
  [6000, { exit: 0, stderr: '' }],
  [60_000, { exit: 1, stderr: expect.stringContaining('it takes too much work') }],
])('%d keys in a template are read in one pass, or refused', async (length, ended) => {
  const literal = Array.from({ length }, (_, index) => `k${index}: ""\n`).join('');
  const text = JSON.stringify(`${literal}used: "{{ .access_key_id }}"\n`);
  const target = `  target: {template: {templateFrom: [{literal: ${text}}]}}\n`;
  const { exit, stderr } = await answer(given(target)); // which kills what is not done in a minute
  expect({ exit, stderr }).toEqual(ended);
});

describe('what an ExternalSecret only added to', () => {
  const merged = given(
    '  target: {name: app, creationPolicy: Merge}\n',
    'apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: team-a}\ndata: {theirs: YQ==}\n',
  );

  test('is not to be deleted when the ExternalSecret is gone', async () => {
    const first = await answer(merged);
    const without = first.stdout.replace(items(external('  target: {name: app, creationPolicy: Merge}\n')), '');
    expect(without).not.toBe(first.stdout);
    const { exit, stderr } = await answer(without);
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: expect.stringContaining('is not there any more. Remove what it added to the Secret, or bring'),
    });
  });

  test('is not written anew when it is to be its own', async () => {
    const first = await answer(merged);
    const owner = first.stdout.replace('creationPolicy: Merge', 'creationPolicy: Owner');
    const { exit, stderr, stdout } = await answer(owner);
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr: expect.stringContaining('others made it, and this function only added to it. Delete or rename it'),
    });
    expect(stdout.startsWith(owner)).toBe(true);
  });
});

describe('files', () => {
  const HELM = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {{ .Release.Name }}
spec: {secretStoreRef: {name: a}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
`;

  test('render writes the Secret beside its ExternalSecret; what a Helm chart has is left alone', async () => {
    folder.write('specs/generator.yaml', specDocument());
    folder.write('texts/map.yaml', TEXTS);
    folder.write('apps/web.yaml', external(TEMPLATE));
    folder.write('chart/templates/all.yaml', HELM);
    const before = folder.read();
    const { exit, stderr } = await command('render', '-i');
    const wrote = `info: wrote "${join(folder.path, 'apps/secret_credentials.yaml')}". [FILE_WRITTEN]\n`;
    expect({ exit, stderr: withoutPlaintextWarning(stderr) }).toEqual({ exit: 0, stderr: wrote });
    const after = folder.read();
    expect(after).toMatchObject(before);
    expect(Object.keys(after).filter((file) => !(file in before))).toEqual(['apps/secret_credentials.yaml']);
  });

  test('one that has a generator and does not parse is an error', async () => {
    folder.write('a.yaml', `${specDocument()}---\n${external('  target: {{ .Values.target }\n')}`);
    expect(await command('render')).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringContaining('a.yaml:13: cannot read this document: '),
    });
  });

  test('only ExternalSecrets of stores: there is nothing to do', async () => {
    folder.write('a.yaml', 'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\n');
    expect(await command('render')).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining(' is an STSAssumeRoleToken, '),
    });
  });

  test('plan shows each session of a Secret', async () => {
    folder.write('a.yaml', `${specDocument()}---\n${specDocument('other', { role: 'my-role' })}`);
    const two =
      '  - sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: other}}\n    rewrite: [{regexp: {source: ^, target: other_}}]\n';
    folder.write('b.yaml', external(two));
    const { stdout: shown } = await command('plan');
    expect(shown.split('\n').map((line) => line.match(/\d{12} \S+/)?.[0])).toEqual([
      undefined,
      '123456789012 deployer',
      '123456789012 my-role',
      undefined,
    ]);
    const { stdout } = await command('plan', '-o', 'yaml');
    const { secrets } = parse(stdout) as { secrets: unknown[] };
    expect(secrets).toHaveLength(1);
    expect(secrets[0]).toMatchObject({
      target: { name: 'credentials', namespace: 'team-a' },
      generator: { kind: 'ExternalSecret', name: 'credentials' },
      action: 'issue',
      identity: { source: 'default' },
      hops: [{ role: 'arn:aws:iam::123456789012:role/deployer' }],
      also: [{ generator: { name: 'other' }, hops: [{ role: 'arn:aws:iam::123456789012:role/my-role' }] }],
    });
  });

  test('a template in a Secret that SOPS encrypted is refused', async () => {
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: texts, namespace: team-a}\ndata: {a: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]'}\nsops: {mac: 'ENC[]'}\n`;
    const from = '  target: {template: {templateFrom: [{secret: {name: texts, items: [{key: a}]}}]}}\n';
    folder.write('a.yaml', `${specDocument()}---\n${external(from)}---\n${secret}`);
    const calls = sts.calls.length;
    const { exit, stderr } = await command('render');
    expect({ exit, calls: sts.calls.length }).toEqual({ exit: 1, calls });
    expect(stderr).toContain('is encrypted by SOPS');
  });
});
