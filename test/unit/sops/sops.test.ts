import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type Document, parseDocument, stringify } from 'yaml';
import { printBlock } from '../../../function/krm/print.ts';
import type { SecretManifest } from '../../../function/model/outcome.ts';
import {
  type AgeIdentity,
  decryptSecret,
  encryptSecret,
  readIdentities,
  SopsError,
  type SopsErrorCode,
} from '../../../function/sops/sops.ts';
import { type AgeKeys, newAgeKeys } from '../../support/age-keys.ts';
import { sealedDocuments } from '../../support/sops/documents.ts';
import { NOW } from '../../support/world/fake-world.ts';

const SAMPLES = join(import.meta.dirname, 'samples');
const OPENED = {
  data: { id: 'Zm9v' },
  stringData: {
    '10': 'ten',
    '2': 'two',
    int: 5,
    float: 0.25,
    bool: false,
    time: new Date('2026-01-02'),
    text: 'ünï 🎉\n',
    empty: '',
  },
};

let identities: readonly AgeIdentity[];
let whole: string;
let only: string;
let json: string;
beforeAll(async () => {
  const read = (name: string) => readFile(join(SAMPLES, name), 'utf8');
  ({ identities } = await readIdentities(await read('identity.txt')));
  [whole, only, json] = (await Promise.all(
    ['whole-document.yaml', 'only-encrypted.yaml', 'every-value.json'].map(read),
  )) as [string, string, string];
});
const open = (text: string) => decryptSecret(text, identities);

describe('opens what sops encrypted', () => {
  test.each([
    ['with a MAC over all values, in their order and with their types', () => whole, OPENED],
    ['with a MAC over the encrypted values', () => only, OPENED],
    ['without a rule, as JSON', () => json, OPENED],
  ])('%s', async (_, text, opened) => {
    expect(await open(text())).toEqual(opened);
  });

  test('read by a parser that is given', async () => {
    const parse = jest.fn((text: string) => parseDocument(text, { schema: 'failsafe' }));
    expect(await decryptSecret(whole, identities, parse)).toEqual(OPENED);
    expect(parse.mock.calls).toEqual([[whole]]);
  });

  test('with one of many identities', async () => {
    const strangers = await Promise.all(Array.from({ length: 5 }, newAgeKeys));
    expect(await decryptSecret(whole, [...strangers.map(({ identity }) => identity), ...identities])).toEqual(OPENED);
  });

  test('as an item of a list, with what kpt adds to it', async () => {
    const added = [
      "config.kubernetes.io/index: '0'",
      "config.kubernetes.io/path: 'secret.yaml'",
      "internal.config.kubernetes.io/package-path: '/package'",
      "config.k8s.io/id: '1'",
    ];
    const item = whole.replace(/^( +)day: /m, (line, margin) =>
      [...added.map((text) => margin + text), line].join('\n'),
    );
    expect(await open(item.replaceAll(/^/gm, '    '))).toEqual(OPENED);
  });

  test('written by hand, as sops reads it', async () => {
    const before: [string, string][] = [
      ['day: 2026-01-02T00:00:00Z', 'day: 2026-1-2'],
      ['octal: 511', 'octal: 0777'],
      ['underscore: 1000', 'underscore: 0x3e8'],
      ['exponent: 1.5e-09', 'exponent: .15e-8'],
      ['- null', '- ~'],
      ['name: sample', 'name: !!str sample'],
      ['        same:', '        nothing:\n        same:'],
    ];
    const text = before.reduce((result, [from, to]) => result.replace(from, to), whole);
    expect(text).not.toBe(whole);
    expect(await open(text)).toEqual(OPENED);
  });
});

/** `only` with one thing changed; the order of its keys stays. */
const edited = (change: (document: Document) => unknown) => {
  const document = parseDocument(only);
  change(document);
  return String(document);
};
const flip = (value: unknown) => String(value).replace(/data:(.)/, (_, first) => `data:${first === 'A' ? 'B' : 'A'}`);
const sopsOf = (document: Document) => (document.toJS() as { sops: Record<string, unknown> }).sops;
const grouped = (groups: (sops: Record<string, unknown>) => unknown) =>
  edited((document) => {
    const { age, ...sops } = sopsOf(document);
    document.set('sops', { ...sops, key_groups: groups({ age }) });
  });
