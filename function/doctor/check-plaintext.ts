import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { type Finding, finding } from '../findings/finding.ts';
import { nearestAbove } from '../hosts/folders.ts';
import type { Item } from '../krm/item.ts';
import { GENERATOR_ANNOTATION, PLACEHOLDER_ANNOTATION } from '../model/annotations.ts';
import { attempt, cached, stringsIn, valueAt } from '../model/plain-data.ts';
import { locationIn } from '../repository/function-run.ts';
import { readBounded } from '../repository/read-file.ts';
import { describeWithFile, type Survey } from './survey.ts';

/** Secrets of this function whose credentials stand in plain text in a git repository, and keys that do. */
export function checkPlaintext({ repository, keys }: Survey): Finding[] {
  const isTaken = asGitTakes();
  const [first, ...others] = repository.all.filter(({ item, file }) => isPlain(item) && isTaken(file.real) === true);
  const [key, ...more] = keys.filter(({ file }) => isTaken(file.real) === true);
  const lost = repository.all.find(({ item, file }) => isSealed(item) && isTaken(file.real) === false);
  const findings: Finding[] = [];
  if (first !== undefined) {
    const which =
      others.length === 0
        ? `${describeWithFile(first)} holds`
        : `${describeWithFile(first)} and ${others.length} more hold`;
    const cause = `${which} them in plain text, and .gitignore does not name the file`;
    const cure =
      'Set `encrypt` in an Input, or write the file into .gitignore; what was committed stays in the history';
    findings.push(finding('PLAINTEXT', `credentials go into git: ${cause}. ${cure}.`));
  }
  if (key !== undefined) {
    const what = key.isOfAge ? 'a private key of age' : 'a secret access key of AWS';
    const cause = `${what} stands here${more.length === 0 ? '' : `, and ${more.length} more elsewhere`}, and .gitignore does not name the file`;
    const cure = 'Keep it elsewhere, and make a new one if it was committed';
    findings.push(finding('PLAINTEXT', `a key goes into git: ${cause}. ${cure}.`, { location: key.location }));
  }
  if (lost !== undefined) {
    const message = `${describeWithFile(lost)} does not get into git: it is encrypted, and .gitignore names the file. Take it out of .gitignore, or leave out \`encrypt\`.`;
    const location = locationIn(lost.file, lost.item);
    findings.push({ ...finding('SECRET_SEALED', message, { location }), severity: 'warning' });
  }
  return findings;
}

/** True for a Secret of this function that SOPS encrypted. */
function isSealed({ apiVersion, kind, annotations, toJS }: Item): boolean {
  const isMade = apiVersion === 'v1' && kind === 'Secret' && annotations[GENERATOR_ANNOTATION] !== undefined;
  return isMade && valueAt(toJS(), ['sops']) !== undefined;
}

/** True for a Secret that a run of this function made, with values that SOPS did not encrypt and that are no placeholders. */
function isPlain({ apiVersion, kind, annotations, toJS }: Item): boolean {
  if (apiVersion !== 'v1' || kind !== 'Secret') return false;
  if (annotations[GENERATOR_ANNOTATION] === undefined || annotations[PLACEHOLDER_ANNOTATION] === 'true') return false;
  const value = toJS();
  if (valueAt(value, ['sops']) !== undefined) return false;
  const values = ['data', 'stringData'].flatMap((field) => Object.values(stringsIn(valueAt(value, [field]))));
  return values.some((text) => !text.startsWith('ENC[')); // in a list that SOPS encrypted
}

/** Rules become regular expressions, which take long on a long path, and long to make. What is longer is not looked at. */
const LONGEST = 500;
/** The rules of each folder are asked for each folder below it: of so many folders, and so many rules in all. What is behind them git takes. */
const [MOST_FOLDERS, MOST_COMPARISONS] = [30, 2_000_000];

/**
 * What git would commit, without asking it: a file in a repository that no `.gitignore` there, and not `.git/info/exclude`, names. Undefined
 * outside of repositories.
 */
function asGitTakes(): (file: string) => boolean | undefined {
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
    const root = rootAround(file);
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
