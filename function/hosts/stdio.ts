import { dirname, relative } from 'node:path';
import { type Finding, finding, hasErrors } from '../findings/finding.ts';
import { quoted, say, theObject } from '../findings/say.ts';
import { carryOut } from '../issuer/issue.ts';
import { deleteAnnotations, isAddable, isEditable, markLocalConfig, renewSecret } from '../krm/edit-item.ts';
import {
  BUILD_OPTION_ANNOTATIONS,
  checkPath,
  FilePositions,
  fullPathOf,
  isOfTransformer,
  KUSTOMIZE_ID_ANNOTATION,
  looksLikeGeneration,
  pathOf,
} from '../krm/file-positions.ts';
import { type Item, itemKey } from '../krm/item.ts';
import { decodeText } from '../krm/parse-yaml.ts';
import type { Edit } from '../krm/print.ts';
import {
  type Changes,
  parseResourceList,
  printItem,
  type ResourceList,
  toResult,
  writeResourceList,
} from '../krm/resource-list.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import type { Job } from '../model/job.ts';
import { isGenerator, isInput, isKptfile, KPTFILE_KIND, keyOfSecret, objectKey, secretObject } from '../model/kinds.ts';
import type { RunReport, SecretManifest } from '../model/outcome.ts';
import { once } from '../model/plain-data.ts';
import { Deadline } from '../model/run-limits.ts';
import type { Settings } from '../model/settings.ts';
import type { World } from '../model/world.ts';
import type { Draft } from '../planner/draft.ts';
import { commonFolder } from './folders.ts';
import { withHostPaths } from './host-paths.ts';
import { checkSteps } from './kpt-steps.ts';
import { decideRun, type LocatedItem, type TextDestination, toFinding } from './run.ts';

/**
 * The KRM function: a ResourceList in, a ResourceList out. After an error the output is the input with results and without a Secret of
 * this run; nothing, if the input is no ResourceList. Never throws.
 */
export async function runResourceList(bytes: Uint8Array, world: World): Promise<RunReport> {
  const deadline = new Deadline(world.ambient.environment);
  let list: ResourceList | undefined;
  try {
    const parsed = parseResourceList(decodeText(bytes), deadline.throwIfExpired);
    list = parsed;
    const { items, functionConfig } = parsed;
    const isGeneration = functionConfig !== undefined && looksLikeGeneration(items, functionConfig);
    const stepFindings = items.some(({ kind }) => kind === KPTFILE_KIND) ? checkKptfiles(items) : [];
    const context = { world, deadline };
    const decided = await decideRun(parsed, (drafted) => new ListDestination(parsed, isGeneration, drafted), context);
    const { destination, plaintextWarnings } = decided;
    const outcome = await carryOut(decided, context); // its Secrets arrive at `destination.add`
    const isUnchanged = hasErrors(outcome.findings) || !decided.plan.draft.purpose.acts;
    const all = [...stepFindings, ...outcome.findings, ...(isUnchanged ? [] : plaintextWarnings)];
    const findings = all.length === 0 ? all : withHostPaths(all, parsed, destination.files);
    const changes = isUnchanged ? NO_CHANGES : destination.changes();
    return { findings, output: writeResourceList(parsed, { ...changes, results: findings.map(toResult) }) };
  } catch (error) {
    const faults = [toFinding(error)];
    if (list === undefined) return { findings: faults, output: '' };
    const findings = withHostPaths(faults, list);
    return { findings, output: writeResourceList(list, { ...NO_CHANGES, results: findings.map(toResult) }) };
  }
}

/** Warns of packages inside of other ones that start this function too, and of validators. */
function checkKptfiles(items: readonly Item[]): Finding[] {
  const kptfiles = items.filter(isKptfile).flatMap((item) => {
    const path = fullPathOf(item);
    return path === undefined ? [] : [{ path, item }];
  });
  const root = commonFolder(kptfiles.map(({ path }) => dirname(path)));
  return checkSteps(kptfiles.map(({ path, item }) => ({ path: relative(root, path), value: item.toJS() })));
}

