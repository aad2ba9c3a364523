import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { rulesIn } from '../hosts/files/find-files.ts';

/** Rules become regular expressions, which take long on a long path. What is longer is not looked at. */
const LONGEST_PATH = 500;

/** What git would commit, without asking it: the repositories around files, and their `.gitignore`. */
export class Git {
  readonly #roots = new Map<string, string | undefined>();
  readonly #rules = new Map<string, Ignore>();

  /** True for a file in a repository that no `.gitignore` there, and not `.git/info/exclude`, names. */
  wouldTake(file: string): boolean {
    const root = this.#rootOf(dirname(file));
    if (root === undefined) return false;
    const path = relative(root, file);
    const parts = path.length > LONGEST_PATH ? [] : path.split(sep);
    return !parts.some((_, index) => this.#ignores(root, parts.slice(0, index + 1), index + 1 < parts.length));
  }

  #rootOf(folder: string): string | undefined {
    if (!this.#roots.has(folder)) {
      const above = dirname(folder);
      const isRoot = existsSync(join(folder, '.git'));
      this.#roots.set(folder, isRoot ? folder : above === folder ? undefined : this.#rootOf(above));
    }
    return this.#roots.get(folder);
  }

  /** The `.gitignore` nearest to a file or folder decides, if it says anything about it. */
  #ignores(root: string, parts: readonly string[], isFolder: boolean): boolean {
    for (let depth = parts.length - 1; depth >= 0; depth -= 1) {
      const path = `${parts.slice(depth).join('/')}${isFolder ? '/' : ''}`;
      const { ignored, unignored } = this.#rulesOf(root, join(root, ...parts.slice(0, depth))).test(path);
      if (ignored || unignored) return ignored;
    }
    return false;
  }

  #rulesOf(root: string, folder: string): Ignore {
    const known = this.#rules.get(folder);
    if (known !== undefined) return known;
    const texts = [
      ...(folder === root ? [rulesIn(join(root, '.git/info/exclude'))] : []),
      rulesIn(join(folder, '.gitignore')),
    ];
    const rules = ignore({ ignorecase: false }).add(texts.flat());
    this.#rules.set(folder, rules);
    return rules;
  }
}
