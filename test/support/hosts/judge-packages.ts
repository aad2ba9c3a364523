import { join } from 'node:path';
import pLimit from 'p-limit';
import type { OddTree } from '../oddities/site.ts';
import { EXECUTABLE, ROOT, runProcess } from '../run-function.ts';
import { type Answers, type HostAnswer, judgeOf, type Verdict } from './judge.ts';
import type { startFileServer } from './odd-files.ts';
import type { Hosts } from './start-hosts.ts';

/** So many packages are in a folder that is planned and rendered in one run. */
const IN_FOLDER = 25;

/** Hosts start the function some thousand times: the one file takes a third of the script's time for that. */
const ONE_FILE = join(ROOT, 'dist/bin');

/** Its names are not those of the objects: where a host refuses others' objects, that says nothing of ours. */
const folderOf = (id: string) => `k${id.slice(1, -1)}`;

/** Addresses of git name nothing that is there, and nobody is asked for a password. */
const NO_GIT = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_COUNT: '3',
  ...Object.fromEntries(
    ['https://', 'ssh://', 'git@'].flatMap((start, at) => [
      [`GIT_CONFIG_KEY_${at}`, 'url.file:///nonexistent/.insteadOf'],
      [`GIT_CONFIG_VALUE_${at}`, start],
    ]),
  ),
};

/** What judges packages: a host, and how it renders the folder of one. */
interface Court {
  readonly hosts: Hosts;
  readonly server: Awaited<ReturnType<typeof startFileServer>>;
  readonly host: 'kpt' | 'kustomize';
  readonly argv: (folder: string) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A package, what its host made of it, and the verdict. */
export interface Judged {
  readonly tree: OddTree;
  readonly built: readonly HostAnswer[];
  readonly verdict: Verdict;
}

/** Each package with the verdict on it. */
export async function judgePackages(
  { hosts, server, host, argv, environment: more }: Court,
  trees: readonly OddTree[],
): Promise<Judged[]> {
  const environment = { ...hosts.environment, PATH: `${ONE_FILE}:${hosts.environment.PATH}`, ...NO_GIT, ...more };
  const count = Math.ceil(trees.length / IN_FOLDER);
  const batches = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const own = trees.slice(at * IN_FOLDER, (at + 1) * IN_FOLDER);
      const folder = await hosts.folder();
      for (const { id, files } of own) server.write(folder, folderOf(id), files);
      return { folder, own };
    }),
  );
  const builds = batches.flatMap(({ folder, own }) =>
    own.flatMap((tree) => tree.roots.map((root) => ({ folder, tree, root }))),
  );
  const answers = new Map<OddTree, HostAnswer[]>(trees.map((tree) => [tree, []]));
  const theirs = await hosts.callsOf(() =>
    pLimit(2).map(builds, async ({ folder, tree, root }) => {
      const path = `${folderOf(tree.id)}/${root}`.replace(/\/$/, '');
      const ended = await hosts.run(host, argv(path), { cwd: folder, environment });
      answers.get(tree)?.push({ ...ended, root, reads: tree.reads[root] ?? [] });
    }),
  );
  const ourAnswers: Answers[] = [];
  const ours = await hosts.callsOf(async () => {
    const run = (cwd: string, ...options: string[]) =>
      runProcess(EXECUTABLE, [...options, '--debug', '.'], { cwd, environment, timeoutMilliseconds: 300_000 });
    const all = await pLimit(2).map(batches, async ({ folder }) => ({
      plan: await run(folder, 'plan', '-o', 'json'),
      render: await run(folder, 'render'),
    }));
    ourAnswers.push(...all);
  });
  return batches.flatMap(({ own }, at) => {
    const ownAnswers = ourAnswers[at];
    if (ownAnswers === undefined) return [];
    const judge = judgeOf(ownAnswers, { theirs, ours });
    return own.map((tree) => {
      const built = answers.get(tree) ?? [];
      return { tree, built, verdict: judge({ id: tree.id, folder: folderOf(tree.id), host }, built) };
    });
  });
}

/** Counts what became of honest packages, for the log of a test: those that the host builds, and those that it refuses itself. */
export function countsOf(all: readonly Judged[], what: string, host: string) {
  const sound = all.filter(({ verdict }) => !verdict.isFailed);
  const refused = countOf(sound, ({ isRefused }) => isRefused);
  const incomplete = countOf(sound, ({ isIncomplete }) => isIncomplete);
  const failed = all.length - sound.length;
  const causes = Map.groupBy(
    sound.flatMap(({ verdict }) => verdict.causes),
    (cause) => cause,
  );
  const lines = [...causes]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([cause, { length }]) => `${length} × ${cause}`);
  process.stderr.write(
    `${all.length} ${what}: ${refused} refused, ${incomplete} incomplete, ${failed} failed under ${host} itself\n${lines.map((line) => `  ${line}\n`).join('')}`,
  );
  return { refused, failed, made: countOf(all, ({ isMade }) => isMade) };
}

/** What differs without a word and is not named as late; how many differ, and of them are late, goes to the log of a test. */
export function unknownOf(all: readonly Judged[], what: string, notYet: readonly string[]) {
  const { late, others } = splitLate(all, notYet);
  process.stderr.write(
    `${all.length} odd ${what}: ${late.length + others.length} differ, ${late.length} of them by what is not done yet\n`,
  );
  return others;
}

const countOf = (all: readonly Judged[], is: (verdict: Verdict) => boolean) =>
  all.filter(({ verdict }) => is(verdict)).length;

/** Where a host refuses objects that are not ours, nothing is said. */
export const isOfOthers = ({ tree, built, verdict }: Judged) =>
  verdict.isFailed && !built.some(({ stderr }) => stderr.includes(tree.id));

/** What a failed test shows of packages: those that differ without a word. */
export const differingOf = (all: readonly Judged[]) =>
  all.filter(({ verdict }) => verdict.silent.length > 0).map(({ tree, verdict }) => ({ ...tree, ...verdict }));

/** A line for each oddity: packages with it, those that the host builds, those of all and of them with it alone that differ, and one such. */
export function tableOf(all: readonly Judged[]): string {
  const rows = Map.groupBy(
    all.flatMap((judged) => judged.tree.oddities.map((name) => ({ ...judged, name }))),
    ({ name }) => name,
  );
  return [...rows]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, own]) => {
      const differing = own.filter(({ verdict }) => verdict.silent.length > 0);
      const sole = differing.filter(({ tree }) => tree.oddities.length === 1);
      const made = countOf(own, ({ isMade }) => isMade);
      const [example] = [...sole, ...differing];
      const failure =
        example?.built
          .find(({ exit }) => exit !== 0)
          ?.stderr.trimEnd()
          .split('\n')
          .at(-1) ?? '';
      const shown = example === undefined ? '' : `${example.tree.id}: ${example.verdict.silent[0]} ${failure}`;
      return `${name}\t${own.length}\t${made}\t${differing.length}\t${sole.length}\t${shown}\n`;
    })
    .join('');
}

/** Splits what differs into what a list names as not done yet, and all else. */
function splitLate(all: readonly Judged[], notYet: readonly string[]) {
  const differing = all.filter(({ verdict }) => verdict.silent.length > 0);
  const isLate = ({ tree }: Judged) => tree.oddities.some((name) => notYet.includes(name));
  const { true: late = [], false: others = [] } = Object.groupBy(differing, (judged) => `${isLate(judged)}`);
  return { late, others: differingOf(others) };
}
