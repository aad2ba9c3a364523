import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { finalHop, lifetimeSecondsOf } from '../../../function/chain/operations/operations.ts';
import { GENERATORS } from '../../../function/generators/kinds.ts';
import { hopsOf } from '../../../function/model/hop.ts';
import { GENERATOR_KINDS, type GeneratorKind } from '../../../function/model/kinds.ts';
import type { HopSpec } from '../../../function/model/written-hop.ts';
import { declareCalls, type FlatSpec } from '../../support/declare-calls.ts';

const ROLE = 'arn:aws:iam::123456789012:role/puller';
const HUB = { role: 'arn:aws:iam::111111111111:role/hub' };

function plan(kind: GeneratorKind, spec: FlatSpec, via?: readonly HopSpec[]) {
  const entry = via === undefined ? {} : { entry: { field: 'sessions[0]', via, last: {} } };
  return declareCalls(kind, { region: 'eu-west-1', ...spec }, entry);
}

describe('an ECRAuthorizationToken', () => {
  test('ends with the login, behind its roles; the last of them says who asks', () => {
    const { findings, ...calls } = plan('ECRAuthorizationToken', { role: ROLE }, [HUB]);
    expect(findings).toEqual([]);
    expect(hopsOf(calls)).toMatchObject([
      { operation: 'AssumeRole', request: { roleArn: HUB.role, sessionName: 'function-sts-assume-role' } },
      { operation: 'AssumeRole', request: { roleArn: ROLE, sessionName: 'team-a.deployer', durationSeconds: 3600 } },
      { operation: 'GetAuthorizationToken', region: 'eu-west-1', request: { scope: 'private' } },
    ]);
  });

  test('without a role of its own shares the hops of `via` with all others', () => {
    const calls = plan('ECRAuthorizationToken', {}, [HUB]);
    expect(hopsOf(calls)).toMatchObject([
      { request: { sessionName: 'function-sts-assume-role' } },
      { operation: 'GetAuthorizationToken' },
    ]);
  });

  test('behind a token of an identity asks with the role that the token is for', () => {
    const entry = { field: 'sessions[0]', via: [], last: {} };
    const exchange = { operation: 'AssumeRoleWithWebIdentity', role: ROLE } as const;
    const { findings, ...calls } = declareCalls('ECRAuthorizationToken', { region: 'eu-west-1' }, { exchange, entry });
    expect(findings).toEqual([]);
    expect(hopsOf(calls)).toMatchObject([
      { operation: 'AssumeRoleWithWebIdentity', request: { roleArn: ROLE } },
      { operation: 'GetAuthorizationToken' },
    ]);
  });

  test('lasts twelve hours, however short the session is that asks', () => {
    const calls = plan('ECRAuthorizationToken', { role: ROLE }, [{ ...HUB, sessionDuration: 900 }]);
    expect(lifetimeSecondsOf(calls)).toBe(43_200);
  });
});

describe('an STSSessionToken', () => {
  test('is one call, for twelve hours', () => {
    expect(plan('STSSessionToken', {})).toEqual({
      findings: [],
      after: [],
      chain: {
        via: [],
        generatorHop: { operation: 'GetSessionToken', region: 'eu-west-1', request: { durationSeconds: 43_200 } },
      },
    });
  });

  test.each([
    ['a serial number', 'GAHT12345678'],
    ["a virtual device's ARN", 'arn:aws:iam::123456789012:mfa/user'],
    ["a device's ARN in China", 'arn:aws-cn:iam::123456789012:mfa/path/user@example.org'],
  ])('takes %s', (_, serialNumber) => {
    expect(plan('STSSessionToken', { serialNumber, tokenCode: '012345' }).findings).toEqual([]);
  });

  test('whose plan has no findings never breaks a limit of AWS', () => {
    const spec = fc.record(
      {
        sessionDuration: fc.integer({ min: 0, max: 140_000 }),
        serialNumber: fc.oneof(fc.string({ maxLength: 12 }), fc.constant('GAHT12345678')),
        tokenCode: fc.oneof(fc.string({ maxLength: 7 }), fc.constant('012345')),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(spec, (given) => {
        const { findings, ...calls } = plan('STSSessionToken', given);
        const [hop] = hopsOf(calls);
        if (findings.length > 0 || hop?.operation !== 'GetSessionToken') return;
        const { durationSeconds, serialNumber, tokenCode } = hop.request;
        expect(durationSeconds).toBeGreaterThanOrEqual(900);
        expect(durationSeconds).toBeLessThanOrEqual(129_600);
        expect(serialNumber === undefined).toBe(tokenCode === undefined);
        expect(serialNumber ?? 'GAHT12345678').toMatch(/^[\w+=/:,.@-]{9,256}$/);
        expect(tokenCode ?? '012345').toMatch(/^\d{6}$/);
      }),
    );
  });
});

describe('each kind', () => {
  test.each(GENERATOR_KINDS)('%s gives what its last call gives', (kind) => {
    const calls = declareCalls(kind, { region: 'eu-west-1', role: ROLE });
    expect(finalHop(calls)?.row.gives).toBe(GENERATORS[kind].gives);
  });

  test.each(GENERATOR_KINDS)('%s signs nothing with a token that no role is assumed with', (kind) => {
    const entry = { field: 'sessions[0]', via: [], last: { sessionName: 'me' } };
    const exchange = { operation: 'AssumeRoleWithWebIdentity', role: undefined } as const;
    const { findings, ...calls } = declareCalls(kind, { region: 'eu-west-1' }, { exchange, entry });
    const isExchanged = hopsOf(calls).some(({ operation }) => operation === 'AssumeRoleWithWebIdentity');
    expect(isExchanged || findings.length > 0 || kind === 'STSAssumeRoleToken').toBe(true); // which is not read without a role
  });
});
