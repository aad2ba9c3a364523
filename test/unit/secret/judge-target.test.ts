import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { defaultChain } from '../../../function/identity/default-chain.ts';
import type { Job } from '../../../function/model/job.ts';
import type { KnownObject } from '../../../function/model/known.ts';
import { judgeTarget } from '../../../function/secret/judge-target.ts';
import { NOW } from '../../support/world/fake-world.ts';

const job: Pick<Job, 'form' | 'specHash' | 'parts'> = {
  form: {},
  specHash: () => 'v1-a',
  parts: [
    {
      generator: { apiVersion: 'v1alpha1', kind: 'STSAssumeRoleToken', name: 'a' },
      reads: [],
      mayUseCluster: false,
      renewal: {},
      chain: {
        identity: defaultChain,
        hops: [
          {
            operation: 'AssumeRole',
            region: 'eu-west-1',
            request: { roleArn: 'arn', sessionName: 's', durationSeconds: 3600 },
          },
        ],
      },
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
const judge = (existing: KnownObject | null) => judgeTarget(job, existing, NOW);

test('a Secret that is still good is used again', () => {
  expect(judge(secret())).toEqual({ do: 'keep' });
});

test('keys may be encrypted: they are not opened to be judged', () => {
  const sealed = 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]';
  const data = { access_key_id: sealed, secret_access_key: sealed, session_token: sealed };
  expect(judge(secret({ data }))).toEqual({ do: 'keep' });
});

test('one that is to be encrypted and is not is made anew', () => {
  const encrypted = { ...job, form: { recipients: ['age1a'] } };
  expect(judgeTarget(encrypted, secret(), NOW)).toEqual({ do: 'issue', because: 'notEncrypted' });
  const value = 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]';
  const data = { access_key_id: value, secret_access_key: value, session_token: value };
  expect(judgeTarget(encrypted, { ...secret({ data }), isEncrypted: true }, NOW)).toEqual({ do: 'keep' });
  for (const plain of [secret().data, { ...data, session_token: 'QQ==' }]) {
    const beside = { ...secret({ data: plain }), isEncrypted: true };
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
  expect(judgeTarget(other, secret({ data }), NOW)).toEqual({ do: 'keep' });
  expect(judgeTarget(other, secret(), NOW)).toEqual({ do: 'issue', because: 'keysMissing' });
});

test('one that is due and valid is renewed', () => {
  expect(judge(secret({ renew: inMinutes(0) }))).toMatchObject({ do: 'renew' });
  expect(judge(secret({ renew: inMinutes(-10) }))).toMatchObject({ do: 'renew' });
});

describe('one that cannot be used is made anew', () => {
  test.each<[string, KnownObject | null, string]>([
    ['absent', null, 'absent'],
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
