import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { printBlock } from '../../../function/krm/print.ts';
import type { SecretManifest } from '../../../function/model/flow.ts';
import { decryptSecret, encryptSecret } from '../../../function/sops/sops.ts';
import { type AgeKeys, newAgeKeys } from '../../support/age-keys.ts';
import { NOW } from '../../support/world/fake-world.ts';

const secretOf = (data: Readonly<Record<string, string>>): SecretManifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'deployer', namespace: 'team-a', annotations: { a: '1' } },
  type: 'Opaque',
  data,
});
const DATA = { session_token: 'dG9rZW4=', access_key_id: 'QVNJQQ==', expiration: 'MQ==' };

let keys: AgeKeys;
let others: AgeKeys;
beforeAll(async () => {
  [keys, others] = await Promise.all([newAgeKeys(), newAgeKeys()]);
});
const encrypt = (data: Readonly<Record<string, string>>) =>
  encryptSecret(secretOf(data), { recipients: [keys.recipient, others.recipient], now: NOW });

test('every value is encrypted; the rest stays as it is, and says how to open it', async () => {
  const encrypted = expect.stringMatching(
    /^ENC\[AES256_GCM,data:[\w+/]+=*,iv:[\w+/]{43}=,tag:[\w+/]{22}==,type:str\]$/,
  );
  const armored = expect.stringMatching(
    /^-----BEGIN AGE ENCRYPTED FILE-----\n[^-]+\n-----END AGE ENCRYPTED FILE-----\n$/,
  );
  expect(await encrypt(DATA)).toEqual({
    ...secretOf({}),
    data: { access_key_id: encrypted, expiration: encrypted, session_token: encrypted },
    sops: {
      age: [
        { recipient: keys.recipient, enc: armored },
        { recipient: others.recipient, enc: armored },
      ],
      lastmodified: '2026-01-02T03:04:05Z',
      mac: encrypted,
      encrypted_regex: '^(data|stringData)$',
      mac_only_encrypted: true,
      version: '3.11.0',
    },
  });
});

test('no text of a value, of its base64 or of the MAC is in it twice', async () => {
  const text = JSON.stringify([await encrypt({ a: 'dG9rZW4=', b: 'dG9rZW4=' }), await encrypt({ a: 'dG9rZW4=' })]);
  expect(text).not.toMatch(/dG9rZW4|token/);
  const encrypted = text.match(/ENC\[[^\]]*\]/g) ?? [];
  expect(new Set(encrypted).size).toBe(5);
});

describe('the order of the values, which the MAC covers', () => {
  test('is the one in which tools sort keys', async () => {
    expect(Object.keys((await encrypt(DATA)).data)).toEqual(['access_key_id', 'expiration', 'session_token']);
  });

  test('is the one in which JavaScript prints keys that are numbers', async () => {
    const encrypted = await encrypt({ '10': 'MTA=', a: 'YQ==', '2': 'Mg==', B: 'Qg==' });
    expect(Object.keys(encrypted.data)).toEqual(['2', '10', 'B', 'a']);
    expect(await decryptSecret(printBlock(encrypted), [keys.identity])).toEqual({
      data: { '2': 'Mg==', '10': 'MTA=', B: 'Qg==', a: 'YQ==' },
    });
  });
});

test('whatever is encrypted opens again, with the identity of each recipient', async () => {
  const name = fc.oneof(
    fc.stringMatching(/^[_a-zA-Z][-._a-zA-Z0-9]{0,19}$/),
    fc.constantFrom('__proto__', 'constructor', '0', '10'),
  );
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.base64String(),
    fc.constantFrom('', '\ufeff', '\0', 'true'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 6 }), fc.boolean(), async (entries, isFirst) => {
      const data = Object.fromEntries(entries);
      const text = printBlock(await encrypt(data));
      const opened = await decryptSecret(text, [isFirst ? keys.identity : others.identity]);
      expect(opened).toEqual(entries.length === 0 ? {} : { data });
    }),
    { numRuns: 60 },
  );
});

test('what other tools change outside `data` does not matter', async () => {
  const { metadata, data, sops, ...rest } = await encrypt(DATA);
  const changed = {
    sops,
    data,
    ...rest,
    immutable: true,
    metadata: { ...metadata, labels: { team: 'b' }, annotations: {} },
  };
  for (const text of [
    stringify(changed),
    JSON.stringify(changed),
    stringify(changed, { defaultStringType: 'QUOTE_SINGLE' }),
  ]) {
    expect(await decryptSecret(text, [keys.identity])).toEqual({ data: DATA });
  }
});

test('is refused for nobody, and for a recipient that is none', async () => {
  await expect(encryptSecret(secretOf(DATA), { recipients: [], now: NOW })).rejects.toThrow('no recipient');
  await expect(encryptSecret(secretOf(DATA), { recipients: ['age1'], now: NOW })).rejects.toThrow();
});
