import { Ready, Status } from '@crossplane-org/function-sdk-typescript';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { roles } from '../../support/accounts.ts';
import { applied, composite, generator, input, request, UID, verdictOf } from '../../support/crossplane/request.ts';
import { shareServer } from '../../support/crossplane/share-server.ts';
import { shareExampleSts } from '../../support/start-example-sts.ts';

/** Who may write the Secrets of a composite, a tenant in his namespace say, changes one that the function has made. */
const trusting = [...roles];
beforeEach(() => {
  trusting.splice(0, trusting.length, ...roles);
});
const sts = shareExampleSts({ roles: trusting });
const server = shareServer({ sts });

interface Secret {
  data: Record<string, string>;
  metadata: { name: string; annotations: Record<string, string> };
}

const THEIRS = Buffer.from('ASIATHEIRSTHEIRSTHEI').toString('base64');
const PREFIX = 'sts.fn.crossplane.io';

interface Kind {
  readonly key: string;
  readonly ask: (spec?: object) => Parameters<typeof request>[0] & object;
}

/** A composite of Crossplane 1, whose Secrets are mirrored: the call, and the name of its Secret. */
const legacy: Kind = {
  key: 'team-a/acme-deployer',
  ask: (spec: object = {}) => ({
    xr: {
      ...composite({ metadata: { namespace: undefined } }),
      metadata: { name: 'acme', uid: UID },
      spec: { accountID: '123456789012', ...spec },
    },
    input: input({ generators: [generator({}, { name: 'deployer', namespace: 'team-a' })] }),
  }),
};
const modern: Kind = {
  key: 'acme-deployer',
  ask: (spec: object = {}) => ({ xr: composite({ spec }), input: input() }),
};

/** A Secret that was made, shown and is not remembered any more. */
async function seen({ key, ask }: Kind): Promise<Secret> {
  const { response } = await server.reconcile(request(ask()));
  const secret = response.desired?.resources[key]?.resource as unknown as Secret;
  await server.reconcile(request({ ...ask(), observedResources: { [key]: applied(secret) } }));
  return secret;
}

const withData = (secret: Secret, data: Record<string, string>): Secret => ({
  ...secret,
  data: { ...secret.data, ...data },
});
const withAnnotations = (secret: Secret, annotations: Record<string, string>): Secret => ({
  ...secret,
  metadata: { ...secret.metadata, annotations },
});
const without = (secret: Secret, name: string): Secret =>
  withAnnotations(
    secret,
    Object.fromEntries(Object.entries(secret.metadata.annotations).filter(([one]) => one !== `${PREFIX}/${name}`)),
  );
const due = (secret: Secret): Secret =>
  withAnnotations(secret, { ...secret.metadata.annotations, [`${PREFIX}/renew-after`]: '2026-01-01T00:00:00Z' });

const CHANGES: [string, (secret: Secret) => Secret][] = [
  ["another's key id", (secret) => withData(secret, { access_key_id: THEIRS })],
  ['a key more', (secret) => withData(secret, { role_arn: THEIRS })],
  ["another's key id and no hash", (secret) => without(withData(secret, { access_key_id: THEIRS }), 'data-hash')],
  [
    "another's key id, and only an end",
    (secret) =>
      withAnnotations(withData(secret, { access_key_id: THEIRS }), {
        [`${PREFIX}/expiration`]: secret.metadata.annotations[`${PREFIX}/expiration`] ?? '',
      }),
  ],
  [
    "another's key id, said to be added to a Secret that is not ours",
    (secret) =>
      withAnnotations(withData(secret, { access_key_id: THEIRS }), {
        ...secret.metadata.annotations,
        [`${PREFIX}/merged`]: 'true',
      }),
  ],
  [
    'an end in 2099',
    (secret) =>
      withAnnotations(secret, { ...secret.metadata.annotations, [`${PREFIX}/expiration`]: '2099-01-01T00:00:00Z' }),
  ],
];

describe.each(CHANGES)('a Secret with %s', (_, change) => {
  test.each([
    ['a composite', modern],
    ['a legacy composite', legacy],
  ])('of %s is not ready and not mirrored, and stays while STS refuses', async (__, kind) => {
    const { key, ask } = kind;
    const changed = change(due(await seen(kind)));
    trusting.length = 0;
    const { response } = await server.reconcile(request({ ...ask(), observedResources: { [key]: applied(changed) } }));
    expect(response.desired?.resources[key]).toMatchObject({
      resource: { data: changed.data },
      ready: Ready.READY_FALSE,
    });
    expect(response.desired?.composite?.ready).toBe(Ready.READY_FALSE);
    expect(response.desired?.composite?.connectionDetails ?? {}).toEqual({});
    const { status, reason } = verdictOf(response) ?? {};
    expect({ status, isKept: reason === 'RenewalFailed' }).toEqual({
      status: Status.STATUS_CONDITION_FALSE,
      isKept: false,
    });
  });

  test.each<[string, Kind, Kind['ask']]>([
    ['a composite waits for a variable', modern, () => modern.ask({ accountID: undefined })],
    ['a legacy composite waits for a variable', legacy, () => legacy.ask({ accountID: undefined })],
    [
      "a composite waits for its namespace's label",
      modern,
      () => ({
        ...modern.ask(),
        input: input({ vars: { account: { namespaceLabel: 'example.org/account', type: 'accountID' } } }),
      }),
    ],
  ])('stays as it is while %s, and is neither ready nor mirrored', async (__, kind, ask) => {
    const { key } = kind;
    const changed = change(await seen(kind));
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } };
    const { response } = await server.reconcile(request({ ...ask(), observedResources: { [key]: applied(changed) } }), [
      namespace,
    ]);
    expect(verdictOf(response)?.reason).toBe('ValueMissing');
    expect(response.desired?.resources[key]).toMatchObject({
      resource: { data: changed.data },
      ready: Ready.READY_FALSE,
    });
    expect(response.desired?.composite?.connectionDetails ?? {}).toEqual({});
  });
});

