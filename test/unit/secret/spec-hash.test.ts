import { expect, test } from '@jest/globals';
import type { Chain, WantedSecret } from '../../../function/api/job.ts';
import { specHash } from '../../../function/secret/spec-hash.ts';

const request = { roleArn: 'arn:aws:iam::123456789012:role/a', sessionName: 's', durationSeconds: 3600 };
const hop = (changes: object = {}, region = 'eu-west-1') => ({
  operation: 'AssumeRole' as const,
  region,
  request: { ...request, ...changes },
});
const planOf = (...hops: Chain['hops']): Chain => ({ identity: { source: 'default' }, hops });
const chain = planOf(hop());
const target = { name: 'a', namespace: 'b' };
const secret = { target, form: {} };
const key = (name: string) => ({ name: 'keys', key: name, field: 'spec.auth' });
const withKeys = {
  ...chain,
  identity: { source: 'secretRef', accessKeyId: key('id'), secretAccessKey: key('secret') },
} as const;

const hashOf = (chain: Chain, secret: Pick<WantedSecret, 'target' | 'form'>) => specHash([{ chain }], secret);

test('is this, for ever: another value renews every Secret there is', () => {
  expect(hashOf(chain, secret)).toBe('v1-4fdb3f2bb449ca22de8032a41f6fc084');
});

test.each([
  ['region', planOf(hop({}, 'eu-west-2')), secret],
  ['role', planOf(hop({ roleArn: 'arn:aws:iam::123456789012:role/b' })), secret],
  ['session name', planOf(hop({ sessionName: 't' })), secret],
  ['duration', planOf(hop({ durationSeconds: 900 })), secret],
  ['external ID', planOf(hop({ externalID: 'e' })), secret],
  ['a further hop', planOf(hop(), hop()), secret],
  ['identity', withKeys, secret],
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
  const other = { ...withKeys, identity: { ...withKeys.identity, accessKeyId: key('other') } };
  const moved = { ...withKeys, identity: { ...withKeys.identity, accessKeyId: { ...key('id'), field: 'elsewhere' } } };
  expect(hashOf(other, secret)).not.toBe(hashOf(withKeys, secret));
  expect(hashOf(moved, secret)).toBe(hashOf(withKeys, secret));
});

test('of an ExternalSecret: changes with keys, order and texts of templates, not with where they are written', () => {
  const other = planOf(hop(), hop());
  const templated = (text: string, field = 'spec') =>
    specHash([{ chain }], {
      target,
      form: { template: { keepsValues: false, parts: [{ target: 'Data', key: 'a', text, field }] } },
    });
  const hashes = [
    specHash([{ chain, keys: { a: 'b' } }], secret),
    specHash([{ chain, keys: { a: 'c' } }], secret),
    specHash([{ chain }, { chain: other }], secret),
    specHash([{ chain: other }, { chain }], secret),
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
