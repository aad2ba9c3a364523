import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renewAfter } from '../../../function/secret/renew-after.ts';

test('lies between 56.7 % and 66.7 % of the lifetime, by the generator alone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 900, max: 43_200 }), fc.string(), (seconds, generator) => {
      const issuedAt = new Date(1_800_000_000_000);
      const expiration = new Date(issuedAt.getTime() + seconds * 1000);
      const share =
        (renewAfter({ issuedAt, expiration, askedSeconds: seconds, generator, renewal: {} }).getTime() -
          issuedAt.getTime()) /
        (seconds * 1000);
      expect(share).toBeGreaterThan(2 / 3 - 0.1 - 0.001);
      expect(share).toBeLessThanOrEqual(2 / 3);
      expect(renewAfter({ issuedAt, expiration, askedSeconds: seconds, generator, renewal: {} })).toEqual(
        renewAfter({ issuedAt, expiration, askedSeconds: seconds, generator, renewal: {} }),
      );
    }),
  );
});

test('spreads generators over the whole tenth', () => {
  const issuedAt = new Date(0);
  const expiration = new Date(3_600_000);
  const minutes = Array.from(
    { length: 500 },
    (_, index) =>
      renewAfter({ issuedAt, expiration, askedSeconds: 3600, generator: `t${index}`, renewal: {} }).getTime() / 60_000,
  );
  expect(Math.min(...minutes)).toBeLessThan(34.3);
  expect(Math.max(...minutes)).toBeGreaterThan(39.7);
});

test.each([
  ['20m', 40],
  ['90s', 58.5],
  ['50%', 30],
  ['1h', 0],
])('before %s of an hour: after %d minutes, less the jitter', (before, latest) => {
  const at = renewAfter({
    issuedAt: new Date(0),
    expiration: new Date(3_600_000),
    askedSeconds: 3600,
    generator: 'a',
    renewal: { before },
  });
  expect(at.getTime() / 60_000).toBeLessThanOrEqual(latest);
  expect(at.getTime() / 60_000).toBeGreaterThanOrEqual(Math.max(0, latest - 6));
});

test("a server's clock that is ahead makes no session longer than was asked", () => {
  const [issuedAt, expiration] = [new Date(0), new Date(2_100_000)];
  const at = renewAfter({ issuedAt, expiration, askedSeconds: 900, generator: 'a', renewal: {} });
  expect(at.getTime()).toBeLessThanOrEqual(600_000);
});