const NO_CHANGES = { edits: [], appended: [] };

/** Where the Secret of a job goes: it replaces an item, or is appended. */
interface TargetItem {
  readonly item?: Item;
  /** The item's annotations, or those for a new Secret. */
  readonly annotations: Readonly<Record<string, string>>;
  /** True where the job may add to a Secret that others made. */
  readonly mayBeOthers: boolean;
}

type ListItems = Pick<ResourceList, 'items' | 'functionConfig'> & Partial<Pick<ResourceList, 'layout'>>;

/** The output for a list of objects. Each job's Secret gets its place at first, and is printed when it arrives. */
export class ListDestination implements TextDestination {
  readonly findings: readonly Finding[];
  readonly itemsByKey: ReadonlyMap<string, readonly LocatedItem[]>;
  readonly files: ReadonlyMap<string, string>;
  readonly #targets: ReadonlyMap<string, TargetItem>;
  readonly #positions: FilePositions;
  /**
   * True where the host writes files, of which an encrypted Secret needs one. kustomize prints all objects, and whoever takes kpt's stream
   * splits it.
   */
  readonly #areFiles: boolean;
  readonly #list: ListItems;
  readonly #prints = new Map<string, () => Edit | string>();
  /**
   * Items with kustomize's number (`KUSTOMIZE_ID_ANNOTATION`), which become local config: a cluster may not know their kind. Each is judged by
   * its own number: who writes a false one only marks a manifest of his own.
   */
  readonly #localConfig: readonly Item[];
  /** Items of a kustomize generator that lose their options to the Secret: kustomize would merge the items too. */
  readonly #withOptions: readonly Item[];

  /** `isGeneration`: kustomize runs this function as one of its generators. `handled`: ExternalSecrets and ClusterGenerators of ours. */
  constructor(
    list: ListItems,
    isGeneration: boolean,
    { jobs, handled, settings }: Pick<Draft, 'jobs' | 'handled'> & { readonly settings: Pick<Settings, 'output'> },
  ) {
    const { items, functionConfig } = list;
    this.#list = list;
    this.itemsByKey = Map.groupBy(
      items.map((item) => ({ item })),
      ({ item }) => itemKey(item),
    );
    const positions = new FilePositions(isGeneration, items);
    this.#positions = positions;
    this.#areFiles = !isGeneration && !isOfTransformer(items) && settings.output !== 'stream';
    const targets: [key: string, TargetItem][] = [];
    for (const { requester, annotations: annotationsOfRequester, target, form } of jobs) {
      const key = keyOfSecret(target);
      const [existing] = this.itemsByKey.get(key) ?? [];
      const [itemOfRequester] = this.itemsByKey.get(objectKey(requester)) ?? [];
      const neighbour = itemOfRequester?.item ?? functionConfig;
      const annotations =
        existing?.item.annotations ?? positions.take(target, { neighbour, options: annotationsOfRequester });
      targets.push([key, { ...existing, annotations, mayBeOthers: form.merge !== undefined }]);
    }
    this.#targets = new Map(targets);
    const paths = targets.flatMap(([key, target]) => {
      const path = pathOf(target);
      return path === undefined ? [] : [[key, path] as const];
    });
    this.files = new Map(paths);
    const keys = new Set(handled.map(objectKey));
    const isOurs = (item: Item) => isGenerator(item) || isInput(item) || keys.has(itemKey(item));
    this.#localConfig = items.filter(
      (item) =>
        KUSTOMIZE_ID_ANNOTATION in item.annotations && isOurs(item) && item.annotations[IGNORE_ANNOTATION] !== 'true',
    );
    this.#withOptions = (isGeneration ? items : []).filter(({ annotations }) =>
      BUILD_OPTION_ANNOTATIONS.some((name) => annotations[name] !== undefined),
    );
    const all = functionConfig === undefined ? items : [...items, functionConfig];
    const characters = paths.reduce((sum, [, path]) => sum + path.length, 0);
    this.findings = [
      ...all.flatMap(checkPath),
      ...(characters > MOST_PATH_CHARACTERS ? [pathsTooLong(characters)] : []),
      ...[...this.#localConfig, ...this.#withOptions].flatMap(checkEditable),
    ];
  }

  check(jobs: readonly Job[]): Finding[] {
    return jobs.flatMap((job) => {
      const target = this.#targets.get(keyOfSecret(job.target));
      if (target === undefined) return [];
      const path = pathOf(target);
      const isInFile = path !== undefined && this.#areFiles && this.#positions.isShared(target);
      const shared = isInFile && job.form.recipients !== undefined ? [sealedInShared(job, path)] : [];
      return [...(target.item === undefined ? [] : checkEditable(target.item)), ...shared];
    });
  }

  /** Prints the Secret a little later, so that the next request is sent first. */
  add(secret: SecretManifest): void {
    const print = once(() => this.#print(secret));
    this.#prints.set(keyOfSecret(secret.metadata), print);
    setImmediate(print);
  }

  #print(secret: SecretManifest): Edit | string {
    const { metadata } = secret;
    const target = this.#targets.get(keyOfSecret(metadata));
    if (target === undefined) throw new Error('a Secret of no job');
    const { item, annotations, mayBeOthers } = target;
    if (item !== undefined) return renewSecret(item, secret, mayBeOthers);
    return printItem(this.#list, {
      ...secret,
      metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } },
    });
  }

  /** Secrets renewed in place or appended. Items that kustomize must not act on after this run are marked or stripped. */
  changes(): Omit<Changes, 'results'> {
    const printed = [...this.#targets.keys()].flatMap((key) => this.#prints.get(key)?.() ?? []);
    return {
      edits: [
        ...this.#localConfig.map(markLocalConfig),
        ...this.#withOptions.map((item) => deleteAnnotations(item, BUILD_OPTION_ANNOTATIONS)),
        ...printed.filter((change) => typeof change !== 'string'),
      ],
      appended: printed.filter((change) => typeof change === 'string'),
    };
  }
}

