import { describe, expect, test } from '@jest/globals';
import { FindingError } from '../../../function/api/finding.ts';
import type { AwsFailure } from '../../../function/api/world.ts';
import { runChain } from '../../../function/chain/run-chain.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const generator = {
  apiVersion: 'generators.external-secrets.io/v1alpha1',
  kind: 'STSAssumeRoleToken',
  name: 'deployer',
};
const hop = (name: string) => ({
  region: 'eu-west-1',
  request: { roleArn: `arn:aws:iam::123456789012:role/${name}`, sessionName: 'deployer', durationSeconds: 900 },
});
const run = (world: FakeWorld, names = ['hub', 'spoke', 'account']) =>
  runChain({ generator, plan: { identity: { source: 'default' }, hops: names.map(hop) } }, undefined, {
    ...world,
    signal: new AbortController().signal,
  });

test('walks any number of hops, each signed with the session before', async () => {
  const world = fakeWorld();
  const session = await run(world);
  expect(world.calls.map(({ signedWith, request }) => [signedWith, request.roleArn.split('/')[1]])).toEqual([
    ['default chain', 'hub'],
    ['ASIA1', 'spoke'],
    ['ASIA2', 'account'],
  ]);
  expect(session.accessKeyId.reveal()).toBe('ASIA3');
});

const throttled: AwsFailure = { kind: 'refused', awsCode: 'Throttling', httpStatus: 400, clockCorrected: false };

describe('retries', () => {
  test.each([
    ['throttling', throttled, 2],
    ['an error of the server', { ...throttled, awsCode: 'Anything', httpStatus: 500 }, 2],
    ['a corrected clock', { ...throttled, awsCode: 'SignatureDoesNotMatch', httpStatus: 403, clockCorrected: true }, 2],
    ['no connection', { kind: 'unreachable', cause: 'ECONNRESET' }, 2],
    ['access denied', { ...throttled, awsCode: 'AccessDenied', httpStatus: 403 }, 1],
    ['an unknown code', { ...throttled, awsCode: 'Other', httpStatus: 400 }, 1],
    ['no credentials', { kind: 'noCredentials' }, 1],
    ['an answer that is none', { kind: 'malformed' }, 1],
  ] as const)('after %s', async (_, failure, attempts) => {
    const world = fakeWorld({ failures: [failure] });
    await run(world, ['only']).catch(() => undefined);
    expect(world.calls).toHaveLength(attempts);
  });

  test('wait longer each time, and end after five attempts', async () => {
    const world = fakeWorld({ failures: Array(9).fill(throttled) });
    await expect(run(world, ['only'])).rejects.toThrow('Throttling (HTTP 400) on every attempt');
    expect(world.calls).toHaveLength(5);
    expect(world.slept).toEqual([150, 300, 600, 1200]);
  });
});

test('names the hop that failed', async () => {
  const world = fakeWorld({ failures: [undefined, { ...throttled, awsCode: 'AccessDenied', httpStatus: 403 }] });
  const error = await run(world).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FindingError);
  expect((error as FindingError).finding).toMatchObject({
    code: 'HOP_DENIED',
    object: generator,
    message: expect.stringContaining('"arn:aws:iam::123456789012:role/spoke" (hop 2 of 3, sts:AssumeRole)'),
  });
});