test.each([
  ['a composite', modern],
  ['a legacy composite', legacy],
])('of %s an untouched one is ready while a variable is away, and mirrored as before', async (_, kind) => {
  const { key, ask } = kind;
  const secret = await seen(kind);
  const away = { ...ask({ accountID: undefined }), observedResources: { [key]: applied(secret) } };
  const { response } = await server.reconcile(request(away));
  expect(response.desired?.resources[key]).toMatchObject({ resource: secret, ready: Ready.READY_TRUE });
  const details = response.desired?.composite?.connectionDetails ?? {};
  expect(Object.keys(details).length).toBe(kind === legacy ? 4 : 0);
});

test.each([
  ['a composite', modern],
  ['a legacy composite', legacy],
])("a Secret of %s with another's key id is made anew, and nothing of theirs is mirrored", async (_, kind) => {
  const { key, ask } = kind;
  const secret = await seen(kind);
  const observed = applied(withData(secret, { access_key_id: THEIRS }));
  const { response } = await server.reconcile(request({ ...ask(), observedResources: { [key]: observed } }));
  const { resource, ready } = response.desired?.resources[key] ?? {};
  expect({ calls: sts.calls.length, ready }).toEqual({ calls: 2, ready: Ready.READY_FALSE });
  expect(JSON.stringify(resource)).not.toContain(THEIRS);
  const details = response.desired?.composite?.connectionDetails ?? {};
  expect(Object.values(details).map(String)).not.toContain('ASIATHEIRSTHEIRSTHEI');
  const later = await server.reconcile(request({ ...ask(), observedResources: { [key]: applied(resource) } }));
  expect(later.response.desired?.resources[key]).toMatchObject({ resource, ready: Ready.READY_TRUE });
  expect(sts.calls.length).toBe(2);
});

test('one that says it ends later than the one made since is not taken for the work of another replica', async () => {
  const { key, ask } = modern;
  const { response } = await server.reconcile(request(ask()));
  const secret = response.desired?.resources[key]?.resource as unknown as Secret;
  const later = `${new Date(Date.now() + 3600_000).toISOString().slice(0, 19)}Z`;
  const theirs = withAnnotations(withData(secret, { access_key_id: THEIRS }), {
    ...secret.metadata.annotations,
    [`${PREFIX}/expiration`]: later,
  });
  const { response: again } = await server.reconcile(
    request({ ...ask(), observedResources: { [key]: applied(theirs) } }),
  );
  expect(again.desired?.resources[key]).toMatchObject({ resource: secret, ready: Ready.READY_FALSE });
  expect(sts.calls.length).toBe(1);
});

test('an end that no session has, written again and again, costs one session, which stays the reference', async () => {
  const { key, ask } = modern;
  const { response } = await server.reconcile(request(ask()));
  const secret = response.desired?.resources[key]?.resource as unknown as Secret;
  await server.reconcile(request({ ...ask(), observedResources: { [key]: applied(secret) } }));
  const ends = { ...secret.metadata.annotations, [`${PREFIX}/expiration`]: '2099-01-01T00:00:00Z' };
  const observedResources = { [key]: applied(withAnnotations(secret, ends)) };
  const answers: unknown[] = [];
  for (let reconciles = 0; reconciles < 5; reconciles++) {
    const { response: again } = await server.reconcile(request({ ...ask(), observedResources }));
    answers.push(again.desired?.resources[key]);
    expect(verdictOf(again)).toMatchObject({ reason: 'Available' });
  }
  expect(answers).toEqual(answers.map(() => answers[0]));
  expect(sts.calls.length).toBe(2);
});

test('where another tool adds a key in each reconcile, there is no session in each, it is never ready, and that is said', async () => {
  const { key, ask } = modern;
  let observed = await seen(modern);
  const before = sts.calls.length;
  const verdicts: unknown[] = [];
  for (let reconciles = 0; reconciles < 10; reconciles++) {
    const adds = applied(withData(observed, { added: 'YQ==' }));
    const { response } = await server.reconcile(request({ ...ask(), observedResources: { [key]: adds } }));
    expect(response.desired?.resources[key]?.ready).toBe(Ready.READY_FALSE);
    observed = response.desired?.resources[key]?.resource as unknown as Secret;
    verdicts.push(verdictOf(response)?.reason);
  }
  expect(verdicts).toEqual(['Available', ...Array.from({ length: 9 }, () => 'SecretChanged')]);
  expect(sts.calls.length - before).toBe(1);
});
