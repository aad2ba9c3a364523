import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { forAllTests } from '../support/for-each-test.ts';
import { startApiServer } from '../support/hosts/api-server.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { ROOT, runProcess } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What Crossplane's package brings, before real programs. */

const CRD = join(ROOT, 'package/input/sts.fn.crossplane.io_inputs.yaml');

const folder = forAllTests(temporaryFolder);
const server = forAllTests(startApiServer);
beforeAll(async () => {
  requirePrograms([realProgram('crossplane')]);
  await server.kubectl(['create', '-f', CRD]);
  await server.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd/inputs.sts.fn.crossplane.io']);
});

test('the API server finds the schema structural', async () => {
  const crd = await server.kubectl(['get', 'crd/inputs.sts.fn.crossplane.io', '-o', 'yaml']);
  const { status } = parse(crd) as { status: { conditions: { type: string }[] } };
  expect(status.conditions.map(({ type }) => type).toSorted()).toEqual(['Established', 'NamesAccepted']);
});

describe('with strict validation', () => {
  const inputs = [
    ['examples/crossplane/account-from-composite/composition.yaml', true],
    ['examples/crossplane/static-keys/composition.yaml', true],
    ['examples/crossplane/account-from-namespace-label/composition.yaml', true],
    ['examples/crossplane/account-from-namespace-label/composition.yaml', false],
  ] as const;
  test.each(inputs)('%s is taken: %s, with a misspelled field it is not', async (path, isWhole) => {
    const document = parse(await readFile(join(ROOT, path), 'utf8')) as Document;
    const input = document.spec?.pipeline[0]?.input ?? document;
    const extra = isWhole ? {} : { alow: [] };
    const metadata = { name: 'a', namespace: 'default' };
    const file = folder.write('input.yaml', stringify({ ...input, metadata, ...extra }));
    const created = server.kubectl(['create', '--dry-run=server', '--validate=strict', '-f', file]);
    if (isWhole) expect(await created).toContain('created');
    else await expect(created).rejects.toThrow('unknown field "alow"');
  });
});

interface Document {
  readonly spec?: { readonly pipeline: readonly { readonly input: object }[] };
}

test("the CLI's lint takes the package and the examples", async () => {
  const target = join(folder.path, 'function.xpkg');
  const roots = ['--package-root=package', '--examples-root=examples/crossplane'];
  const argv = ['xpkg', 'build', ...roots, `--package-file=${target}`];
  const ended = await runProcess(realProgram('crossplane'), argv, { cwd: ROOT });
  expect({ exit: ended.exit, stderr: ended.stderr }).toEqual({ exit: 0, stderr: '' });
  expect((await readFile(target)).length).toBeGreaterThan(1000);
});
