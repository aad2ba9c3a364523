import { ci, roles } from '../test/support/accounts.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment, goNoop, goReference, oneFile, script } from './contestants.ts';
import { type Figure, type Section, section } from './figure.ts';
import { GOALS } from './goals.ts';
import { inTurn, type Runs, ratios, rowOf } from './in-turn.ts';
import { specsAmong, withGoodSecrets, withoutSecrets } from './many-items-input.ts';

const SIZES = [1, 100, 1000, 10_000];
const ROUNDS = 11;
/** From so many items on both builds are held to be faster than Go. */
const LARGE = 1000;
const LARGEST = 10_000;

interface Measured {
  readonly items: number;
  readonly kilobytes: string;
  /** The Secrets are good: beside a program that only reads and prints. */
  readonly reuse: Runs<'script' | 'oneFile' | 'go'>;
  /** There are none: beside a program that does the same job. */
  readonly mint: Runs<'script' | 'oneFile' | 'go'>;
}

/** 1 to 10,000 items, one in a hundred a spec: Secrets that are good, and Secrets that are minted. */
export async function manyItems(): Promise<Section> {
  const all: Measured[] = [];
  for (const items of SIZES) all.push(await measureSize(items));
  const tables = all.map(
    ({ items, kilobytes, reuse, mint }) => `
${counted(items, 'item')}, of them ${counted(specsAmong(items), 'spec')}; ${kilobytes} KB:

| | time in ms | most memory in MB |
|---|---|---|
${rowOf('Secrets are good: script', reuse.script)}${rowOf('Secrets are good: one file', reuse.oneFile)}${rowOf(goNoop.name, reuse.go)}${rowOf('Secrets are minted: script', mint.script)}${rowOf('Secrets are minted: one file', mint.oneFile)}${rowOf('Secrets are minted: Go reference', mint.go)}`,
  );
  return section(
    '1 to 10,000 items, one in a hundred of them a spec',
    `Specs among Deployments and ConfigMaps, in two states. **Secrets are good**: each spec's Secret is in the list too, nobody is asked
and nothing changes; beside it a function over the Go functions SDK that changes nothing (\`bench/go/noop\`). **Secrets are minted**: there are
none, and each spec is one AssumeRole on the embedded STS on loopback; beside it the Go reference (\`bench/go/reference\`). ${ROUNDS} rounds,
run in turn, after a warm-up. Memory is as last seen, at most 5 ms before the end: of the shortest runs it is too low.
${tables.join('')}
What was done about it: the text is split where an orchestrator's layout begins items, and only those that may be looked at
are parsed; everything else is copied ([decision 13](../docs/decisions/013-a-list-is-split.md)).
`,
    all.flatMap(figuresOf),
  );
}

async function measureSize(items: number): Promise<Measured> {
  const given = withoutSecrets(items);
  const good = await withGoodSecrets(given);
  const reuse = await inTurn(
    {
      script: { ...script, input: good },
      oneFile: { ...oneFile, input: good },
      go: { ...goNoop, input: good },
    },
    { rounds: ROUNDS },
  );
  const sts = await startSts({ users: [ci], roles });
  const due = { input: given, environment: askingEnvironment(sts.url) };
  const mint = await inTurn(
    { script: { ...script, ...due }, oneFile: { ...oneFile, ...due }, go: { ...goReference, ...due } },
    { rounds: ROUNDS },
  );
  const calls = sts.calls.filter(({ outcome }) => outcome === 'ok').length;
  await sts.close();
  const expected = 3 * (ROUNDS + 1) * specsAmong(items);
  if (calls !== expected) throw new Error(`STS was asked ${calls} times, not ${expected}`);
  return { items, kilobytes: (given.length / 1000).toLocaleString('en', { maximumSignificantDigits: 2 }), reuse, mint };
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

function figuresOf({ items, reuse, mint }: Measured): Figure[] {
  if (items < LARGE) return [];
  const states = [
    { state: 'Secrets are good', runs: reuse },
    { state: 'Secrets are minted', runs: mint },
  ];
  return states.flatMap(({ state, runs }) =>
    (['script', 'oneFile'] as const).flatMap((build): Figure[] => {
      const name = `${items.toLocaleString('en')} items, ${state}: ${build === 'script' ? 'script' : 'one file'}`;
      const faster = {
        what: `${name}, times faster than Go`,
        values: ratios(runs.go, runs[build]),
        goal: GOALS.items[
          items === LARGEST && state === 'Secrets are good' ? 'manyTimesFasterThanGo' : 'timesFasterThanGo'
        ],
      };
      const memory = ratios(runs.go, runs[build], 'megabytes');
      const smaller = {
        what: `${name}, times less memory than Go`,
        values: memory,
        goal: GOALS.items.timesLessMemoryThanGo,
      };
      return items < LARGEST ? [faster] : [faster, smaller];
    }),
  );
}
