import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import type { KnownObject } from '../../../function/model/answers.ts';
import { hopsOf } from '../../../function/model/hop.ts';
import { objectKey, secretObject } from '../../../function/model/kinds.ts';
import type { AwsFailure } from '../../../function/model/world.ts';
import { draft } from '../../../function/planner/draft.ts';
import { clusterGenerator, externalSecret, fromGenerator, generatorManifest, SPEC } from '../../support/manifests.ts';
import { ambient, fakeWorld } from '../../support/world/fake-world.ts';
import { runManifests } from '../../support/world/run-manifests.ts';

/** What a run makes of manifests: calls, Secrets by name, and messages. */
async function run(
  items: readonly unknown[],
  given: Readonly<Record<string, KnownObject>> = {},
  mode = 'mint',
  failures: readonly AwsFailure[] = [],
) {
  const world = fakeWorld({ failures });
  const environment = { STS_FUNCTION_MODE: mode };
  const objects = new Map(
    Object.entries(given).map(([name, secret]) => [objectKey(secretObject({ name, namespace: 'team-a' })), secret]),
  );
  const ran = await runManifests({ items, ambient: ambient(environment) }, objects, { world });
  const { secrets, findings } = ran;
  return {
    calls: world.calls.length,
    secrets,
    handled: ran.draft.handled.map(({ kind, name }) => `${kind}/${name}`),
    messages: findings.map((one) => messageOf(one)),
    codes: findings.map(({ code }) => code),
    findings,
    previews: ran.previews,
  };
}

const keysOf = ({ data }: { data: Readonly<Record<string, string>> }) => Object.keys(data);
const text = (value = '') => Buffer.from(value, 'base64').toString();
const generator = (name = 'gen', spec: object = SPEC) => generatorManifest(spec, { name, namespace: 'team-a' });
const OTHER = { ...SPEC, role: 'arn:aws:iam::123456789012:role/other' };

