import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readIdentities } from '../../../function/sops/sops.ts';
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

test('one a line; comments, empty lines and the line ends of Windows are allowed', async () => {
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
