import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMap, isScalar, visit } from 'yaml';
import { isFoldedAnew, isNumberInGo, isText, isTornByComment, parseYaml } from '../../function/krm/parse-yaml.ts';
import { misreadIn } from '../../function/krm/plain-objects.ts';
import { attempt } from '../../function/model/plain-data.ts';
import { ROOT, runProcess } from '../support/run-function.ts';

/** Hosts read YAML in Go. A text that we take for one that every reader reads alike is given to kyaml, as it is and as kyaml writes it. */

const SEED = 20_261_202;
const TEXTS = 30_000;
const GO_MILLISECONDS = 300_000;

/** Each is read alike, though it looks otherwise. */
const KNOWN: readonly string[] = [
  '{\n\t"kind": "A",\n\t"metadata": {\n\t\t"name": "a"\n\t},\n\t"list": [\n\t\t"b",\t"c"\n\t]\n}\n',
  'a:\tb\nc: d\t\ne: f\t# g\nh: {i:\t"j",\tk: l}\n',
];

const { letrec, array, constantFrom, tuple, oneof, option } = fc;
const join1 = (...parts: fc.Arbitrary<string>[]) => tuple(...parts).map((all) => all.join(''));
const often = (weight: number, text: fc.Arbitrary<string>) => ({ weight, arbitrary: text });
const maybe = (text: fc.Arbitrary<string>, freq = 8) => option(text, { nil: '', freq }).map(String);
const rarely = (text: fc.Arbitrary<string>) => oneof(often(12, constantFrom('')), often(1, text));

const BLANK = oneof(
  often(12, constantFrom(' ')),
  often(3, constantFrom('  ', '   ')),
  often(1, constantFrom('\t', ' \t', '\t ')),
);
const REMARK = join1(BLANK, constantFrom('#', '# c', '#c', '# a: b', '# {', '# "', ''));
const COMMENT = rarely(REMARK);
const BREAK = oneof(often(9, constantFrom('\n')), often(1, constantFrom('\n\n', '\n\t', '\n \n')));
const ANCHOR = rarely(constantFrom('&z ', '*z', '&z', '&z.a ', '!!str ', '!t ', '? '));
const PLAIN = array(
  constantFrom(
    ...['a', 'word', 'x-y', 'a.b/c', 'é', '日', '$x', 'A_B', '%', 'a:b', 'a#b', 'a,b', 'a{', "it's", 'a"b', 'a?'],
    ...['?a', '-a', ':a', '-', '---a', '=', '@a', '`', '<<', 'a]', '1a'],
  ),
  { maxLength: 3 },
).map((words) => words.join(' '));
const TAIL_OF_LINE = join1(BREAK, constantFrom('', '  ', '      '));
const DOUBLE = array(
  oneof(
    often(
      9,
      constantFrom(
        ...['\\n', '\\t', '\\"', '\\\\', '\\x41', '\\u00e9', '\\U0001F600', '\\0', '\\e', '\\_', '\\N', '\\L', '\\P'],
        ...["'", 'a', ' ', '  ', '\t', 'b', '#', ' #', ': '],
      ),
    ),
    often(1, constantFrom('\\/', '\\ud83d\\ude00', '\\ ')),
    often(1, join1(maybe(constantFrom('\\'), 2), TAIL_OF_LINE)),
  ),
  { maxLength: 5 },
).map((parts) => `"${parts.join('')}"`);
const SINGLE = array(
  oneof(often(9, constantFrom("''", 'a', ' ', '"', '\\', ': ', ' #', '\t', 'é')), often(1, TAIL_OF_LINE)),
  { maxLength: 4 },
).map((parts) => `'${parts.join('')}'`);
const SCALAR = oneof(often(4, PLAIN), often(2, DOUBLE), often(1, SINGLE));
const KEY = fc
  .nat({ max: 99 })
  .chain((number) =>
    oneof(
      often(9, constantFrom(`a${number}`, `x.y/z${number}`, `é${number}`, `"k${number}"`)),
      often(
        1,
        constantFrom(
          ...[
            `"k${number}: "`,
            `"k\\n${number}"`,
            `'q ${number}'`,
            `"k${number}\n  x"`,
            `b${number}${'c'.repeat(1100)}`,
          ],
          ...['a b', '?x', ':x', '-x', 'a#b', '', '&z k', '*k'],
        ),
      ),
    ),
  );
