import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FIELD_ROWS } from '../../package/field-rows.ts';
import { ROOT } from '../support/run-function.ts';

/** What docs/external-secrets.md and docs/generators.md say of a field is shown by a test. */

describe.each(Object.entries(FIELD_ROWS))('%s', (_, rows) => {
  test.each(rows)('$fields: the test is there', ({ shownBy: [file, title] }) => {
    const path = [`${file}.test.ts`, `${file}.ts`].map((name) => join(ROOT, 'test', name)).find(existsSync);
    const isThere = path !== undefined && title !== '' && readFileSync(path, 'utf8').includes(title);
    expect({ file, title, isThere }).toEqual({ file, title, isThere: true });
  });
});
