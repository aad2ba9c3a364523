import { foldersAbove } from '../hosts/folders.ts';
import { normalize } from '../model/paths.ts';
import { cached, textAt } from '../model/plain-data.ts';
import { linesOf, wordsOf } from './lines.ts';

/** A path as scripts and steps of GitHub write it. */
export function asPath(path: string): string {
  const temporary = /^\$(?:\{?RUNNER_TEMP\}?|runner\.temp|\{\{\s*runner\.temp\s*\}\})/;
  return normalize(path.trim().replace(temporary, 'RUNNER_TEMP')).replace(/\/$/, '');
}

const KEPT = 'an artifact or a cache';
export const GIT = 'git';
type Moment = readonly [step: number, line: number];
/** A file or folder that a script or a step of GitHub takes, and into what. */
type Taking = Readonly<{ path: string; into: string; at: Moment }>;

const COMMITS = /^(?:stefanzweifel\/git-auto-commit-action|peter-evans\/create-pull-request|EndBug\/add-and-commit)@/;

/** What takes files behind a place, by path: artifacts, caches, which are saved when all steps have ended, and git. */
export function newTaker() {
  const added = new Map<string, readonly Taking[]>(); // aliases may repeat a script many times
  const takingsOf = ({ step, script }: Step, index: number, count: number): readonly Taking[] => {
    const uses = textAt(step, ['uses']) ?? '';
    const [, action] = /^actions\/(upload-artifact|cache)\b/.exec(uses) ?? [];
    const lines = action === undefined ? [] : (textAt(step, ['with', 'path']) ?? '').split('\n');
    const at = [action === 'cache' ? count : index, Infinity] as const;
    const kept = lines.flatMap((line) => (line.trim() === '' ? [] : { path: asPath(line), into: KEPT, at }));
    const committed = COMMITS.test(uses) ? [{ path: '.', into: GIT, at }] : [];
    const inGit = cached(added, script, addedBy).map((each) => ({ ...each, at: [index, each.at[1]] as const }));
    return [...kept, ...committed, ...inGit];
  };
  return (steps: readonly Step[]) => {
    const lastOf = new Map(steps.map((step, index) => [step.step ?? step, index])); // aliases may repeat one many times
    const all = [...lastOf.values()].flatMap((index) => takingsOf(steps[index] as Step, index, steps.length));
    const last = new Map(
      all.toSorted((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1]).map((each) => [each.path, each]),
    );
    return (file: string, [step, line]: Moment) =>
      (file.length > LONGEST ? [] : [file, ...foldersAbove(file)])
        .flatMap((path) => last.get(path) ?? [])
        .find(({ at }) => at[0] > step || (at[0] === step && at[1] >= line))?.into;
  };
}

type Step = Readonly<{ step: unknown; script: string }>;

/** A longer path has very many folders. */
const LONGEST = 500;
/** So many lines of a script are looked at. */
const MOST = 100;

/** What a script adds to git. */
function addedBy(script: string): readonly Taking[] {
  if (!/\bgit\b/.test(script)) return [];
  const lines = linesOf(script, false).filter(({ text, isInText }) => !isInText && /\bgit\b/.test(text));
  return lines
    .take(MOST)
    .flatMap(({ text, number }) =>
      wordsOf(text).flatMap(([program, command, ...words]) => {
        if (program !== 'git' || command !== 'add') return [];
        const paths = words.filter((word) => !word.startsWith('-'));
        const isAll = words.some((word) => /^(?:-A|--all)$/.test(word)) && paths.length === 0;
        return (isAll ? ['.'] : paths).map((path) => ({ path: asPath(path), into: GIT, at: [0, number] as const }));
      }),
    )
    .toArray();
}
