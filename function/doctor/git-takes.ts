import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { nearestAbove } from '../hosts/folders.ts';
import { attempt, cached } from '../model/plain-data.ts';
import { readBounded } from '../repository/read-file.ts';

/** Rules become regular expressions, which take long on a long path, and long to make. What is longer is not looked at. */
const LONGEST = 500;
/** The rules of each folder are asked for each folder below it: of so many folders, and so many rules in all. What is behind them git takes. */
const [MOST_FOLDERS, MOST_COMPARISONS] = [30, 2_000_000];

/**
 * What git would commit, without asking it: a file in a repository that no `.gitignore` there, and not `.git/info/exclude`, names. Undefined
 * outside of repositories, unless `fallback` is in one.
 */
export function asGitTakes(fallback?: string): (file: string) => boolean | undefined {
  const rootAround = nearestAbove((folder) => (existsSync(join(folder, '.git')) ? folder : undefined));
  const rules = new Map<string, { readonly ignored: Ignore; readonly count: number }>();
  let left = MOST_COMPARISONS;
  const rulesOf = (folder: string) =>
    cached(rules, folder, () => {
      const files = ['.git/info/exclude', '.gitignore'].map((name) => join(folder, name));
      const patterns = files.flatMap(ignoreRulesIn);
      return { ignored: ignore({ ignorecase: false }).add(patterns), count: patterns.length };
    });
  /** The `.gitignore` nearest to a file or folder decides, if it says anything about it. */
  const isIgnored = (root: string, parts: readonly string[], end: string): boolean => {
    for (let depth = parts.length - 1; depth >= 0; depth -= 1) {
      const path = `${parts.slice(depth).join('/')}${end}`;
      const rules = rulesOf(join(root, ...parts.slice(0, depth)));
      left -= rules.count;
      if (left < 0) return false;
      const { ignored, unignored } = rules.ignored.test(path);
      if (ignored || unignored) return ignored;
    }
    return false;
  };
  const ignored = new Map<string, boolean>(); // very many may be in one folder
  const taken = new Map<string, boolean | undefined>(); // a file may hold many Secrets
  const takes = (file: string) => {
    const root = rootAround(file) ?? fallback;
    if (root === undefined) return undefined;
    const path = relative(root, file);
    const parts = path.length > LONGEST ? [] : path.split(sep);
    if (parts.length > MOST_FOLDERS) return true;
    return !parts.some((_, index) => {
      const [part, end] = [parts.slice(0, index + 1), index + 1 < parts.length ? '/' : ''];
      return cached(ignored, join(root, ...part, end), () => isIgnored(root, part, end));
    });
  };
  return (file) => cached(taken, file, takes);
}

/** Each `*` becomes a part of a regular expression: many of them take long on a long path. Lines with more are not looked at. */
const MOST_WILDCARDS = 4;
/** Each line is compared with each path. Further ones are not looked at. */
const MOST_RULES = 500;

/** The lines of a `.gitignore`; none where there is no such file, or a link, or it is not ours to read. */
function ignoreRulesIn(file: string): string[] {
  const read = attempt(() => readBounded(file)); // git follows no link here either
  const lines = read === undefined || 'cause' in read ? [] : read.bytes.toString().split(/\r?\n/);
  const isUsual = (line: string) => line.length <= LONGEST && line.split('*').length - 1 <= MOST_WILDCARDS;
  const usual = lines.filter((line) => isUsual(line) && !/^(?:#|\s*$)/.test(line));
  return usual.slice(0, MOST_RULES);
}
