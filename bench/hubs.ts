import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { type Simulation, simulate } from '../test/support/composites/simulate.ts';
import { writeSection } from './write-section.ts';

/**
 * Many composites behind one hub, for some hours of a clock of their own: `node bench/hubs.ts [COMPOSITES] [HOURS]` (10,000 and 12), and
 * writes the table into test/evidence/reliability.md. "Of AWS" is its published quota: 600 requests a second for each account and region
 * (IAM user guide, "IAM and AWS STS quotas", STS request quotas).
 */
const SECTION = ['<!-- hubs: written by `node bench/hubs.ts` -->\n', '<!-- /hubs -->\n'] as const;
const [composites = 10_000, hours = 12, chosen] = process.argv.slice(2).map(Number); // a world, by its place in the table
const QUOTA = 600;
const HOUR = 3600;

const worlds: readonly (readonly [name: string, Partial<Simulation>])[] = [
  ['one replica', {}],
  ['two replicas', { replicas: 2 }],
  ['a restart each hour', { restarts: Array.from({ length: hours - 1 }, (_, at) => HOUR * (at + 1)) }],
  ["AWS's quota", { quota: () => QUOTA }],
  [
    'STS takes one request a second for half an hour',
    { quota: (second) => (second >= 3000 && second < 4800 ? 1 : QUOTA) },
  ],
  [
    'its clock is ten minutes ahead for an hour',
    { clockError: (second) => (second >= 4000 && second < 7600 ? 600 : 0) },
  ],
  ['ten minutes behind', { clockError: (second) => (second >= 4000 && second < 7600 ? -600 : 0) }],
];

if (chosen !== undefined) {
  console.log(await rowOf(worlds[chosen] ?? ['none', {}]));
  process.exit();
}

/** Each world is a process of its own, so that its memory is. */
const argv = [import.meta.filename, composites, hours].map(String);
const limit = pLimit(availableParallelism());
const rows = await limit.map(worlds, async (_, index) => {
  const { stdout } = await promisify(execFile)(process.execPath, [...argv, String(index)]);
  console.error(stdout.trim());
  return stdout.trim();
});

async function rowOf([name, more]: (typeof worlds)[number]): Promise<string> {
  const figures = await simulate({ composites, hours, ...more });
  const { calls, hubCalls, roleCalls, throttled, busiestMinute, mostTogether, latestRenewal, without } = figures;
  const [fewest, ...others] = [...figures.renewalsByMinutesLeft].toSorted(([a], [b]) => a - b);
  const most = others.at(-1) ?? fewest;
  return [
    name,
    (calls / hours).toFixed(0),
    (hubCalls / hours).toFixed(1),
    (roleCalls / hours).toFixed(0),
    throttled,
    `${(100 * busiestMinute).toFixed(1)} %`,
    `${(100 * mostTogether).toFixed(1)} %`,
    `${fewest?.[0] ?? '-'} to ${most?.[0] ?? '-'}`,
    (latestRenewal / 60).toFixed(1),
    without,
    `${Math.round(process.memoryUsage().rss / 1024 ** 2)}`,
  ].join(' | ');
}

const head =
  'composites, hours | engine calls an hour | hub calls an hour | role calls an hour | throttled | renewals in the busiest minute | of the first, in one minute | minutes left at renewal | fewest | without a session at the end | MB';
const text = `${[
  `${composites.toLocaleString('en')} composites, ${hours} hours, \`node bench/hubs.ts ${composites} ${hours}\` on ${new Date().toISOString().slice(0, 10)}. A hub's session signs for 55 minutes: at least ${(60 / 55).toFixed(1)} calls an hour and replica. A composite renews after 34 to 40 minutes, so at least ${Math.round((composites * 60) / 40).toLocaleString('en')} calls an hour.`,
  '',
  `| ${head} |`,
  `|${' --- |'.repeat(head.split(' | ').length)}`,
  ...rows.map((row) => `| ${row} |`),
].join('\n')}\n`;
console.log(text);
writeSection('test/evidence/reliability.md', SECTION, text);
