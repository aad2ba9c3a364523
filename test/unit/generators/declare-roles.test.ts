import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultSessionName } from '../../../function/chain/operations/assume-role.ts';
import { messageOf } from '../../../function/findings/finding.ts';
import { hopsOf, isRoleHop } from '../../../function/model/hop.ts';
import type { HopSpec } from '../../../function/model/written-hop.ts';
import { declareCalls } from '../../support/declare-calls.ts';

const role = (name: string, account = '123456789012') => `arn:aws:iam::${account}:role/${name}`;
const spec = { region: 'eu-west-1', role: role('deployer') };
const plan = (via: readonly HopSpec[], last: HopSpec = {}, given: HopSpec = spec) =>
  declareCalls('STSAssumeRoleToken', given, { entry: { field: 'sessions[0]', via, last } });

test('every parameter of every hop, with the defaults', () => {
  const hub: HopSpec = {
    role: role('hub'),
    region: 'us-east-1',
    externalID: 'e-1',
    sessionName: 'spoke',
    sessionDuration: 900,
    tags: { team: 'a' },
    transitiveTagKeys: ['team'],
    sourceIdentity: 'ci',
    policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    policy: { Version: '2012-10-17' },
  };
  expect(plan([hub, { role: role('spoke') }], { tags: { job: 'x' } })).toEqual({
    sessionNames: ['spoke'],
    findings: [],
    after: [],
    chain: {
      via: [
        {
          operation: 'AssumeRole' as const,
          region: 'us-east-1',
          request: {
            roleArn: role('hub'),
            sessionName: 'spoke',
            durationSeconds: 900,
            externalID: 'e-1',
            tags: { team: 'a' },
            transitiveTagKeys: ['team'],
            sourceIdentity: 'ci',
            policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
            policy: '{"Version":"2012-10-17"}',
          },
        },
        {
          operation: 'AssumeRole' as const,
          region: 'eu-west-1',
          request: { roleArn: role('spoke'), sessionName: 'function-sts-assume-role', durationSeconds: 3600 },
        },
      ],
      generatorHop: {
        operation: 'AssumeRole' as const,
        region: 'eu-west-1',
        request: {
          roleArn: role('deployer'),
          sessionName: 'team-a.deployer',
          durationSeconds: 3600,
          tags: { job: 'x' },
        },
      },
    },
  });
});

const hub = { role: role('hub') };
/** Hops before the role, fields of the last hop, and what is added to the spec. */
interface Chain {
  readonly via?: readonly HopSpec[];
  readonly last?: HopSpec;
  readonly added?: HopSpec;
}

test.each<[name: string, given: Chain, field: string, text: string]>([
  [
    'more than an hour behind another hop',
    { via: [hub, { role: role('spoke'), sessionDuration: 3601 }] },
    'sessions[0].via[1].sessionDuration',
    'at most 3600',
  ],
  [
    'more than an hour in the spec',
    { via: [hub], added: { sessionDuration: 7200 } },
    'spec.requestParameters.sessionDuration',
    'at most 3600',
  ],
  ['a role that follows itself', { via: [{ role: role('deployer') }] }, 'spec.role', 'role of the hop before'],
  [
    'a tag that was made transitive',
    { via: [{ ...hub, tags: { Team: 'a' }, transitiveTagKeys: ['Team'] }], last: { tags: { team: 'b' } } },
    'sessions[0].last.tags',
    '"team"',
  ],
  [
    'another source identity',
    { via: [{ ...hub, sourceIdentity: 'ci' }], last: { sourceIdentity: 'me' } },
    'sessions[0].last.sourceIdentity',
    'must be absent or "ci"',
  ],
  [
    'a role of another partition',
    { via: [{ role: 'arn:aws-cn:iam::123456789012:role/hub' }] },
    'sessions[0].via[0].role',
    'partition "aws"',
  ],
  ['a region that is a host', { via: [{ ...hub, region: 'a.example' }] }, 'sessions[0].via[0].region', 'AWS region'],
  [
    'an external ID given twice',
    { last: { externalID: 'a-b' }, added: { externalID: 'a-c' } },
    'sessions[0].last.externalID',
    'remove one',
  ],
  [
    'a session name that is too long',
    { last: { sessionName: 'a'.repeat(65) } },
    'sessions[0].last.sessionName',
    '2 to 64',
  ],
  [
    '51 tags',
    { via: [{ ...hub, tags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, ''])) }] },
    'sessions[0].via[0].tags',
    'at most 50',
  ],
  [
    'tags that differ in case',
    { via: [{ ...hub, tags: { a: '', A: '' } }] },
    'sessions[0].via[0].tags',
    'more than case',
  ],
  [
    'a transitive key that is no tag',
    { via: [{ ...hub, transitiveTagKeys: ['a'] }] },
    'sessions[0].via[0].transitiveTagKeys',
    'keys of `tags`',
  ],
  [
    '11 policies',
    { via: [{ ...hub, policyARNs: Array(11).fill('arn:aws:iam::aws:policy/a') }] },
    'sessions[0].via[0].policyARNs',
    'at most 10',
  ],
  [
    'a policy that is too large',
    { via: [{ ...hub, policy: { a: 'x'.repeat(2048) } }] },
    'sessions[0].via[0].policy',
    'at most 2048',
  ],
])('refuses %s', (_, { via = [], last, added }, field, text) => {
  const { findings } = plan(via, last, { ...spec, ...added });
  expect(findings.map((one) => [one.field, messageOf(one)])).toEqual([[field, expect.stringContaining(text)]]);
});

