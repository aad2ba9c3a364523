import { describe, expect, test } from '@jest/globals';
import { github } from '../../../function/identity/github.ts';
import { secretKeys } from '../../../function/identity/secret-keys.ts';
import { serviceAccount } from '../../../function/identity/service-account.ts';
import { defaultIdentity } from '../../../function/identity/sources.ts';
import { tokenEnv } from '../../../function/identity/token-env.ts';
import { tokenFile } from '../../../function/identity/token-file.ts';
import type { Hop } from '../../../function/model/hop.ts';
import type { Chain, WantedSecret } from '../../../function/model/job.ts';
import { forceSyncOf, specHash } from '../../../function/secret/hashes.ts';
import { hopsWith } from '../../support/hops-with.ts';

const request = { roleArn: 'arn:aws:iam::123456789012:role/a', sessionName: 's', durationSeconds: 3600 };
const hop = (changes: object = {}, region = 'eu-west-1') => ({
  operation: 'AssumeRole' as const,
  region,
  request: { ...request, ...changes },
});
const planOf = (...hops: Hop[]): Chain => hopsWith(hops).chain;
const chain = planOf(hop());
const target = { name: 'a', namespace: 'b' };
const secret = { target, form: {} };
const key = (name: string) => ({ name: 'keys', key: name });
const generator = { apiVersion: 'v1alpha1', kind: 'STSAssumeRoleToken', name: 'a', namespace: 'b' };
const keys = { accessKeyIDSecretRef: key('id'), secretAccessKeySecretRef: key('secret') };
const signedWith = (id: string): Chain => ({
  ...chain,
  identity: secretKeys({ ...keys, accessKeyIDSecretRef: key(id) }, generator),
});

const hashOf = (chain: Chain, secret: Pick<WantedSecret, 'target' | 'form'>) =>
  specHash({ parts: [{ chain, after: [] }], ...secret });

test.each([
  ['the default chain', defaultIdentity, 'v1-4fdb3f2bb449ca22de8032a41f6fc084'],
  ['keys', secretKeys(keys, generator), 'v1-63ce9b8a95d486d78dd4f94c37f8169a'],
  [
    'keys of a session',
    secretKeys({ ...keys, sessionTokenSecretRef: key('token') }, generator),
    'v1-1c6ccd019412ab557cb43c7c01dc9344',
  ],
  [
    'a ServiceAccount',
    serviceAccount({ serviceAccountRef: { name: 'x', audiences: ['aud'] } }, generator),
    'v1-7ffda7bdf77be8f08a7ee97622f2caed',
  ],
  ['a file', tokenFile.identity('/a'), 'v1-e5dd0f7a6f8a1d2cbd591e20cf9094b9'],
  ['a variable', tokenEnv.identity('A'), 'v1-bc91b3726e1315acb8f7baf747001d5b'],
  ['GitHub', github.identity({}), 'v1-a7b9e5e5a3157f03559ddc06a85894e6'],
])('of %s is this, for ever: another value renews every such Secret there is', (_, identity, hash) => {
  expect(hashOf({ ...chain, identity }, secret)).toBe(hash);
});

test.each([
  ['region', planOf(hop({}, 'eu-west-2')), secret],
  ['role', planOf(hop({ roleArn: 'arn:aws:iam::123456789012:role/b' })), secret],
  ['session name', planOf(hop({ sessionName: 't' })), secret],
  ['duration', planOf(hop({ durationSeconds: 900 })), secret],
  ['external ID', planOf(hop({ externalID: 'e' })), secret],
  ['a further hop', planOf(hop(), hop()), secret],
  ['identity', signedWith('id'), secret],
  ['target name', chain, { target: { ...target, name: 'c' }, form: {} }],
  ['target namespace', chain, { target: { name: 'a' }, form: {} }],
  ['format', chain, { target, form: { format: 'env' } }],
  ['key', chain, { target, form: { key: 'aws' } }],
  ['labels', chain, { target, form: { labels: { a: 'b' } } }],
  ['annotations', chain, { target, form: { annotations: { a: 'b' } } }],
  ['recipients', chain, { target, form: { recipients: ['age1a'] } }],
] as const)('changes with the %s', (_, changedPlan, changedSecret) => {
  expect(hashOf(changedPlan, changedSecret)).not.toBe(hashOf(chain, secret));
});

