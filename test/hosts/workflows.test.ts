import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
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

interface NamedJob {
  readonly name?: string;
  readonly steps: readonly { readonly run?: string }[];
}
const jobsOfCi = readWorkflows().flatMap(({ name, text }) =>
  name === 'ci.yml' ? Object.values((parse(text) as { jobs: Readonly<Record<string, NamedJob>> }).jobs) : [],
);
/** The steps of `.ci/run` that a job runs, in order. */
const partsOf = ({ steps }: NamedJob) =>
  steps.flatMap(({ run = '' }) => / \.ci\/run (.+)$/m.exec(run)?.[1]?.split(' ') ?? []);

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

describe('the jobs of CI', () => {
  const ask = (...steps: readonly string[]) => runProcess('bash', ['.ci/run', ...steps], { cwd: ROOT });

  test('have sentences for names', () => {
    const names = jobsOfCi.map(({ name = '' }) => name);
    expect(names.filter((name) => !/^[A-Z]\S*(?: \S+){2,}$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('run all that .ci/run runs, in its order and after an installation', async () => {
    const { exit, stdout, stderr } = await ask('install', 'nothing');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    const [, steps = ''] = /^there is no step nothing: the steps are (.+)\n$/.exec(stderr) ?? [];
    const all = steps.split(' ');
    const parts = jobsOfCi.map(partsOf).filter((names) => names.length > 0);
    expect(parts.flatMap((names) => names.filter((name) => !all.includes(name)))).toEqual([]);
    expect(parts.map((names) => all.filter((name) => names.includes(name)))).toEqual(parts);
    expect(parts.map(([name]) => name)).toEqual(parts.map(() => all[0]));
    expect(all.filter((name) => !parts.flat().includes(name))).toEqual([]);
  });

  test('a part ends with its count, as the whole does, and fails where a step fails', async () => {
    const { exit, stdout } = await ask('leaks'); // nothing was tested
    expect(exit).toBe(1);
    expect(stdout).toMatch(/\n0 passed, 1 failed\n$/);
  });
});
