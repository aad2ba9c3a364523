import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, parseDocument, stringify, type ToStringOptions } from 'yaml';
import { FindingError, messageOf } from '../../function/findings/finding.ts';
import { runResourceList } from '../../function/hosts/stdio.ts';
import { decodeText } from '../../function/krm/parse-yaml.ts';
import { parseResourceList, printItem, writeResourceList } from '../../function/krm/resource-list.ts';
import { list } from '../support/manifests.ts';
import { fakeWorld } from '../support/world/fake-world.ts';

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ...['- a', 'items:', '---', '...', '# no comment', 'a: b', '\n\n', ' ', '~', '0123', '2024-01-01', "'"],
    ...['"', '|', '&a', '*a'],
  ),
  fc.string({ unit: 'binary' }).map((value) => value.replaceAll(/[\ud800-\udfff]/g, '?')),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('any'), { maxKeys: 3 }),
  ),
})).any;
const object = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('ConfigMap'),
  metadata: fc.record({ name: fc.stringMatching(/^[a-z]{1,9}$/) }),
  data: value,
});
const layout = fc.record({
  indentSeq: fc.boolean(),
  lineWidth: fc.constantFrom(0, 20, 80),
  indent: fc.constantFrom(2, 4),
  collectionStyle: fc.constantFrom('any', 'block', 'flow'),
  blockQuote: fc.constantFrom(true, false, 'folded', 'literal'),
} as const);

const resourceList = fc
  .tuple(fc.array(object, { maxLength: 4 }), layout, fc.boolean(), fc.boolean())
  .map(([items, options, json, crlf]) => {
    const whole = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items, functionConfig: null };
    const printed = json ? JSON.stringify(whole) : `# a comment\n${stringify(whole, options as ToStringOptions)}`;
    return { items, printed: crlf && !json ? printed.replaceAll('\n', '\r\n') : printed };
  })
  // the printer writes some empty collections so that its own parser refuses them
  .filter(({ printed }) => parseDocument(printed).errors.length === 0);

const added = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'added', annotations: { time: '2026-01-01T00:00:00Z' } },
  data: { a: 'MTIz' },
};

describe('any ResourceList', () => {
  test('is written as it was read when nothing changes', () => {
    fc.assert(
      fc.property(resourceList, ({ printed }) => {
        expect(writeResourceList(parseResourceList(printed), { edits: [], appended: [], results: [] })).toBe(printed);
      }),
    );
  });

  test('gets an item and results added, and keeps every other value and byte', () => {
    fc.assert(
      fc.property(resourceList, ({ printed }) => {
        const before = parse(printed) as { items: unknown[] };
        const list = parseResourceList(printed);
        const written = writeResourceList(list, {
          edits: [],
          appended: [printItem(list, added)],
          results: [{ message: 'm' }],
        });
        expect(parse(written)).toEqual({ ...before, items: [...before.items, added], results: [{ message: 'm' }] });
        expect(isSubsequence(printed, written)).toBe(true);
      }),
    );
  });
});

test('any bytes end in an answer with a message, and never in half a list', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(resourceList, fc.nat(), fc.nat()).map(([{ printed }, from, length]) => {
      const cut = from % printed.length;
      return Buffer.from(printed.slice(0, cut) + printed.slice(cut + (length % 40)));
    }),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (input) => {
      const { output, findings } = await runResourceList(input, fakeWorld());
      if (findings.some(({ code }) => code === 'INTERNAL')) throw new Error('a fault');
      if (output === '') expect(findings).toHaveLength(1);
      else expectPassed(output, decodeText(input));
      for (const one of findings) expect(messageOf(one)).toMatch(/^[^\n\r]*\.$/);
    }),
    { numRuns: 500 },
  );
});

test('no cut of a block list passes for a whole one, unless it ends between two lines', () => {
  const whole = list(
    '- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: first\n  data:\n    a: plain\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: second\n',
  );
  for (let at = 1; at < whole.length; at++) {
    if (whole[at - 1] === '\n') continue;
    expect(() => parseResourceList(whole.slice(0, at))).toThrow(FindingError);
  }
});

/** Every byte as it came; items that are null go out as an empty list, which is what every reader takes them for. */
function expectPassed(output: string, text: string): void {
  if (output === text) return;
  const whole = parse(text, { logLevel: 'error' }) as { items: unknown };
  expect(whole.items).toBeNull();
  expect(parse(output, { logLevel: 'error' })).toEqual({ ...whole, items: [] });
}

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (part.startsWith(character, at)) at += character.length;
  return at === part.length;
}
