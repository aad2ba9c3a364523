import { expect, test } from '@jest/globals';
import { objectKey, secretObject } from '../../../function/model/kinds.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import type { AwsFailure } from '../../../function/model/world.ts';
import { generatorManifest, ROLE_ARN, SPEC } from '../../support/manifests.ts';
import { ambient, type FakeWorld, fakeWorld, NOW } from '../../support/world/fake-world.ts';
import { runManifests } from '../../support/world/run-manifests.ts';

/** The cases of external-secrets PR #6404's own test (generators/v1/stsassumerole/stsassumerole_test.go), and what is ours to them. */

const DENIED: AwsFailure = { kind: 'refused', awsCode: 'AccessDenied', clockCorrected: false };
const secretRef = {
  accessKeyIDSecretRef: { name: 'aws-creds', key: 'access-key-id' },
  secretAccessKeySecretRef: { name: 'aws-creds', key: 'secret-access-key' },
};
const KEYS = { annotations: {}, stringData: { 'access-key-id': 'key', 'secret-access-key': 'secret' } };

interface Vector {
  readonly name: string;
  readonly spec: unknown;
  readonly world?: FakeWorld;
  /** A finding's code, or the keys and expiration of the Secret. */
  readonly want: string | { readonly keys: string; readonly expiration?: string };
  readonly request?: object;
}

const vectors: readonly Vector[] = [
  { name: 'no spec: `no config spec provided`', spec: undefined, want: 'SPEC_INVALID' },
  { name: 'a spec that does not parse: `unable to parse spec`', spec: '{invalid', want: 'SPEC_INVALID' },
  { name: 'no role: `role must be specified`', spec: { region: 'eu-west-1' }, want: 'SPEC_INVALID' },
  {
    name: 'AssumeRole fails: `unable to retrieve credentials`',
    spec: SPEC,
    world: fakeWorld({ failures: [DENIED] }),
    want: 'HOP_DENIED',
  },
  {
    name: 'keys in a Secret, and an expiration in Unix seconds',
    spec: { ...SPEC, auth: { secretRef } },
    world: fakeWorld({ lifetimeSeconds: (9_999_000 - NOW.getTime()) / 1000 }),
    want: { keys: 'access_key_id secret_access_key session_token expiration', expiration: '9999' },
    request: { roleArn: ROLE_ARN, durationSeconds: 3600 },
  },
  {
    name: 'duration and external ID go to AWS',
    spec: { ...SPEC, requestParameters: { sessionDuration: 7200, externalID: 'my-external-id' } },
    want: { keys: 'access_key_id secret_access_key session_token expiration' },
    request: { durationSeconds: 7200, externalID: 'my-external-id' },
  },
  {
    name: 'no expiration, no key for it',
    spec: SPEC,
    world: withoutExpiration(),
    want: { keys: 'access_key_id secret_access_key session_token' },
  },
];

test.each(vectors)('$name', async ({ spec, world = fakeWorld(), want, request }) => {
  const key = objectKey(secretObject({ name: 'aws-creds', namespace: 'team-a' }));
  const { secrets, findings } = await runManifests(
    { items: [generatorManifest(spec)], ambient: ambient() },
    new Map([[key, KEYS]]),
    { world },
  );
  const [emitted] = secrets;
  if (typeof want === 'string') {
    expect({ emitted, codes: findings.filter(({ code }) => code === want).length > 0 }).toEqual({ codes: true });
    return;
  }
  const { data = {} } = emitted ?? {};
  expect(Object.keys(data).join(' ')).toBe(want.keys);
  if (want.expiration !== undefined)
    expect(Buffer.from(data.expiration ?? '', 'base64').toString()).toBe(want.expiration);
  if (request !== undefined) expect(world.calls[0]?.request).toMatchObject(request);
});

function withoutExpiration(): FakeWorld {
  const value = new Sensitive('value');
  const session = { accessKeyId: value, secretAccessKey: value, sessionToken: value };
  const client = {
    getCallerIdentity: async () => ({ account: '111111111111', arn: 'arn:aws:iam::111111111111:user/ci' }),
    assumeRole: async () => session,
    assumeRoleWithWebIdentity: async () => session,
    getSessionToken: async () => session,
  };
  return { ...fakeWorld(), sts: { client: async () => client } };
}
