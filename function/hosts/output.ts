import { IGNORE_ANNOTATION } from '../api/annotations.ts';
import { type Finding, finding } from '../api/finding.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/job.ts';
import { describeObject, isGenerator, isInput, type NamedRef, objectKey, secretKey } from '../api/kinds.ts';
import { deleteAnnotations, isEditable, markLocalConfig, renewSecret } from '../krm/edit-item.ts';
import { type Item, keyOf } from '../krm/item.ts';
import { GENERATOR_OPTION_ANNOTATIONS, isOfTransformer, Places, pathOf } from '../krm/places.ts';
import type { Edit } from '../krm/print.ts';
import { type Changes, toResult } from '../krm/write-resource-list.ts';
import type { WrittenTo } from '../planner/check-plaintext.ts';
import type { Draft } from '../planner/draft.ts';
import type { Find } from './resolver.ts';
import type { Destination } from './run.ts';

/** Where the Secret of a job goes: into the place of an item, or behind all items. */
interface Target {
  readonly item?: Item;
  /** Of that item, or those that a new one gets. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** All that a host gave, in one text. */
export interface Listed {
  readonly text: string;
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
  /** An object as it is appended. */
  print(object: object): string;
  write(changes: Changes): string;
}

/**
 * The answer to a list of objects. Secrets are printed as they come in, while requests for others are under way; where each
 * goes is settled before, in the order of the jobs.
 */
export class Output implements Destination {
  readonly findings: readonly Finding[];
  readonly writtenTo: WrittenTo;
  readonly find: Find;
  readonly #list: Listed;
  readonly #targets: ReadonlyMap<string, Target>;
  readonly #waiting: SecretManifest[] = [];
  readonly #printed = new Map<string, Edit | string>();
  readonly #consumed: readonly Consumed[];

  constructor(list: Listed, isGeneration: boolean, { jobs, handled }: Pick<Draft, 'jobs' | 'handled'>) {
    this.#list = list;
    const byKey = Map.groupBy(list.items, keyOf);
    this.find = (key) => (byKey.get(key) ?? []).map((item) => ({ item }));
    const places = new Places(isGeneration, list.items);
    const targets = jobs.map(({ generator, annotations, target }): [NamedRef, Target] => {
      const [item] = byKey.get(secretKey(target)) ?? [];
      if (item !== undefined) return [target, { item, annotations: item.annotations }];
      const [file = list.functionConfig] = byKey.get(objectKey(generator)) ?? [];
      return [target, { annotations: places.take(target, { file, options: annotations }) }];
    });
    this.#targets = new Map(targets.map(([ref, target]) => [secretKey(ref), target]));
    this.writtenTo = { likelyFiles: targets.flatMap(([ref, target]) => (pathOf(target) === undefined ? [] : [ref])) };
    this.#consumed = consumed(list, isGeneration, new Set(handled.map(objectKey)));
    this.findings = this.#consumed.flatMap(({ item }) => checkEditable(item));
  }

  check(jobs: readonly Job[]): Finding[] {
    return jobs.flatMap(({ target }) => {
      const { item } = this.#targets.get(secretKey(target)) ?? {};
      return item === undefined ? [] : checkEditable(item);
    });
  }

  /** Prints it later: first the next request, which may begin now, goes out. */
  add(secret: SecretManifest): void {
    this.#waiting.push(secret);
    setImmediate(() => this.#print());
  }

  #print(): void {
    const secret = this.#waiting.shift();
    if (secret === undefined) return;
    const key = secretKey(secret.metadata);
    const target = this.#targets.get(key);
    if (target === undefined) throw new Error('a Secret of no job');
    const { item, annotations } = target;
    const print = () => this.#list.print(withAnnotations(secret, annotations));
    this.#printed.set(key, item === undefined ? print() : renewSecret(item, secret));
  }

  /**
   * The input with Secrets renewed in place or appended, and consumed items marked or stripped so that kustomize does not act on
   * them again.
   */
  accept(findings: readonly Finding[]): string {
    while (this.#waiting.length > 0) this.#print();
    const printed = [...this.#targets.keys()].flatMap((key) => this.#printed.get(key) ?? []);
    return this.#list.write({
      edits: [...this.#consumed.map(({ edit }) => edit()), ...printed.filter((one) => typeof one !== 'string')],
      appended: printed.filter((one) => typeof one === 'string'),
      results: findings.map(toResult),
    });
  }
}

function withAnnotations(secret: SecretManifest, added: Readonly<Record<string, string>>): SecretManifest {
  return { ...secret, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, ...added } } };
}

/** An item that cannot be rewritten by itself is an error. */
export function checkEditable(item: Item): Finding[] {
  if (isEditable(item)) return [];
  const { apiVersion = '', kind = '', object = { apiVersion, kind, name: '' } } = item;
  const cause = 'anchors, aliases, merge keys, tags or repeated keys tie its YAML to what stands elsewhere';
  const message = `cannot rewrite ${describeObject(object)}: ${cause}. Write it without them, or delete it.`;
  return [finding('TARGET_NOT_REPLACEABLE', message, { object })];
}

/** An item that has done its work. */
interface Consumed {
  readonly item: Item;
  readonly edit: () => Edit;
}

/**
 * Items that kustomize must not act on once their Secret is there: a transformer's would reach a cluster that may not know
 * their kind; a generator's options are the Secret's now, and kustomize would look for another object to merge it into. Each
 * for itself: what an author adds to his own changes no other's.
 */
function consumed(list: Listed, isGeneration: boolean, handled: ReadonlySet<string>): Consumed[] {
  const isToolOnly = (item: Item) =>
    (isGenerator(item) || isInput(item) || handled.has(keyOf(item))) && item.annotations[IGNORE_ANNOTATION] !== 'true';
  const marked = list.items
    .filter((item) => isOfTransformer(item) && isToolOnly(item))
    .map((item) => ({ item, edit: () => markLocalConfig(item) }));
  const names = GENERATOR_OPTION_ANNOTATIONS;
  const hasOptions = ({ annotations }: Item) => names.some((name) => annotations[name] !== undefined);
  const stripped = (isGeneration ? list.items : [])
    .filter(hasOptions)
    .map((item) => ({ item, edit: () => deleteAnnotations(item, names) }));
  return [...marked, ...stripped];
}
