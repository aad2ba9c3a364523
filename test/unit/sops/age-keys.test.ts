import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { checkRecipients, readIdentities } from '../../../function/sops/sops.ts';
import { type AgeKeys, newAgeKeys } from '../../support/age-keys.ts';

let one: AgeKeys;
let two: AgeKeys;
beforeAll(async () => {
  [one, two] = await Promise.all([newAgeKeys(), newAgeKeys()]);
});
const read = async (text: string) => {
  const { identities, faults } = await readIdentities(text);
  return { identities: identities.map((identity) => identity.reveal()), faults };
};

test('identities stand one a line; comments, empty lines and the line ends of Windows are allowed', async () => {
  const [first, second] = [one.identity.reveal(), two.identity.reveal()];
  const text = `# created: 2026-01-02T03:04:05Z\r\n# public key: ${one.recipient}\r\n${first}\r\n\r\n  ${second}`;
  expect(await read(text)).toEqual({ identities: [first, second], faults: [] });
});

describe('a fault names the line, and quotes nothing', () => {
  test.each<[string, () => string, string]>([
    ['a plugin', () => 'AGE-PLUGIN-YUBIKEY-1QGGA23G', 'an identity of an age plugin, which only sops can run'],
    [
      'post-quantum',
      () => 'AGE-SECRET-KEY-PQ-1K30MYPZAHAXHR22',
      'a post-quantum identity, which this version cannot use',
    ],
    ['a recipient', () => two.recipient, 'a recipient, not an identity: "AGE-SECRET-KEY-1…" is what opens'],
    [
      'a wrong character',
      () => `${two.identity.reveal().slice(0, -1)}B`,
      'no age identity such as "AGE-SECRET-KEY-1…"',
    ],
    ['lower case', () => two.identity.reveal().toLowerCase(), 'no age identity such as "AGE-SECRET-KEY-1…"'],
    ['anything else', () => 'password', 'no age identity such as "AGE-SECRET-KEY-1…"'],
  ])('%s', async (_, line, fault) => {
    const identity = one.identity.reveal();
    expect(await read(`\n${identity}\n${line()}\n`)).toEqual({
      identities: [identity],
      faults: [`has in line 3 ${fault}`],
    });
  });

  test.each([
    ['', 'holds no identity'],
    ['# nothing\n\n', 'holds no identity'],
    ['x\n'.repeat(33), 'holds more than 32 identities'],
    ['#'.repeat(2_000_000), 'is too long'],
  ])('%.10j: %s', async (text, fault) => {
    expect(await read(text)).toEqual({ identities: [], faults: [fault] });
  });
});

test('an identity is never printed', async () => {
  const read = await readIdentities(one.identity.reveal());
  expect(read.identities).toHaveLength(1);
  for (const printed of [JSON.stringify(read), inspect(read, { depth: 9, showHidden: true }), String(read.identities)])
    expect(printed).not.toContain('AGE-SECRET-KEY');
});

test('recipients of age are fine', async () => {
  expect(await checkRecipients([one.recipient, two.recipient, one.recipient])).toEqual([]);
});

test('each fault of recipients names them by position, and never quotes them', async () => {
  const secret = one.identity.reveal();
  const faults = await checkRecipients([secret, one.recipient, secret.toLowerCase(), `age1,${secret}`]);
  expect(faults.map(({ index }) => index)).toEqual([0, 2, 3]);
  for (const { text } of faults) expect(text).toMatch(/^is an identity: /);
  expect(JSON.stringify(faults).toUpperCase()).not.toContain(secret.slice(-20));
});

describe('a recipient is refused', () => {
  test.each<[string, () => unknown | Promise<unknown>, RegExp]>([
    ['one wrong character', () => one.recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')), /checksum/],
    ['one character too few', () => one.recipient.slice(0, -1), /58 more characters/],
    ['upper case', () => one.recipient.toUpperCase(), /lower case/],
    ['space around it', () => ` ${one.recipient}`, /^must be an age recipient/],
    ['two in one', () => `${one.recipient},${one.recipient}`, /^must be an age recipient/],
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
    expect(await checkRecipients(Array.from({ length }, () => one.recipient))).toEqual([{ text }]);
  });
});
