import fc from 'fast-check';

/** What YAML, templates, ARNs and readers of text stumble over. */
const TOKENS = [
  ...['&a ', '*a', '<<: *a', '!!binary ', '!!js/function ', '? ', '|', '>-', '---\n', '...\n', '\t'],
  ...['\r\n', '\u0000', '\u202e', '\ufeff'],
  ...['{{', '}}', '{{- end -}}', '${account}', '$${', '__proto__', 'constructor', '../../'],
  ...['arn:aws:iam::', ':role/*', '~', 'null', '0x1f'],
  ...['1e999', '-1', '2026-13-45', 'items: []\n', 'kind: Input\n', 'kind: Policy\n', '[[[[[[[[', '"', "'", '#', ','],
];

/** One change of a text. */
type Change = readonly [kind: 'cut' | 'insert' | 'double' | 'flip' | 'swap', at: number, length: number, token: number];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('cut', 'insert', 'double', 'flip', 'swap'),
  fc.nat(),
  fc.nat({ max: 200 }),
  fc.nat({ max: TOKENS.length - 1 }),
);

/** Texts of a corpus with one to four changes, as bytes: most of them are still nearly what they were. */
export function mutated(corpus: readonly string[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...corpus), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) => changes.reduce(apply, Buffer.from(text)));
}

function apply(bytes: Buffer, [kind, where, length, token]: Change): Buffer {
  const at = bytes.length === 0 ? 0 : where % bytes.length;
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case 'cut':
      return Buffer.concat([before, after.subarray(length)]);
    case 'insert':
      return Buffer.concat([before, Buffer.from(TOKENS[token] ?? ''), after]);
    case 'double':
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 'flip':
      return Buffer.concat([before, Buffer.from([(after[0] ?? 0) ^ (1 << (length % 8))]), after.subarray(1)]);
    case 'swap':
      return Buffer.concat([before, after.subarray(length), after.subarray(0, length)]);
  }
}
