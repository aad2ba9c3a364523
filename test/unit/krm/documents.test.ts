import { expect, jest, test } from '@jest/globals';
import { Lexer } from 'yaml';
import { parseDocuments } from '../../../function/krm/documents.ts';

const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n';

test('what a document takes does not depend on how much is before it', () => {
  const secrets = `---\n${SECRET}`.repeat(300);
  const before = `kind: Deployment\n${'a: b\n'.repeat(250_000)}`;
  parseDocuments(secrets, 'f'); // the first run is slow
  const [alone, behind] = [medianTime(secrets), medianTime(before + secrets)];
  expect(behind - medianTime(before)).toBeLessThan(10 * alone);
});

test('a list is parsed once more, however many of its items are asked for', () => {
  const secrets = Array.from({ length: 20 }, (_, index) => `- {kind: Secret, metadata: {name: s${index}}, data: *l}\n`);
  const wrong = '- {kind: Secret, metadata: {name: wrong}, data: *b}\n';
  const text = `kind: List\napiVersion: v1\nx: &l {a: b}\nitems:\n${secrets.join('')}${wrong}`;
  const parsed = jest.spyOn(Lexer.prototype, 'lex');
  const items = parseDocuments(text, 'f');
  const values = items.slice(0, -1).map((item) => item.toJS());
  expect(() => items.at(-1)?.toJS()).toThrow('has no anchor');
  expect(values.at(-1)).toEqual({ kind: 'Secret', metadata: { name: 's19' }, data: { a: 'b' } });
  expect(parsed.mock.calls).toHaveLength(2);
  parsed.mockRestore();
});

function medianTime(text: string): number {
  const times = Array.from({ length: 3 }, () => {
    const start = process.cpuUsage();
    parseDocuments(text, 'f');
    return process.cpuUsage(start).user; // the machine may be busy
  });
  return times.toSorted((a, b) => a - b)[1] ?? 0;
}
