import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { FAMILIES } from '../../function/gotemplate/gotemplate.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { type Compared, compare, count, survey } from './templates.ts';

const SEED = Number(process.env.TEMPLATES_SEED ?? 20_260_101);
const CASES = Number(process.env.TEMPLATES_CASES ?? 4000);
/** So many characters a question. */
const PORTION = 5000;

const DATA = {
  a: 'Zoë <b> "q" 🎉',
  key: 'AKIAEXAMPLE',
  n: '42',
  json: '{"b":{"x":1.5,"y":[1,"two",null,true]},"z":null,"__proto__":"p"}',
  list: 'a,b,,c',
  empty: '',
  multi: 'l1\nl2\n',
};

beforeAll(() => requirePrograms([realProgram('templates')]));

function show(what: string, compared: readonly Compared[]): void {
  process.stderr.write(`${what}: ${compared.length} cases, ${JSON.stringify(count(compared))}\n`);
}

/** The cases in which Go and we differ, readable. */
function differences(compared: readonly Compared[]): object[] {
  const text = (answer: string) => (answer === 'error' ? answer : Buffer.from(answer, 'base64').toString('latin1'));
  return compared
    .filter(({ verdict }) => verdict === 'different' || verdict === 'refused')
    .map(({ template, data, go, ours, reason }) => ({ template, data, go: text(go), ours: reason ?? text(ours) }));
}

describe('templates give what Go gives, byte for byte, or are an error for both', () => {
  test('those of the table', async () => {
    const lines = (await readFile(join(import.meta.dirname, 'templates/cases.txt'), 'utf8')).split('\n');
    const templates = lines
      .filter((line) => line !== '' && !line.startsWith('# '))
      .map((line) => line.replaceAll('⏎', '\n').replaceAll('␍', '\r'));
    const compared = await compare(templates.map((template) => ({ template, data: DATA })));
    show('table', compared);
    expect(differences(compared)).toEqual([]);
    expect(count(compared)['rendered by both']).toBeGreaterThan(150);
  });

  test(`generated ones, seed ${SEED}`, async () => {
    const { whole, mutated, calls } = await survey(CASES, SEED);
    process.stderr.write(`generated, ${CASES} from seed ${SEED}: ${JSON.stringify(whole.counts)}\n`);
    process.stderr.write(`of those, with a character changed: ${JSON.stringify(mutated.counts)}\n`);
    expect(differences(whole.differing)).toEqual([]);
    // a changed one may ask for anything, and then says what it is, and that Go takes it
    const named = /not supported|longer than|too large|more than 6 digits|takes the years|takes an int or int64/;
    const isOurs = ({ code, reason }: Compared) =>
      (code === 'unsupported' || code === 'tooMuch') && named.test(reason ?? '');
    expect(differences(mutated.differing.filter((one) => !isOurs(one)))).toEqual([]);
    expect(whole.counts['rendered by both']).toBeGreaterThan(CASES * 0.4);
    const names = Object.values(FAMILIES).flatMap(Object.keys);
    expect(names.filter((name) => !calls.has(name))).toEqual([]);
  }, 1_800_000);
});

describe('every character there is', () => {
  const characters = Array.from({ length: 0x110000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code));

  test('is the same letter in upper and lower case, in quotes, and at an end', async () => {
    const portions = Array.from({ length: Math.ceil(characters.length / PORTION) }, (_, index) =>
      characters.slice(index * PORTION, (index + 1) * PORTION),
    );
    const template =
      '{{ upper .all }}{{ lower .all }}{{ quote .all }}{{ printf "%+q" .all }}{{ range splitList "x" .ends }}{{ trim . }}{{ end }}';
    const questions = portions.map((portion) => ({
      template,
      data: { all: portion.join(''), ends: portion.map((character) => `${character}|${character}`).join('x') },
    }));
    const compared = await compare(questions);
    show('characters', compared);
    expect(
      compared
        .filter(({ verdict }) => verdict !== 'rendered by both')
        .map(({ data, reason }) => ({ first: data.all?.slice(0, 2), reason })),
    ).toEqual([]);
  });

  test('is part of a name for both, or for neither', async () => {
    const letters = characters.filter((character) => /^[\p{L}\p{N}\p{M}_]$/u.test(character));
    // a field of a missing key, never looked at: what counts is whether it can be read
    const questions = letters.map((letter) => ({ template: `{{ if false }}{{ .x${letter} }}{{ end }}`, data: {} }));
    for (let at = 0; at < questions.length; at += 50_000) {
      const compared = await compare(questions.slice(at, at + 50_000));
      expect(differences(compared)).toEqual([]);
    }
  });
});

