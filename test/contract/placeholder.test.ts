import { describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, OTHER, secret } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

const sts = forEachTest(startExampleSts);

const preview = (input: string) =>
  runInProcess(input, { environment: { AWS_STS_ENDPOINT: sts.url, STS_FUNCTION_MODE: 'placeholder' } });
const mint = (input: string) => runInProcess(input, { sts });
const WARNING =
  'warning: new Secrets get no credentials: this run makes placeholders. For credentials, run it without `--placeholder` and STS_FUNCTION_MODE. [PLACEHOLDERS]\n';
const given = list(OTHER + generatorItem());

test('a missing Secret gets a placeholder, the same in every run, and nobody is asked', async () => {
  const { exit, stdout, stderr } = await preview(given);
  expect({ exit, stderr, calls: sts.calls }).toEqual({ exit: 0, stderr: WARNING, calls: [] });
  expect(emittedSecrets(stdout)).toEqual([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'deployer',
        namespace: 'team-a',
        annotations: {
          'sts.fn.crossplane.io/generator': 'STSAssumeRoleToken/team-a/deployer',
          'sts.fn.crossplane.io/placeholder': 'true',
        },
      },
      type: 'Opaque',
      data: {
        access_key_id: 'cGxhY2Vob2xkZXI=',
        secret_access_key: 'cGxhY2Vob2xkZXI=',
        session_token: 'cGxhY2Vob2xkZXI=',
      },
    },
  ]);
  expect((await preview(given)).stdout).toBe(stdout);
});

describe('the Secret of an ExternalSecret', () => {
  const ofExternal = (spec: string) =>
    list(`${generatorItem()}- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: external, namespace: team-a}
  spec: {dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}, rewrite: [{regexp: {source: "^access_key_", target: ""}}]}], target: {name: made, template: ${spec}}}
`);
  const made = async (spec: string) => {
    const { exit, stdout, stderr } = await preview(ofExternal(spec));
    expect({ exit, stderr, calls: sts.calls }).toEqual({ exit: 0, stderr: WARNING, calls: [] });
    const [secret] = emittedSecrets(stdout);
    return {
      stdout,
      secret,
      data: Object.fromEntries(
        Object.entries(secret?.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
      ),
    };
  };
  const TEXTS =
    '{data: {conf: "id={{ .id }}, {{ .session_token | upper }}"}, metadata: {labels: {tier: prod}, annotations: {note: "until {{ .expiration }}"}}}';

  test('has what its templates make of the stand-ins, labels and annotations too, and a new template makes it anew', async () => {
    const { stdout, secret, data } = await made(TEXTS);
    expect({ data, metadata: secret?.metadata }).toMatchObject({
      data: { conf: 'id=placeholder, PLACEHOLDER' },
      metadata: { labels: { tier: 'prod' }, annotations: { note: 'until 2000000000' } },
    });
    const before = stdout.slice(0, stdout.indexOf('results:'));
    const again = await preview(before.replace('id={{', 'ID={{'));
    expect(emittedSecrets(again.stdout).map((one) => Buffer.from(one.data.conf ?? '', 'base64').toString())).toEqual([
      'ID=placeholder, PLACEHOLDER',
    ]);
    expect((await mint(before)).stdout).not.toContain('placeholder');
  });

  test.each([
    [
      'keys that a template names when it is rendered',
      '{templateFrom: [{literal: "{{ .id }}-a: b"}]}',
      { 'placeholder-a': 'b' },
    ],
    [
      'a template that no stand-in fits',
      '{data: {conf: a}, templateFrom: [{literal: \'{{ if eq .id "placeholder" }}[]{{ end }}\'}]}',
      { conf: 'placeholder' },
    ],
    [
      'a Docker config that no API server takes',
      '{type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: "{{ .id }}"}}',
      { '.dockerconfigjson': '{"auths":{}}' },
    ],
    [
      'a template that is not read, and the keys of its type',
      '{type: kubernetes.io/tls, templateFrom: [{configMap: {name: absent, items: [{key: a, templateAs: KeysAndValues}]}}]}',
      { 'tls.crt': 'placeholder', 'tls.key': 'placeholder' },
    ],
  ])('%s', async (_, spec, data) => {
    expect((await made(spec)).data).toEqual(data);
  });
});

test('a run that mints replaces the placeholder whole', async () => {
  const { stdout: placeholder } = await preview(given);
  const { exit, stdout } = await mint(placeholder.slice(0, placeholder.indexOf('results:')));
  expect({ exit, calls: sts.calls.length, secrets: emittedSecrets(stdout).length }).toEqual({
    exit: 0,
    calls: 1,
    secrets: 1,
  });
  expect(stdout).not.toContain('placeholder');
});

test('a Secret that is there stays as it is, good or not', async () => {
  const { stdout: minted } = await mint(given);
  expect(await preview(minted)).toMatchObject({ exit: 0, stderr: '', stdout: minted });
  const changed = minted.replace('role/deployer', 'role/my-role');
  expect(await preview(changed)).toMatchObject({ exit: 0, stderr: '', stdout: changed });
});

test('credentials that somebody marked as a placeholder stay, and the next run that mints makes new ones', async () => {
  const { stdout: minted } = await mint(given);
  const marked = minted.replace('annotations:\n', 'annotations:\n      sts.fn.crossplane.io/placeholder: "true"\n');
  expect(await preview(marked)).toMatchObject({ exit: 0, stderr: '', stdout: marked });
  expect((await mint(marked)).stdout).not.toContain('placeholder');
  const anchored = marked.replace('\n  data:\n', '\n  data: &keys\n'); // it could not be rewritten, which nobody wants
  expect(await preview(anchored)).toMatchObject({ exit: 0, stderr: '', stdout: anchored });
});

test.each([
  [
    'keys in a Secret that is not there',
    generatorItem(
      `${GOOD_SPEC}, auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}`,
    ),
  ],
  ['a ServiceAccount, without a cluster', generatorItem(`${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: a}}}`)],
])('nothing is looked up: %s', async (_, item) => {
  expect(await preview(list(item))).toMatchObject({ exit: 0, stderr: WARNING });
});

test.each([
  ['a limit', list(generatorItem(`${GOOD_SPEC}, requestParameters: {sessionDuration: 60}`)), /must be at least 900/],
  ['a guard', list(generatorItem(), functionConfig('  allow: [{roles: []}]\n')), /does not grant/],
  [
    "somebody else's Secret",
    list(generatorItem() + secret('a: b', { name: 'deployer' })),
    /was not made by this function/,
  ],
])('%s is checked all the same', async (_, input, message) => {
  const { exit, stdout, stderr } = await preview(input);
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({
    exit: 1,
    stderr: expect.stringMatching(message),
    secrets: 0,
  });
});
