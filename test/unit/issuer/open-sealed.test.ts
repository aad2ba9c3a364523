import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { messageOf } from '../../../function/findings/finding.ts';
import { openOrRefuse } from '../../../function/issuer/open-sealed.ts';
import { readIdentities } from '../../../function/sops/sops.ts';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../sops/samples', name), 'utf8');
const only = read('only-encrypted.yaml');
const object = { apiVersion: 'v1', kind: 'Secret', namespace: 'team-a', name: 'keys' };
const by = { ...object, kind: 'STSAssumeRoleToken', name: 'deployer' };
const REFUSED =
  /^cannot open Secret "team-a\/keys" for STSAssumeRoleToken "team-a\/deployer":( `[^`]+`:)? it (is not as sops writes it|uses what only sops itself knows)\. /;

async function open(text: string) {
  const ageIdentities = async () => ({
    identities: (await readIdentities(read('identity.txt'))).identities,
    findings: [],
  });
  const need = { key: 'any', object, by, as: 'sealable' } as const;
  return openOrRefuse(need, text, { ageIdentities, signal: new AbortController().signal });
}

const inSops = (name: string, value: unknown) => () => {
  const document = parseDocument(only);
  document.setIn(['sops', name], value);
  return String(document);
};

test('what sops encrypted is opened for keys, as no object that others could read', async () => {
  expect(await open(only)).toEqual({ opened: expect.objectContaining({ data: { id: 'Zm9v' } }) });
});

test('for anything else it is refused before an identity is asked for', async () => {
  const ageIdentities = () => Promise.reject(new Error('asked'));
  const need = { key: 'any', object, by, as: 'source', field: 'spec.auth' } as const;
  const answer = await openOrRefuse(need, only, { ageIdentities, signal: new AbortController().signal });
  expect(answer).toMatchObject({ unread: { code: 'SECRET_SEALED', object: by, field: 'spec.auth' } });
});

describe('hostile text', () => {
  const withSops = (rest: string) => `${rest}\n${only.slice(only.indexOf('sops:'))}`;
  const bomb = [
    'a: &a [x, x]',
    ...[...'bcdefghijklmnopqrst'].map(
      (name, i) => `${name}: &${name} [*${'abcdefghijklmnopqrs'[i]}, *${'abcdefghijklmnopqrs'[i]}]`,
    ),
  ];
  test.each<[string, () => string]>([
    ['nothing', () => ''],
    ['no map', () => '- a'],
    ['no YAML', () => '{'],
    ['two documents', () => `${only}---\n${only}`],
    ['a bomb of aliases', () => withSops(bomb.join('\n'))],
    ['a bomb of aliases in `sops`', () => `sops:\n${bomb.map((line) => `  ${line}`).join('\n')}\n  mac: *t`],
    ['an alias in its own anchor', () => withSops('a: &a [*a]')],
    ['an alias without anchor', () => withSops('a: *nobody')],
    ['a deep list', () => withSops(`a: ${'['.repeat(50_000)}`)],
    ['a deep list that ends', () => withSops(`a: ${'['.repeat(500)}${']'.repeat(500)}`)],
    ['a long text', () => withSops(`a: ${'x'.repeat(3_000_000)}`)],
    ['a long key', () => withSops(`? ${'x'.repeat(2000)}\n: [${'x,'.repeat(15_000)}]`)],
    ['very many values', () => withSops(`a: [${'x,'.repeat(100_000)}]`)],
    ['keys that are no text', () => withSops('1: a')],
    ['a key that is a time', () => withSops('2026-01-02: a')],
    ['a key that is a map', () => withSops('? {a: b}\n: c')],
    ['a number that sops does not take', () => withSops('a: 9223372036854775808')],
    ['`sops` that is text', () => 'data: {}\nsops: mac'],
    ['`sops` with wrong types', () => 'sops: { mac: [], lastmodified: {}, age: { a: b } }'],
    ['recipients that are none', inSops('age', ['a', null, { enc: [] }])],
    [
      'recipients without number',
      inSops(
        'age',
        Array.from({ length: 1000 }, () => ({ enc: 'A' })),
      ),
    ],
    ['a pattern that never ends', inSops('encrypted_regex', '^(a+)+$')],
  ])('%s is refused, soon', async (_, text) => {
    const started = process.cpuUsage();
    const opened = await open(text());
    const told = 'unread' in opened ? [opened.unread.code, messageOf(opened.unread)] : opened;
    expect(told).toEqual(['SECRET_SEALED', expect.stringMatching(REFUSED)]);
    expect(process.cpuUsage(started).user).toBeLessThan(5_000_000); // the machine may be busy
  });
});
