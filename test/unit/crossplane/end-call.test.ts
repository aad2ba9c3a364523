import { describe, expect, test } from '@jest/globals';
import { timeToLive, waitingTime } from '../../../function/crossplane/end-call.ts';
import type { SecretManifest } from '../../../function/model/outcome.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number) => `${new Date(NOW.getTime() + seconds * 1000).toISOString().slice(0, 19)}Z`;

function secret(renewAfter: number, expiration: number): SecretManifest {
  const annotations = {
    'sts.fn.crossplane.io/renew-after': at(renewAfter),
    'sts.fn.crossplane.io/expiration': at(expiration),
  };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', annotations }, type: 'Opaque', data: {} };
}

describe('between two calls', () => {
  test.each<[string, SecretManifest[], number, number]>([
    ['five minutes at most', [secret(2400, 3600)], Infinity, 300],
    ['twice the time fits before the middle of renewal and end', [secret(200, 300)], Infinity, 113],
    ['when the Secret is due, not some minutes later', [secret(120, 3600)], Infinity, 121],
    ['the first that is due decides', [secret(2400, 3600), secret(200, 300)], Infinity, 113],
    ['never less than five seconds', [secret(-10, 5)], Infinity, 5],
    ['a bound of the Input', [secret(2400, 3600)], 60, 60],
    ['without Secrets', [], Infinity, 300],
  ])('%s', (_, secrets, bound, want) => {
    expect(timeToLive(secrets, NOW, bound)).toBe(want);
  });

  test('while waiting: soon at first, then every half minute', () => {
    const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
    expect([undefined, ago(60), ago(600)].map((since) => waitingTime(since, NOW))).toEqual([15, 15, 30]);
  });
});