const inSops = (name: string, value: unknown) => () => edited((document) => document.setIn(['sops', name], value));

test('gives no plain text that somebody let stand beside it: the rule is not under the MAC', async () => {
  const text = edited((document) => {
    document.deleteIn(['sops', 'encrypted_regex']);
    document.setIn(['sops', 'unencrypted_regex'], '^(apiVersion|kind|metadata|mine)$');
    document.setIn(['data', 'mine'], 'bXk=');
    document.setIn(['stringData', 'mine'], 'my');
  });
  expect(await open(text)).toEqual(OPENED);
});

describe('refuses', () => {
  test.each<[string, () => string, `${SopsErrorCode} ${string}`]>([
    [
      'a value that was changed',
      () => edited((document) => document.setIn(['data', 'id'], flip(document.getIn(['data', 'id'])))),
      'wrongMac data.id',
    ],
    [
      'two values that were exchanged',
      () => only.replace(/^( +int: )(.*)(\n +float: )(.*)/m, '$1$4$3$2'),
      'wrongMac stringData.int',
    ],
    ['a value that was taken away', () => edited((document) => document.deleteIn(['data', 'id'])), 'wrongMac sops.mac'],
    ['values in another order', () => only.replace(/^( +int: .*\n)( +float: .*\n)/m, '$2$1'), 'wrongMac sops.mac'],
    [
      'a value that somebody wrote in plain',
      () => edited((document) => document.setIn(['data', 'id'], 'Zm9v')),
      'malformed data.id',
    ],
    [
      'a plain value beside the others',
      () => edited((document) => document.setIn(['stringData', 'id'], 'mine')),
      'malformed stringData.id',
    ],
    [
      'a type that changes what a value counts as',
      () => only.replace(/(text: ENC.*type:)str/, '$1comment'),
      'wrongMac sops.mac',
    ],
    [
      'a type that a value is not of',
      () => only.replace(/(text: ENC.*type:)str/, '$1int'),
      'malformed stringData.text',
    ],
    [
      'a type that sops does not have',
      () => only.replace(/(text: ENC.*type:)str/, '$1map'),
      'malformed stringData.text',
    ],
    [
      'a MAC that was changed',
      () => edited((document) => document.setIn(['sops', 'mac'], flip(document.getIn(['sops', 'mac'])))),
      'wrongMac sops.mac',
    ],
    ['an empty MAC', inSops('mac', ''), 'wrongMac sops.mac'],
    ['a MAC in plain', inSops('mac', 'A'.repeat(128)), 'malformed sops.mac'],
    ['another time', inSops('lastmodified', '2026-01-01T00:00:00Z'), 'wrongMac sops.mac'],
    ['no time', inSops('lastmodified', 'today'), 'malformed sops.lastmodified'],
    ['a MAC of the other kind', inSops('mac_only_encrypted', false), 'wrongMac sops.mac'],
    ['a rule that encrypts less', inSops('encrypted_regex', '^data$'), 'wrongMac sops.mac'],
    ['two rules', inSops('encrypted_suffix', '_secret'), 'malformed sops'],
    ['a rule about comments', () => only.replace('encrypted_regex', 'encrypted_comment_regex'), 'unsupported sops'],
    [
      'a changed label under a MAC over the whole document',
      () => whole.replace('team: a', 'team: b'),
      'wrongMac sops.mac',
    ],
    ['a text that became a time under it', () => whole.replace('"2026-01-02"', '2026-01-02'), 'wrongMac sops.mac'],
    ['a data key that was changed', () => only.replace(/YWdlL/, 'YWdlM'), 'noIdentity sops.age'],
    [
      'a key for KMS alone',
      () =>
        edited((document) =>
          document.setIn(['sops'], {
            ...sopsOf(document),
            age: null,
            kms: [{ arn: 'arn:aws:kms:eu-west-1:111111111111:key/a', created_at: '2026-01-02T03:04:05Z', enc: 'AQ==' }],
          }),
        ),
      'notAge sops',
    ],
    ['no key', inSops('age', []), 'malformed sops'],
    ['several key groups', () => grouped(({ age }) => [{ age }, { age }]), 'unsupported sops.key_groups'],
    ['a Secret that is not encrypted', () => edited((document) => document.delete('sops')), 'malformed sops'],
  ])('%s', async (_, text, want) => {
    const [code, field] = want.split(' ');
    await expect(open(text())).rejects.toMatchObject({ code, field });
  });

  test('other identities, or none', async () => {
    const { identity } = await newAgeKeys();
    const broken = { reveal: () => identity.reveal().slice(0, -1) };
    for (const given of [[identity], [], [broken]]) {
      await expect(decryptSecret(only, given)).rejects.toMatchObject({ code: 'noIdentity', field: 'sops.age' });
    }
  });

  test.each([
    ['no age file', 'A'],
    ['without end', 'A'.repeat(100_000)],
    ['armored nothing', '-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n'],
  ])('a wrapped key that is %s fits nobody; another beside it may', async (_, enc) => {
    await expect(open(inSops('age', [{ enc }])())).rejects.toMatchObject({ code: 'noIdentity', field: 'sops.age' });
    const { age } = sopsOf(parseDocument(only));
    expect(await open(inSops('age', [{ enc }, ...(age as object[])])())).toEqual(OPENED);
  });

  test('one key group as sops reads it is opened', async () => {
    const text = grouped(({ age }) => [{ hc_vault: null, age }]);
    expect(await open(text)).toEqual(OPENED);
  });
});

