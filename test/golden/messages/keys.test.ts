import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list, secret } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { SECRET_REF } from './resource-lists.ts';

const withSpec = (spec: string) => list(generatorItem(spec));
const withKeys = (keys: string, field = 'stringData') =>
  list(generatorItem(`${GOOD_SPEC}, auth: {${SECRET_REF}}`) + secret(keys, { field }));

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
      'id: "ENC[AES256_GCM,data:CANARY,iv:a,tag:b,type:str]", secret: CANARY}\n  sops: {kms: [{arn: a}], age: []',
    ),
    'keys that are exchanged': withKeys('id: wJalrXUtnFEMI/K7MDENG/CANARY, secret: AKIDCANARY'),
    'no credentials': withSpec(GOOD_SPEC),
    'a profile that is not there': { input: withSpec(GOOD_SPEC), environment: { AWS_PROFILE: 'prdo' } },
  });
  expectMessages(import.meta.filename, shown);
});
