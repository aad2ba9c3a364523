import { expect, test } from '@jest/globals';
import { parseDocuments } from '../../../function/krm/documents.ts';

const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n';

test('what a document takes does not depend on how much is before it', () => {
  const secrets = `---\n${SECRET}`.repeat(300);
  const before = `kind: Deployment\n${'a: b\n'.repeat(250_000)}`;
  parseDocuments(secrets, 'f'); // the first run is slow
  const [alone, behind] = [medianTime(secrets), medianTime(before + secrets)];
  expect(behind - medianTime(before)).toBeLessThan(10 * alone);
});

function medianTime(text: string): number {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    parseDocuments(text, 'f');
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[1] ?? 0;
}