test('an hour and more is for a first hop only', () => {
  expect(plan([{ ...hub, sessionDuration: 43_200 }]).findings).toEqual([]);
});

test('every fault of every hop is reported at once', () => {
  const { findings } = plan(
    [
      { role: 'a', region: 'b' },
      { role: 'c', sessionDuration: 1 },
    ],
    { sessionName: '' },
    { region: 'd', role: 'e' },
  );
  expect(findings.map(({ field }) => field)).toEqual([
    'sessions[0].via[0].region',
    'sessions[0].via[0].role',
    'spec.region',
    'sessions[0].via[1].role',
    'sessions[0].via[1].sessionDuration',
    'spec.region',
    'spec.role',
    'sessions[0].last.sessionName',
  ]);
});

test.each([
  ['a role of the identity', role('ci'), [], ['ci', 'hub', 'deployer']],
  ['no role of the identity', undefined, ['sessions[0].via[0].tags'], ['hub', 'deployer']],
])('a token is exchanged in the first hop alone: %s', (_, ofToken, fields, names) => {
  const via = [{ role: role('hub'), tags: { team: 'a' } }];
  const entry = { field: 'sessions[0]', via, last: { externalID: 'e-1' } };
  const exchange = { operation: 'AssumeRoleWithWebIdentity', role: ofToken } as const;
  const { findings, ...calls } = declareCalls('STSAssumeRoleToken', spec, { exchange, entry });
  expect(findings.map(({ field }) => field)).toEqual(fields);
  expect(
    hopsOf(calls)
      .filter(isRoleHop)
      .map(({ operation, request }) => [operation, request.roleArn]),
  ).toEqual(names.map((name, index) => [index === 0 ? 'AssumeRoleWithWebIdentity' : 'AssumeRole', role(name)]));
});

describe('a plan without findings', () => {
  test('never breaks a limit of AWS', () => {
    const hop = fc.record(
      {
        sessionName: fc.string({ maxLength: 70 }),
        sessionDuration: fc.integer({ min: 0, max: 50_000 }),
        externalID: fc.string({ maxLength: 5 }),
        tags: fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(hop, { maxLength: 3 }), hop, (via, last) => {
        const { findings, ...calls } = plan(
          via.map((one, index) => ({ role: role(`h${index}`), ...one })),
          last,
        );
        if (findings.length > 0) return;
        for (const [index, { request }] of hopsOf(calls).filter(isRoleHop).entries()) {
          expect(request.sessionName).toMatch(/^[\w+=,.@-]{2,64}$/);
          expect(request.durationSeconds).toBeGreaterThanOrEqual(900);
          expect(request.durationSeconds).toBeLessThanOrEqual(index === 0 ? 43_200 : 3600);
          expect(request.externalID ?? 'ab').toMatch(/^[\w+=,.@:/-]{2,1224}$/);
        }
      }),
    );
  });
});

describe('the session name of the last hop', () => {
  test.each([
    ['namespace and name', { namespace: 'team-a', name: 'deployer' }, 'team-a.deployer'],
    ['name alone', { name: 'deployer' }, 'deployer'],
    ['one character', { name: 'a' }, 'a-'],
    ['64 characters', { name: 'a'.repeat(64) }, 'a'.repeat(64)],
    ['65 characters', { name: 'a'.repeat(65) }, `${'a'.repeat(55)}-635361c4`],
  ])('%s', (_, object, want) => {
    expect(defaultSessionName(object)).toBe(want);
  });

  test('is always a name that AWS accepts', () => {
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,200}[a-z0-9])?$/);
    fc.assert(
      fc.property(fc.option(label, { nil: undefined }), name, (namespace, object) => {
        expect(defaultSessionName({ name: object, ...(namespace === undefined ? {} : { namespace }) })).toMatch(
          /^[\w+=,.@-]{2,64}$/,
        );
      }),
    );
  });
});