describe('an ExternalSecret', () => {
  test('consumes its generator: one Secret, with its own name', async () => {
    const { calls, secrets, messages } = await run([generator(), externalSecret({ dataFrom: [fromGenerator()] })]);
    expect({ calls, messages }).toEqual({ calls: 1, messages: [] });
    expect(secrets).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 'credentials',
          namespace: 'team-a',
          annotations: {
            'sts.fn.crossplane.io/generator': 'ExternalSecret/team-a/credentials',
            'sts.fn.crossplane.io/expiration': '2026-01-02T04:04:05Z',
            'sts.fn.crossplane.io/renew-after': expect.any(String),
            'sts.fn.crossplane.io/spec-hash': expect.stringMatching(/^v1-[0-9a-f]{32}$/),
            'sts.fn.crossplane.io/data-hash': expect.stringMatching(/^v1-[0-9a-f]{32}$/),
          },
        },
        type: 'Opaque',
        data: {
          access_key_id: expect.any(String),
          secret_access_key: expect.any(String),
          session_token: expect.any(String),
          expiration: expect.any(String),
        },
      },
    ]);
  });

  test('v1beta1 is the same', async () => {
    const [v1, v1beta1] = await Promise.all(
      ['v1', 'v1beta1'].map((version) =>
        run([generator(), externalSecret({ dataFrom: [fromGenerator()] }, {}, `external-secrets.io/${version}`)]),
      ),
    );
    expect(v1beta1?.secrets).toEqual(v1?.secrets);
  });

  test('its `target.name` is the name', async () => {
    const { secrets } = await run([
      generator(),
      externalSecret({ target: { name: 'other' }, dataFrom: [fromGenerator()] }),
    ]);
    expect(secrets.map(({ metadata: { name } }) => name)).toEqual(['other']);
  });

  test('several generators: a later one wins, and each is asked once', async () => {
    const items = [generator('one'), generator('two', OTHER)];
    const { calls, secrets } = await run([
      ...items,
      externalSecret({
        dataFrom: [
          fromGenerator('one', [{ regexp: { source: '^access_key_id$', target: 'first' } }]),
          fromGenerator('two'),
          fromGenerator('one', [{ regexp: { source: 'session_token', target: '' } }]),
        ],
      }),
    ]);
    const { first, access_key_id, session_token } = secrets[0]?.data ?? {};
    expect({ calls, first: text(first), last: text(access_key_id), token: text(session_token) }).toEqual({
      calls: 2,
      first: 'ASIA1',
      last: 'ASIA1',
      token: 'token',
    });
  });

  test('an entry whose keys later entries all give is said, and not where one key is its own', async () => {
    const messagesOf = async (...dataFrom: object[]) =>
      (await run([generator('one'), generator('two', OTHER), externalSecret({ dataFrom })])).messages;
    const own = (target: string) => fromGenerator('one', [{ regexp: { source: '^access_key_id$', target } }]);
    expect(await messagesOf(fromGenerator('one'), own('id'), fromGenerator('two'))).toEqual([
      '`spec.dataFrom[0]` of ExternalSecret "team-a/credentials" gives nothing to the Secret: later entries give each of its keys. Give it a `rewrite`, or remove it.',
    ]);
    expect(await messagesOf(own('id'), fromGenerator('two'))).toEqual([]);
    expect(await messagesOf(fromGenerator('two'), own('id'))).toEqual([]);
  });

  test('a generator in several of them is asked once, and has no Secret of its own', async () => {
    const { calls, secrets } = await run([
      generator(),
      externalSecret({ dataFrom: [fromGenerator()] }),
      externalSecret({ dataFrom: [fromGenerator()] }, { name: 'again' }),
    ]);
    expect({ calls, names: secrets.map(({ metadata: { name } }) => name) }).toEqual({
      calls: 1,
      names: ['credentials', 'again'],
    });
  });

  test('the first session that ends decides when all are renewed', async () => {
    const short = generator('short', { ...SPEC, requestParameters: { sessionDuration: 900 } });
    const { secrets } = await run([
      generator(),
      short,
      externalSecret({ dataFrom: [fromGenerator(), fromGenerator('short')] }),
    ]);
    expect(secrets[0]?.metadata.annotations['sts.fn.crossplane.io/expiration']).toBe('2026-01-02T03:19:05Z');
  });

  test('is used again while it is fresh, and made anew when a rewrite changes', async () => {
    const with_ = (target: string) =>
      externalSecret({ dataFrom: [fromGenerator('gen', [{ regexp: { source: '^', target } }])] });
    const first = await run([generator(), with_('A_')]);
    const [secret] = first.secrets;
    const existing = { annotations: secret?.metadata.annotations ?? {}, data: secret?.data ?? {} };
    expect(keysOf(secret ?? { data: {} })).toEqual([
      'A_access_key_id',
      'A_secret_access_key',
      'A_session_token',
      'A_expiration',
    ]);
    expect(await run([generator(), with_('A_')], { credentials: existing })).toMatchObject({ calls: 0, secrets: [] });
    expect(await run([generator(), with_('B_')], { credentials: existing })).toMatchObject({ calls: 1 });
    const { A_session_token: _, ...others } = existing.data;
    expect(await run([generator(), with_('A_')], { credentials: { ...existing, data: others } })).toMatchObject({
      calls: 1,
    });
  });

  test('labels and annotations go on to the Secret, but not those about the ExternalSecret itself', async () => {
    const { secrets } = await run([
      generator(),
      externalSecret(
        { dataFrom: [fromGenerator()] },
        {
          labels: { app: 'web' },
          annotations: {
            'example.org/owner': 'team-a',
            'kubectl.kubernetes.io/last-applied-configuration': '{}',
            'internal.config.kubernetes.io/path': 'a.yaml',
            'alpha.config.kubernetes.io/transformations': 'a',
            'internal.config.kubernetes.io/index': '0',
            'internal.config.kubernetes.io/package-path': '/a',
            'internal.config.k8s.io/kpt-resource-id': '1',
            'config.kubernetes.io/path': 'a.yaml',
            'config.kubernetes.io/function': 'exec: {}',
            'config.kubernetes.io/local-config': 'true',
            'config.k8s.io/id': '1',
            'kustomize.config.k8s.io/id': '1',
            'kustomize.config.k8s.io/needs-hash': 'true',
            'internal.kpt.dev/upstream-identifier': 'a',
          },
        },
      ),
    ]);
    const { labels, annotations = {} } = secrets[0]?.metadata ?? {};
    expect({ labels, annotations: Object.keys(annotations).toSorted() }).toEqual({
      labels: { app: 'web' },
      annotations: [
        'example.org/owner',
        'sts.fn.crossplane.io/data-hash',
        'sts.fn.crossplane.io/expiration',
        'sts.fn.crossplane.io/generator',
        'sts.fn.crossplane.io/renew-after',
        'sts.fn.crossplane.io/spec-hash',
      ],
    });
    expect(annotations['sts.fn.crossplane.io/expiration']).toBe('2026-01-02T04:04:05Z');
  });

  test("`immutable` is the Secret's", async () => {
    const { secrets } = await run([
      generator(),
      externalSecret({ target: { immutable: true }, dataFrom: [fromGenerator()] }),
    ]);
    expect(secrets[0]?.immutable).toBe(true);
  });

  test('a placeholder has its keys', async () => {
    const rewrite = [{ regexp: { source: '^', target: 'aws_' } }];
    const { calls, secrets } = await run(
      [generator(), externalSecret({ dataFrom: [fromGenerator('gen', rewrite)] })],
      {},
      'placeholder',
    );
    expect({ calls, keys: secrets.map(keysOf) }).toEqual({
      calls: 0,
      keys: [['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token']],
    });
  });
});

test('a placeholder of a pull secret is a document of Docker, as an API server wants it', async () => {
  const data = { '.dockerconfigjson': '{}', other: 'a' };
  const template = { type: 'kubernetes.io/dockerconfigjson', data };
  const items = [generator(), externalSecret({ target: { template }, dataFrom: [fromGenerator()] })];
  const [secret] = (await run(items, {}, 'placeholder')).secrets;
  expect(text(secret?.data['.dockerconfigjson'])).toBe('{}');
  expect(text(secret?.data.other)).toBe('a');
});

