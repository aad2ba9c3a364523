import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleInto } from '../package/bundle.ts';
import { ci, roles } from '../test/support/accounts.ts';
import { generatorItem, list } from '../test/support/manifests.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment } from './contestants.ts';
import { SourceMaps, selfTimes } from './cpu-profile.ts';
import { type Section, section } from './figure.ts';
import { withGoodSecrets, withoutSecrets } from './many-items-input.ts';
import { measure, median } from './measure.ts';
import { whatWasDone } from './what-was-done.ts';

const RUNS = 11;
const WARM_UP = 2;
const SAMPLE_EVERY_MICROSECONDS = 100;
const TOP = 10;
const ITEMS = 10_000;

type Times = ReturnType<typeof selfTimes>;

/** CPU profiles of the script: a cold start with one spec, and 10,000 items of which none is due. */
export async function whereTimeGoes(): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const sts = await startSts({ users: [ci], roles });
  try {
    await bundleInto(folder);
    const environment = askingEnvironment(sts.url);
    const start = await profile(folder, list(generatorItem()), environment);
    const many = await profile(folder, await withGoodSecrets(withoutSecrets(ITEMS)), environment);
    return section(
      'Where the time goes',
      `CPU profiles of the script build (\`node --cpu-prof\`, a sample each ${SAMPLE_EVERY_MICROSECONDS} µs, minified names led back by source maps): time in a
function itself, without what it calls and without waiting, in ms; medians of ${RUNS} runs, so that a stalled sampler counts for nothing. What
Node.js does before the profiler starts is not in it.

### One spec: start to Secret

${tables(start)}
### ${ITEMS.toLocaleString('en')} items, ${ITEMS / 100} of them specs whose Secrets are good

${tables(many)}`,
      [],
    );
  } finally {
    await sts.close();
    rmSync(folder, { recursive: true });
  }
}

async function profile(folder: string, input: string, environment: Readonly<Record<string, string>>): Promise<Times[]> {
  const maps = new SourceMaps();
  const runs: Times[] = [];
  for (let run = -WARM_UP; run < RUNS; run++) {
    const profiles = join(folder, 'profiles');
    mkdirSync(profiles);
    const options = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLE_EVERY_MICROSECONDS}`];
    await measure(process.execPath, [...options, join(folder, 'function-sts-assume-role')], { input, environment });
    if (run >= 0) runs.push(selfTimes(profiles, maps));
    rmSync(profiles, { recursive: true });
  }
  return runs;
}

function tables(runs: readonly Times[]): string {
  const functions = medians(runs, (name) => name);
  const modules = medians(runs, (_, { module }) => module);
  const total = modules.reduce((sum, [, time]) => sum + time, 0);
  const table = (heading: string, all: readonly (readonly [string, number])[]) =>
    `| ${heading} | ms | of ${total.toFixed(1)} ms |\n|---|---|---|\n${all
      .slice(0, TOP)
      .map(
        ([name, time]) =>
          `| ${name.replaceAll('|', '\\|')} | ${time.toFixed(1)} | ${((100 * time) / total).toFixed(0)} % |\n`,
      )
      .join('')}`;
  return `${table('function', functions)}\n${table('module', modules)}\n${whatWasDone(modules.map(([name]) => name))}`;
}

/** The medians over runs of what `keyOf` puts together, the greatest first. */
function medians(
  runs: readonly Times[],
  keyOf: (name: string, place: { module: string }) => string,
): [string, number][] {
  const sums = runs.map((run) => {
    const sum = new Map<string, number>();
    for (const [name, place] of run) {
      const key = keyOf(name, place);
      sum.set(key, (sum.get(key) ?? 0) + place.milliseconds);
    }
    return sum;
  });
  const keys = new Set(sums.flatMap((sum) => [...sum.keys()]));
  return [...keys]
    .map((key): [string, number] => [key, median(sums.map((sum) => sum.get(key) ?? 0))])
    .toSorted(([, one], [, other]) => other - one);
}
