import { type Measured, measure, spread } from './measure.ts';

/** A program that takes part, and what it is given. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The runs of each contestant; those with one index were one round. */
export type Runs<Key extends string> = Readonly<Record<Key, readonly Measured[]>>;

/** Runs the contestants one after the other, round by round, so that a slow moment meets all of them. */
export async function inTurn<Key extends string>(
  contestants: Readonly<Record<Key, Contestant>>,
  { rounds, warmUp = 1 }: { rounds: number; warmUp?: number },
): Promise<Runs<Key>> {
  const keys = Object.keys(contestants) as Key[]; // an object literal has no other keys
  const runs = Object.fromEntries(keys.map((key) => [key, [] as Measured[]])) as Record<Key, Measured[]>;
  for (let round = -warmUp; round < rounds; round++)
    for (const key of keys) {
      const { command, input = '', environment = {} } = contestants[key];
      const [program, ...argv] = command;
      const measured = await measure(program, argv, { input, environment });
      if (round >= 0) runs[key].push(measured);
    }
  return runs;
}

/** One ratio for each round. */
export function ratios(
  runs: readonly Measured[],
  peers: readonly Measured[],
  what: keyof Measured = 'milliseconds',
): number[] {
  return runs.map((run, round) => run[what] / (peers[round]?.[what] ?? Number.NaN));
}

/** A row of a table: time in ms, most memory in MB. */
export function rowOf(name: string, runs: readonly Measured[]): string {
  const [time, memory] = [runs.map((run) => run.milliseconds), runs.map((run) => run.megabytes)];
  return `| ${name} | ${spread(time, 0)} | ${spread(memory, 0)} |\n`;
}
