import { expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { DECEIVING, HONEST } from '../support/kustomize-edits.ts';
import { EXECUTABLE, runProcess } from '../support/run-function.ts';

/** `render` beside kustomize: Secrets without times and values, and what the STS was asked for. */
const hosts = forAllTests(() => startHosts());

async function madeBy(run: () => Promise<{ exit: number | null; stdout: string; stderr: string }>) {
  let stdout = '';
  let stderr = '';
  const calls = await hosts.callsOf(async () => {
    ({ stdout, stderr } = await run());
  });
  const secrets = emittedSecrets(stdout).map(({ metadata: { name, namespace, labels, annotations } }) => {
    const note = annotations['example.org/note'];
    return [
      namespace,
      name,
      annotations['sts.fn.crossplane.io/generator'],
      note,
      ...Object.entries(labels ?? {}).flat(),
    ];
  });
  const asked = calls.map(({ parameters: { RoleArn, RoleSessionName } }) => [RoleArn, RoleSessionName]);
  return { made: { secrets, asked }, stderr };
}

async function rendered(files: Readonly<Record<string, string>>) {
  const cwd = await hosts.folder(files);
  const { environment } = hosts;
  return { cwd, ...(await madeBy(() => runProcess(EXECUTABLE, ['render', '.'], { cwd, environment }))) };
}

test.each(HONEST)('%s: both make the same', async (_, files) => {
  const { cwd, made, stderr } = await rendered(files);
  const argv = ['build', '--enable-alpha-plugins', '--enable-exec', '.'];
  expect(made).toEqual((await madeBy(() => hosts.run('kustomize', argv, { cwd }))).made);
  expect(made.secrets).not.toEqual([]);
  expect(stderr).not.toContain('error: ');
});

test.each(DECEIVING)('%s: what only kustomize knows is refused', async (_, files) => {
  const { made, stderr } = await rendered(files);
  expect(made).toEqual({ secrets: [], asked: [] });
  expect(stderr).toMatch(/\[(?:HOST_NEEDED|INPUT_UNREADABLE)\]$/m);
});
