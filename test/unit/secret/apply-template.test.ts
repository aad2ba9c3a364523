import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import type { KnownObject } from '../../../function/model/answers.ts';
import { coreObject, objectKey, secretObject } from '../../../function/model/kinds.ts';
import { externalSecret, fromGenerator, generatorManifest, SPEC } from '../../support/manifests.ts';
import { ambient, fakeWorld } from '../../support/world/fake-world.ts';
import { runManifests } from '../../support/world/run-manifests.ts';

const generator = generatorManifest(SPEC, { name: 'gen', namespace: 'team-a' });
const ref = (name: string) => ({ name, namespace: 'team-a' });

interface CredentialTypes {
  readonly target?: object;
  readonly configMaps?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Secrets as an API server has them, in base64. */
  readonly encoded?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly existing?: KnownObject;
  readonly rewrite?: readonly object[];
}

/** What an ExternalSecret with this template gives. */
async function run(
  template: object,
  { target, configMaps = {}, secrets = {}, encoded = {}, existing, rewrite }: CredentialTypes = {},
) {
  const spec = { target: { ...target, template }, dataFrom: [fromGenerator('gen', rewrite)] };
  const objects = new Map<string, KnownObject>([
    ...Object.entries(configMaps).map(
      ([name, data]) => [objectKey(coreObject('ConfigMap', ref(name))), { data, annotations: {} }] as const,
    ),
    ...Object.entries(secrets).map(
      ([name, stringData]) => [objectKey(secretObject(ref(name))), { stringData, annotations: {} }] as const,
    ),
    ...Object.entries(encoded).map(([name, texts]) => {
      const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
      return [objectKey(secretObject(ref(name))), { data: Object.fromEntries(data), annotations: {} }] as const;
    }),
    ...(existing === undefined ? [] : [[objectKey(secretObject(ref('credentials'))), existing] as const]),
  ]);
  const world = fakeWorld();
  const {
    secrets: [secret],
    findings,
  } = await runManifests({ items: [generator, externalSecret(spec)], ambient: ambient() }, objects, { world });
  return {
    calls: world.calls.length,
    secret,
    data: Object.fromEntries(
      Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    ),
    messages: findings.map((one) => messageOf(one)),
  };
}

/** The values of the fake session. */
const VALUES = {
  access_key_id: 'ASIA1',
  secret_access_key: 'secret',
  session_token: 'token',
  expiration: '1767326645',
};
const INI = '[default]\naws_access_key_id = {{ .access_key_id }}\n';

