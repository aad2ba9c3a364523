import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { expectGolden } from '../golden/expect-golden.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { PUBLIC_SHAPES } from '../support/hosts/public-shapes.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { EXECUTABLE, runProcess } from '../support/run-function.ts';

// Repositories in the shapes of public ones: what is planned and said of them, and that the real hosts make the Secrets that `render` makes.

/** kpt's own functions need containers. What they would set stands in these trees already, so that they would give what they got. */
const CATALOGUE = Object.fromEntries(
  ['set-labels', 'set-namespace', 'apply-setters'].map((name) => [name, '#!/bin/sh\nexec cat\n']),
);
const IMAGE = /image: \S+\/krm-functions-catalog\/([\w-]+):\S+/g;
const hosts = forAllTests(() => startHosts());

const namesIn = (text: string) =>
  emittedSecrets(text)
    .map(({ metadata: { name, namespace } }) => `${namespace}/${name}`)
    .toSorted();

describe.each(PUBLIC_SHAPES)('$name', ({ name, files, kpt, kustomize, loose }) => {
  const ours = async (...argv: string[]) => {
    const folder = await hosts.folder(files);
    return runProcess(EXECUTABLE, argv, { cwd: folder, environment: hosts.environment });
  };

  test('plan and doctor', async () => {
    const plan = await ours('plan', '-o', 'json');
    const { secrets } = JSON.parse(plan.stdout) as { secrets: Record<string, unknown>[] };
    const rows = secrets.map(({ action, target, package: at, host, file, line }) =>
      [action, Object.values(Object(target)).reverse().join('/'), host, at, `${file}:${line}`].join(' '),
    );
    const doctor = await ours('doctor');
    const said = (exit: number | null, text: string) => [`exit ${exit}`, ...text.trimEnd().split('\n')].join('\n');
    const shown = `${rows.join('\n')}\n\nplan: ${said(plan.exit, plan.stderr)}\n\ndoctor: ${said(doctor.exit, doctor.stdout.replace(/^looked at .*\n/m, ''))}\n`;
    expectGolden(join(import.meta.dirname, `public-shapes/${name.replaceAll(/\W+/g, '-')}.golden`), shown);
  });

  test('the real hosts make the Secrets that render makes', async () => {
    const { exit, stdout } = await ours('render');
    expect(exit).toBe(0);
    const asPrograms = Object.entries(files).map(([name, text]) => [name, text.replaceAll(IMAGE, 'exec: $1')]);
    const cwd = await hosts.folder(Object.fromEntries(asPrograms));
    const bin = await hosts.folder(CATALOGUE);
    await runProcess('chmod', ['+x', ...Object.keys(CATALOGUE).map((one) => join(bin, one))]);
    const environment = { PATH: `${bin}:${hosts.environment.PATH}` };
    const made = [...loose];
    for (const at of kpt) {
      const ran = await hosts.run('kpt', ['fn', 'render', at, '--allow-exec', '-o', 'unwrap'], { cwd, environment });
      expect(ran).toMatchObject({ exit: 0 });
      made.push(...namesIn(ran.stdout));
    }
    for (const at of kustomize) {
      const argv = ['build', '--enable-alpha-plugins', '--enable-exec', at];
      const ran = await hosts.run('kustomize', argv, { cwd });
      expect(ran).toMatchObject({ exit: 0 });
      made.push(...namesIn(ran.stdout));
    }
    expect(namesIn(stdout)).toEqual(made.toSorted());
    expect(made.length).toBeGreaterThan(0);
  });
});