describe('`creationPolicy`', () => {
  const policy = (creationPolicy: string) => [
    generator(),
    externalSecret({ target: { creationPolicy }, dataFrom: [fromGenerator()] }),
  ];
  const theirs = {
    annotations: { 'example.org/owner': 'them' },
    type: 'example.org/type',
    data: { other: 'YQ==', access_key_id: 'YQ==' },
    stringData: { more: 'b' },
  };

  test.each(['Owner', 'Orphan', 'CreateOrMerge'])('%s makes the Secret', async (one) => {
    expect(await run(policy(one))).toMatchObject({ calls: 1, secrets: [{ metadata: { name: 'credentials' } }] });
  });

  test.each(['Owner', 'Orphan'])('%s never takes a Secret of somebody else', async (one) => {
    expect(await run(policy(one), { credentials: theirs })).toMatchObject({ calls: 0, codes: ['TARGET_NOT_OURS'] });
  });

  test.each(['Merge', 'CreateOrMerge'])(
    '%s adds to a Secret of somebody else: what is added is all that is made',
    async (one) => {
      const { secrets } = await run(policy(one), { credentials: theirs });
      const { data = {}, type } = secrets[0] ?? {};
      expect({ id: text(data.access_key_id), type }).toEqual({ id: 'ASIA1', type: 'example.org/type' });
      expect(Object.keys(data)).not.toContain('other');
    },
  );

  test.each(['Merge', 'CreateOrMerge'])('%s into a Secret of somebody else does not make it ours', async (one) => {
    const { secrets } = await run(policy(one), { credentials: theirs });
    const { data = {}, metadata } = secrets[0] ?? {};
    const merged = { data, annotations: metadata?.annotations ?? {} };
    expect(await run(policy(one), { credentials: merged })).toMatchObject({ calls: 0, secrets: [], messages: [] });
    const { calls, messages } = await run(policy('Owner'), { credentials: merged });
    expect({ calls, messages }).toEqual({
      calls: 0,
      messages: [expect.stringContaining('others made it, and this function only added to it')],
    });
  });

  test('CreateOrMerge of a Secret that it made makes it ours', async () => {
    const made = (await run(policy('CreateOrMerge'))).secrets[0];
    const existing = { data: {}, annotations: made?.metadata.annotations ?? {} };
    const again = (await run(policy('CreateOrMerge'), { credentials: existing })).secrets[0];
    expect(Object.keys(again?.metadata.annotations ?? {})).toEqual(Object.keys(existing.annotations));
    expect(await run(policy('Owner'), { credentials: existing })).toMatchObject({ calls: 1, codes: [] });
  });

  test('Merge wants a Secret that is there', async () => {
    expect(await run(policy('Merge'))).toMatchObject({ calls: 0, codes: ['REFERENCE_MISSING'] });
  });

  test('None makes nothing, and nobody is asked', async () => {
    expect(await run(policy('None'))).toEqual({
      calls: 0,
      secrets: [],
      handled: ['ExternalSecret/credentials'],
      findings: [],
      messages: [],
      codes: [],
    });
  });

  test('None: a plan notes that nothing is made, and of another nothing', async () => {
    const message =
      'no Secret is made of ExternalSecret "team-a/credentials": `spec.target.creationPolicy` is "None". For one, remove it.';
    expect(await run(policy('None'), {}, 'plan')).toMatchObject({
      findings: [{ severity: 'info' }],
      messages: [message],
    });
    expect((await run(policy('Orphan'), {}, 'plan')).codes).not.toContain('GENERATOR_UNUSED');
  });

  test.each([
    ['Delete', 'Merge'],
    ['Delete', 'None'],
    ['Delete', 'CreateOrMerge'],
    ['Merge', 'None'],
  ])('`deletionPolicy` %s does not go with %s', async (deletionPolicy, creationPolicy) => {
    const target = { deletionPolicy, creationPolicy };
    const { codes } = await run([generator(), externalSecret({ target, dataFrom: [fromGenerator()] })]);
    expect(codes).toEqual(['SPEC_INVALID']);
  });
});

