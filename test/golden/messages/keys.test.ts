import { test } from '@jest/globals';
import { stringify } from 'yaml';
import { encryptSecret } from '../../../function/sops/sops.ts';
import { newAgeKeys } from '../../support/age-keys.ts';
import { functionConfig, GOOD_SPEC, generatorItem, item, list, secret } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { SECRET_REF } from './resource-lists.ts';

const withSpec = (spec: string) => list(generatorItem(spec));
const withKeys = (keys: string, field = 'stringData') =>
  list(generatorItem(`${GOOD_SPEC}, auth: {${SECRET_REF}}`) + secret(keys, { field }));

const SEALED = 'id: "ENC[AES256_GCM,data:CANARY,iv:a,tag:b,type:str]", secret: CANARY}\n  sops: {mac: a';
const TEMPLATE = `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: other, namespace: team-a}
  spec: {target: {template: {templateFrom: [{secret: {name: keys, items: [{key: id}]}}]}}, dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}]}
`;

/** Keys that SOPS encrypted, with an identity of age that opens them. */
async function sealedKeys(values: Readonly<Record<string, string>>, refs = SECRET_REF) {
  const { recipient, identity } = await newAgeKeys();
  const data = Object.fromEntries(
    Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const metadata = { name: 'keys', namespace: 'team-a' };
  const sealed = await encryptSecret(
    { apiVersion: 'v1', kind: 'Secret', metadata, data },
    { recipients: [recipient], now: new Date() },
  );
  const input = list(
    generatorItem(`${GOOD_SPEC}, auth: {${refs}}`) +
      item(stringify(sealed)) +
      secret('id: AKIACANARY', { name: 'others' }),
  );
  return { input, environment: { SOPS_AGE_KEY: identity.reveal() } };
}

test('what is said of the keys that a session begins with', async () => {
  const shown = await showEach({
    'no Secret': withSpec(`${GOOD_SPEC}, auth: {${SECRET_REF}}`),
    'no key': withKeys('id: AKIDCANARY'),
    'empty keys': withKeys('id: "", secret: ""'),
    'a trailing newline': withKeys('id: "AKIDCANARY\\n", secret: CANARY'),
    'a trailing newline, encoded': withKeys(
      `id: ${Buffer.from('AKIDCANARY\n').toString('base64')}, secret: ${Buffer.from('CANARY').toString('base64')}`,
      'data',
    ),
    'white space inside': withKeys('id: AKID CANARY, secret: CANARY'),
    'not base64': withKeys('id: "CANARY!", secret: "Q0FOQVJZ"', 'data'),
    'a number': withKeys('id: 12345, secret: CANARY'),
    'bytes that are no text': withKeys('id: /v8=, secret: Q0FOQVJZ', 'data'),
    'encrypted by SOPS': withKeys('id: "ENC[AES256_GCM,data:CANARY,iv:a,tag:b,type:str]", secret: CANARY'),
    'encrypted by SOPS, for AWS KMS alone': withKeys(
      `${SEALED}, kms: [{arn: a, created_at: "2026-01-02T03:04:05Z", enc: b}], lastmodified: "2026-01-02T03:04:05Z", version: 3.11.0`,
    ),
    'sealed, as an external ID': list(
      generatorItem() + secret(SEALED),
      functionConfig('  sessions: [{last: {externalIDFrom: {name: keys, key: id}}}]\n'),
    ),
    'sealed, as a template': list(generatorItem() + secret(SEALED) + TEMPLATE),
    'sealed, without a role': list(
      generatorItem(`region: eu-west-1, auth: {${SECRET_REF}}`, { kind: 'STSSessionToken' }) + secret(SEALED),
    ),
    'sealed, and no access key ID': await sealedKeys({ id: 'AKIDCANARY', secret: 'CANARY' }),
    'sealed, and a part elsewhere': await sealedKeys(
      { secret: 'CANARY' },
      SECRET_REF.replace('name: keys', 'name: others'),
    ),
    'sealed, and a token of long-term keys': await sealedKeys(
      { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'CANARY' },
      SECRET_REF.replace(/\}$/, ', sessionTokenSecretRef: {name: keys, key: secret}}'),
    ),
    'a token that is none': {
      input: list(
        generatorItem(),
        functionConfig('  sessions: [{identity: {tokenEnv: TOKEN, role: "arn:aws:iam::111111111111:role/ci"}}]\n'),
      ),
      environment: { TOKEN: 'CANARY in two words' },
    },
    'keys that are exchanged': withKeys('id: wJalrXUtnFEMI/K7MDENG/CANARY, secret: AKIDCANARY'),
    'no credentials': { input: withSpec(GOOD_SPEC), asksAws: true },
    'a profile that is not there': { input: withSpec(GOOD_SPEC), asksAws: true, environment: { AWS_PROFILE: 'prdo' } },
  });
  expectMessages(import.meta.filename, shown);
});
