import { describe, expect, test } from '@jest/globals';
import { faultOf } from '../../../function/clients/fault.ts';
import { visible } from '../../../function/findings/quote.ts';

const SECRET = 'what an error repeats of a Secret';
const FRAME = /^visible, function\/findings\/quote\.ts:\d+$/;

/** An error that code of ours meets, because of what it is given. */
function met(): Error {
  const given = {
    replaceAll: () => {
      throw new RangeError(SECRET);
    },
  };
  try {
    visible(given as unknown as string); // as no type allows
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('of a fault', () => {
  test('class and frames are told, as often as somebody asks', () => {
    const error = met();
    const told = faultOf(error);
    expect(told).toEqual({ name: 'RangeError', frames: expect.arrayContaining([expect.stringMatching(FRAME)]) });
    expect(faultOf(error)).toEqual(told);
  });

  test.each<[string, object]>([
    ['a name', { name: SECRET }],
    ['a constructor, as an answer that was copied into it', { constructor: { name: SECRET } }],
    ['a code, a cause and parts', { code: SECRET, cause: SECRET, detail: { SECRET } }],
  ])('nothing of %s of its own', (_, texts) => {
    const { name, frames } = faultOf(Object.assign(met(), texts));
    expect({ name, frames }).toEqual({
      name: 'RangeError',
      frames: expect.arrayContaining([expect.stringMatching(FRAME)]),
    });
    expect(JSON.stringify(frames)).not.toContain(SECRET);
  });

  test.each<[string, (error: Error) => unknown]>([
    ['of its own', (error) => Object.assign(error, { stack: `${SECRET}\n    at ${SECRET} (function/a.ts:1:1)` })],
    ['that somebody has read', ({ stack }) => stack],
    ['that cannot be read', (error) => Object.defineProperty(error, 'stack', { get: () => visible(error as never) })],
    ['of another error', (error) => Object.defineProperty(error, 'stack', { get: () => met().stack })],
  ])('no frames where it has a stack %s', (_, change) => {
    const error = met();
    change(error);
    expect(faultOf(error)).toEqual({ name: 'RangeError', frames: [] });
  });

  test('only the type of what is no error', () => {
    expect([SECRET, { SECRET }, undefined].map(faultOf)).toEqual(
      ['string', 'object', 'undefined'].map((name) => ({ name, frames: [] })),
    );
  });

  test('the way in which others read stacks stays', () => {
    const before = Error.prepareStackTrace;
    faultOf(met());
    expect(Error.prepareStackTrace).toBe(before);
  });
});
