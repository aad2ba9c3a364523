import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import type { KnownObject, NeedAnswers } from '../../../function/model/answers.ts';
import { hopsOf } from '../../../function/model/hop.ts';
import { objectKey, secretObject } from '../../../function/model/kinds.ts';
import { Deadline } from '../../../function/model/run-limits.ts';
import type { RunRequest } from '../../../function/model/run-request.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import type { AwsFailure } from '../../../function/model/world.ts';
import { draft } from '../../../function/planner/draft.ts';
import { planJobs } from '../../../function/planner/plan.ts';
import { generatorManifest, ROLE_ARN, SPEC } from '../../support/manifests.ts';
import { ambient, type FakeWorld, fakeWorld, NOW } from '../../support/world/fake-world.ts';
import { runManifests } from '../../support/world/run-manifests.ts';

const secretRef = {
  accessKeyIDSecretRef: { name: 'keys', key: 'id' },
  secretAccessKeySecretRef: { name: 'keys', key: 'secret' },
};
const found = (secrets: Record<string, KnownObject | null>) =>
  new Map(
    Object.entries(secrets).map(
      ([name, secret]) => [objectKey(secretObject({ name, namespace: 'team-a' })), secret] as const,
    ),
  );
const given = (data: Record<string, string>): KnownObject => ({ stringData: data, annotations: {} });

describe('needs', () => {
  const items = ['a', 'b'].map((name) =>
    generatorManifest({ ...SPEC, auth: { secretRef } }, { name, namespace: 'team-a' }),
  );
  const open = async (manifests: readonly unknown[], known: NeedAnswers) => {
    const drafted = await draft({ items: manifests, ambient: ambient() });
    const { needs } = planJobs(drafted, known, { now: NOW, environment: {}, deadline: new Deadline({}) });
    return needs.flatMap((need) => ('object' in need && !known.has(need.key) ? [need.object.name] : []));
  };

  test('are the targets first, then what is read for those that are due', async () => {
    expect(await open(items, new Map())).toEqual(['a', 'b']);
    expect(new Set(await open(items, found({ a: null, b: null })))).toEqual(new Set(['keys']));
    expect(await open(items, found({ a: null, b: null, keys: null }))).toEqual([]);
  });

  test('are none for a target that is still good', async () => {
    const [a] = await mint({ items, ambient: ambient() }, fakeWorld());
    expect(new Set(await open(items, found({ a: a ?? null, b: null })))).toEqual(new Set(['keys']));
    expect(await open(items.slice(0, 1), found({ a: a ?? null }))).toEqual([]);
  });
});

test('what was judged is not judged again', async () => {
  const items = [generatorManifest({ ...SPEC, auth: { secretRef } }, { name: 'a', namespace: 'team-a' })];
  const drafted = await draft({ items, ambient: ambient() });
  const at = { now: NOW, environment: {}, deadline: new Deadline({}) };
  const first = planJobs(drafted, found({ a: null }), at);
  expect(first.decisions[0]?.verdict).toEqual({ do: 'issue', because: 'absent' });
  const second = planJobs(drafted, found({ a: null, keys: given({ id: 'AKID', secret: 'S' }) }), at, first);
  expect(second.decisions[0]?.verdict).toBe(first.decisions[0]?.verdict);
  expect(second.decisions[0]?.completeParts).toHaveLength(1);
});

/** The Secrets of a run, as a host would find them again. */
async function mint(request: RunRequest, world: FakeWorld, now = NOW): Promise<KnownObject[]> {
  const { secrets } = await runManifests(request, found({ keys: given({ id: 'AKID', secret: 'S' }) }), { world, now });
  return secrets.map(({ data, metadata }) => ({ data, annotations: metadata.annotations }));
}

