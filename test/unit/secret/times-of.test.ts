import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultChain } from '../../../function/identity/default-chain.ts';
import { renewAfter } from '../../../function/secret/times-of.ts';

/** Seconds after its issue when a session of so many seconds is renewed. */
function renewedAt(seconds: number, { name = 'a', before = '', asked = seconds } = {}): number {
  const request = { roleArn: 'arn:aws:iam::123456789012:role/a', sessionName: 's', durationSeconds: asked };
  const part = {
    generator: { apiVersion: 'v1', kind: 'STSAssumeRoleToken', name },
    chain: {
      identity: defaultChain,
      hops: [{ operation: 'AssumeRole' as const, region: 'eu-west-1', request }],
    },
    renewal: before === '' ? {} : { before },
  };
  const issued = 1_800_000_000_000;
  const [issuedAt, expiration] = [new Date(issued), new Date(issued + seconds * 1000)];
  return (renewAfter({ part, issuedAt, expiration }).getTime() - issued) / 1000;
}

test('lies between 56.7 % and 66.7 % of the lifetime, by the generator alone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 900, max: 43_200 }), fc.string(), (seconds, name) => {
      const share = renewedAt(seconds, { name }) / seconds;
      expect(share).toBeGreaterThan(2 / 3 - 0.1 - 0.001);
      expect(share).toBeLessThanOrEqual(2 / 3);
      expect(renewedAt(seconds, { name })).toBe(renewedAt(seconds, { name }));
    }),
  );
});

test('spreads generators over the whole tenth', () => {
  const minutes = Array.from({ length: 500 }, (_, index) => renewedAt(3600, { name: `t${index}` }) / 60);
  expect(Math.min(...minutes)).toBeLessThan(34.3);
  expect(Math.max(...minutes)).toBeGreaterThan(39.7);
});

test.each([
  ['20m', 40],
  ['90s', 58.5],
  ['50%', 30],
  ['95%', 3],
  ['59m', 1],
])('before %s of an hour: after %d minutes, less the jitter, half of them at the most', (before, latest) => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const minutes = renewedAt(3600, { before, name }) / 60;
    expect(minutes).toBeLessThanOrEqual(latest);
    expect(minutes).toBeGreaterThanOrEqual(Math.max(latest / 2, latest - 6));
  }
});

test('a session that is shorter than was asked, and than `before`: by the default', () => {
  expect(renewedAt(900, { before: '30m', asked: 3600 })).toBe(renewedAt(900));
});

test("a server's clock that is ahead makes no session longer than was asked", () => {
  expect(renewedAt(2100, { asked: 900 })).toBeLessThanOrEqual(600);
});
