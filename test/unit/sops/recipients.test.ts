import { beforeAll, describe, expect, test } from '@jest/globals';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { checkRecipients } from '../../../function/sops/sops.ts';
import { type AgeKeys, newAgeKeys } from '../../support/age-keys.ts';

let keys: AgeKeys;
beforeAll(async () => {
  keys = await newAgeKeys();
});

test('age recipients are fine', async () => {
  const more = await newAgeKeys();
  expect(await checkRecipients([keys.recipient, more.recipient, keys.recipient])).toEqual([]);
});

test('each fault names its recipient by position, and never quotes it', async () => {
  const secret = keys.identity.reveal();
  const faults = await checkRecipients([secret, keys.recipient, secret.toLowerCase(), `age1,${secret}`]);
  expect(faults.map(({ index }) => index)).toEqual([0, 2, 3]);
  for (const { text } of faults) expect(text).toMatch(/^is an identity: /);
  expect(JSON.stringify(faults).toUpperCase()).not.toContain(secret.slice(-20));
});

describe('refused', () => {
  test.each<[string, () => unknown | Promise<unknown>, RegExp]>([
    ['one wrong character', () => keys.recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')), /checksum/],
    ['one character too few', () => keys.recipient.slice(0, -1), /58 more characters/],
    ['upper case', () => keys.recipient.toUpperCase(), /lower case/],
    ['space around it', () => ` ${keys.recipient}`, /^must be an age recipient/],
    ['two in one', () => `${keys.recipient},${keys.recipient}`, /^must be an age recipient/],
    // all zero bytes: a point that gives every sender the same secret
    ['a weak point', () => 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z', /weak/],
    [
      'post-quantum',
      async () => identityToRecipient(await generateHybridIdentity()),
      /^is a post-quantum recipient.*3\.11\.0/,
    ],
    ['of a plugin', () => 'age1yubikey1qgga23gd9l6eldvxd9vwlsypqq', /^is the recipient of an age plugin/],
    ['an SSH key', () => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5', /^is an SSH key/],
    ['a PGP fingerprint', () => '85D77543B3D624B63CEA9E6DBC17301B491B3F21', /^must be an age recipient/],
    ['nothing', () => '', /^must be an age recipient/],
    ['no text', () => ({ recipient: 'age1' }), /^must be a string/],
  ])('%s', async (_, recipient, text) => {
    expect(await checkRecipients([await recipient()])).toEqual([{ index: 0, text: expect.stringMatching(text) }]);
  });

  test.each([
    ['no recipient', 0, 'must name at least one recipient'],
    ['very many', 33, 'must name at most 32 recipients'],
  ])('%s', async (_, length, text) => {
    expect(await checkRecipients(Array.from({ length }, () => keys.recipient))).toEqual([{ text }]);
  });
});
