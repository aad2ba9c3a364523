import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sessionName } from '../../../function/chain/draft-hops.ts';

test.each([
  ['namespace and name', { namespace: 'team-a', name: 'deployer' }, 'team-a.deployer'],
  ['name alone', { name: 'deployer' }, 'deployer'],
  ['one character', { name: 'a' }, 'a-'],
  ['64 characters', { name: 'a'.repeat(64) }, 'a'.repeat(64)],
  ['65 characters', { name: 'a'.repeat(65) }, `${'a'.repeat(55)}-635361c4`],
])('%s', (_, object, want) => {
  expect(sessionName(object)).toBe(want);
});

test('is always a name that AWS accepts', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,200}[a-z0-9])?$/);
  fc.assert(
    fc.property(fc.option(label, { nil: undefined }), name, (namespace, object) => {
      expect(sessionName({ name: object, ...(namespace === undefined ? {} : { namespace }) })).toMatch(
        /^[\w+=,.@-]{2,64}$/,
      );
    }),
  );
});