const LINE_OF_BLOCK = oneof(
  often(5, constantFrom('text', 'a: b', '# c', '- x', '"q', '---', 'é', 'x ', 'y\t', '\\', ' i', '\ti')),
  often(1, constantFrom('', ' ')),
);
const BLOCK = tuple(
  constantFrom('|', '>', '|-', '>-', '|+', '>+', '|2', '>2-'),
  COMMENT,
  array(LINE_OF_BLOCK, { maxLength: 4 }),
).map(([head, comment, lines]) => head + comment + lines.map((line) => `\n    ${line}`).join(''));

const BETWEEN = rarely(oneof(BLANK, join1(REMARK, TAIL_OF_LINE)));
const { flow } = letrec<{ flow: string; value: string; pair: string }>((tie) => ({
  flow: oneof(
    { maxDepth: 3 },
    tuple(array(tie('pair'), { maxLength: 3 }), BETWEEN).map(([pairs, end]) => `{${pairs.join(',')}${end}}`),
    tuple(array(tie('value'), { maxLength: 3 }), BETWEEN).map(([values, end]) => `[${values.join(',')}${end}]`),
  ),
  value: oneof({ maxDepth: 3 }, join1(BETWEEN, ANCHOR, SCALAR, BETWEEN), tie('flow')),
  pair: join1(BETWEEN, KEY, maybe(join1(maybe(BLANK, 1), constantFrom(':', ': ', ':\t', ': ', ': '), tie('value')))),
}));

const VALUE = oneof(
  often(6, join1(BLANK, ANCHOR, SCALAR, COMMENT)),
  often(2, join1(BLANK, ANCHOR, BLOCK)),
  often(2, join1(BLANK, ANCHOR, flow, COMMENT)),
);
const LINE = rarely(constantFrom('\n', '# c\n', '    # c\n', ' \n', '\t\n'));
const colon = (text: fc.Arbitrary<string>) => join1(rarely(BLANK), constantFrom(':'), text);
const nested = (dash: string) =>
  array(join1(LINE, constantFrom(`  ${dash}`), dash === '' ? join1(KEY, colon(VALUE)) : VALUE), {
    minLength: 1,
    maxLength: 3,
  }).map((lines) => `\n${lines.join('\n')}`);
const DOCUMENT = oneof(
  often(
    6,
    array(join1(LINE, KEY, colon(oneof(VALUE, nested(''), nested('-')))), { minLength: 1, maxLength: 4 }).map(
      (lines) => `kind: A\n${lines.join('\n')}\n`,
    ),
  ),
  often(
    1,
    join1(
      flow.filter((text) => text.startsWith('{')),
      constantFrom('\n'),
    ),
  ),
);

/** What every reader takes for the same, as {@link misreadIn} and its neighbours judge; undefined for any other text. */
function plainValue(text: string): unknown {
  if (misreadIn(text) !== undefined || isTornByComment(text)) return undefined;
  const document = attempt(() => parseYaml(text));
  let isPlain = isMap(document?.contents);
  visit(document ?? null, {
    Scalar(_, scalar) {
      isPlain &&= (isText(scalar) && !isNumberInGo(scalar) && !isFoldedAnew(scalar)) || scalar.value === null;
    },
    Pair(_, { key }) {
      isPlain &&= isScalar(key) && isText(key);
    },
  });
  return isPlain ? attempt(() => document?.toJS() as unknown) : undefined;
}

test(`${TEXTS} generated texts: what we take for a text that all read alike is one`, async () => {
  const texts = [...KNOWN, ...fc.sample(DOCUMENT, { numRuns: TEXTS, seed: SEED })];
  const cases = texts.flatMap((text) => {
    const value = plainValue(text);
    return value === undefined ? [] : [{ text, value }];
  });
  const { exit, stdout, stderr } = await runProcess('go', ['run', '.'], {
    cwd: join(ROOT, 'test/hosts/yaml'),
    input: JSON.stringify(cases.map(({ text }) => text)),
    environment: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', GOTOOLCHAIN: 'local' },
    timeoutMilliseconds: GO_MILLISECONDS,
  });
  const problems = stderr.replaceAll(/^go: downloading .*\n/gm, ''); // into a cache that is empty
  expect({ exit, problems }).toEqual({ exit: 0, problems: '' });
  const seen = JSON.parse(stdout) as {
    read: unknown[] | null;
    written: unknown[] | null;
    handed: string;
    fault?: string;
  }[];
  expect(seen.length).toBeGreaterThan(TEXTS / 5);
  const differing = cases.flatMap(({ text, value }, at) => {
    const { read, written, handed = '', fault } = seen[at] ?? {};
    const ours = attempt(() => parseYaml(handed).toJS() as { items: unknown[] })?.items;
    return isDeepStrictEqual([read, written, ours], [[value], [value], [value]])
      ? []
      : [{ text, value, read, handed, fault }];
  });
  expect(differing).toEqual([]);
});