describe('a rewrite', () => {
  const rewritten = async (rewrite: readonly object[]) => {
    const { secrets, messages } = await run([
      generator(),
      externalSecret({ dataFrom: [fromGenerator('gen', rewrite)] }),
    ]);
    return { keys: secrets.flatMap(keysOf), messages };
  };
  const regexp = (source: string, target: string) => ({ regexp: { source, target } });

  test.each([
    ['one after another', [regexp('_', '-'), regexp('access-', '')], 'key-id secret-key session-token expiration'],
    ['a group', [regexp('^(\\w+)_key', '${1}.key')], 'access.key_id secret_access.key session_token expiration'],
    [
      'a name in braces, before letters',
      [regexp('(s)e', '${1}x')],
      'access_key_id sxcret_access_key sxssion_token expiration',
    ],
    ['dollars that are no name', [regexp('^', '$$1x'), regexp('[$]1x', '')], undefined],
    ['a named group', [regexp('(?P<last>[a-z]+)$', '<${last}>'), regexp('[<>]', '')], undefined],
    ['what becomes empty is left out', [regexp('^(s.*|expiration)$', '')], 'access_key_id'],
  ])('%s', async (_, rewrite, keys) => {
    const all = 'access_key_id secret_access_key session_token expiration';
    expect(await rewritten(rewrite)).toEqual({ keys: (keys ?? all).split(' '), messages: [] });
  });

  test.each([
    ['a name as long as it can be', regexp('(s)e', '$1x'), 'group "1x"', 'Write "${1}x".'],
    ['a number that is too high', regexp('(s)e', '${2}'), 'group "2"', 'Correct the name.'],
    ['another name', regexp('(?P<last>s)e', '$first'), 'group "first"', 'Correct the name.'],
  ])('a group that `source` lacks is empty, and said: %s', async (_, rewrite, name, cure) => {
    const { keys, messages } = await rewritten([rewrite]);
    expect(keys).toEqual(['access_key_id', 'cret_access_key', 'ssion_token', 'expiration']);
    expect(messages).toEqual([
      `\`spec.dataFrom[0].rewrite[0].regexp.target\` of ExternalSecret "team-a/credentials" puts nothing in place of ${name}: its \`source\` has none of that name. ${cure}`,
    ]);
  });

  test('that leaves out every key is refused before AWS is asked, and not where another entry gives one', async () => {
    const none = fromGenerator('gen', [regexp('^(.*)$', '$1_aws')]);
    const es = (...dataFrom: object[]) => [
      generator(),
      externalSecret({ target: { template: { mergePolicy: 'Merge', data: { a: 'b' } } }, dataFrom }),
    ];
    const { calls, secrets, messages } = await run(es(none));
    expect({ calls, secrets }).toEqual({ calls: 0, secrets: [] });
    expect(messages).toEqual([
      expect.stringContaining('Write "${1}_aws".'),
      'cannot use ExternalSecret "team-a/credentials": `spec.dataFrom` gives no key, since each `rewrite` leaves out all; correct one of them.',
    ]);
    expect((await run(es(none, fromGenerator()))).secrets.map(keysOf)).toEqual([
      expect.arrayContaining(['a', 'access_key_id']),
    ]);
  });

  test.each([
    [
      'two keys that become one',
      [regexp('.*', 'same')],
      'renames both "access_key_id" and "secret_access_key" to "same"',
    ],
    [
      'a key that no Secret can have',
      [regexp('_', '/')],
      'renames "access_key_id" to "access/key/id", but a new name must be',
    ],
    [
      'a key that is too long',
      [regexp('^access_key_id$', 'a'.repeat(254))],
      'a new name must be at most 253 characters',
    ],
    [
      'steps that each make it longer',
      Array.from({ length: 9 }, () => regexp('.+', '$0'.repeat(400))),
      '`spec.dataFrom[0].rewrite[0]` makes a key of more than 1024 characters',
    ],
    [
      'too many steps',
      Array.from({ length: 21 }, () => regexp('a', 'a')),
      '`spec.dataFrom[0].rewrite` must have at most 20',
    ],
    [
      'an expression that takes too long',
      [regexp('^access_key_id$', 'a'.repeat(1000)), regexp('(?:(?:b?){1000})'.repeat(20), '')],
      '`spec.dataFrom[0].rewrite[1].regexp.source` takes too much work',
    ],
    [
      'an expression that begins again at each character',
      [regexp('^access_key_id$', 'a'.repeat(1000)), regexp('(?:a?){100}z|a', '$0')],
      '`spec.dataFrom[0].rewrite[1].regexp.source` takes too much work',
    ],
    ['an expression that Go does not know', [regexp('(?<=a)b', '')], "is not an expression of Go's regexp"],
    ['`merge`', [{ merge: {} }], 'remove it'],
    ['two steps in one', [{ ...regexp('a', 'b'), transform: { template: '' } }], 'exactly one of'],
    ['a step without a kind', [{}], 'exactly one of'],
  ])('%s: refused', async (_, rewrite, words) => {
    const { keys, messages } = await rewritten(rewrite);
    expect(keys).toEqual([]);
    expect(messages.filter((message) => message.includes(words))).not.toEqual([]);
  });
});

