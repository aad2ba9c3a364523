import { describe, expect, test } from '@jest/globals';
import { checkComparisons, choose, refusersOfPlaintext } from '../../../function/chain/guard.ts';
import { type Finding, messageOf } from '../../../function/findings/finding.ts';
import { serviceAccount } from '../../../function/identity/service-account.ts';
import { tokenEnv } from '../../../function/identity/token-env.ts';
import type { Guards } from '../../../function/model/grant.ts';
import { type Hop, hopsOf, isRoleHop } from '../../../function/model/hop.ts';
import { hopsWith } from '../../support/hops-with.ts';

const refusals: (...given: Parameters<typeof choose>) => readonly Finding[] = (asked, guards) =>
  choose(asked, guards).findings;
const refusers = (asked: Parameters<typeof choose>[0], guards: Guards) =>
  refusersOfPlaintext(choose(asked, guards).chosenGrants ?? {});

describe('the guards', () => {
  const generator = {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'STSAssumeRoleToken',
    name: 'deployer',
  };
  const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
  const asked = (roles: readonly string[], namespace?: string, targetNamespace = namespace) => ({
    generator: { ...generator, ...(namespace === undefined ? {} : { namespace }) },
    kind: 'STSAssumeRoleToken' as const,
    mayUseCluster: false,
    target: { name: 'deployer', ...(targetNamespace === undefined ? {} : { namespace: targetNamespace }) },
    ...hopsWith(
      roles.map((name) => ({
        operation: 'AssumeRole' as const,
        region: 'eu-west-1',
        request: { roleArn: role(name), sessionName: 'ss', durationSeconds: 900 },
      })),
    ),
  });

  test.each<[string, Guards, boolean]>([
    ['no guard', {}, true],
    ['a Policy without a word of it', { policy: [{ roles: ['arn:aws:iam::*:role/*'] }] }, false],
    ['a Policy that grants another kind', { policy: [{ withoutRole: ['STSSessionToken'] }] }, false],
    ['a Policy that grants it', { policy: [{ withoutRole: ['ECRAuthorizationToken'] }] }, true],
    ['an `allow` without a word of it', { allow: [{ roles: [] }] }, true],
    ['an `allow` that grants none', { allow: [{ withoutRole: [] }] }, false],
  ])('what is asked for without a role, and %s', (_, guards, want) => {
    const login = {
      operation: 'GetAuthorizationToken' as const,
      region: 'eu-west-1',
      request: { scope: 'private' as const },
    };
    const kind = 'ECRAuthorizationToken' as const;
    const job = { ...asked([], 'team-a'), kind, ...hopsWith([login]) };
    const given = { ...job, generator: { ...job.generator, kind: 'ECRAuthorizationToken' } };
    expect(refusals(given, guards).length === 0).toBe(want);
    const shared = { ...job, generator: { ...job.generator, kind: 'ClusterGenerator' } };
    expect(refusals(shared, guards).length === 0).toBe(want);
    for (const { field } of [...refusals(given, guards), ...refusals(shared, guards)]) expect(field).toBe(undefined);
  });

  test("an entry's identity is named as the entry's field, but not to the author of a generator of the cluster", () => {
    const policy = [{ roles: ['*:*:*:*:*:*/*'], identities: ['github'], fromCluster: true }];
    const calls = asked(['a']);
    const given = {
      ...calls,
      entryField: 'sessions[1]',
      chain: { ...calls.chain, identity: tokenEnv.identity('TOKEN') },
    };
    const [own] = refusals(given, { policy });
    expect([own?.object, own?.field]).toEqual([undefined, 'sessions[1].identity']);
    expect(refusals({ ...given, isFromCluster: true }, { policy })).toMatchObject([{ field: 'spec.role' }]);
    expect(refusals(given, { policy: [{ identities: [] }] })).toMatchObject([{ field: 'spec.role' }]);
  });

  test('the role of a generator is named as its field', () => {
    expect(refusals(asked(['hub', 'a']), { policy: [] })).toMatchObject([{ field: 'spec.role' }]);
  });

  test.each<[string, readonly string[], string | undefined, Guards, boolean]>([
    ['no guard', ['a'], undefined, {}, true],
    ['a role that is granted', ['a'], 'team-a', { policy: [{ roles: [role('a')] }] }, true],
    ['a hub that is not', ['hub', 'a'], 'team-a', { policy: [{ roles: [role('a')] }] }, false],
    ['every hop in one grant', ['hub', 'a'], 'team-a', { policy: [{ roles: [role('a')], via: [role('hub')] }] }, true],
    [
      'a hub among what is handed out',
      ['hub', 'a'],
      'team-a',
      { policy: [{ roles: [role('a'), role('hub')] }] },
      false,
    ],
    [
      'a hub itself that may be passed',
      ['hub'],
      'team-a',
      { policy: [{ roles: [role('a')], via: [role('hub')] }] },
      false,
    ],
    ['allow with roles alone', ['hub', 'a'], 'team-a', { allow: [{ roles: [role('*')] }] }, false],
    ['hops in two grants', ['hub', 'a'], 'team-a', { policy: [{ roles: [role('a')] }, { via: [role('hub')] }] }, false],
    ['another namespace', ['a'], 'team-b', { policy: [{ namespaces: ['team-a'], roles: [role('a')] }] }, false],
    [
      'no namespace, and a grant for one',
      ['a'],
      undefined,
      { policy: [{ namespaces: ['team-a'], roles: [role('a')] }] },
      false,
    ],
    ['no namespace, and a grant for any', ['a'], undefined, { policy: [{ roles: [role('a')] }] }, true],
    ['a grant of the Policy without roles', ['a'], 'team-a', { policy: [{ namespaces: ['team-a'] }] }, false],
    ['a grant of allow without roles', ['a'], 'team-a', { allow: [{ namespaces: ['team-a'] }] }, true],
    ['a Policy without grants', ['a'], 'team-a', { policy: [] }, false],
    [
      'allow that says yes, and a Policy that says no',
      ['a'],
      'team-a',
      { allow: [{}], policy: [{ roles: [role('b')] }] },
      false,
    ],
    [
      'a Policy that says yes, and allow that says no',
      ['a'],
      'team-a',
      { allow: [{ roles: [role('b')] }], policy: [{ roles: [role('*')] }] },
      false,
    ],
    [
      'a namespace that is no pattern',
      ['a'],
      'team-a',
      { policy: [{ namespaces: ['team-*'], roles: [role('a')] }] },
      false,
    ],
  ])('%s', (_, roles, namespace, guards, passes) => {
    expect(refusals(asked(roles, namespace), guards)).toEqual(
      passes ? [] : [expect.objectContaining({ code: 'NOT_GRANTED' })],
    );
  });

  test.each<[string, Guards, string | undefined]>([
    [
      'all of it',
      { policy: [{ roles: [role('a')], serviceAccounts: ['x'], audiences: ['aud'], cluster: true }] },
      undefined,
    ],
    ['allow without a word of it', { allow: [{}] }, undefined],
    ['no cluster', { policy: [{ roles: [role('a')], serviceAccounts: ['x'], audiences: ['aud'] }] }, 'the cluster to'],
    ['allow that says no to the cluster', { allow: [{ cluster: false }] }, 'the cluster to'],
    [
      'no ServiceAccount',
      { policy: [{ roles: [role('a')], audiences: ['aud'], cluster: true }] },
      'ServiceAccount "team-a/x" to',
    ],
    ['no audience', { policy: [{ roles: [role('a')], serviceAccounts: ['x'], cluster: true }] }, 'audience "aud" to'],
  ])("a ServiceAccount's token from a cluster of the manifests: %s", (_, guards, refused) => {
    const { chain, ...job } = asked(['a'], 'team-a');
    const reference = { serviceAccountRef: { name: 'x', audiences: ['aud'] } };
    const identity = serviceAccount(reference, { ...generator, namespace: 'team-a' });
    const findings = refusals({ ...job, mayUseCluster: true, chain: { ...chain, identity } }, guards);
    expect(findings.map((one) => messageOf(one))).toEqual(
      refused === undefined ? [] : [expect.stringContaining(`does not grant ${refused}`)],
    );
  });

  test.each<[string, Guards, boolean]>([
    ['no guard', {}, true],
    ['a grant without a word of it', { policy: [{ roles: [role('a')] }] }, true],
    ['a grant that warns', { policy: [{ roles: [role('a')], plaintext: 'warn' }] }, true],
    ['a grant that refuses', { policy: [{ roles: [role('a')], plaintext: 'refuse' }] }, false],
    ['allow that refuses', { allow: [{ plaintext: 'refuse' }] }, false],
    [
      'the first of two grants that have the role refuses',
      { policy: [{ roles: [role('a')], plaintext: 'refuse' }, { roles: [role('*')] }] },
      false,
    ],
    [
      'the second of two grants that have the role refuses',
      { policy: [{ roles: [role('*')] }, { roles: [role('a')], plaintext: 'refuse' }] },
      true,
    ],
    [
      'another grant, for another role',
      { policy: [{ roles: [role('a')], plaintext: 'refuse' }, { roles: [role('b')] }] },
      false,
    ],
  ])('plain text in a file: %s', (_, guards, passes) => {
    expect(refusers(asked(['a'], 'team-a'), guards)).toHaveLength(passes ? 0 : 1);
  });

  test.each<[string, Guards, boolean]>([
    ['named', { policy: [{ roles: [role('a')], externalIDs: ['ids'] }] }, true],
    ['another named', { policy: [{ roles: [role('a')], externalIDs: ['other'] }] }, false],
    ['none named', { policy: [{ roles: [role('a')] }] }, false],
    ['allow without a word of it', { allow: [{}] }, true],
  ])('an external ID that is read from a Secret: %s', (_, guards, passes) => {
    const { chain, ...job } = asked(['a'], 'team-a');
    const externalIDFrom = { name: 'ids', namespace: 'team-a', key: 'id', field: 'f' };
    const hops = hopsOf({ chain, ...job }).map(
      (hop) => ({ ...hop, request: { ...hop.request, externalIDFrom } }) as Hop,
    );
    expect(refusals({ ...job, ...hopsWith(hops) }, guards).map((one) => messageOf(one))).toEqual(
      passes ? [] : [expect.stringContaining('an external ID from Secret "team-a/ids"')],
    );
  });

  test.each<[string, Guards, boolean]>([
    ['named', { policy: [{ roles: [role('a')], templateSecrets: ['texts'] }] }, true],
    ['another named', { policy: [{ roles: [role('a')], templateSecrets: ['other'] }] }, false],
    ['none named', { policy: [{ roles: [role('a')] }] }, false],
    ['named for another role', { policy: [{ roles: [role('a')] }, { templateSecrets: ['texts'] }] }, false],
    ['allow without a word of it', { allow: [{}] }, true],
    ['allow that names another', { allow: [{ templateSecrets: ['other'] }] }, false],
  ])('a template that is read from a Secret: %s', (_, guards, passes) => {
    const from = { kind: 'Secret' as const, name: 'texts', namespace: 'team-a', key: 'a' };
    const configMap = { ...from, kind: 'ConfigMap' as const, name: 'open' };
    const templates = [from, configMap].map((one) => ({ target: 'Data' as const, key: 'a', field: 'f', from: one }));
    const given = { ...asked(['a'], 'team-a'), form: { template: { keepsValues: false, templates } } };
    expect(refusals(given, guards)).toHaveLength(passes ? 0 : 1);
    expect(refusers(given, { policy: [{ roles: [role('a')], plaintext: 'refuse' }] })).toEqual([]);
  });

  test('wants the namespace of the Secret in the same grant', () => {
    const policy = [
      { namespaces: ['team-a'], roles: [role('a')] },
      { namespaces: ['team-b'], roles: [role('a')] },
    ];
    const [refusal] = refusals(asked(['a'], 'team-a', 'team-b'), { policy });
    expect(refusal && messageOf(refusal)).toContain(`for namespace "team-a" and namespace "team-b"`);
    expect(refusals(asked(['a'], 'team-b', 'team-a'), { policy })).toHaveLength(1);
    const both = [{ namespaces: ['team-a', 'team-b'], roles: [role('a')] }];
    expect(refusals(asked(['a'], 'team-a', 'team-b'), { policy: both })).toEqual([]);
  });

  test('the grant that was chosen must have what is read later: another one does not help', () => {
    const policy = [{ roles: [role('a')] }, { roles: [role('a')], via: [role('own')] }];
    const { chosenGrants: granted = {} } = choose(asked(['a']), { policy });
    expect(granted).toEqual({ policy: [policy[0]], indexes: { policy: 0 } });
    expect(refusals(asked(['own', 'a']), { policy })).toEqual([]);
    expect(refusals(asked(['own', 'a']), granted).map((one) => messageOf(one))).toEqual([
      expect.stringContaining(`does not grant passing "${role('own')}"`),
    ]);
  });

  test("says to correct a ServiceAccount whose role no grant has, and no other role's", () => {
    const identity = serviceAccount({ serviceAccountRef: { name: 'deployer' } }, { ...generator, namespace: 'team-a' });
    const messages = (roles: readonly string[], guards: Guards) => {
      const request = asked(roles, 'team-a');
      const [identityHop, ...hops] = hopsOf(request).filter(isRoleHop);
      const chain = { ...hopsWith(hops, identity).chain, ...(identityHop && { identityHop }) };
      return refusals({ ...request, chain }, guards).map((refusal) => messageOf(refusal));
    };
    const lists = { serviceAccounts: ['deployer'], audiences: ['sts.amazonaws.com'] };
    const policy = [{ ...lists, roles: [role('a')], via: [role('own')] }];
    const cure = 'Correct the role that ServiceAccount "team-a/deployer" is annotated with, or';
    for (const list of ['policy', 'allow'] as const)
      expect(messages(['owm', 'a'], { [list]: policy })).toEqual([expect.stringContaining(cure)]);
    expect(messages(['own', 'hub', 'a'], { policy })).toEqual([expect.stringContaining('. Use what is granted, or')]);
  });

  test.each([
    [['hub', 'a', 'b'], `passing "${role('hub')}", passing "${role('a')}", "${role('b')}"`],
    [[...'abcdefg'], `${[...'abcde'].map((name) => `passing "${role(name)}"`).join(', ')}, 2 more`],
  ])('names the roles that no grant has, at most five: %j', (roles, named) => {
    const [refusal] = refusals(asked(roles, 'team-a'), { policy: [{ roles: [] }] });
    expect(refusal && messageOf(refusal)).toContain(`does not grant ${named} to namespace "team-a"`);
  });
});

