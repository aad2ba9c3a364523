import { availableParallelism } from 'node:os';
import { type Point, percentile } from '../test/support/soak/load.ts';
import { type SoakFigures, soak } from '../test/support/soak/soak.ts';
import { writeSection } from './write-section.ts';

/** Runs the server for as many minutes as the first argument says (15), and writes the section of test/evidence/reliability.md. */
const SECTION = ['<!-- soak: written by `node bench/soak.ts` -->\n', '<!-- /soak -->\n'] as const;
const [minutes = 15, warmUpMinutes = minutes / 3] = process.argv.slice(2).map(Number);

/** Growth of resident memory over the whole run, of what it was on the average. */
const GROWTH_GOAL = 0.05;
/** How much more the median and the slowest hundredth may drift than those of the function that does nothing. */
const DRIFT_GOALS = { p50: 1.2, p99: 1.5 };

const text = page(await soak({ warmUpMinutes, minutes }));
console.log(text);
writeSection('test/evidence/reliability.md', SECTION, text);

function page(figures: SoakFigures): string {
  const { calls, faults, before, after, mostDescriptors, slope, slopes, meanMegabytes, latencies, seconds } = figures;
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((all, one) => all + one, 0);
  const all = sum(calls) + latencies.ours.length;
  const growth = (slope * minutes) / meanMegabytes;
  const [p50, p99] = [driftOf(latencies, 0.5), driftOf(latencies, 0.99)];
  return `\`node bench/soak.ts ${minutes}\` on ${new Date().toISOString().slice(0, 10)}: ${availableParallelism()} cores that others use as well, Node.js ${process.versions.node}; ${(seconds / 60).toFixed(0)}
minutes, ${Math.round(all / seconds)} calls a second, after ${warmUpMinutes} minutes to warm up.

| | figure | goal | |
|---|---|---|---|
${[
  [
    'calls that were not answered as they have to be',
    `${sum(faults)} of ${all.toLocaleString('en')}`,
    '0',
    sum(faults) === 0,
  ],
  [
    'resident memory, line of least squares',
    `${slope.toFixed(2)} MB a minute (in each third ${slopes.map((one) => one.toFixed(2)).join(', ')}), ${(growth * 100).toFixed(1)} % of ${meanMegabytes.toFixed(0)} MB in all`,
    `${GROWTH_GOAL * 100} %`,
    growth <= GROWTH_GOAL,
  ],
  [
    'open descriptors when idle, first and last',
    `${before.descriptors}, ${after.descriptors} (at most ${mostDescriptors} under load)`,
    'not more',
    after.descriptors <= before.descriptors,
  ],
  ['sockets among them', `${before.sockets}, ${after.sockets}`, 'not more', after.sockets <= before.sockets],
  [
    'p50, first and last fifth',
    p50.text,
    `${DRIFT_GOALS.p50} times the drift of nothing`,
    p50.ratio <= DRIFT_GOALS.p50,
  ],
  [
    'p99, first and last fifth',
    p99.text,
    `${DRIFT_GOALS.p99} times the drift of nothing`,
    p99.ratio <= DRIFT_GOALS.p99,
  ],
]
  .map(([what, figure, goal, isMet]) => `| ${what} | ${figure} | ${goal} | ${isMet ? 'met' : '**not met**'} |`)
  .join('\n')}

Calls: ${[...calls].map(([name, count]) => `${name} ${count.toLocaleString('en')}`).join(', ')}.${[...faults].map(([fault, count]) => `\nFault, ${count} times: ${fault}.`).join('')}
`;
}

/** Of one call whose Secret is good, beside the function that does nothing, measured in turn with it. */
function driftOf({ ours, noop }: SoakFigures['latencies'], share: number): { text: string; ratio: number } {
  const ends = [ours, noop].map((points) => {
    const fifth = (from: number) => points.filter(([at]) => at >= minutes * from && at < minutes * (from + 0.2));
    const of = (some: readonly Point[]) =>
      percentile(
        some.map(([, milliseconds]) => milliseconds),
        share,
      );
    return [of(fifth(0)), of(fifth(0.8))] as const;
  });
  const [[first = Number.NaN, last = Number.NaN] = [], [start = Number.NaN, end = Number.NaN] = []] = ends;
  const ratio = last / first / (end / start);
  const text = `${first.toFixed(2)}, ${last.toFixed(2)} ms; a function that does nothing ${start.toFixed(2)}, ${end.toFixed(2)} ms: drift ${ratio.toFixed(2)} times its own`;
  return { text, ratio };
}
