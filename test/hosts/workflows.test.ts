import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { readWorkflows } from '../support/read-workflows.ts';
import { ROOT, runProcess } from '../support/run-function.ts';

/** Nobody can run GitHub's workflows here: they are read by actionlint, and what they call is there. What a job
 * that may write must not do is in test/contract/attacks/supply-chain-release.test.ts. */

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };

const workflows = readWorkflows().map(({ name, text, jobs }) => {
  const steps = Object.values(jobs).flatMap(({ steps = [] }) => steps);
  return { name, text, steps };
});

beforeAll(() => requirePrograms([realProgram('actionlint')]));

/** What actionlint says of a workflow. */
const lint = (text: string) => runProcess(realProgram('actionlint'), ['-'], { cwd: ROOT, input: text });

describe.each(workflows)('$name', ({ text, steps }) => {
  test('actionlint finds nothing', async () => {
    expect(await lint(text)).toMatchObject({ exit: 0, stdout: '' });
  });

  test('and would find a job that is not there, and an expression that is none', async () => {
    const broken = text.replace(/^jobs:$/m, 'jobs:\n  lost: { needs: nobody, runs-on: "${{ matrx.os }}", steps: [] }');
    const { exit, stdout } = await lint(broken);
    expect(exit).toBe(1);
    expect(stdout).toContain('"nobody"');
    expect(stdout).toContain('"matrx"');
  });

  test("others' actions are pinned by commit, and say which version that is", () => {
    const uses = text.split('\n').filter((line) => /^\s*(?:- )?uses: (?!\.\/)/.test(line));
    expect(uses.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
    expect(uses.length).toBeGreaterThan(0);
  });

  test('the scripts that it calls are there', () => {
    const run = steps.map((step) => step.run ?? '').join('\n');
    const files = [...run.matchAll(/(?:node|bash) ([\w./-]+\.(?:ts|sh))|(\.ci\/run)/g)];
    expect(files.map(([, script, ci]) => script ?? ci ?? '').filter((path) => !existsSync(join(ROOT, path)))).toEqual(
      [],
    );
    const named = [...run.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    expect(files.length + named.length).toBeGreaterThan(0);
  });
});
