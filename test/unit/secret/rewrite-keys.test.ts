import { expect, test } from '@jest/globals';
import { Deadline } from '../../../function/model/run-limits.ts';
import { rewriteKeys } from '../../../function/secret/rewrite-keys.ts';

test('a step of a kind that nothing carries out is a fault, and does not leave every key out', async () => {
  const object = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'a' };
  const rewritten = rewriteKeys(
    ['access_key_id'],
    [{}],
    { object, field: 'spec.dataFrom[0].rewrite' },
    new Deadline({}).trying,
  );
  await expect(rewritten).rejects.toThrow('no known kind');
});
