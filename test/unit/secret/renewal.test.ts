import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KnownObject } from '../../../function/model/answers.ts';
import { type Job, KEPT } from '../../../function/model/job.ts';
import { isUsable, judgeTarget, newTimes, timeIn } from '../../../function/secret/renewal.ts';
import { hopsWith } from '../../support/hops-with.ts';
import { NOW } from '../../support/world/fake-world.ts';

/** Of generator `a` for an hour, by the build before composites had a time of their own. */
const PACKAGE_SECONDS = 2380.829;

describe('the time of renewal', () => {
  /** Seconds after its issue when a session of so many seconds is renewed. */
  function renewedAt(
    seconds: number,
    { name = 'a', defaultSecretName = '', before = '', asked = seconds } = {},
  ): number {
    const request = { roleArn: 'arn:aws:iam::123456789012:role/a', sessionName: 's', durationSeconds: asked };
    const part = {
      generator: { apiVersion: 'v1', kind: 'STSAssumeRoleToken', name },
      ...hopsWith([{ operation: 'AssumeRole' as const, region: 'eu-west-1', request }]),
      renewal: before === '' ? {} : { before },
      defaultSecretName: defaultSecretName || name,
    };
    const issued = 1_800_000_000_000;
    const [issuedAt, expiration] = [new Date(issued), new Date(issued + seconds * 1000)];
    return (
      ((newTimes([{ part, issuedAt, credentials: { expiration } }])?.renewAfter.getTime() ?? Number.NaN) - issued) /
      1000
    );
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

  test('of a package is what it was before; of composites each has its own', () => {
    expect(renewedAt(3600)).toBe(PACKAGE_SECONDS);
    const names = Array.from({ length: 12 }, (_, index) => `app-${index}-a`);
    expect(new Set(names.map((defaultSecretName) => renewedAt(3600, { defaultSecretName }))).size).toBe(12);
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
});

const job: Pick<Job, 'form' | 'specHash' | 'parts'> = {
  form: {},
  specHash: () => 'v1-a',
  parts: [
    {
      generator: { apiVersion: 'v1alpha1', kind: 'STSAssumeRoleToken', name: 'a' },
      kind: 'STSAssumeRoleToken',
      reads: [],
      mayUseCluster: false,
      renewal: {},
      defaultSecretName: 'a',
      ...hopsWith([
        {
          operation: 'AssumeRole',
          region: 'eu-west-1',
          request: { roleArn: 'arn', sessionName: 's', durationSeconds: 3600 },
        },
      ]),
    },
  ],
};
const inMinutes = (minutes: number) => `${new Date(NOW.getTime() + minutes * 60_000).toISOString().slice(0, 19)}Z`;
/** As docs/renewal.md says it, for ASCII. */
const hashOf = (data: object) => {
  const sorted = Object.fromEntries(Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `v1-${createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32)}`;
};
const secret = ({
  expiration = inMinutes(30),
  renew = inMinutes(10),
  hash = 'v1-a',
  data = { access_key_id: 'QQ==', secret_access_key: 'QQ==', session_token: 'QQ==' } as Record<string, string>,
} = {}) => ({
  data,
  annotations: {
    'sts.fn.crossplane.io/expiration': expiration,
    'sts.fn.crossplane.io/renew-after': renew,
    'sts.fn.crossplane.io/spec-hash': hash,
    'sts.fn.crossplane.io/data-hash': hashOf(data),
  },
});
const judge = (existing: KnownObject) => judgeTarget(job, existing, NOW);

test('a Secret that is still good is used again', () => {
  expect(judge(secret())).toEqual(KEPT);
});

test('keys may be encrypted: they are not opened to be judged', () => {
  const encrypted = 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]';
  const data = { access_key_id: encrypted, secret_access_key: encrypted, session_token: encrypted };
  expect(judge(secret({ data }))).toEqual(KEPT);
});

test('one that is to be encrypted and is not is made anew', () => {
  const encrypted = { ...job, form: { recipients: ['age1a'] } };
  expect(judgeTarget(encrypted, secret(), NOW)).toEqual({ do: 'issue', because: 'notEncrypted' });
  const value = 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]';
  const data = { access_key_id: value, secret_access_key: value, session_token: value };
  const sops = { age: [{ recipient: 'age1a' }] };
  const hash = createHash('sha256')
    .update(JSON.stringify([Object.entries(data), sops]))
    .digest('hex')
    .slice(0, 32);
  const { annotations } = secret();
  const sealed = { data, sops, annotations: { ...annotations, 'sts.fn.crossplane.io/data-hash': `v1-${hash}` } };
  expect(judgeTarget(encrypted, sealed, NOW)).toEqual(KEPT);
  const others = { ...sealed, sops: { age: [{ recipient: 'age1b' }] } };
  expect(judgeTarget(encrypted, others, NOW)).toEqual({ do: 'issue', because: 'otherRecipients' });
  for (const plain of [secret().data, { ...data, session_token: 'QQ==' }]) {
    const beside = { ...secret({ data: plain }), sops };
    expect(judgeTarget(encrypted, beside, NOW)).toEqual({ do: 'issue', because: 'notEncrypted' });
  }
});

test.each([
  ['env', 'AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION'],
  ['credentialsFile', 'credentials'],
  ['credentialProcess', 'credentials.json'],
] as const)('one of the format %s is judged by its own keys', (format, keys) => {
  const other = { ...job, form: { format } };
  const data = Object.fromEntries(keys.split(' ').map((key) => [key, 'QQ==']));
  expect(judgeTarget(other, secret({ data }), NOW)).toEqual(KEPT);
  expect(judgeTarget(other, secret(), NOW)).toEqual({ do: 'issue', because: 'keysMissing' });
});

test('very many values that a template makes are judged in the time of very many others', () => {
  const keys = Array.from({ length: 40_000 }, (_, at) => `k${at}`);
  const templates = keys.map((key) => ({ target: 'Data', key, text: '', field: '' }) as const);
  const made = { ...job, form: { template: { keepsValues: false, templates } } };
  const least = (value: string) => {
    const existing = secret({ data: Object.fromEntries(keys.map((key) => [key, value])) });
    return Math.min(
      ...[1, 2].map(() => {
        const start = performance.now();
        expect(judgeTarget(made, existing, NOW)).toEqual(KEPT);
        return performance.now() - start;
      }),
    );
  };
  expect(least('')).toBeLessThan(10 * least('QQ=='));
});

test('one that is due and valid is renewed', () => {
  const due = { do: 'renew', because: 'due', validUntil: Date.parse(inMinutes(30)) };
  expect(judge(secret({ renew: inMinutes(0) }))).toEqual(due);
  expect(judge(secret({ renew: inMinutes(-10) }))).toEqual(due);
});

describe('one that is good and not due, under an annotation `force-sync`', () => {
  const recorded = (value?: string) => {
    const { annotations, ...others } = secret();
    return { ...others, annotations: { ...annotations, ...(value && { 'sts.fn.crossplane.io/force-sync': value }) } };
  };
  test.each([
    ['another value', 'b', 'a', 'forceSync'],
    ['a value, and none is recorded', 'b', undefined, 'forceSync'],
    ['the value that is recorded', 'b', 'b', undefined],
    ['none any more', undefined, 'b', undefined],
    ['none', undefined, undefined, undefined],
  ])('%s', (_, forceSync, record, because) => {
    const forced = forceSync === undefined ? job : { ...job, forceSync };
    const verdict = because ? { do: 'renew', because, validUntil: Date.parse(inMinutes(30)) } : KEPT;
    expect(judgeTarget(forced, recorded(record), NOW)).toEqual(verdict);
  });

  test('is still usable', () => {
    expect(isUsable({ ...job, forceSync: 'b' } as Job, recorded('a'), NOW)).toBe(true);
  });

  test('if it is not good, that is the reason', () => {
    expect(judgeTarget({ ...job, forceSync: 'b' }, secret({ hash: 'v1-b' }), NOW)).toMatchObject({
      because: 'specChanged',
    });
  });
});

test("one that ends later, as far as AWS's clock may be ahead of this machine's, is believed", () => {
  expect(judge(secret({ expiration: inMinutes(60 + 14), renew: inMinutes(40) }))).toEqual(KEPT);
});

test.each(['2026-11-28T23:00:00.000Z', '2026-11-28T23:00:00+00:00', '28 Nov 2126 23:00:00 GMT', ''])(
  'a time is read in one notation, for a verdict as for what counts as usable: %j is none',
  (text) => {
    expect(timeIn({ annotations: { end: text } }, 'end')).toBeUndefined();
    expect(judge(secret({ expiration: text }))).toEqual({ do: 'issue', because: 'timesUnreadable' });
    expect(isUsable(undefined, secret({ expiration: text }), new Date(0))).toBe(false);
  },
);

describe('one that cannot be used is made anew', () => {
  test.each<[string, KnownObject, string]>([
    ['of another spec', secret({ hash: 'v1-b' }), 'specChanged'],
    ['expired', secret({ renew: inMinutes(-30), expiration: inMinutes(-1) }), 'expired'],
    ['without a hash', { ...secret(), annotations: {} }, 'specChanged'],
    ['without a key', { ...secret(), data: { access_key_id: 'QQ==', secret_access_key: 'QQ==' } }, 'keysMissing'],
    ['with an empty key', { ...secret(), data: { ...secret().data, session_token: '' } }, 'keysMissing'],
    ['with a key that is no base64', { ...secret(), data: { ...secret().data, session_token: '@@' } }, 'keysMissing'],
    ['with a key that stringData overrides', { ...secret(), stringData: { access_key_id: 'a' } }, 'keysMissing'],
    [
      'marked as a placeholder',
      { ...secret(), annotations: { ...secret().annotations, 'sts.fn.crossplane.io/placeholder': 'true' } },
      'placeholder',
    ],
    ['with a key of Object', { ...secret(), data: JSON.parse('{"__proto__": {"session_token": "a"}}') }, 'keysMissing'],
    ['with a key more', { ...secret(), data: { ...secret().data, more: 'QQ==' } }, 'dataChanged'],
    ['with another value', { ...secret(), data: { ...secret().data, session_token: 'QUE=' } }, 'dataChanged'],
    ['with another key in stringData', { ...secret(), stringData: { more: 'a' } }, 'dataChanged'],
    ['with the hash of other data', { ...secret(), annotations: secret({ data: {} }).annotations }, 'dataChanged'],
    ['with a time that is none', secret({ renew: 'tomorrow' }), 'timesUnreadable'],
    ['with a day that is none', secret({ expiration: '2026-13-45T00:00:00Z' }), 'timesUnreadable'],
    ['renewed after its end', secret({ renew: inMinutes(31) }), 'timesUnreadable'],
    [
      'that ends later than any session can',
      secret({ expiration: inMinutes(80), renew: inMinutes(70) }),
      'timesUnreadable',
    ],
    ['that never ends', secret({ expiration: '9999-12-31T23:59:59Z' }), 'timesUnreadable'],
  ])('%s', (_, existing, because) => {
    expect(judge(existing)).toEqual({ do: 'issue', because });
  });
});