describe('checkComparisons', () => {
  const asked = (count: number, namespace: string) =>
    Array.from({ length: count }, (_, index) => ({
      generator: {
        apiVersion: 'generators.external-secrets.io/v1alpha1',
        kind: 'STSAssumeRoleToken',
        name: `g${index}`,
        namespace,
      },
      kind: 'STSAssumeRoleToken' as const,
      mayUseCluster: false,
      target: { name: `g${index}`, namespace },
      ...hopsWith([
        {
          operation: 'AssumeRole' as const,
          region: 'eu-west-1',
          request: { roleArn: `arn:aws:iam::123456789012:role/r${index}`, sessionName: 'ss', durationSeconds: 900 },
        },
      ]),
    }));
  const grants = (count: number, namespaces?: (index: number) => string[]) =>
    Array.from({ length: count }, (_, index) => ({
      roles: [`arn:aws:iam::*:role/x${index}*`],
      ...(namespaces === undefined ? {} : { namespaces: namespaces(index) }),
    }));

  test.each<[string, ReturnType<typeof asked>, Guards, boolean]>([
    ['a large package under a large Policy', asked(1000, 'team-a'), { policy: grants(1000) }, true],
    ['thousands of both', asked(3000, 'team-a'), { policy: grants(3000) }, false],
    ["thousands of a package's own grants", asked(3000, 'team-a'), { allow: grants(3000) }, false],
    [
      'thousands of both, of which few are for one namespace',
      asked(3000, 'team-a'),
      { policy: grants(3000, (index) => [`team-${index}`]) },
      true,
    ],
    [
      'one grant with thousands of roles',
      asked(3000, 'team-a'),
      { allow: [{ roles: grants(4000).flatMap(({ roles }) => roles) }] },
      false,
    ],
    ['no guard', asked(9000, 'team-a'), {}, true],
  ])('%s', (_, all, guards, passes) => {
    expect(checkComparisons(all, guards).map((one) => [one.code, messageOf(one)])).toEqual(
      passes ? [] : [['LIMIT_EXCEEDED', expect.stringContaining('`namespaces`')]],
    );
  });
});