test("changes with a reference's key, not with the place it is written at", () => {
  const withID = (name: string, field: string) => planOf(hop({ externalIDFrom: { ...key(name), field } }));
  expect(hashOf(signedWith('other'), secret)).not.toBe(hashOf(signedWith('id'), secret));
  expect(hashOf(withID('other', 'here'), secret)).not.toBe(hashOf(withID('id', 'here'), secret));
  expect(hashOf(withID('id', 'elsewhere'), secret)).toBe(hashOf(withID('id', 'here'), secret));
});

test('of an ExternalSecret: changes with keys, order and texts of templates, not with where they are written', () => {
  const other = planOf(hop(), hop());
  const templated = (text: string, field = 'spec') =>
    specHash({
      parts: [{ chain, after: [] }],
      target,
      form: { template: { keepsValues: false, templates: [{ target: 'Data', key: 'a', text, field }] } },
    });
  const hashes = [
    specHash({ parts: [{ chain, after: [], dataKeys: { a: 'b' } }], ...secret }),
    specHash({ parts: [{ chain, after: [], dataKeys: { a: 'c' } }], ...secret }),
    specHash({
      parts: [
        { chain, after: [] },
        { chain: other, after: [] },
      ],
      ...secret,
    }),
    specHash({
      parts: [
        { chain: other, after: [] },
        { chain, after: [] },
      ],
      ...secret,
    }),
    templated('a'),
    templated('b'),
    hashOf(chain, secret),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(templated('a', 'elsewhere')).toBe(templated('a'));
});

test('does not change with an MFA code, which is used up when the Secret is there, but with its device', () => {
  const withMfa = (serialNumber: string, tokenCode: string) => {
    const asked = { durationSeconds: 3600, serialNumber, tokenCode };
    return hashOf(planOf({ operation: 'GetSessionToken', region: 'eu-west-1', request: asked }), secret);
  };
  expect(withMfa('GAHT12345678', '123456')).toBe(withMfa('GAHT12345678', '654321'));
  expect(withMfa('GAHT12345678', '123456')).not.toBe(withMfa('GAHT87654321', '123456'));
});

describe('what annotations `force-sync` say together', () => {
  test.each<[string, readonly (string | undefined)[], unknown]>([
    ['nobody has set one', [undefined, undefined], undefined],
    ['one, as it stands', [undefined, '1735689600'], '1735689600'],
    ['a time, which no label may hold', ['2026-11-30T10:00:00+01:00'], '2026-11-30T10:00:00+01:00'],
    ['an empty one', [''], ''],
    ['63 characters', ['a'.repeat(63)], 'a'.repeat(63)],
    ['64 characters', ['a'.repeat(64)], expect.stringMatching(/^v1-[0-9a-f]{32}$/)],
    ['a line break', ['a\nb'], expect.stringMatching(/^v1-[0-9a-f]{32}$/)],
    ['several', ['a', undefined, 'b'], forceSyncOf(['a', 'b'])],
  ])('%s', (_, values, said) => {
    expect(forceSyncOf(values)).toEqual(said);
  });

  test('several others are another text', () => {
    const all = [
      forceSyncOf(['a', 'b']),
      forceSyncOf(['a', 'c']),
      forceSyncOf(['b', 'a']),
      forceSyncOf(['a'.repeat(64)]),
    ];
    expect(new Set(all).size).toBe(4);
    expect(all.every((text) => /^v1-[0-9a-f]{32}$/.test(text ?? ''))).toBe(true);
  });
});
