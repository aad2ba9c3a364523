import { expect, test } from '@jest/globals';
import { decodeRequest, readSent, UnreadableRequest } from '../../../function/crossplane/decode-request.ts';
import { composite, request, sent } from '../../support/crossplane/request.ts';

const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

test.each<[string, object, object]>([
  ['a namespace', composite(), { kind: 'Workspace', namespace: 'team-a' }],
  ['no namespace', composite({ metadata: { namespace: '' } }), { kind: 'Workspace' }],
  [
    'labels and a spec with such keys',
    {
      spec: { metadata: { namespace: 'other' }, kind: 'Other' },
      metadata: { labels: { namespace: 'other' }, annotations: { namespace: 'other' }, namespace: 'own' },
      kind: 'Own',
    },
    { kind: 'Own', namespace: 'own' },
  ],
  ['no metadata', { kind: 'Own' }, { kind: 'Own' }],
  ['values that are no texts', { kind: 1, metadata: { namespace: { a: 'b' } } }, { kind: '' }],
])('whose call it is, is read without decoding: a composite with %s', (_, xr, caller) => {
  expect(sent(request({ xr }))).toMatchObject({ caller, tag: 'tag' });
  expect(decodeRequest(sent(request({ xr }))).observed?.composite?.resource).toEqual(JSON.parse(JSON.stringify(xr)));
});

test('what is no request, or nested too deeply, is told as such, and has no caller or the right one', () => {
  const bytes = readSent(Buffer.from('no request'));
  expect(bytes.caller).toEqual({ kind: '' });
  expect(() => decodeRequest(bytes)).toThrow(UnreadableRequest);
  const deep = sent(request({ xr: composite({ spec: nested(1000) }) }));
  expect(deep.caller).toEqual({ kind: 'Workspace', namespace: 'team-a' });
  expect(() => decodeRequest(deep)).toThrow(UnreadableRequest);
  expect(decodeRequest(sent(request({ xr: composite({ spec: nested(900) }) }))).hasLostKey).toBe(false);
});

test('a request without a composite, as of an Operation, has a caller too', () => {
  expect(sent({ input: {} })).toMatchObject({ caller: { kind: '' }, tag: undefined });
});
