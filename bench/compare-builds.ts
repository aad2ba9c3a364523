import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Seen } from './two-builds/one-build.ts';
import { type Host, runOf } from './two-builds/runs.ts';

/**
 * Compares two builds from outside: `node bench/compare-builds.ts BEFORE_DIST AFTER_DIST [WORLDS] [SEED]`. Each world is the one
 * of its seed, SEED and those after it, so that one that differs is run again alone by its own. A build runs many worlds in one
 * process, where clock and chance stand still: what only a process of its own shows, such as its start, is for the contract tests.
 */

const WORLDS = 5000;
const SEED = 20_261_126;
/** Of one process: each leaves something behind. */
const AT_ONCE = 250;

/** What a build does with the worlds of some seeds. */
async function runBuild(dist: string, seeds: readonly number[]): Promise<Map<number, readonly Seen[]>> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'two-builds/one-build.ts'), [dist], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const seen = new Map<number, readonly Seen[]>();
  return new Promise((done, fail) => {
    child.on('exit', (code, signal) =>
      fail(new Error(`${dist}: its process ended with ${signal ?? code} after ${seen.size} of ${seeds.length} worlds`)),
    );
    child.on('message', (said: { isReady?: true; isDone?: true; seed?: number; seen?: readonly Seen[] }) => {
      if (said.isReady) child.send({ seeds });
      else if (said.isDone) {
        done(seen);
        child.kill('SIGKILL');
      } else if (said.seed !== undefined) seen.set(said.seed, said.seen ?? []);
    });
  });
}

interface Difference {
  readonly what: string;
  readonly was: string;
  readonly is: string;
}

/** In the first step that has any. */
function differencesOf(
  was: readonly Seen[],
  is: readonly Seen[],
): { step: number; differences: readonly Difference[] } {
  for (let step = 0; step < Math.max(was.length, is.length); step++) {
    const [one, other] = [was[step], is[step]].map((seen) => new Map<string, unknown>(Object.entries(seen ?? {})));
    const names = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])];
    const differences = names
      .map((what) => ({ what, was: textOf(one?.get(what)), is: textOf(other?.get(what)) }))
      .filter(({ was, is }) => was !== is);
    if (differences.length > 0) return { step, differences };
  }
  return { step: 0, differences: [] };
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 1) ?? 'nothing');
}

/** Lines and characters that are shown. */
const [CONTEXT, SHOWN] = [3, 300];

function show(seed: number, step: number, differences: readonly Difference[]): void {
  const lines = [
    `the world of seed ${seed} differs in its step ${step + 1}`,
    ...differences.flatMap(excerptOf),
    `again, alone: node bench/compare-builds.ts BEFORE_DIST AFTER_DIST 1 ${seed}`,
    'the world:',
    JSON.stringify(runOf(seed), null, 1),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function excerptOf({ what, was, is }: Difference): string[] {
  const [left, right] = [was.split('\n'), is.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  const first = at === -1 ? left.length : at;
  const column = sameCharacters(left[first] ?? '', right[first] ?? '');
  const from = Math.max(0, column - SHOWN / 2); // a list in JSON is one line
  const after = (lines: readonly string[], mark: string) =>
    lines.slice(first, first + CONTEXT).map((line) => `${mark} ${line.slice(from, from + SHOWN)}`);
  const before = left.slice(Math.max(0, first - CONTEXT), first).map((line) => `  ${line.slice(0, SHOWN)}`);
  return [`${what}, line ${first + 1}, column ${column + 1}:`, ...before, ...after(left, '-'), ...after(right, '+')];
}

function sameCharacters(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at;
}

/** So that whoever runs it sees what was compared. */
function count(tally: Map<string, number>, host: Host, steps: readonly Seen[]): void {
  const add = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
  for (const [step, { exit, calls }] of steps.entries()) {
    add(
      `${Array.isArray(host) ? host.join(' ') : host}${step > 0 ? ', again' : ''}: exit ${exit}, ${calls.length === 0 ? 'no calls' : 'calls'}`,
    );
  }
}

const [before, after, worlds = WORLDS, seed = SEED] = process.argv.slice(2);
if (before === undefined || after === undefined) throw new Error('usage: BEFORE_DIST AFTER_DIST [WORLDS] [SEED]');
const dists = [before, after].map((dist) => resolve(dist));
for (const dist of dists) if (!existsSync(join(dist, 'main.cjs'))) throw new Error(`${dist} has no build`);

const start = performance.now();
const tally = new Map<string, number>();
for (let done = 0; done < Number(worlds); done += AT_ONCE) {
  const seeds = Array.from(
    { length: Math.min(AT_ONCE, Number(worlds) - done) },
    (_, index) => Number(seed) + done + index,
  );
  const [one, other] = await Promise.all(dists.map((dist) => runBuild(dist, seeds)));
  for (const each of seeds) {
    const [was, is] = [one?.get(each) ?? [], other?.get(each) ?? []];
    const { step, differences } = differencesOf(was, is);
    if (differences.length > 0) {
      show(each, step, differences);
      process.exit(1);
    }
    count(tally, runOf(each).host, was);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  process.stderr.write(`${done + seeds.length} worlds are equal, after ${seconds} s\n`);
}
for (const [what, times] of [...tally].toSorted()) process.stdout.write(`${String(times).padStart(6)} ${what}\n`);