describe('whose it is', () => {
  const store = { extract: { key: 'a' } };

  test.each([
    ['of a store', { data: [{ secretKey: 'a', remoteRef: { key: 'b' } }] }],
    ['of `extract`', { dataFrom: [store] }],
    ['of another generator', { dataFrom: [fromGenerator('a', undefined, 'Password')] }],
    [
      'of another group',
      { dataFrom: [{ sourceRef: { generatorRef: { apiVersion: 'a/v1', kind: 'STSAssumeRoleToken' } } }] },
    ],
    ['of nothing', {}],
    ['that is no object', null as unknown as object],
  ])('one %s is left alone, and its generator too', async (_, spec) => {
    const { secrets, handled, codes } = await run([generator(), externalSecret(spec)]);
    expect({ names: secrets.map(({ metadata: { name } }) => name), handled, codes }).toEqual({
      names: ['gen'],
      handled: [],
      codes: [],
    });
  });

  test.each([
    ['data', { data: [{ secretKey: 'a', remoteRef: { key: 'b' } }], dataFrom: [fromGenerator()] }, 'spec.data[0]'],
    ['extract', { dataFrom: [fromGenerator(), store] }, 'spec.dataFrom[1].extract'],
    ['extract in one entry', { dataFrom: [{ ...fromGenerator(), ...store }] }, 'spec.dataFrom[0].extract'],
    ['find', { dataFrom: [{ find: {} }, fromGenerator()] }, 'spec.dataFrom[0].find'],
    [
      'another generator',
      { dataFrom: [fromGenerator(), fromGenerator('a', undefined, 'VaultDynamicSecret')] },
      'spec.dataFrom[1].sourceRef.generatorRef',
    ],
  ])('%s beside a generator of ours is refused', async (_, spec, field) => {
    const { calls, codes, messages } = await run([generator(), externalSecret(spec)]);
    expect({ calls, codes }).toEqual({ calls: 0, codes: ['SPEC_INVALID'] });
    expect(messages[0]).toContain(`\`${field}\``);
  });

  describe('a store beside a ClusterGenerator that is not among the manifests', () => {
    const shared = fromGenerator('shared', undefined, 'ClusterGenerator');
    const mixed = externalSecret({ data: [{ secretKey: 'a', remoteRef: { key: 'b' } }], dataFrom: [shared] });

    test.each([
      ['is left alone when that is of another kind', 'Password', { handled: [], codes: [] }],
      ['is refused when that is ours', 'STSAssumeRoleToken', { handled: ['ExternalSecret'], codes: ['SPEC_INVALID'] }],
    ])('%s', async (_, kind, want) => {
      const request = { items: [mixed], ambient: ambient() };
      const first = await draft(request);
      expect({ findings: first.findings, needs: first.needs.length }).toEqual({ findings: [], needs: 1 });
      const manifest = { ...(clusterGenerator(SPEC) as object), spec: { kind, generator: {} } };
      const known = new Map(first.needs.map(({ key }) => [key, { annotations: {}, manifest }]));
      const { handled, findings } = await draft(request, known);
      expect({ handled: handled.map((object) => object.kind), codes: findings.map(({ code }) => code) }).toEqual(want);
    });

    test('is told that it is not there', async () => {
      const { codes, messages } = await run([mixed]);
      expect(codes).toEqual(['REFERENCE_MISSING']);
      expect(messages[0]).toContain('names ClusterGenerator "shared", which is not there');
    });
  });

  test('a generator in `data` is refused: the operator does not read it there', async () => {
    const { codes, messages } = await run([
      generator(),
      externalSecret({ data: [{ secretKey: 'a', ...fromGenerator() }] }),
    ]);
    expect(codes).toEqual(['SPEC_INVALID']);
    expect(messages[0]).toContain('`spec.data[0].sourceRef.generatorRef` is not read by External Secrets there');
  });

  test('one that is to be ignored is left alone; so is one whose generator is', async () => {
    const annotations = { 'sts.fn.crossplane.io/ignore': 'true' };
    const ignored = generatorManifest(SPEC, { name: 'gen', namespace: 'team-a', annotations });
    const es = externalSecret({ dataFrom: [fromGenerator()] });
    expect(await run([ignored, es])).toMatchObject({ secrets: [], handled: [], codes: [] });
    const both = await run([generator(), externalSecret({ dataFrom: [fromGenerator()] }, { annotations })]);
    expect(both.secrets.map(({ metadata: { name } }) => name)).toEqual(['gen']);
    expect(both.messages).toEqual([
      'STSAssumeRoleToken "team-a/gen" makes a Secret of its own: ExternalSecret "team-a/credentials", which names it, is to be ignored. Remove its annotation sts.fn.crossplane.io/ignore, or give it to the generator too.',
    ]);
  });

  test('nothing is said of one that is to be ignored where its generator is in another, or has what an Input says', async () => {
    const aside = externalSecret(
      { dataFrom: [fromGenerator()] },
      { name: 'aside', annotations: { 'sts.fn.crossplane.io/ignore': 'true' } },
    );
    const another = await run([generator(), aside, externalSecret({ dataFrom: [fromGenerator()] })]);
    expect({ count: another.secrets.length, codes: another.codes }).toEqual({ count: 1, codes: [] });
    const functionConfig = {
      apiVersion: 'sts.fn.crossplane.io/v1beta1',
      kind: 'Input',
      sessions: [{ secrets: [{ format: 'env' }] }],
    };
    const { jobs, findings } = await draft({ items: [generator(), aside], functionConfig, ambient: ambient() });
    expect({ count: jobs.length, findings }).toEqual({ count: 1, findings: [] });
  });

  test('a generator that is not there is named', async () => {
    const { messages, codes } = await run([externalSecret({ dataFrom: [fromGenerator('away')] })]);
    expect(codes).toEqual(['REFERENCE_MISSING']);
    expect(messages[0]).toContain('names STSAssumeRoleToken "team-a/away", which is not there');
  });

  test.each([
    ['a generator', [generator(), generator('gen', OTHER)], fromGenerator()],
    [
      'a ClusterGenerator',
      [clusterGenerator(SPEC), clusterGenerator(OTHER)],
      fromGenerator('shared', undefined, 'ClusterGenerator'),
    ],
  ])('%s that is there twice is refused: either could be meant', async (_, two, from) => {
    const { calls, codes, messages } = await run([...two, externalSecret({ dataFrom: [from] })]);
    expect({ calls, codes }).toEqual({ calls: 0, codes: ['TARGET_CONFLICT'] });
    expect(messages[0]).toContain('which is there more than once. Remove all but one.');
  });

  test.each([
    [{ name: 'gen', namespace: 'team-b' }, 'is only in namespace "team-b"'],
    [{ name: 'gen' }, 'is only without a namespace'],
  ])('where a generator is instead, is said: %j', async (metadata, words) => {
    const elsewhere = generatorManifest(SPEC, metadata);
    const { messages } = await run([elsewhere, externalSecret({ dataFrom: [fromGenerator()] })]);
    expect(messages).toEqual([expect.stringContaining(`names STSAssumeRoleToken "team-a/gen", which ${words}`)]);
  });

  test('a generator of another namespace is not its', async () => {
    const elsewhere = generatorManifest(SPEC, { name: 'gen', namespace: 'team-b' });
    const { codes } = await run([elsewhere, externalSecret({ dataFrom: [fromGenerator()] })]);
    expect(codes).toEqual(['REFERENCE_MISSING']);
  });
});