describe('what a template gives', () => {
  test('is the data, instead of the values', async () => {
    const { data, messages } = await run({ data: { credentials: INI, id: '{{ .access_key_id | lower }}' } });
    expect({ data, messages }).toEqual({
      data: { credentials: '[default]\naws_access_key_id = ASIA1\n', id: 'asia1' },
      messages: [],
    });
  });

  test('stands beside the values with `mergePolicy` Merge, and over one of the same key', async () => {
    const { data } = await run({ mergePolicy: 'Merge', data: { session_token: 'mine' } });
    expect(data).toEqual({ ...VALUES, session_token: 'mine' });
  });

  test('without data the values stay, with its type, labels, annotations and finalizers', async () => {
    const { secret, data } = await run({
      type: 'example.org/aws',
      metadata: {
        labels: { key: '{{ .access_key_id }}' },
        annotations: { 'example.org/until': '{{ .expiration }}' },
        finalizers: ['example.org/keep'],
      },
    });
    expect({ data, type: secret?.type, metadata: secret?.metadata }).toMatchObject({
      data: VALUES,
      type: 'example.org/aws',
      metadata: {
        labels: { key: 'ASIA1' },
        annotations: { 'example.org/until': '1767326645', 'sts.fn.crossplane.io/generator': expect.any(String) },
        finalizers: ['example.org/keep'],
      },
    });
  });

  test('labels and annotations of the ExternalSecret stay there', async () => {
    const es = externalSecret(
      { target: { template: { data: {} } }, dataFrom: [fromGenerator()] },
      { labels: { app: 'web' }, annotations: { a: 'b' } },
    );
    const { secrets } = await runManifests({ items: [generator, es], ambient: ambient() });
    expect(secrets[0]?.metadata).not.toHaveProperty('labels');
    expect(secrets[0]?.metadata.annotations).not.toHaveProperty('a');
  });

  test('comes from elsewhere too: later entries win, and `data` over all of them', async () => {
    const { data, messages } = await run(
      {
        data: { four: 'data' },
        templateFrom: [
          { configMap: { name: 'texts', items: [{ key: 'one' }, { key: 'two' }] } },
          { secret: { name: 'texts', items: [{ key: 'two' }, { key: 'four' }] } },
          { literal: 'three: {{ .access_key_id }}\nempty:\n' },
          { configMap: { name: 'texts', items: [{ key: 'all', templateAs: 'KeysAndValues' }] } },
        ],
      },
      {
        configMaps: { texts: { one: '1 {{ .access_key_id }}', two: 'config map', all: '{{ .access_key_id }}: "yes"' } },
        secrets: { texts: { two: '2 {{ .session_token }}', four: 'secret' } },
      },
    );
    expect({ data, messages }).toEqual({
      data: { one: '1 ASIA1', two: '2 token', three: 'ASIA1', empty: '', ASIA1: 'yes', four: 'data' },
      messages: [],
    });
  });

  test('goes to labels and annotations where `target` says so, and `metadata` wins', async () => {
    const { secret } = await run({
      metadata: { labels: { a: 'metadata' } },
      templateFrom: [
        { literal: 'a: literal\nb: "{{ .access_key_id }}"', target: 'Labels' },
        { literal: 'c: text', target: 'Annotations' },
      ],
    });
    expect(secret?.metadata).toMatchObject({ labels: { a: 'metadata', b: 'ASIA1' }, annotations: { c: 'text' } });
  });

  test('sees keys as they are rewritten', async () => {
    const rewrite = [{ transform: { template: '{{ .value | upper }}' } }];
    const { data, messages } = await run({ data: { id: '{{ .ACCESS_KEY_ID }}' } }, { rewrite });
    expect({ data, messages }).toEqual({ data: { id: 'ASIA1' }, messages: [] });
  });

  test('keeps a byte order mark, wherever its text is from', async () => {
    const { secret, data, messages } = await run(
      {
        metadata: { annotations: { mark: '\ufeff{{ .access_key_id }}' } },
        templateFrom: [
          { configMap: { name: 'texts', items: [{ key: 'one' }] } },
          { secret: { name: 'texts', items: [{ key: 'two' }] } },
        ],
      },
      { configMaps: { texts: { one: '\ufeffa' } }, encoded: { texts: { two: '\ufeffb' } } },
    );
    expect({ mark: secret?.metadata.annotations.mark, data, messages }).toEqual({
      mark: '\ufeffASIA1',
      data: { one: '\ufeffa', two: '\ufeffb' },
      messages: [],
    });
  });

  test('keeps bytes that are no text', async () => {
    const { secret } = await run({ data: { bytes: '{{ "/wA=" | b64dec }}' } });
    expect(secret?.data).toEqual({ bytes: '/wA=' });
  });

  test('is used again by the keys that it has itself', async () => {
    const template = { data: { id: '{{ .access_key_id }}' }, templateFrom: [{ literal: 'more: a' }] };
    const { secret } = await run(template);
    const existing = { data: secret?.data ?? {}, annotations: secret?.metadata.annotations ?? {} };
    expect(await run(template, { existing })).toMatchObject({ calls: 0, secret: undefined });
    const { more: _, ...others } = existing.data;
    expect(await run(template, { existing: { ...existing, data: others } })).toMatchObject({ calls: 1 });
    expect(await run(template, { existing: { ...existing, data: {} } })).toMatchObject({ calls: 1 });
    const other = { ...template, data: { id: '{{ .session_token }}' } };
    expect(await run(other, { existing })).toMatchObject({ calls: 1 });
  });

  test('may be empty, and is used again', async () => {
    const template = { data: { nothing: '', id: '{{ .access_key_id }}' } };
    const { secret } = await run(template);
    const existing = { data: secret?.data ?? {}, annotations: secret?.metadata.annotations ?? {} };
    expect(existing.data.nothing).toBe('');
    expect(await run(template, { existing })).toMatchObject({ calls: 0 });
    const { nothing: _, ...others } = existing.data;
    expect(await run(template, { existing: { ...existing, data: others } })).toMatchObject({ calls: 1 });
  });

  test('joins a Secret that is there', async () => {
    const existing = { annotations: {}, data: { other: 'YQ==' } };
    const { data } = await run({ data: { id: 'new' } }, { target: { creationPolicy: 'Merge' }, existing });
    expect(data).toEqual({ id: 'new' }); // all that is theirs stays as it stands
  });
});

