import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../../function/findings/finding.ts';
import { readFunctionConfig } from '../../function/manifests/read-function-config.ts';
import { VARIABLE_TYPES } from '../../function/model/schema-parts.ts';
import { ROOT } from '../support/run-function.ts';

/** The table of types in docs/input.md: an Input with each of its examples is accepted, and with what it says is refused is refused. */

const page = readFileSync(join(ROOT, 'docs/input.md'), 'utf8');
const [, table = ''] = /<!-- generated: variables -->\n(.*?)<!-- end/s.exec(page) ?? [];
const rows = table.split('\n').flatMap((line) => {
  const [, type, , , example = '', refused = ''] = line.split(' | ').join('|').split('|');
  const name = /^ ?`(\w+)`$/.exec(type ?? '')?.[1];
  const texts = [...refused.matchAll(/`([^`]+)` \(/g)].map(([, text = '']) => text);
  return name === undefined ? [] : [{ type: name, example: example.replaceAll('`', ''), refused: texts }];
});

/** What is wrong with an Input whose one variable has this value. */
function faults(type: string, value: string): string[] {
  const input = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Input', metadata: { name: 'options' } };
  return readFunctionConfig({ ...input, vars: { one: { value, type } } }).findings.map((one) => messageOf(one));
}

test('every type has a row', () => {
  expect(rows.map(({ type }) => type)).toEqual(Object.keys(VARIABLE_TYPES));
});

describe.each(rows)('$type', ({ type, example, refused }) => {
  test('its example is accepted', () => {
    expect(faults(type, example)).toEqual([]);
  });

  test.each([...refused, `${example} `, `${example}\n`, ''])('%j is refused', (value) => {
    expect(faults(type, value)).toEqual([expect.stringContaining('`vars.one.value` must be ')]);
  });
});