describe('renewal', () => {
  const shared: AwsFailure = { kind: 'refused', awsCode: 'AccessDenied', clockCorrected: false };
  const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
  const config = (renew: unknown) => ({
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    sessions: [{ renew }],
  });

  async function again(
    minutes: number,
    { failure, renew = {}, seconds = 3600 }: { failure?: AwsFailure; renew?: unknown; seconds?: number } = {},
  ) {
    const request = { items: [generatorManifest(SPEC)], functionConfig: config(renew), ambient: ambient() };
    const [first] = await mint(request, fakeWorld({ lifetimeSeconds: seconds }));
    const world = fakeWorld(failure === undefined ? {} : { failures: [failure] });
    const there = found({ deployer: first ?? null });
    const { secrets, findings } = await runManifests(request, there, { world, now: later(minutes) });
    return { calls: world.calls.length, secrets: secrets.length, codes: findings.map(({ code }) => code) };
  }

  test.each([
    ['a Secret of 30 minutes is used again', 30, 0],
    ['one of 50 minutes is renewed', 50, 1],
    ['one that has expired is made anew', 61, 1],
  ])('%s', async (_, minutes, calls) => {
    expect(await again(minutes)).toEqual({ calls, secrets: calls, codes: [] });
  });

  test('`before` says when', async () => {
    expect(await again(30, { renew: { before: '40m' } })).toMatchObject({ calls: 1 });
  });

  test.each([
    ['59m', 3600],
    ['95%', 3600],
    ['30m', 900],
    ['20m', 7200],
  ])('a session is not due when it comes: `before` %s, and AWS gives %d seconds', async (before, seconds) => {
    expect(await again(0, { renew: { before }, seconds })).toEqual({ calls: 0, secrets: 0, codes: [] });
  });

  test('a failure keeps what is still valid, and warns', async () => {
    expect(await again(50, { failure: shared })).toEqual({ calls: 1, secrets: 0, codes: ['RENEWAL_FAILED'] });
  });

  test('a failure is an error where renewal is required, or nothing valid is left', async () => {
    expect(await again(50, { failure: shared, renew: { required: true } })).toMatchObject({ codes: ['HOP_DENIED'] });
    expect(await again(61, { failure: shared })).toMatchObject({ codes: ['HOP_DENIED'] });
  });

  test('`before` that is no shorter than the session is refused', async () => {
    expect(await again(0, { renew: { before: '60m' } })).toMatchObject({
      calls: 0,
      codes: ['FUNCTION_CONFIG_INVALID'],
    });
  });
});

describe('issue', () => {
  const run = async (spec: unknown, secrets: Record<string, KnownObject | null>, world: FakeWorld) =>
    runManifests({ items: [generatorManifest(spec)], ambient: ambient() }, found(secrets), { world });

  test('renders one Secret, whole', async () => {
    const { secrets, findings } = await run(
      { ...SPEC, auth: { secretRef } },
      { keys: given({ id: 'AKID', secret: 'S' }), deployer: null },
      fakeWorld(),
    );
    expect(findings).toEqual([]);
    expect(secrets).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 'deployer',
          namespace: 'team-a',
          annotations: {
            'sts.fn.crossplane.io/generator': 'STSAssumeRoleToken/team-a/deployer',
            'sts.fn.crossplane.io/expiration': '2026-01-02T04:04:05Z',
            'sts.fn.crossplane.io/renew-after': expect.stringMatching(/^2026-01-02T03:[34]\d:\d\dZ$/),
            'sts.fn.crossplane.io/spec-hash': expect.stringMatching(/^v1-[0-9a-f]{32}$/),
            'sts.fn.crossplane.io/data-hash': expect.stringMatching(/^v1-[0-9a-f]{32}$/),
          },
        },
        type: 'Opaque',
        data: {
          access_key_id: Buffer.from('ASIA1').toString('base64'),
          secret_access_key: Buffer.from('secret').toString('base64'),
          session_token: Buffer.from('token').toString('base64'),
          expiration: Buffer.from(String(Math.floor(NOW.getTime() / 1000) + 3600)).toString('base64'),
        },
      },
    ]);
  });

  test.each([
    ['data', { data: { id: Buffer.from('AKID').toString('base64'), secret: 'Uw==' }, annotations: {} }],
    [
      'stringData over data',
      { data: { id: 'bm8=', secret: 'bm8=' }, stringData: { id: 'AKID', secret: 'S' }, annotations: {} },
    ],
    ['base64 over several lines', { data: { id: 'QUtJ\nRA==\n', secret: 'Uw==' }, annotations: {} }],
  ])('reads keys from %s', async (_, secret) => {
    const world = fakeWorld();
    await run({ ...SPEC, auth: { secretRef } }, { keys: secret, deployer: null }, world);
    expect(world.calls.map(({ signedWith }) => signedWith)).toEqual(['AKID']);
  });

  test('asks nothing of AWS after one error of any job', async () => {
    const world = fakeWorld();
    const items = [
      generatorManifest(SPEC),
      generatorManifest({ ...SPEC, auth: { secretRef } }, { name: 'other', namespace: 'team-a' }),
    ];
    const { secrets, findings } = await runManifests({ items, ambient: ambient() }, new Map(), { world });
    expect({ secrets, codes: findings.map(({ code }) => code), calls: world.calls }).toEqual({
      secrets: [],
      codes: ['REFERENCE_MISSING'],
      calls: [],
    });
  });

  test('keeps the order of the request, with as many requests at once as allowed', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    const world = fakeWorld();
    const items = names.map((name) => generatorManifest(SPEC, { name }));
    const request = { items, ambient: ambient({ STS_FUNCTION_CONCURRENCY: '7' }) };
    const { secrets } = await runManifests(request, new Map(), { world });
    expect(secrets.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(world.mostAtOnce).toBe(7);
  });

  test('refuses a session with a line break in a key', async () => {
    const world = fakeWorld();
    const { secrets, findings } = await run(
      SPEC,
      { deployer: null },
      {
        ...world,
        sts: {
          client: async (options) => {
            const client = await world.sts.client(options);
            return {
              ...client,
              assumeRole: async (request, signal) => {
                const session = await client.assumeRole(request, signal);
                return { ...session, secretAccessKey: new Sensitive('a\n[profile]') };
              },
            };
          },
        },
      },
    );
    expect({ secrets, codes: findings.map(({ code }) => code) }).toEqual({ secrets: [], codes: ['STS_MALFORMED'] });
  });

  test('sends what the spec says, and the documented default duration', async () => {
    const world = fakeWorld();
    await run({ ...SPEC, requestParameters: { externalID: 'e-1' } }, { deployer: null }, world);
    expect(world.calls).toEqual([
      {
        region: 'eu-west-1',
        signedWith: 'default chain',
        request: { roleArn: ROLE_ARN, sessionName: 'team-a.deployer', durationSeconds: 3600, externalID: 'e-1' },
      },
    ]);
  });
});

