import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  Budget,
  parseTemplate,
  renderBytes,
  renderText,
  TemplateError,
  type TemplateErrorCode,
} from '../../../function/gotemplate/gotemplate.ts';
import { shareOf } from '../../support/is-whole.ts';
import { generateCases } from '../../support/templates/generate-template.ts';

const DATA = { access_key_id: 'AKIAEXAMPLE', secret_access_key: 'se/cr+et', expiration: '1767323045' };

/** What a template gives; a fault as its text. */
function render(source: string, data: Readonly<Record<string, string>> = DATA): string {
  try {
    return renderText(parseTemplate(source), data);
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

// that this is what Go gives is shown in test/hosts/templates.test.ts
describe('what users write', () => {
  test.each([
    ['{{ .access_key_id }}', 'AKIAEXAMPLE'],
    [
      '[default]\naws_access_key_id = {{ .access_key_id }}\naws_secret_access_key = {{ .secret_access_key -}}\n',
      '[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = se/cr+et',
    ],
    [
      '{{ dict "Version" 1 "AccessKeyId" .access_key_id "Expiration" (date "2006-01-02T15:04:05Z07:00" (.expiration | int64)) | toJson }}',
      '{"AccessKeyId":"AKIAEXAMPLE","Expiration":"2026-01-02T03:04:05Z","Version":1}',
    ],
    ['{{ printf "%s:%s" .access_key_id .secret_access_key | b64enc }}', 'QUtJQUVYQU1QTEU6c2UvY3IrZXQ='],
    [
      '{{ range $key, $value := . }}{{ $key | upper }}={{ $value | quote }}\n{{ end }}',
      'ACCESS_KEY_ID="AKIAEXAMPLE"\nEXPIRATION="1767323045"\nSECRET_ACCESS_KEY="se/cr+et"\n',
    ],
    ['{{ if hasPrefix "ASIA" .access_key_id }}temporary{{ else }}static{{ end }}', 'static'],
    ['{{ with .missing }}x{{ end }}', 'line 1, column 9: there is no key "missing"'],
    ['a\n{{ .access_key_id.x }}', 'line 2, column 4: string has no field "x"'],
    ['{{ upper 1 }}', 'line 1, column 10: `upper` takes a string, got another constant'],
    ['{{ trunc (add 1 2) "abc" }}', 'line 1, column 11: `trunc` takes an int, got int64'],
    ['{{ lt 1 1.5 }}', 'line 1, column 4: int and float64 cannot be compared so'],
    ['{{ replace "a" "b" }}', 'line 1, column 4: `replace` takes 3 values, got 2'],
    ['{{ index }}', 'line 1, column 4: `index` takes at least 1 value, got 0'],
  ])('%s', (source, wanted) => {
    expect(render(source)).toBe(wanted);
  });
});

describe('keys are keys', () => {
  test('also those that objects of JavaScript have', () => {
    const data = JSON.parse('{"__proto__": "p", "constructor": "c", "toString": "t"}') as Record<string, string>;
    expect(render('{{ .__proto__ }}{{ .constructor }}{{ .toString }}{{ len . }}', data)).toBe('pct3');
    expect(render('{{ .hasOwnProperty }}')).toBe('line 1, column 4: there is no key "hasOwnProperty"');
    expect(render('{{ (fromJson `{"__proto__":{"x":1}}`).x }}')).toBe('line 1, column 5: there is no key "x"');
    expect(render('{{ get (dict "__proto__" "v") "__proto__" }}{{ hasKey (dict) "constructor" }}')).toBe('vfalse');
  });
});

describe('bytes', () => {
  test('that are no text are refused, or given as they are', () => {
    const template = parseTemplate('{{ .value | b64dec }}');
    const data = { value: Buffer.from([0xff, 0x00, 0xfe]).toString('base64') };
    expect(() => renderText(template, data)).toThrow('line 1, column 1: the result is not UTF-8');
    expect([...renderBytes(template, data)]).toEqual([0xff, 0x00, 0xfe]);
  });

  test('count where characters do not', () => {
    expect(render('{{ len .x }} {{ trunc 4 .x }} {{ index .x 0 }}', { x: '🎉x' })).toBe('5 🎉 240');
  });

  test('half a pair of surrogates is U+FFFD, in templates and in data', () => {
    expect(render('\ud800{{ .x }}', { x: '\udc00' })).toBe('\ufffd\ufffd');
  });
});

describe('a fault', () => {
  const CANARY = 'c4n4ry';

  test('has no value of the data in it, whatever the template does with them', () => {
    const faults = new Set<string>();
    for (const { template } of generateCases(shareOf(2000), 7)) {
      const data = Object.fromEntries(['a', 'b', 'c', 'd', 'Ünï', '__proto__'].map((key) => [key, `${CANARY}%x*{"a"`]));
      const result = render(template, data);
      if (/^line \d+, column \d+: /.test(result)) faults.add(result);
    }
    expect([...faults].filter((fault) => /c4n4ry|C4N4RY/.test(fault))).toEqual([]);
    expect(faults.size).toBeGreaterThan(shareOf(200));
  });

  test.each([
    '{{ index . .x }}{{ index "a" .x }}',
    '{{ printf .x 1.5 }}',
    '{{ fromJson .x | upper }}',
    '{{ $v := .x }}{{ $v.field }}',
    '{{ .x | date "2006" }}',
    '{{ lt .x 1 }}',
    '{{ range .x }}{{ end }}',
    '{{ div .x 0 }}',
    '{{ indent 2097152 .x }}',
    '{{ ternary 1 2 .x }}',
    '{{ get .x "y" }}',
  ])('%s', (source) => {
    for (const x of [CANARY, `%[1]${CANARY}`, `"${CANARY}"`, `{"${CANARY}":1}`]) {
      const result = render(source, { x });
      if (result.startsWith('line ')) expect(result).not.toMatch(/c4n4ry/i);
    }
  });

  test('is the only thing that is thrown, whatever the text', () => {
    const part = fc.constantFrom(
      ...['{{', '}}', '"', '`', "'", '\\', ' ', '-', '|', '(', ')', '.', '$x', ':=', '=', ','],
    );
    const word = fc.constantFrom(
      ...['if', 'range', 'end', 'else', 'with', 'nil', 'print', '1', '0x', '.a', '/*', '*/', '\n'],
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(part, word, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 30 }),
        (parts) => {
          expect(typeof render(parts.join(''), { a: 'x' })).toBe('string'); // render passes on what is no fault
        },
      ),
      { numRuns: shareOf(3000) },
    );
  });
});

test.each<[TemplateErrorCode, string]>([
  ['failed', '{{ .absent }}'],
  ['failed', '{{ upper 1 }}'],
  ['unsupported', '{{ date "2006" "today" }}'],
  ['tooMuch', '{{ range 9999999 }}{{ end }}'],
])('%s: %s', (code, source) => {
  expect(() => renderText(parseTemplate(source), DATA)).toThrow(expect.objectContaining({ code }));
});

test('templates may take only so much together', () => {
  const budget = new Budget();
  const long = `{{/* ${'x'.repeat(900_000)} */}}a`;
  for (let count = 0; count < 4; count += 1) expect(renderText(parseTemplate(long, budget), {}, budget)).toBe('a');
  expect(() => parseTemplate(long, budget)).toThrow('it takes too much work');
  expect(renderText(parseTemplate(long), {})).toBe('a');
});

test('a template is rendered again and again, alike', () => {
  const template = parseTemplate('{{ $n := 0 }}{{ range 3 }}{{ $n = add $n 1 }}{{ end }}{{ $n }}{{ .x }}');
  expect(['a', 'b', 'a'].map((x) => renderText(template, { x }))).toEqual(['3a', '3b', '3a']);
});