describe('what Go renders and we refuse', () => {
  const unsupported = 'is not supported';
  test.each([
    ['{{ now | date "2006" }}', 'function "now" is not supported: its result is another one in each run'],
    ['{{ randAlphaNum 5 }}', 'function "randAlphaNum" is not supported: its result is another one in each run'],
    ['{{ keys (dict "a" 1) }}', 'function "keys" is not supported: the order of its result is another one in each run'],
    ['{{ list 1 2 }}', `function "list" ${unsupported}`],
    ['{{ html "<" }}', `function "html" ${unsupported}`],
    ['{{ if false }}{{ regexMatch "a" "b" }}{{ end }}', `function "regexMatch" ${unsupported}`],
    ['{{ define "x" }}{{ end }}', `\`define\` ${unsupported}`],
    ['{{ block "x" . }}{{ end }}', `\`block\` ${unsupported}`],
    ['{{ define "x" }}y{{ end }}{{ template "x" }}', `\`define\` ${unsupported}`],
    ['{{ 1i }}', 'complex number 1i is not supported'],
    ['{{ 1+2i }}', 'complex numbers are not supported'],
    ['{{ 0x1p4 }}', 'notation of number 0x1p4 is not supported'],
    ['{{ 1_0.5 }}', 'notation of number 1_0.5 is not supported'],
    ['{{ printf "%[1]d" 1 }}', '`*` and `[` in a format of `printf` are not supported'],
    ['{{ printf "%*d" 5 1 }}', '`*` and `[` in a format of `printf` are not supported'],
    ['{{ printf "%#v" 1 }}', 'verbs `%p`, `%w` and `%#v` of `printf` are not supported'],
    ['{{ printf "%w" 1 }}', 'verbs `%p`, `%w` and `%#v` of `printf` are not supported'],
    ['{{ printf "%p" 1 }}', 'verbs `%p`, `%w` and `%#v` of `printf` are not supported'],
    ['{{ printf "%x" 1.5 }}', 'verbs `%x`, `%X` and `%b` for a float64 are not supported'],
    ['{{ printf "%#g" 1.5 }}', 'flag `#` for a float64 is not supported'],
    ['{{ printf "%1000000s" "" | len }}', 'a number in a format of `printf` has more than 6 digits'],
    ['{{ date "2006" "2026-01-01" }}', '`date` takes an int or int64 of Unix seconds'],
    ['{{ date "2006" 253402300800 }}', '`date` takes the years 0 to 9999'],
    ['{{ int 1e19 }}', 'a float64 is too large for an int64'],
    ['{{ slice (slice (splitList "," "a,b") 0 1) 0 2 }}', '`slice` out of range'],
  ])('%s', async (template, reason) => {
    const [compared] = await compare([{ template, data: {} }]);
    expect(compared).toMatchObject({ verdict: 'refused', reason });
  });

  test('functions that External Secrets does not have either', async () => {
    const templates = ['env "HOME"', 'expandenv "$HOME"', 'getHostByName "localhost"'].map((call) => `{{ ${call} }}`);
    const compared = await compare(templates.map((template) => ({ template, data: {} })));
    expect(compared.map(({ verdict, reason }) => ({ verdict, reason }))).toEqual([
      { verdict: 'error for both', reason: 'function "env" is not supported: it reads the environment' },
      { verdict: 'error for both', reason: 'function "expandenv" is not supported: it reads the environment' },
      { verdict: 'error for both', reason: 'function "getHostByName" is not supported: it asks the network' },
    ]);
  });
});