test('what sops refuses for its form is refused, and what it opens is opened', async () => {
  const { keys, refused, opened } = await sealedDocuments('QUJD', 'eHl6MTIzNDU2Nzg5');
  const isOpened = async (text: string) => {
    try {
      return (await decryptSecret(text, [keys.identity])).data !== undefined;
    } catch (error) {
      if (error instanceof SopsError) return false;
      throw error;
    }
  };
  const found = await Promise.all([...refused, ...opened].map(async ({ name, text }) => [name, await isOpened(text)]));
  expect(found).toEqual([...refused.map(({ name }) => [name, false]), ...opened.map(({ name }) => [name, true])]);
});

describe('any text', () => {
  test('keys of Object.prototype are keys', async () => {
    const text = only.replace(/^stringData:$/m, '$&\n    __proto__: ""\n    constructor: ""');
    const { stringData = {} } = await open(text);
    expect(Object.entries(stringData).slice(0, 4)).toEqual([
      ['2', 'two'],
      ['10', 'ten'],
      ['__proto__', ''],
      ['constructor', ''],
    ]);
  });

  test('whatever is put into an encrypted text, no other value comes out', async () => {
    const text = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('\n', ' ', ': ', '"', '&a ', '*a'));
    // an empty value is not encrypted, so that its key is not protected
    const encrypted = (values: object = {}) => Object.entries(values).filter(([, value]) => value !== '');
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.nat({ max: 3 }), text, async (start, length, inserted) => {
        const changed = whole.slice(0, start) + inserted + whole.slice(start + length);
        const result = await open(changed).catch((error: unknown) => error as Error);
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(SopsError);
          expect(`${result.message} ${JSON.stringify(result)}`).not.toMatch(/ünï|Zm9v|AGE-SECRET/);
        } else {
          const { data, stringData } = result;
          expect([data, stringData].map(encrypted)).toEqual([OPENED.data, OPENED.stringData].map(encrypted));
        }
      }),
      { numRuns: 300 },
    );
  });
});

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

test('encryption is of every value; the rest stays as it is, and says how to open it', async () => {
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

describe('the order of encrypted values, which the MAC covers', () => {
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

test('encryption is refused for nobody, and for a recipient that is none', async () => {
  await expect(encryptSecret(secretOf(DATA), { recipients: [], now: NOW })).rejects.toThrow('no recipient');
  await expect(encryptSecret(secretOf(DATA), { recipients: ['age1'], now: NOW })).rejects.toThrow();
});
