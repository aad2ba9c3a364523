import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { deleteAnnotations, isEditable, markLocalConfig, renewSecret } from '../krm/edit-item.ts';
import { type Item, keyOf } from '../krm/item.ts';
import { GENERATOR_OPTION_ANNOTATIONS, isOfTransformer, Places, pathOf } from '../krm/places.ts';
import type { Edit } from '../krm/print.ts';
import { type Changes, toResult } from '../krm/write-resource-list.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import type { SecretManifest } from '../model/flow.ts';
import type { Job } from '../model/job.ts';
import { isGenerator, isInput, type NamedRef, objectKey, secretKey } from '../model/kinds.ts';
import type { WrittenTo } from '../planner/check-plaintext.ts';
import type { Draft } from '../planner/draft.ts';
import type { FindItems } from './resolve-from-items.ts';
import type { Destination } from './run.ts';

/** Where the Secret of a job goes: it replaces an item, or is appended. */
interface TargetItem {
  readonly item?: Item;
  /** The item's annotations, or those for a new Secret. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The host's input as one text, and how to write it. */
export interface Listing {
  readonly text: string;
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
  /** Prints an object for appending. */
  print(object: object): string;
  write(changes: Changes): string;
}

/**
 * The output for a list of objects. Places are assigned first, in the order of the jobs. Each Secret is printed when it arrives, while
 * requests for others are under way.
 */
export class Output implements Destination {
  readonly findings: readonly Finding[];
  readonly writtenTo: WrittenTo;
  readonly find: FindItems;
  readonly #list: Listing;
  readonly #targets: ReadonlyMap<string, TargetItem>;
  readonly #waiting: SecretManifest[] = [];
  readonly #printed = new Map<string, Edit | string>();
  readonly #consumedItems: readonly Consumed[];

  constructor(list: Listing, isGeneration: boolean, { jobs, handled }: Pick<Draft, 'jobs' | 'handled'>) {
    this.#list = list;
    const byKey = Map.groupBy(list.items, keyOf);
    this.find = (key) => (byKey.get(key) ?? []).map((item) => ({ item }));
    const places = new Places(isGeneration, list.items);
    const targets = jobs.map(({ generator, annotations, target }): [NamedRef, TargetItem] => {
      const [item] = byKey.get(secretKey(target)) ?? [];
      if (item !== undefined) return [target, { item, annotations: item.annotations }];
      const [file = list.functionConfig] = byKey.get(objectKey(generator)) ?? [];
      return [target, { annotations: places.take(target, { file, options: annotations }) }];
    });
    this.#targets = new Map(targets.map(([ref, target]) => [secretKey(ref), target]));
    this.writtenTo = { likelyFiles: targets.flatMap(([ref, target]) => (pathOf(target) === undefined ? [] : [ref])) };
    this.#consumedItems = consumedItems(list, isGeneration, new Set(handled.map(objectKey)));
    this.findings = this.#consumedItems.flatMap(({ item }) => checkEditable(item));
  }

  check(jobs: readonly Job[]): Finding[] {
    return jobs.flatMap(({ target }) => {
      const { item } = this.#targets.get(secretKey(target)) ?? {};
      return item === undefined ? [] : checkEditable(item);
    });
  }

  /** Queues the Secret for printing, so that the next request is sent first. */
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

  /** The input with Secrets renewed in place or appended. Consumed items are marked or stripped, so that kustomize ignores them. */
  accept(findings: readonly Finding[]): string {
    while (this.#waiting.length > 0) this.#print();
    const printed = [...this.#targets.keys()].flatMap((key) => this.#printed.get(key) ?? []);
    return this.#list.write({
      edits: [...this.#consumedItems.map(({ edit }) => edit()), ...printed.filter((one) => typeof one !== 'string')],
      appended: printed.filter((one) => typeof one === 'string'),
      results: findings.map(toResult),
    });
  }
}

function withAnnotations(secret: SecretManifest, added: Readonly<Record<string, string>>): SecretManifest {
  return { ...secret, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, ...added } } };
}

/** Refuses an item whose text depends on other text. */
export function checkEditable(item: Item): Finding[] {
  if (isEditable(item)) return [];
  const { apiVersion = '', kind = '', object = { apiVersion, kind, name: '' } } = item;
  const cause = 'anchors, aliases, merge keys, tags or repeated keys tie its YAML to what stands elsewhere';
  const message = say`cannot rewrite ${theObject(object)}: ${cause}. Write it without them, or delete it.`;
  return [finding('TARGET_NOT_REPLACEABLE', message, { object })];
}

/** An item that kustomize must ignore after this run, and the edit for that. */
interface Consumed {
  readonly item: Item;
  readonly edit: () => Edit;
}

/**
 * Items that kustomize must not act on after this run. Items of a transformer are marked as local config, or they would reach a cluster
 * that may not know their kind. Items of a generator lose their options, which the Secret has now: kustomize would merge the items too.
 * Each item is judged by its own annotations alone, since a package's author can write any.
 */
function consumedItems(list: Listing, isGeneration: boolean, handled: ReadonlySet<string>): Consumed[] {
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