/** Most characters of all paths: each is written in annotations of its Secret and in messages about it. */
const MOST_PATH_CHARACTERS = 10_000_000;

function pathsTooLong(characters: number): Finding {
  const cause = `the paths of its Secrets have ${characters} characters, and at most ${MOST_PATH_CHARACTERS} are written`;
  const message = `cannot plan this run: ${cause}. Put the generators into folders with shorter paths.`;
  return finding('LIMIT_EXCEEDED', message);
}

/** Refuses an item whose text depends on other text, and a Secret in which what a run changes has another form. */
export function checkEditable(item: Item): Finding[] {
  const isSound = isEditable(item);
  if (isSound && (item.kind !== 'Secret' || isAddable(item))) return [];
  const { apiVersion = '', kind = '', object = { apiVersion, kind, name: '' } } = item;
  const message = isSound
    ? say`cannot change ${theObject(object)}: \`data\`, \`metadata.labels\` and \`metadata.annotations\` must be maps of texts, \`stringData\` a map, \`metadata.finalizers\` a list of texts and \`type\` a text. \`sops\` must be as SOPS writes it, and \`bareSeqNodeWrappingKey\` left out. Correct the one that is not.`
    : say`cannot rewrite ${theObject(object)}: its YAML has anchors, aliases, merge keys, tags or repeated keys. Write it without them, or delete it.`;
  return [finding('TARGET_NOT_REPLACEABLE', message, { object })];
}

/** Refuses to write a Secret that SOPS could not open: it takes one object in a file (getsops.io/docs, "Encrypting and decrypting"). */
export function sealedInShared({ requester, target }: Pick<Job, 'requester' | 'target'>, file: string): Finding {
  const what = say`cannot encrypt ${theObject(secretObject(target))} for ${theObject(requester)}`;
  const cause = say`its file ${quoted(file)} has other objects, and sops opens a file with one`;
  return finding('SECRET_SEALED', say`${what}: ${cause}. Give it a file of its own.`, { object: requester });
}