describe('a ClusterGenerator', () => {
  const named = fromGenerator('shared', undefined, 'ClusterGenerator');

  test('is a generator in the namespace of each ExternalSecret', async () => {
    const { calls, secrets, handled } = await run([
      clusterGenerator(SPEC),
      externalSecret({ dataFrom: [named] }),
      externalSecret({ dataFrom: [named] }, { name: 'again' }),
      externalSecret({ dataFrom: [named] }, { name: 'there', namespace: 'team-b' }),
    ]);
    expect({ calls, names: secrets.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`) }).toEqual({
      calls: 2,
      names: ['team-a/credentials', 'team-a/again', 'team-b/there'],
    });
    expect(handled).toContain('ClusterGenerator/shared');
  });

  test('its `force-sync` counts for each of them, and once where one names it twice', async () => {
    const { secrets } = await run([
      clusterGenerator(SPEC, { annotations: { 'force-sync': 'now' } }),
      externalSecret({ dataFrom: [named] }),
      externalSecret({ dataFrom: [named, named] }, { name: 'again' }),
    ]);
    const recorded = secrets.map(({ metadata }) => metadata.annotations['sts.fn.crossplane.io/force-sync']);
    expect(recorded).toEqual(['now', 'now']);
  });

  test('its references are looked up in the namespace of the ExternalSecret', async () => {
    const secretRef = {
      accessKeyIDSecretRef: { name: 'keys', key: 'id' },
      secretAccessKeySecretRef: { name: 'keys', key: 'secret' },
    };
    const items = [clusterGenerator({ ...SPEC, auth: { secretRef } }), externalSecret({ dataFrom: [named] })];
    const keys = { annotations: {}, stringData: { id: 'AKID', secret: 'S' } };
    expect(await run(items, { keys })).toMatchObject({ calls: 1, codes: [] });
    const { id: _, ...others } = keys.stringData;
    expect((await run(items, { keys: { ...keys, stringData: others } })).messages).toEqual([
      'cannot read Secret "team-a/keys" for ClusterGenerator "shared": it has no key "id". Add the key, or correct `spec.generator.stsAssumeRoleTokenSpec.auth.secretRef.accessKeyIDSecretRef.key`.',
    ]);
  });

  test('that its role is denied is said of it too', async () => {
    const items = [clusterGenerator(SPEC), externalSecret({ dataFrom: [named] })];
    const { findings } = await run(items, {}, 'mint', [
      { kind: 'refused', awsCode: 'AccessDenied', clockCorrected: false },
    ]);
    expect(findings).toMatchObject([
      {
        object: { kind: 'ClusterGenerator', name: 'shared' },
        field: 'spec.generator.stsAssumeRoleTokenSpec.role',
      },
    ]);
    expect(findings.map((one) => messageOf(one))).toEqual([
      expect.stringContaining(' for ClusterGenerator "shared": AccessDenied'),
    ]);
  });

  test('what is wrong is said of the ClusterGenerator, with the path in it', async () => {
    const { messages } = await run([
      clusterGenerator({ region: 'eu-west-1', roleArn: 'a' }),
      externalSecret({ dataFrom: [named] }),
    ]);
    expect(messages).toContain(
      'cannot use ClusterGenerator "shared": `spec.generator.stsAssumeRoleTokenSpec.roleArn` is not a known field; did you mean `role`? Correct it.',
    );
  });

  test('limits are too', async () => {
    const { messages } = await run([
      clusterGenerator({ ...SPEC, requestParameters: { sessionDuration: 60 } }),
      externalSecret({ dataFrom: [named] }),
    ]);
    expect(messages[0]).toContain('`spec.generator.stsAssumeRoleTokenSpec.requestParameters.sessionDuration`');
  });

  test('a spec that is missing is named', async () => {
    const empty = { ...(clusterGenerator(SPEC) as object), spec: { kind: 'STSAssumeRoleToken', generator: {} } };
    const { messages } = await run([empty, externalSecret({ dataFrom: [named] })]);
    expect(messages[0]).toContain('`spec.generator.stsAssumeRoleTokenSpec` is required');
  });

  test('one of another kind is left alone, with the ExternalSecret', async () => {
    const password = {
      ...(clusterGenerator(SPEC) as object),
      spec: { kind: 'Password', generator: { passwordSpec: {} } },
    };
    expect(await run([password, externalSecret({ dataFrom: [named] })])).toMatchObject({ handled: [], codes: [] });
  });

  test('one that nobody names gives nothing', async () => {
    expect(await run([clusterGenerator(SPEC)])).toMatchObject({ secrets: [], handled: [], codes: [] });
  });
});

describe('beside an Input', () => {
  const input = (sessions: readonly object[]) => ({
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    sessions,
  });
  const items = [generator(), externalSecret({ dataFrom: [fromGenerator()] })];

  test('an entry is for the generator: its hops are walked', async () => {
    const functionConfig = input([{ match: { names: ['gen'] }, via: ['arn:aws:iam::123456789012:role/hub'] }]);
    const drafted = await draft({ items, functionConfig, ambient: ambient() });
    expect(drafted.findings).toEqual([]);
    expect(drafted.jobs.map(({ parts: [part] }) => hopsOf(part).length)).toEqual([2]);
  });

  test('`secrets` of an entry is refused: the ExternalSecret says what the Secret is', async () => {
    const functionConfig = input([{ secrets: [{ format: 'env' }] }]);
    const { findings } = await draft({ items, functionConfig, ambient: ambient() });
    expect(findings.map((one) => messageOf(one))).toEqual([
      'cannot use the functionConfig: `sessions[0].secrets` must be absent for STSAssumeRoleToken "team-a/gen": ExternalSecret "team-a/credentials" says what its Secret is. Remove it, or let `match` leave that generator out.',
    ]);
  });

  test('a guard must have the role for the namespace of the Secret', async () => {
    const functionConfig = { ...input([]), allow: [{ roles: ['arn:aws:iam::123456789012:role/reader'] }] };
    const { findings } = await draft({ items, functionConfig, ambient: ambient() });
    expect(findings.map(({ code }) => code)).toEqual(['NOT_GRANTED']);
  });

  test('its `generators` may have all three kinds', async () => {
    const named = fromGenerator('shared', undefined, 'ClusterGenerator');
    const own = fromGenerator('gen', [{ regexp: { source: '^', target: 'own_' } }]);
    const generators = [generator(), clusterGenerator(SPEC), externalSecret({ dataFrom: [own, named] })];
    const drafted = await draft({
      items: [],
      functionConfig: { ...input([]), generators },
      ambient: ambient(),
    });
    expect({ findings: drafted.findings, jobs: drafted.jobs.map(({ parts }) => parts.length) }).toEqual({
      findings: [],
      jobs: [2],
    });
  });
});

const ALL_TO_UPPER = { transform: { template: '{{ .value | upper }}' } };

describe('what is said', () => {
  test.each([
    ['1h0m0s', []],
    ['59m59s', []],
    ['1h0m0.5s', ['REFRESHED_TOO_LATE']],
    ['61m', ['REFRESHED_TOO_LATE']],
    ['3600001ms', ['REFRESHED_TOO_LATE']],
    ['2h', ['REFRESHED_TOO_LATE']],
    ['0s', ['REFRESHED_TOO_LATE']],
    ['0', ['REFRESHED_TOO_LATE']],
    ['an hour', ['SPEC_INVALID']],
  ])('of `refreshInterval` %s beside a session of an hour', async (refreshInterval, codes) => {
    const es = externalSecret({ refreshInterval, dataFrom: [fromGenerator()] });
    expect((await run([generator(), es])).codes).toEqual(codes);
  });

  test('of fields without effect: only a plan says so', async () => {
    const es = externalSecret({
      refreshPolicy: 'OnChange',
      secretStoreRef: { name: 'a' },
      syncWindows: {},
      target: { deletionPolicy: 'Delete' },
      dataFrom: [fromGenerator()],
    });
    const late = 'REFRESHED_TOO_LATE';
    expect((await run([generator(), es])).codes).toEqual([late]);
    const { codes } = await run([generator(), es], {}, 'plan');
    expect(codes).toEqual(['FIELD_IGNORED', 'FIELD_IGNORED', 'FIELD_IGNORED', 'FIELD_IGNORED', late, 'PLAN']);
  });

  test('of a field that nobody knows', async () => {
    const { messages } = await run([generator(), externalSecret({ dataFrom: [fromGenerator()], targets: {} })]);
    expect(messages).toEqual([
      'cannot use ExternalSecret "team-a/credentials": `spec.targets` is not a known field; did you mean `target`? Correct it.',
    ]);
  });

  test.each<[what: string, spec: object, codes: readonly string[]]>([
    ['a Secret that clusters do not let change', { target: { immutable: true } }, ['REFRESHED_TOO_LATE']],
    ['a policy that renews', { refreshPolicy: 'Periodic', refreshInterval: '30m' }, []],
    ...[
      ['a value that is encoded twice', '{{ .session_token | b64enc }}', ['TEMPLATE_INVALID']],
      ['the same, written otherwise', ' {{- b64enc .session_token -}}\n', ['TEMPLATE_INVALID']],
      ['a part of a text that is encoded', 'Basic {{ .session_token | b64enc }}', []],
      ['a value that is made first', '{{ printf "%s:" .access_key_id | b64enc }}', []],
    ].map(([what, a, codes]) => [what, { target: { template: { data: { a } } } }, codes] as [string, object, string[]]),
  ])('of %s', async (_, spec, codes) => {
    expect((await run([generator(), externalSecret({ ...spec, dataFrom: [fromGenerator()] })])).codes).toEqual(codes);
  });

  const TEXT = '{{ .access_key_id }}';
  const KEYS = `${TEXT} {{ .secret_access_key }}`;
  test.each<[what: string, spec: object, codes: readonly string[]]>([
    ['a rewrite of one key', { rewrite: [{ regexp: { source: '^session', target: 's' } }] }, []],
    [
      'a rewrite of what one before it made',
      { rewrite: [ALL_TO_UPPER, { regexp: { source: 'KEY', target: 'k' } }] },
      [],
    ],
    [
      'a rewrite that comes too late',
      { rewrite: [ALL_TO_UPPER, { regexp: { source: 'key', target: 'k' } }] },
      ['FIELD_IGNORED'],
    ],
    ['an escape of Helm that stayed', { template: { data: { a: `{{ "${TEXT}" }}` } } }, ['TEMPLATE_INVALID']],
    ['a template for another program', { template: { data: { a: `{{ "{{ .other }}{{ key }}" }}${TEXT}` } } }, []],
    ['both keys without the token', { template: { data: { a: KEYS } } }, ['TEMPLATE_INVALID']],
    [
      'the same in two values',
      { template: { data: { a: TEXT, b: '{{ .secret_access_key }}' } } },
      ['TEMPLATE_INVALID'],
    ],
    ['both keys beside the token', { template: { data: { a: KEYS, b: '{{ .session_token }}' } } }, []],
    ['the token in base64', { template: { data: { a: `${KEYS}{{ printf "a:%s" .session_token | b64enc }}` } } }, []],
    ['a part of the token', { template: { data: { a: `${KEYS}{{ .session_token | trunc 100 }}` } } }, []],
    ['both keys beside all values', { template: { mergePolicy: 'Merge', data: { a: KEYS } } }, []],
    ['a fixed text beside a value', { template: { data: { a: 'fixed', b: TEXT } } }, []],
    ['fixed texts', { template: { data: { a: 'fixed' } } }, ['TEMPLATE_INVALID']],
    ['fixed texts beside all values', { template: { mergePolicy: 'Merge', data: { a: 'fixed' } } }, []],
    ['a label alone', { template: { metadata: { labels: { a: 'b' } } } }, []],
    ['a type with its key', { template: { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': TEXT } } }, []],
    ['a type without its key', { template: { type: 'kubernetes.io/ssh-auth', data: { key: TEXT } } }, ['SPEC_INVALID']],
    [
      'a type of two keys, of which one is enough',
      { template: { type: 'kubernetes.io/basic-auth', data: { password: TEXT } } },
      [],
    ],
    [
      'a type whose keys a template names',
      { template: { type: 'kubernetes.io/tls', templateFrom: [{ literal: `tls.crt: ${TEXT}` }] } },
      [],
    ],
    ['a type of nobody', { template: { type: 'example.org/a', data: { a: TEXT } } }, []],
  ])('of %s', async (_, { rewrite, template }: { rewrite?: object; template?: object }, codes) => {
    const from = { ...fromGenerator(), ...(rewrite && { rewrite }) };
    const es = externalSecret({ dataFrom: [from], ...(template && { target: { template } }) });
    expect((await run([generator(), es])).codes).toEqual(codes);
  });

  test('of a plan with several sessions', async () => {
    const es = externalSecret({
      dataFrom: [fromGenerator('gen', [{ regexp: { source: '^', target: 'own_' } }]), fromGenerator('two')],
    });
    const { messages } = await run([generator(), generator('two', OTHER), es], {}, 'plan');
    expect(messages).toEqual([
      expect.stringMatching(
        /role\/deployer", for 3600 seconds; and .*, then "arn:aws:iam::123456789012:role\/other", for 3600 seconds\.$/,
      ),
    ]);
  });

  test('of a session behind a ClusterGenerator: its fields are those that are public', async () => {
    const named = fromGenerator('shared', undefined, 'ClusterGenerator');
    const es = externalSecret({ dataFrom: [fromGenerator(), named] });
    const { previews } = await run([generator(), clusterGenerator(SPEC), es], {}, 'plan');
    expect(previews?.[0]?.also?.[0]?.generator).toEqual({
      kind: 'ClusterGenerator',
      namespace: 'team-a',
      name: 'shared',
    });
  });
});
