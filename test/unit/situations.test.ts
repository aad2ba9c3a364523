import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readFunctionConfig } from '../../function/spec/read-function-config.ts';
import { ROOT } from '../support/run-function.ts';

const FOLDER = join(ROOT, 'docs/situations');

/** The fields of each situation that this version refuses: the part that is to come, and nothing else. */
const TO_COME: Readonly<Record<string, readonly string[]>> = {
  '06-account-from-a-namespace-label.yaml': ['vars.account.value', 'vars.account.namespaceLabel', 'generators[0]'],
};

test('every situation that does not run is listed', () => {
  expect(readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'))).toEqual(Object.keys(TO_COME));
});

test.each(Object.entries(TO_COME))('%s has no other field that is refused', (file, fields) => {
  const { findings } = readFunctionConfig(parse(readFileSync(join(FOLDER, file), 'utf8')));
  expect(findings.map(({ field }) => field)).toEqual(fields);
});
