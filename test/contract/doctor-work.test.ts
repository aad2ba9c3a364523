import { expect, test } from '@jest/globals';
import { GENERATORS } from '../golden/doctor-faults.ts';
import { runMeasured } from '../support/run-measured.ts';

/** What `doctor` reads takes as long as it is, and no multiple of that. */

/** The least of some ratios of times: what else the machine does may make one larger, and not three. */
async function leastBelow(most: number, ratio: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && least >= most; attempt += 1) least = Math.min(least, await ratio());
  return least;
}

/** The least that one of some runs computes, in seconds: a busy machine does not count. */
async function secondsFor(files: Readonly<Record<string, string>>, want: string): Promise<number> {
  const seconds: number[] = [];
  for (const _ of ['once', 'again']) {
    const ended = await runMeasured({ files, argv: ['doctor', '.'] });
    seconds.push(ended.seconds);
    expect(ended.stdout).toContain(want);
  }
  return Math.min(...seconds);
}

test('four times as many kustomizations and commands take about four times as long', async () => {
  const secondsForAll = (count: number) => {
    const names = Array.from({ length: count }, (_, n) => `app${n}`);
    const manifests = names.flatMap((name) => [
      [`${name}/kustomization.yaml`, 'generators: [spec.yaml]\nresources: [config.yaml]\n'],
      [`${name}/spec.yaml`, GENERATORS['app/spec.yaml'].replace('name: deployer', `name: ${name}`)],
      [`${name}/config.yaml`, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`],
    ]);
    const build = names.map((name) => `kustomize build --enable-alpha-plugins --enable-exec ${name}\n`).join('');
    const files = { ...Object.fromEntries(manifests), 'build.sh': build };
    return secondsFor(files, `${count} kustomizations, ${count} commands`);
  };
  const ratio = async () => (await secondsForAll(400)) / (await secondsForAll(100));
  expect(await leastBelow(6, ratio)).toBeLessThan(6); // it was 15 when each looked at all others
});

test.each<[what: string, file: string, part: string, counted: (count: number) => string]>([
  ['commands in a line', 'a.sh', 'kustomize build $D; ', (count) => `${count} commands`],
  ['lines of a Makefile', 'Makefile', '\tkustomize build other\n', (count) => `${count} commands`],
  ['here-documents', 'a.sh', 'cat <<E\nkustomize build app\nE\n', () => '1 kustomization. '],
  ['here-documents without an end', 'a.sh', 'cat <<E$ <<F kustomize build\n', () => '1 command. '],
])('twice as many %s take about twice as long', async (_, file, part, counted) => {
  const seconds = (count: number) => secondsFor({ ...GENERATORS, [file]: part.repeat(count) }, counted(count));
  const ratio = async () => (await seconds(100_000)) / (await seconds(50_000));
  expect(await leastBelow(3, ratio)).toBeLessThan(3); // four, if each looked at all others
});
