import { expect, test } from '@jest/globals';
import { specHash } from '../../../function/secret/spec-hash.ts';

const request = { roleArn: 'arn:aws:iam::123456789012:role/a', sessionName: 's', durationSeconds: 3600 };
const plan = {
  identity: { source: 'default' },
  hops: [{ operation: 'AssumeRole' as const, region: 'eu-west-1', request }],
} as const;
const target = { name: 'a', namespace: 'b' };
const key = (name: string) => ({ name: 'keys', key: name, field: 'spec.auth' });
const withKeys = {
  ...plan,
  identity: { source: 'secretRef', accessKeyId: key('id'), secretAccessKey: key('secret') },
} as const;

test('is this, for ever: another value renews every Secret there is', () => {
  expect(specHash(plan, target)).toBe('v1-4fdb3f2bb449ca22de8032a41f6fc084');
});

test.each([
  ['region', { ...plan, hops: [{ operation: 'AssumeRole' as const, region: 'eu-west-2', request }] }, target],
  [
    'role',
    {
      ...plan,
      hops: [
        {
          operation: 'AssumeRole' as const,
          region: 'eu-west-1',
          request: { ...request, roleArn: 'arn:aws:iam::123456789012:role/b' },
        },
      ],
    },
    target,
  ],
  [
    'session name',
    {
      ...plan,
      hops: [{ operation: 'AssumeRole' as const, region: 'eu-west-1', request: { ...request, sessionName: 't' } }],
    },
    target,
  ],
  [
    'duration',
    {
      ...plan,
      hops: [{ operation: 'AssumeRole' as const, region: 'eu-west-1', request: { ...request, durationSeconds: 900 } }],
    },
    target,
  ],
  [
    'external ID',
    {
      ...plan,
      hops: [{ operation: 'AssumeRole' as const, region: 'eu-west-1', request: { ...request, externalID: 'e' } }],
    },
    target,
  ],
  ['a further hop', { ...plan, hops: [...plan.hops, ...plan.hops] }, target],
  ['identity', withKeys, target],
  ['target name', plan, { ...target, name: 'c' }],
  ['target namespace', plan, { name: 'a' }],
] as const)('changes with the %s', (_, changedPlan, changedTarget) => {
  expect(specHash(changedPlan, changedTarget)).not.toBe(specHash(plan, target));
});

test("changes with a reference's key, not with the place it is written at", () => {
  const other = { ...withKeys, identity: { ...withKeys.identity, accessKeyId: key('other') } };
  const moved = { ...withKeys, identity: { ...withKeys.identity, accessKeyId: { ...key('id'), field: 'elsewhere' } } };
  expect(specHash(other, target)).not.toBe(specHash(withKeys, target));
  expect(specHash(moved, target)).toBe(specHash(withKeys, target));
});
