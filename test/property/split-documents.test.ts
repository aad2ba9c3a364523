import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMap, parseAllDocuments } from 'yaml';
import { parseDocuments } from '../../function/krm/documents.ts';
import { splitDocuments } from '../../function/krm/split-documents.ts';
import { isKnownKind } from '../../function/model/kinds.ts';
import { shareOf } from '../support/is-whole.ts';

// Splitting a stream finds the documents that the whole parser finds, and every object in them that somebody may look at.

const secret = (name: string) => `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}\n`;
const DOCUMENTS = [
  secret('a'),
  `${secret('b')}stringData:\n  x: |\n    ---\n    ...\n    kind: ConfigMap\n`,
  `${secret('c')}data: {}\n...\n`,
  `# a comment\n${secret('d')}# and its end\n`,
  '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "e"}}\n',
  'apiVersion: v1\n"kind": Secret\nmetadata: {name: f}\n',
  'apiVersion: v1\n? kind\n: Secret\nmetadata: {name: g}\n',
  'apiVersion: v1\nkind : Secret\nmetadata: {name: h}\n',
  'apiVersion: v1\nkind: !!str Secret\nmetadata: {name: i}\n',
  'apiVersion: v1\nkind:\n  Secret\nmetadata: {name: j}\n',
  'apiVersion: v1\nkind: "Secret"\nmetadata: {name: k}\n',
  'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: l}\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: l}\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: "---", kind: Secret}\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\ndata:\n  a: "x\n    --- y"\n',
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: o}\nspec:\n  kind: Secret\n',
  'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Inputs\nmetadata: {name: p}\n',
  'kind: Policy\napiVersion:\n  STS.fn.crossplane.io\nmetadata: {name: q}\n',
  '# by hand\n# 5% more\nkind: ConfigMap\napiVersion: v1\ndata: {note: Secret}\n',
  'just text\n',
  '- a\n- list\n',
  '# nothing but a comment\n',
  '',
  '\n\n',
];
const MARKERS = ['---\n', '--- # why\n', '---\t\n', '...\n---\n', '%YAML 1.2\n---\n', '# before\n---\n'];

/** What the whole parser says of a stream: objects of the kinds that are looked at, and whether it takes it at all. */
function whole(text: string) {
  const documents = parseAllDocuments(text, { merge: true });
  const isSound = documents.every(({ errors }) => errors.length === 0);
  const objects = documents.flatMap((document) => {
    const value: unknown = document.toJS();
    if (!isMap(document.contents)) return [];
    const { kind, items } = value as { kind?: unknown; items?: unknown[] };
    return kind === 'List' && Array.isArray(items) ? items : [value];
  });
  return { isSound, objects: objects.filter(isLookedAt) };
}

function isLookedAt(object: unknown): boolean {
  const { kind, apiVersion } = Object(object) as { kind?: unknown; apiVersion?: unknown };
  return (typeof kind === 'string' && isKnownKind(kind)) || /^sts\.fn\.crossplane\.io/i.test(String(apiVersion));
}

const stream = fc
  .tuple(fc.array(fc.tuple(fc.constantFrom(...MARKERS), fc.constantFrom(...DOCUMENTS)), { maxLength: 6 }), fc.boolean())
  .map(([parts, isCrlf]) => {
    // directives need the end of the document before them
    const text = parts.map(
      ([marker, document], index) => (index > 0 && marker.startsWith('%') ? '...\n' : '') + marker + document,
    );
    return isCrlf ? text.join('').replaceAll('\n', '\r\n') : text.join('');
  });

test('every object that may be looked at is found, with its values, and none besides', () => {
  let sound = 0;
  fc.assert(
    fc.property(stream, (text) => {
      const { isSound, objects } = whole(text);
      if (!isSound) return;
      sound += 1;
      const found = parseDocuments(text, 'f').map((item) => item.toJS());
      expect(found.filter(isLookedAt)).toEqual(objects);
    }),
    { numRuns: shareOf(2000) },
  );
  expect(sound).toBeGreaterThan(shareOf(1500));
});

test('ranges are in order, do not overlap, and leave out only what has no content', () => {
  fc.assert(
    fc.property(stream, (text) => {
      let at = 0;
      for (const { start, end } of splitDocuments(text)) {
        expect(
          text
            .slice(at, start)
            .replaceAll(/^(?:---|\.\.\.)?[ \t]*(?:#.*)?\r?$/gm, '')
            .trim(),
        ).toBe('');
        expect(end).toBeGreaterThan(start);
        at = end;
      }
    }),
    { numRuns: shareOf(1000) },
  );
});

const BROKEN = [
  '{{- if .Values.x }}\nkind: Deployment\nspec:\n  secretName: {{ .Values.secret }}\n{{- end }}\n',
  '{\n  // no Secret\n  "a": [1, 2,, 3]\n}\n',
  'secret: [\n',
];

test('a document that does not parse and says to be of no such kind hides none of the others', () => {
  const part = fc.oneof(
    fc.constantFrom(...BROKEN).map((text) => ({ text, isBroken: true })),
    fc.constantFrom(...DOCUMENTS.slice(0, 10)).map((text) => ({ text, isBroken: false })),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const sound = parts.filter(({ isBroken }) => !isBroken);
      const join = (some: typeof parts) => some.map(({ text }) => `---\n${text}`).join('');
      const found = parseDocuments(join(parts), 'f').map((item) => item.toJS());
      expect(found.filter(isLookedAt)).toEqual(whole(join(sound)).objects);
    }),
    { numRuns: 500 },
  );
});
