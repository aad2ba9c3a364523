import { describe, expect, test } from '@jest/globals';
import { Budget, parseTemplate, renderText } from '../../../function/gotemplate/gotemplate.ts';

const HALF = 512 * 1024;
const TOO_LONG = 'a text is longer than 2097152 bytes';
const TOO_MUCH = 'it takes too much work';
const TOO_MANY = 'it takes too much work';
const TOO_DEEP = 'a value is nested more than 100 levels deep';

const many = (action: string) => `{{ range 1000000 }}${action}{{ end }}`;

/** Each would take gigabytes or hours; what stops them is a limit, not a clock. */
const HOSTILE: readonly (readonly [string, string, string, string?])[] = [
  ['doubles a text', '{{ $x := "ab" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}', TOO_MUCH],
  ['a wide field', '{{ printf "%999999d%999999d%999999d" 1 1 1 }}', TOO_LONG],
  ['many wide fields', many('{{ $x := printf "%99999d" 1 }}'), TOO_MUCH],
  ['many zeros', '{{ printf "%.999999d%.999999f%.999999e" 1 1.5 1.5 }}', TOO_LONG],
  ['many exact digits', many('{{ $x := printf "%.20f" 5e-324 }}'), TOO_MUCH],
  ['turns', many(many('')), TOO_MANY],
  ['more turns than a text has', '{{ range 10000000 }}{{ end }}', TOO_MANY],
  ['a value inside a value', '{{ $d := dict }}{{ range 200 }}{{ $d = dict "a" $d }}{{ end }}{{ $d }}', TOO_DEEP],
  ['JSON inside JSON', '{{ fromJson .a }}', TOO_DEEP, '['.repeat(1000) + ']'.repeat(1000)],
  ['very much JSON inside JSON', '{{ fromJson .a }}', TOO_MUCH, '['.repeat(HALF) + ']'.repeat(HALF)],
  ['many lists from JSON', '{{ fromJson .a }}', TOO_MUCH, `[${'[],'.repeat(HALF / 3)}0]`],
  ['many maps from JSON', '{{ fromJson .a }}', TOO_MUCH, `[${'{},'.repeat(HALF / 6)}0]`],
  [
    'one value twice in each',
    '{{ $d := dict }}{{ range 90 }}{{ $d = dict "a" $d "b" $d }}{{ end }}{{ toJson $d }}',
    TOO_MUCH,
  ],
  ['the same as a key', '{{ $d := dict }}{{ range 90 }}{{ $d = dict $d $d "b" $d }}{{ end }}', TOO_LONG],
  ['capital letters', many('{{ $x := upper $.a }}'), TOO_MUCH, 'é'.repeat(HALF)],
  ['quotes', many('{{ $x := quote $.a }}'), TOO_MUCH, 'é'.repeat(HALF)],
  ['something between all characters', '{{ replace "" "aaaaa" .a }}', TOO_LONG, 'x'.repeat(HALF)],
  ['long for short', '{{ replace "a" .a .a }}', TOO_LONG, 'a'.repeat(HALF / 8)],
  ['spaces before lines', '{{ indent 1000 .a }}', TOO_LONG, '\n'.repeat(HALF / 8)],
  ['lists of characters', many('{{ $x := splitList "" $.a }}'), TOO_MUCH, 'a'.repeat(HALF)],
  ['the same list again', `{{ $l := splitList "" .a }}${many('{{ $x := coalesce $l }}')}`, TOO_MUCH, 'a'.repeat(HALF)],
  ['a list as text', '{{ $l := splitList "" .a }}{{ join (trunc 99 .a) $l }}', TOO_LONG, 'a'.repeat(HALF / 8)],
  [
    'a list of nothing as text',
    `{{ $l := splitList "," .a }}${many('{{ $x := join "" $l }}')}`,
    TOO_MUCH,
    ','.repeat(HALF / 8),
  ],
  ['maps in maps', '{{ $d := dict }}{{ range 90000 }}{{ $d = dict "a" $d }}{{ end }}', TOO_MUCH],
  ['slices', `{{ $l := splitList "," .a }}${many('{{ $x := slice $l 1 }}')}`, TOO_MUCH, ','.repeat(HALF / 8)],
  [
    'searching for what is long',
    '{{ $x := contains (print .a "b" .a) (print .a .a .a) }}',
    TOO_MUCH,
    'a'.repeat(20_000),
  ],
  [
    'splitting at what is long',
    '{{ $x := splitList (print .a "b" .a) (print .a .a .a) }}',
    TOO_MUCH,
    'a'.repeat(20_000),
  ],
  [
    'sorting',
    `{{ $m := fromJson .a }}${many('{{ range $m }}{{ break }}{{ end }}')}`,
    TOO_MUCH,
    `{${Array.from({ length: 9000 }, (_, at) => `"${at}":0`)}}`,
  ],
  ['searching', many('{{ $x := contains "aaaab" $.a }}'), TOO_MUCH, 'a'.repeat(HALF)],
  ['hashes', many('{{ $x := sha256sum $.a }}'), TOO_MUCH, 'a'.repeat(HALF)],
  ['dates', many('{{ $x := date $.a . }}'), TOO_MUCH, 'January'.repeat(HALF / 8)],
  ['a result', many('{{ $.a }}'), TOO_LONG, 'a'.repeat(HALF)],
  ['operands', `{{ print ${'1 '.repeat(HALF - 100)} }}`, TOO_MUCH],
  ['actions', '{{1}}'.repeat(100_000), TOO_MUCH],
];

describe('a rendering ends', () => {
  test.each(HOSTILE)('%s', (_, source, reason, a = '') => {
    expect(() => renderText(parseTemplate(source), { a })).toThrow(reason);
  });

  test('what is large but not too large is rendered', () => {
    const lines = 'a line of text\n'.repeat(10_000);
    expect(renderText(parseTemplate('{{ .a | trim | nindent 4 | b64enc | b64dec }}'), { a: lines })).toHaveLength(
      1 + lines.length - 1 + 40_000,
    );
    const source = '{{ range $i, $line := splitList "\\n" .a }}{{ $i }}: {{ $line | quote }}\n{{ end }}';
    expect(renderText(parseTemplate(source), { a: lines }).split('\n')).toHaveLength(10_002);
  });
});

describe('a budget that others have a part in', () => {
  const turns = (count: number, budget: Budget) =>
    renderText(parseTemplate(`{{ range ${count} }}{{ end }}x`, budget), {}, budget);

  test('ends with the work that is left', () => {
    let left = 1e9;
    const spendTime = (nanoseconds: number) => {
      left -= nanoseconds;
      return left >= 0;
    };
    const budget = () => new Budget({ work: { spendTime }, throwIfExpired() {} });
    expect(turns(100_000, budget())).toBe('x');
    expect(left).toBeLessThan(0.9e9);
    expect(() => turns(499_000, budget())).toThrow(TOO_MANY);
  });

  test.each([
    ['turns', (budget: Budget) => turns(20_000, budget)],
    ['reading a template', (budget: Budget) => parseTemplate('{{1}}'.repeat(5000), budget)],
    [
      'a function',
      (budget: Budget) => renderText(parseTemplate('{{ sha256sum .a }}'), { a: 'a'.repeat(100_000) }, budget),
    ],
  ])('the clock is looked at: %s', (_, work) => {
    const over = new Error('the time is up');
    const throwIfExpired = () => {
      throw over;
    };
    const budget = new Budget({ work: { spendTime: () => true }, throwIfExpired });
    expect(() => work(budget)).toThrow(over);
  });
});
