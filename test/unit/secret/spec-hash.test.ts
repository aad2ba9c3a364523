import { expect, test } from '@jest/globals';
import type { Plan, WantedSecret } from '../../../function/api/plan.ts';
import { specHash } from '../../../function/secret/spec-hash.ts';

const request = { roleArn: 'arn:aws:iam::123456789012:role/a', sessionName: 's', durationSeconds: 3600 };
const hop = { operation: 'AssumeRole', region: 'eu-west-1', request } as const;
const plan = { identity: { source: 'default' }, hops: [hop] } as const;
const withRequest = (fields: object) => ({ ...plan, hops: [{ ...hop, request: { ...request, ...fields } }] });
const target = { name: 'a', namespace: 'b' };
const secret = { target, form: {} };
const key = (name: string) => ({ name: 'keys', key: name, field: 'spec.auth' });
const withKeys = {
  ...plan,
  identity: { source: 'secretRef', accessKeyId: key('id'), secretAccessKey: key('secret') },
} as const;

const hashOf = (plan: Plan, secret: Pick<WantedSecret, 'target' | 'form'>) => specHash([{ plan }], secret);

test('is this, for ever: another value renews every Secret there is', () => {
  expect(hashOf(plan, secret)).toBe('v1-4fdb3f2bb449ca22de8032a41f6fc084');
});

test.each([
  ['region', { ...plan, hops: [{ ...hop, region: 'eu-west-2' }] }, secret],
  ['role', withRequest({ roleArn: 'arn:aws:iam::123456789012:role/b' }), secret],
  ['session name', withRequest({ sessionName: 't' }), secret],
  ['duration', withRequest({ durationSeconds: 900 }), secret],
  ['external ID', withRequest({ externalID: 'e' }), secret],
  ['a further hop', { ...plan, hops: [...plan.hops, ...plan.hops] }, secret],
  ['identity', withKeys, secret],
  ['target name', plan, { target: { ...target, name: 'c' }, form: {} }],
  ['target namespace', plan, { target: { name: 'a' }, form: {} }],
  ['format', plan, { target, form: { format: 'env' } }],
  ['key', plan, { target, form: { key: 'aws' } }],
  ['labels', plan, { target, form: { labels: { a: 'b' } } }],
  ['annotations', plan, { target, form: { annotations: { a: 'b' } } }],
  ['recipients', plan, { target, form: { recipients: ['age1a'] } }],
] as const)('changes with the %s', (_, changedPlan, changedSecret) => {
  expect(hashOf(changedPlan, changedSecret)).not.toBe(hashOf(plan, secret));
});

test("changes with a reference's key, not with the place it is written at", () => {
  const other = { ...withKeys, identity: { ...withKeys.identity, accessKeyId: key('other') } };
  const moved = { ...withKeys, identity: { ...withKeys.identity, accessKeyId: { ...key('id'), field: 'elsewhere' } } };
  expect(hashOf(other, secret)).not.toBe(hashOf(withKeys, secret));
  expect(hashOf(moved, secret)).toBe(hashOf(withKeys, secret));
});

test('of an ExternalSecret: changes with keys, order and texts of templates, not with where they are written', () => {
  const other = { ...plan, hops: [...plan.hops, ...plan.hops] };
  const templated = (text: string, field = 'spec') =>
    specHash([{ plan }], {
      target,
      form: { template: { keepsValues: false, parts: [{ target: 'Data', key: 'a', text, field }] } },
    });
  const hashes = [
    specHash([{ plan, keys: { a: 'b' } }], secret),
    specHash([{ plan, keys: { a: 'c' } }], secret),
    specHash([{ plan }, { plan: other }], secret),
    specHash([{ plan: other }, { plan }], secret),
    templated('a'),
    templated('b'),
    hashOf(plan, secret),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(templated('a', 'elsewhere')).toBe(templated('a'));
});

test('does not change with an MFA code, which is used up when the Secret is there, but with its device', () => {
  const hop = { operation: 'GetSessionToken' as const, region: 'eu-west-1' };
  const withMfa = (serialNumber: string, tokenCode: string) => {
    const hops = [{ ...hop, request: { durationSeconds: 3600, serialNumber, tokenCode } }];
    return hashOf({ identity: { source: 'default' }, hops }, secret);
  };
  expect(withMfa('GAHT12345678', '123456')).toBe(withMfa('GAHT12345678', '654321'));
  expect(withMfa('GAHT12345678', '123456')).not.toBe(withMfa('GAHT87654321', '123456'));
});
