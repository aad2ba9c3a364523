import { type Finding, FindingError } from '../findings/finding.ts';
import { describeObject } from '../findings/say.ts';
import type { TextDestination } from '../hosts/run.ts';
import { checkEditable, sealedInShared } from '../hosts/stdio.ts';
import { writeDocuments } from '../krm/documents.ts';
import { asOwnText, isEditable, renewSecret, textOf } from '../krm/edit-item.ts';
import type { Item } from '../krm/item.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { printBlock } from '../krm/print.ts';
import { SPEC_HASH_ANNOTATION } from '../model/annotations.ts';
import type { Job } from '../model/job.ts';
import { keyOfSecret, type NamedRef, objectKey, secretObject } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { defined, once, stringsIn, valueAt } from '../model/plain-data.ts';
import type { Doubt } from '../repository/doubts.ts';
import type { FilePath } from '../repository/find-files.ts';
import type { FunctionRun } from '../repository/function-run.ts';
import {
  type Change,
  changedObject,
  changeOfItem,
  NO_CHANGE,
  renamed,
  thenChanged,
} from '../repository/metadata-change.ts';
import { CURE_MOVE_AWAY, changedMeanwhile, checkWritable, unwritable } from './check-writable.ts';
import { findTarget, type TargetFile } from './find-target.ts';

/** A file's new text. `formerText`: the text that it was made from, absent for a new file. */
export interface FileChange extends FilePath, Pick<TargetFile, 'formerText' | 'stats'> {
  readonly text: string;
  /** Plain credentials in the new text: `renewed` if each of their Secrets had some before; absent: none. */
  readonly credentials?: 'new' | 'renewed';
}

const OUTSIDE = 'it is outside of what was named';
const CURE_NAME = 'Name its folder too, or render to standard output; nothing was written';

/** Where the Secret of a job is or goes. */
interface Target extends TargetFile {
  /** True where others may have made it. */
  readonly mayBeOthers: boolean;
}

/** A Secret that a run made, and where it goes. */
interface MadeSecret extends Target {
  readonly secret: SecretManifest;
}

/** The Secrets of a package's jobs: existing ones, and those that a run issues. */
export class FilesDestination implements TextDestination {
  readonly findings: readonly Finding[];
  readonly writtenTo: 'files' | 'stream';
  /** What only the host knows of the places of Secrets. */
  readonly doubts: readonly Doubt[];
  readonly itemsByKey: TextDestination['itemsByKey'];
  readonly #targets = new Map<string, Target>();
  readonly #made = new Map<string, SecretManifest>();
  readonly #targetsByFile = once(() => Map.groupBy(this.#targets.values(), ({ file }) => file.real));
  /** What the host does to the Secrets afterwards. */
  readonly #after: Change;

  /** True where the host writes files, and a preview tells of it. */
  readonly #tellsPlaces: boolean;
  /** True for kpt, in whose packages each object has a file wherever it is printed. */
  readonly #hasFiles: boolean;

