import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { type Finding, messageOf } from '../../function/findings/finding.ts';
import { readFunctionConfig } from '../../function/manifests/read-function-config.ts';
import { readPolicy } from '../../function/manifests/read-policy.ts';
import { ROOT } from '../support/run-function.ts';

/** Readers copy the Inputs and Policies of the pages, so the function has to accept each. */

const READERS: Readonly<Record<string, (document: object) => { findings: readonly Finding[] }>> = {
  Input: readFunctionConfig,
  Policy: (document) => readPolicy(document, { environment: { GITHUB_RUN_ID: '1' }, hasCustomEndpoint: false }),
};

const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith('.md'),
);
const documents = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    parseAllDocuments(block).flatMap((document) => {
      const value = document.toJS() as { kind?: string } | null; // a page's own YAML
      const read = READERS[value?.kind ?? ''];
      return value === null || read === undefined ? [] : [{ page, kind: value.kind, value, read }];
    }),
  ),
);

test('pages have both kinds', () => {
  expect(new Set(documents.map(({ kind }) => kind))).toEqual(new Set(Object.keys(READERS)));
});

test.each(documents)('$page: its $kind is right', ({ value, read }) => {
  expect(read(value).findings.map((one) => messageOf(one))).toEqual([]);
});
