import { describe, expect, test } from '@jest/globals';
import { parseTemplate, TemplateError, type TemplateErrorCode } from '../../../function/gotemplate/gotemplate.ts';

function errorOf(source: string): TemplateError {
  try {
    parseTemplate(source);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error(`cannot find an error in ${source}: it was parsed`);
}

const REFUSED: readonly (readonly [string, number, number, string])[] = [
  ['{{ env "HOME" }}', 1, 4, 'function "env" is not supported: it reads the environment'],
  ['a\n  {{ .x | now }}', 2, 11, 'function "now" is not supported: its result is another one in each run'],
  [
    '{{ if false }}{{ genCA "x" 1 }}{{ end }}',
    1,
    18,
    'function "genCA" is not supported: its result is another one in each run',
  ],
  ['{{ getHostByName "x" }}', 1, 4, 'function "getHostByName" is not supported: it asks the network'],
  ['{{ constructor }}', 1, 4, 'function "constructor" is not supported'],
  ['{{ define "x" }}{{ end }}', 1, 4, '`define` is not supported'],
  ['{{ template "x" . }}', 1, 4, '`template` is not supported'],
  ['{{ printf "%[2]d" 1 2 }}', 1, 4, '`*` and `[` in a format of `printf` are not supported'],
  ['{{ print (printf `%p` .) }}', 1, 11, 'verbs `%p`, `%w` and `%#v` of `printf` are not supported'],
  ['{{ 3i }}', 1, 4, 'complex number 3i is not supported'],
  ['{{ 0x1p-2 }}', 1, 4, 'notation of number 0x1p-2 is not supported'],
  [`{{ ${'1'.repeat(100)} }}`, 1, 4, `number ${'1'.repeat(40)}… has more than 64 bits`],
  ['{{ "\\q" }}', 1, 4, 'a string has an escape that Go does not know'],
  ['{{ "a }}', 1, 4, 'a string has no end'],
  ["{{ 'ab' }}", 1, 4, "'ab' is not one character"],
  ['x {{ .a', 1, 3, 'the action has no end'],
  ['x {{/* a }}', 1, 3, 'the comment has no end'],
  ['{{/* a */ }}', 1, 8, '`}}` does not follow the end of the comment'],
  ['{{ (.a }}', 1, 8, '`)` is missing'],
  ['{{ .a) }}', 1, 6, '`)` has no `(`'],
  ['{{ .a? }}', 1, 6, 'a name is followed by a character that no name has'],
  ['{{ # }}', 1, 4, 'unexpected `#` in an action'],
  ['{{ \u0001 }}', 1, 4, 'a character that no action has'],
  ['{{}}', 1, 3, 'missing value for an action'],
  ['{{ if }}{{ end }}', 1, 7, 'missing value for `if`'],
  ['{{ if .a }}\n{{ range .b }}{{ end }}', 1, 4, '`if` has no `end`'],
  ['{{ if .a }}{{ else }}{{ else }}{{ end }}', 1, 25, 'a second `else`'],
  ['{{ range .a }}{{ else if .b }}{{ end }}', 1, 23, 'unexpected `if` in an action'],
  ['{{ if .a }}{{ else }}b', 1, 4, '`if` has no `end`'],
  ['{{ with .a }}{{ else if .b }}{{ end }}', 1, 22, 'unexpected `if` in an action'],
  ['{{ else if .b }}{{ end }}', 1, 4, '`else` without `if`, `with` or `range`'],
  ['{{ end }}', 1, 4, '`end` without `if`, `with` or `range`'],
  ['{{ break }}', 1, 4, '`break` outside `range`'],
  ['{{ $x }}', 1, 4, 'variable $x is not declared'],
  ['{{ with $x := .a }}{{ end }}{{ $x }}', 1, 32, 'variable $x is not declared'],
  ['{{ $a, $b := .c }}', 1, 6, 'too many declarations in an action'],
  ['{{ .a | "b" }}', 1, 9, 'a constant cannot be given a value by `|`'],
  ['{{ "a".b }}', 1, 7, 'a constant has no fields'],
  ['{{ .a.b(1) }}', 1, 8, 'unexpected `(` in a command'],
  [`${'{{ if 1 }}'.repeat(101)}`, 1, 1004, 'nested more than 100 levels deep'],
  [`{{ ${'('.repeat(101)}`, 1, 1, 'the action has no end'],
  [`{{ ${'('.repeat(101)}1${')'.repeat(101)} }}`, 1, 104, 'nested more than 100 levels deep'],
  ['x'.repeat(1024 * 1024 + 1), 1, 1, 'a template is longer than 1048576 characters'],
  ['{{ $x := 1 }}'.repeat(1001), 1, 12991, 'more than 1000 variables'],
  [
    `{{ $${'x'.repeat(127)} := 1 }}{{ $y${'x'.repeat(127)} := 1 }}`,
    1,
    143,
    'the name of a variable is longer than 128 characters',
  ],
];

describe('a template is refused before anything is rendered, by name and position', () => {
  test.each(REFUSED.map(([source, ...rest]) => [source.slice(0, 60), source, ...rest] as const))(
    '%s',
    (_, source, line, column, reason) => {
      const error = errorOf(source);
      expect({ line: error.line, column: error.column, reason: error.reason }).toEqual({ line, column, reason });
      expect(error.message).toBe(`line ${error.line}, column ${error.column}: ${error.reason}`);
    },
  );

  test.each<[TemplateErrorCode, string]>([
    ['malformed', '{{ if }}{{ end }}'],
    ['malformed', '{{ "\\q" }}'],
    ['unsupported', '{{ now }}'],
    ['unsupported', '{{ define "x" }}{{ end }}'],
    ['unsupported', '{{ printf "%p" . }}'],
    ['tooMuch', 'x'.repeat(1024 * 1024 + 1)],
    ['tooMuch', '{{ if 1 }}'.repeat(101)],
    ['tooMuch', `{{ $${'x'.repeat(128)} := 1 }}`],
  ])('%s: %.30s', (code, source) => {
    expect(errorOf(source).code).toBe(code);
  });

  test('a function that is not known is one that is not supported', () => {
    for (const name of ['toString2', 'Sprintf', 'valueOf', '__proto__', 'hasOwnProperty'])
      expect(errorOf(`{{ ${name} }}`).reason).toBe(`function "${name}" is not supported`);
  });
});