  constructor(run: FunctionRun, jobs: readonly Job[], inPlace: boolean, isPreview: boolean) {
    this.#tellsPlaces = isPreview && run.host !== 'kustomize';
    this.#hasFiles = this.#tellsPlaces || inPlace || run.host === 'kpt';
    this.#after = run.after.change;
    const unread: Finding[] = [];
    const doubts: Doubt[] = [];
    for (const job of jobs) {
      const target = findTarget(job, run);
      if ('code' in target) {
        unread.push(target);
        continue;
      }
      const key = keyOfSecret(job.target);
      this.#targets.set(key, { ...target, mayBeOthers: job.form.merge !== undefined });
      if (target.item === undefined) doubts.push(...(run.hides?.(key, target.stats && target.file.real) ?? []));
    }
    this.doubts = doubts.slice(0, 1);
    this.findings = [...unread, ...(inPlace ? jobs.flatMap((job) => this.#refuseTwice(job, run)) : [])];
    this.writtenTo = inPlace ? 'files' : 'stream';
    this.itemsByKey = {
      get: (key) => {
        const target = this.#targets.get(key);
        return run.byKey.get(key) ?? (target?.item && [{ item: target.item, file: target.file }]);
      },
    };
  }

  check(jobs: readonly Job[]): Finding[] {
    return jobs.flatMap((job) => {
      const target = this.#targets.get(keyOfSecret(job.target));
      if (target === undefined) return [];
      const isSealed = this.#hasFiles && job.form.recipients !== undefined;
      const isAlone = target.isShared !== true && (this.#targetsByFile().get(target.file.real) ?? []).length === 1;
      const shared = isSealed && !isAlone ? [sealedInShared(job, target.file.shown)] : [];
      const editable = [...(target.item === undefined ? [] : checkEditable(target.item)), ...shared];
      if (this.writtenTo === 'stream')
        return [...editable, ...(this.#tellsPlaces ? checkWritable(target.file, true) : [])];
      const foreign = target.isForeign ? [unwritable(target.file, "it is another user's", CURE_MOVE_AWAY)] : [];
      const outside = target.file.brought === 'outside' ? [unwritable(target.file, OUTSIDE, CURE_NAME)] : [];
      return [...editable, ...foreign, ...outside, ...checkWritable(target.file)];
    });
  }

  /** Beside its spec a Secret would be changed as that one is, after the function has changed it so already. */
  #refuseTwice({ requester, target }: Job, run: FunctionRun): Finding[] {
    const [spec] = run.byKey.get(objectKey(requester)) ?? [];
    const again = renamed(target, thenChanged(changeOfItem(spec?.item), this.#after));
    const file = this.fileOf(target);
    if (file === undefined || keyOfSecret(again) === keyOfSecret(target)) return [];
    const [from, to] = [target, again].map((reference) => describeObject(secretObject(reference)));
    const cause = `kustomize would make ${to} of ${from} in it`;
    return [unwritable(file, cause, 'Render to standard output, or build; nothing was written')];
  }

  add(secret: SecretManifest): void {
    this.#made.set(keyOfSecret(secret.metadata), secret);
  }

  /** Leaves a Secret to another run. */
  leave(target: NamedRef): void {
    this.#targets.delete(keyOfSecret(target));
  }

  /** All Secrets after the run, issued and kept, as YAML documents. */
  stream(): string {
    const documents = [...this.#targets].flatMap(([key, { item, mayBeOthers }]) => {
      const made = this.#made.get(key);
      if (item === undefined) return made === undefined ? [] : [printBlock(changedObject(made, this.#after))];
      const before = changeOfItem(item);
      const change = thenChanged(before, this.#after);
      if (made !== undefined) {
        const text = asOwnText(item, renewSecret(item, made, mayBeOthers).text);
        if (change === NO_CHANGE) return [text];
        const { labels = {}, annotations } = made.metadata;
        const labelled = thenChanged(before, { ...NO_CHANGE, labels, annotations }); // the function ran after that
        return [printBlock(changedObject(parseObject(text), thenChanged(labelled, this.#after)))];
      }
      if (change === NO_CHANGE && isEditable(item)) return [textOf(item)];
      return [printBlock(changedObject(item.toJS(), this.#after))]; // one with anchors elsewhere is printed anew
    });
    return documents.map((document) => `---\n${document}${document.endsWith('\n') ? '' : '\n'}`).join('');
  }

  /** True where credentials in plain text are among all Secrets after the run. */
  isPlain(): boolean {
    return [...this.#targets].some(([key, { item }]) => {
      const secret = this.#made.get(key) ?? item?.toJS();
      return isReal(stringsIn(valueAt(secret, ['metadata', 'annotations']))) && valueAt(secret, ['sops']) === undefined;
    });
  }

  /** The Secrets that were made. */
  made(): readonly MadeSecret[] {
    return [...this.#targets].flatMap(([key, target]) => {
      const secret = this.#made.get(key);
      return secret === undefined ? [] : [{ ...target, secret }];
    });
  }

  /** The file of a Secret. */
  fileOf(target: NamedRef): FilePath | undefined {
    return this.#targets.get(keyOfSecret(target))?.file;
  }

  /** The files of all Secrets, changed or not. */
  paths(): readonly FilePath[] {
    return [...this.#targets.values()].map(({ file }) => file);
  }
}

/** The files that change by Secrets of any runs, each once. A placeholder that replaces an equal one is no change. */
export function changesBy(made: readonly MadeSecret[]): readonly FileChange[] {
  const byFile = Map.groupBy(made, ({ file }) => file.real);
  return [...byFile.values()].flatMap(changesOf).filter(({ formerText, text }) => text !== formerText);
}

/** The change that all Secrets of one file make. */
function changesOf(made: readonly MadeSecret[]): FileChange[] {
  const [first] = made;
  if (first === undefined) return [];
  const { formerText, stats, file } = first;
  if (made.some((each) => each.formerText !== formerText)) throw new FindingError(changedMeanwhile(file));
  const edits = made.flatMap(({ item, secret, mayBeOthers }) =>
    item === undefined ? [] : [renewSecret(item, secret, mayBeOthers)],
  );
  const added = made.flatMap(({ item, secret }) => (item === undefined ? [printBlock(secret)] : []));
  const { shown, real } = file;
  const text = writeDocuments(formerText ?? '', edits, added);
  return [{ shown, real, text, ...defined({ formerText, stats, credentials: credentialsOf(made) }) }];
}

const isReal = (annotations: Item['annotations']) => annotations[SPEC_HASH_ANNOTATION] !== undefined; // a placeholder has none

function credentialsOf(made: readonly MadeSecret[]): FileChange['credentials'] {
  const plain = made.filter(({ secret: { sops, metadata } }) => sops === undefined && isReal(metadata.annotations));
  if (plain.length === 0) return undefined;
  return plain.every(({ item }) => item !== undefined && isReal(item.annotations)) ? 'renewed' : 'new';
}