describe('the vectors of external-secrets PR #6404', () => {
  test.each([
    ['no spec', undefined, ['`spec` is required']],
    ['a role that is missing', { region: 'eu-west-1' }, ['`spec.role` is required']],
    ['a role that is empty', { region: 'eu-west-1', role: '' }, ['`spec.role` must not be empty']],
  ])('%s', async (_, spec, want) => {
    const { findings } = await draft({ items: [generatorManifest(spec)], ambient: ambient() });
    expect(findings.map((one) => messageOf(one))).toEqual(want.map((text) => expect.stringContaining(text)));
  });

  test('7200 seconds and an external ID are forwarded', async () => {
    const world = fakeWorld();
    const spec = {
      ...SPEC,
      auth: { secretRef },
      requestParameters: { sessionDuration: 7200, externalID: 'my-external-id' },
    };
    await mint({ items: [generatorManifest(spec)], ambient: ambient() }, world);
    expect(world.calls[0]?.request).toMatchObject({ durationSeconds: 7200, externalID: 'my-external-id' });
  });
});

describe('a generator that is the functionConfig and an item', () => {
  const copies = (item: unknown, config: unknown) =>
    draft({ items: [item], functionConfig: config, ambient: ambient() });

  test('is one, and the item counts', async () => {
    const { jobs } = await copies(generatorManifest({ ...SPEC, region: 'eu-west-2' }), generatorManifest(SPEC));
    expect(jobs.map(({ parts: [part] }) => hopsOf(part)[0]?.region)).toEqual(['eu-west-2']);
  });

  test('but one from an Input that wants the same Secret is a conflict', async () => {
    const input = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Input', generators: [generatorManifest(SPEC)] };
    const { findings } = await copies(generatorManifest(SPEC), input);
    expect(findings.map(({ code }) => code)).toEqual(['TARGET_CONFLICT']);
  });
});

describe('a login for a registry', () => {
  const kind = { kind: 'ECRAuthorizationToken' };
  const items = [{ ...(generatorManifest({ region: 'eu-west-1' }) as object), ...kind }];
  const times = async (lifetimeSeconds?: number) => {
    const [secret] = await mint(
      { items, ambient: ambient() },
      fakeWorld(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
    );
    const at = (name: string) => Date.parse(secret?.annotations[`sts.fn.crossplane.io/${name}`] ?? '') - NOW.getTime();
    return { secret, end: at('expiration') / 3600_000, due: at('renew-after') / 3600_000 };
  };

  test('is renewed by when it really ends, also where that is sooner than twelve hours', async () => {
    const usual = await times();
    expect(usual.end).toBeCloseTo(12, 2);
    expect(usual.due).toBeGreaterThan(12 * 0.56);
    expect(usual.due).toBeLessThanOrEqual(8);
    const short = await times(3 * 3600);
    expect(short.end).toBeCloseTo(3, 2);
    expect(short.due).toBeLessThanOrEqual(2);
  });

  test('is used again until then, though no request says how long it lasts', async () => {
    const { secret } = await times();
    const later = new Date(NOW.getTime() + 6 * 3600_000);
    const world = fakeWorld();
    await runManifests({ items, ambient: ambient() }, found({ deployer: secret ?? null }), { world, now: later });
    expect(world.calls).toHaveLength(0);
  });
});