describe('what is refused before any session is asked for', () => {
  const at = 'cannot use ExternalSecret "team-a/credentials": ';
  const template = '`spec.target.template';
  const notRendered = `${template}.data.a\` cannot be rendered: line 1, column `;
  const opens = 'whose Secrets give access to the cluster';
  const notTheirs = 'that is reserved for this function and its hosts';
  const noKeys = 'must give a YAML object whose values are all strings';
  const lost = JSON.parse('{"__proto__": "a"}') as object; // an own key, as YAML gives it

  test.each([
    ['an unknown function', { data: { a: '{{ env "HOME" }}' } }, notRendered],
    ['a key that is not there', { data: { a: '{{ .password }}' } }, notRendered],
    [
      'templates that take too many steps together',
      { data: Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, '{{ range 90000 }}{{ 1 }}{{ end }}'])) },
      'it takes too much work',
    ],
    ['a template that does not end', { data: { a: '{{ if true }}' } }, 'cannot be rendered: line 1'],
    ['an old engine', { engineVersion: 'v1' }, `${template}.engineVersion\` must be "v2", got "v1"`],
    ['a key that no Secret can have', { data: { 'a/b': '' } }, `${template}.data."a/b"\` must be a Secret key`],
    [
      'a rendered key that no Secret can have',
      { templateFrom: [{ literal: 'a/b: c' }] },
      'literal` gives a key that no Secret can have',
    ],
    ['YAML that is a list', { templateFrom: [{ literal: '- a' }] }, noKeys],
    ['YAML 1.1 that is no string', { templateFrom: [{ literal: 'a: yes' }] }, noKeys],
    ['YAML that does not parse', { templateFrom: [{ literal: 'a: [' }] }, noKeys],
    ['YAML with a key twice', { templateFrom: [{ literal: 'a: b\na: c' }] }, noKeys],
    [
      'a key of data that would be lost',
      { data: lost },
      `${template}.data.__proto__\` has a name that JavaScript programs drop`,
    ],
    [
      'a label that would be lost',
      { metadata: { labels: lost } },
      `${template}.metadata.labels.__proto__\` has a name that JavaScript programs drop`,
    ],
    ['aliases that explode', { templateFrom: [{ literal: bomb() }] }, noKeys],
    [
      'texts that are too long together',
      { templateFrom: Array.from({ length: 5 }, () => ({ literal: `{{/*${'x'.repeat(1_000_000)}*/}}` })) },
      '`spec.target.template.templateFrom[3].literal` cannot be rendered: line 1, column 1: it takes too much work',
    ],
    [
      'aliases of what is large',
      {
        templateFrom: [
          { literal: '<<: [&a {{ "{" }}{{ range $i := 20000 }}k{{ $i }}: x,{{ end }}}{{ range 99 }},*a{{ end }}]' },
        ],
      },
      'it takes too much work',
    ],
    [
      'a label with a byte order mark',
      { metadata: { labels: { a: '\ufeffa' } } },
      'gives a value that no label can have',
    ],
    [
      'a label with a token',
      { metadata: { labels: { a: '{{ .session_token }}' } } },
      'gives a value that no label can have',
    ],
    [
      'an annotation with an escape',
      { metadata: { annotations: { a: '{{ "\\u001b[31m" }}' } } },
      'gives an annotation with control characters',
    ],
    ['our own annotation', { metadata: { annotations: { 'sts.fn.crossplane.io/expiration': 'x' } } }, notTheirs],
    [
      "an orchestrator's",
      { templateFrom: [{ literal: 'internal.config.kubernetes.io/path: a', target: 'Annotations' }] },
      notTheirs,
    ],
    ['a bootstrap token', { type: 'bootstrap.kubernetes.io/token' }, opens],
    ["a ServiceAccount's token", { type: 'kubernetes.io/service-account-token' }, opens],
    [
      'another target',
      { templateFrom: [{ literal: 'a: b', target: 'spec' }] },
      'must be "Data" or "Labels" or "Annotations"',
    ],
    [
      'two sources in one',
      { templateFrom: [{ literal: 'a', secret: { name: 'a', items: [] } }] },
      'must have exactly one of',
    ],
    [
      'a Secret that is not there',
      { templateFrom: [{ secret: { name: 'away', items: [{ key: 'a' }] } }] },
      'names Secret "team-a/away", which is not there',
    ],
    [
      'a ConfigMap that is not there',
      { templateFrom: [{ configMap: { name: 'away', items: [{ key: 'a' }] } }] },
      'names ConfigMap "team-a/away", which is not there',
    ],
  ])('%s', async (_, given, words) => {
    const { calls, secret, messages } = await run(given);
    expect({ calls, secret }).toEqual({ calls: 0, secret: undefined });
    expect(messages.filter((message) => message.startsWith(at) && message.includes(words))).toHaveLength(1);
  });

  test('a key of a ConfigMap that is not there', async () => {
    const { calls, messages } = await run(
      { templateFrom: [{ configMap: { name: 'texts', items: [{ key: 'b' }] } }] },
      { configMaps: { texts: { a: '' } } },
    );
    expect({ calls, messages }).toEqual({
      calls: 0,
      messages: [expect.stringContaining('names key "b" of ConfigMap "team-a/texts", which is not there; add it')],
    });
  });

  test('of a template in a Secret, its text is not repeated', async () => {
    const { calls, messages } = await run(
      { templateFrom: [{ secret: { name: 'texts', items: [{ key: 'a' }] } }] },
      { secrets: { texts: { a: '{{ CANARY }}' } } },
    );
    expect(calls).toBe(0);
    expect(messages.join()).toMatch(/items\[0\]` cannot be rendered: line 1, column \d+\.$/);
    expect(messages.join()).not.toContain('CANARY');
  });

  test('a rewrite whose template is wrong', async () => {
    const { calls, messages } = await run({}, { rewrite: [{ transform: { template: '{{ .key }}' } }] });
    expect(calls).toBe(0);
    expect(messages[0]).toContain('`spec.dataFrom[0].rewrite[0].transform.template` cannot be rendered: line 1');
  });
});

test('a value that breaks a label is not in the message, also when only the session shows it', async () => {
  const label = '{{ if eq .access_key_id "ASIA1" }}{{ .secret_access_key }} {{ end }}';
  const { secret, messages } = await run({ metadata: { labels: { a: label } } });
  expect({ secret, messages }).toEqual({
    secret: undefined,
    messages: [
      'cannot use ExternalSecret "team-a/credentials": `spec.target.template.metadata.labels.a` gives a value that no label can have.',
    ],
  });
});

/** Lists of references to the list before: 9^5 values when expanded. */
function bomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e'];
  return names
    .map(
      (name, index) =>
        `${name}: &${name} [${Array(9)
          .fill(index === 0 ? 'x' : `*${names[index - 1]}`)
          .join(', ')}]\n`,
    )
    .join('');
}
