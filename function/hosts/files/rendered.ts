import type { Finding } from '../../api/finding.ts';
import type { SecretManifest } from '../../api/flow.ts';
import { type NamedRef, secretKey } from '../../api/kinds.ts';
import type { Job } from '../../api/plan.ts';
import { writeDocuments } from '../../krm/documents.ts';
import { type Edit, isEditable, renewSecret, textOf } from '../../krm/edit-item.ts';
import { printBlock } from '../../krm/print.ts';
import { checkEditable } from '../output.ts';
import type { Destination } from '../run-story.ts';
import type { Find } from '../supply.ts';
import { checkWritable } from './check-writable.ts';
import type { FilePath } from './find-files.ts';
import { checkOwner, findTarget, type Target } from './find-target.ts';
import type { FileItem, Package } from './package.ts';
import type { Place } from './place-secret.ts';

/** A file's new text; `before`: what it was made from, absent for a new file. */
export interface FileChange extends FilePath {
  readonly before?: string;
  readonly text: string;
}

/** The Secrets of a package's jobs: those that are there, and those that a run makes. */
export class Rendered implements Destination {
  readonly findings: readonly Finding[];
  readonly files: readonly NamedRef[];
  readonly find: Find;
  readonly #targets: ReadonlyMap<string, Target>;
  readonly #inPlace: boolean;
  readonly #made = new Map<string, SecretManifest>();

  constructor(pack: Package, jobs: readonly Job[], inPlace: boolean) {
    this.#inPlace = inPlace;
    const found = jobs.map((job) => [secretKey(job.target), findTarget(job, pack)] as const);
    this.findings = found.flatMap(([, target]) => ('code' in target ? [target] : []));
    this.#targets = new Map(found.flatMap(([key, target]) => ('code' in target ? [] : [[key, target]])));
    this.files = inPlace ? jobs.map(({ target }) => target) : [];
    this.find = (key) => {
      const target = this.#targets.get(key);
      return pack.byKey.get(key) ?? (target !== undefined && 'item' in target ? [target.item] : []);
    };
  }

  check(jobs: readonly Job[]): Finding[] {
    return jobs.flatMap((job) => {
      const target = this.#targets.get(secretKey(job.target));
      if (target === undefined) return [];
      const editable = 'item' in target ? checkEditable(target.item.source, target.item.item) : [];
      return [...editable, ...(this.#inPlace ? [...checkOwner(target), ...checkWritable(fileOf(target))] : [])];
    });
  }

  add(secret: SecretManifest): void {
    this.#made.set(secretKey(secret.metadata), secret);
  }

  /** Every Secret that there is once the run is done, new or not, as a stream of YAML documents. */
  stream(): string {
    const documents = [...this.#targets].flatMap(([key, target]) => {
      const made = this.#made.get(key);
      if (!('item' in target)) return made === undefined ? [] : [printBlock(made)];
      return [made === undefined ? documentOf(target.item) : renewed(target.item, made)];
    });
    return documents.map((document) => `---\n${document}${document.endsWith('\n') ? '' : '\n'}`).join('');
  }

  /** The files that change, each once: a placeholder in place of the same one is none. */
  changes(): readonly FileChange[] {
    const made = [...this.#targets].flatMap(([key, target]) => {
      const secret = this.#made.get(key);
      return secret === undefined ? [] : [{ target, secret }];
    });
    const byFile = Map.groupBy(made, ({ target }) => fileOf(target).real);
    const all = [...byFile.values()].flatMap((made) => (made[0] === undefined ? [] : [changeOf(made, made[0])]));
    return all.filter(({ before, text }) => text !== before);
  }

  /** Files that hold or will hold a Secret, whether they change or not. */
  paths(): readonly FilePath[] {
    return [...this.#targets.values()].map(fileOf);
  }
}

interface Made {
  readonly target: Target;
  readonly secret: SecretManifest;
}

function changeOf(changes: readonly Made[], { target }: Made): FileChange {
  const { shown, real } = fileOf(target);
  const before = 'item' in target ? target.item.in.text : target.before;
  const edits = changes.flatMap((one): Edit[] =>
    'item' in one.target ? [renewSecret(one.target.item.source, one.target.item.item, one.secret)] : [],
  );
  const added = changes.flatMap((one) => ('item' in one.target ? [] : [printBlock(one.secret)]));
  const text = writeDocuments(before ?? '', edits, added);
  return { shown, real, text, ...(before === undefined ? {} : { before }) };
}

function fileOf(target: Target): FilePath | Place {
  return 'item' in target ? target.item.in : target.place;
}

/** A Secret as it stands; one that anchors tie to other objects is written out. */
function documentOf({ source, item }: FileItem): string {
  return isEditable(source, item) ? textOf(source, item) : printBlock(Object(item.toJS()));
}

function renewed({ source, item }: FileItem, secret: SecretManifest): string {
  const { start, text } = renewSecret(source, item, secret);
  return textOf(source, { ...item, range: [start, start, start] }) + text;
}
