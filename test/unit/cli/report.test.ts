import { expect, test } from '@jest/globals';
import { linesOf } from '../../../function/cli/report.ts';
import { hasColours } from '../../../function/findings/colours.ts';
import { type Finding, finding } from '../../../function/findings/finding.ts';

const denied = (count: number, awsCode = 'AccessDenied') =>
  Array.from({ length: count }, (_, index) => finding('HOP_DENIED', `${awsCode} ${index}.`, { awsCode }));
const HINT = '`--debug` shows all.';
const lines = (findings: readonly Finding[], hint = HINT) =>
  linesOf(findings, { isShort: true, hint, isColoured: false });

test('of many that are alike the first five are shown, and how many more there are', () => {
  const shown = Array.from({ length: 5 }, (_, index) => `error: AccessDenied ${index}. [HOP_DENIED]`);
  expect(lines(denied(5))).toEqual(shown);
  expect(lines(denied(789))).toEqual([
    ...shown,
    'error: 784 more like these (HOP_DENIED, AccessDenied). `--debug` shows all.',
  ]);
  const [style, whole] = [
    { isShort: true, isColoured: false },
    { isShort: false, isColoured: false },
  ];
  expect(linesOf(denied(789), style).at(-1)).toBe('error: 784 more like these (HOP_DENIED, AccessDenied).');
  expect(linesOf(denied(789), whole)).toHaveLength(789);
});

test('severity, code and the code of AWS make findings alike, and each kind is counted in its place', () => {
  const warnings = Array.from({ length: 7 }, (_, index) => finding('SESSION_UNUSED', `unused ${index}.`));
  const of = [...denied(6), ...warnings, ...denied(6, 'AccessDeniedException')];
  const counts = lines(of).flatMap((line, index) => (line.includes('more like') ? [`${index} ${line}`] : []));
  expect(counts).toEqual([
    `5 error: 1 more like these (HOP_DENIED, AccessDenied). ${HINT}`,
    `11 warning: 2 more like these (SESSION_UNUSED). ${HINT}`,
    `17 error: 1 more like these (HOP_DENIED, AccessDeniedException). ${HINT}`,
  ]);
});

test('a plan is shown whole', () => {
  expect(lines(Array.from({ length: 9 }, () => finding('PLAN', 'renew.')))).toEqual(
    Array(9).fill('info: renew. [PLAN]'),
  );
});

test('colours are for the severity and the code', () => {
  const [line] = linesOf(denied(1), { isShort: false, isColoured: true });
  expect(line).toBe('\u001b[31merror:\u001b[39m AccessDenied 0. \u001b[2m[HOP_DENIED]\u001b[22m');
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ TERM: 'dumb' }, true, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
])('%j at a terminal (%s): colours are %s', (environment, isTerminal, want) => {
  expect(hasColours(environment, isTerminal)).toBe(want);
});
