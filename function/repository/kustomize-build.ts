import { dirname } from 'node:path';
import { quote } from '../findings/quote.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import { isWrittenOtherwise } from '../krm/parse-yaml.ts';
import { FUNCTION_ANNOTATIONS, IGNORE_ANNOTATION } from '../model/annotations.ts';
import { OBJECT_NAME_MAX } from '../model/kinds.ts';
import { cached, reached, textAt } from '../model/plain-data.ts';
import { sizeOf } from '../model/run-limits.ts';
import { isBelow } from './function-run.ts';
import { ambiguousIn, checkEdits, checkMade, checkTwice, formerOf } from './kustomize-checks.ts';
import {
  AROUND,
  type Contents,
  checkFit,
  LOOK,
  MOST_LEVELS,
  type OwnStart,
  refuseBuild,
  TOO_DEEP,
} from './kustomize-contents.ts';
import type { Build, Former, Part } from './kustomize-parts.ts';
import { ANYTHING } from './kustomize-proofs.ts';
import { endedStarts } from './kustomize-starts.ts';
import { type Change, NAMES, NO_CHANGE, sizeOfEdits, thenChanged } from './metadata-change.ts';
import { BASES, basesIn, type Entry, entriesOf, type PipelineFile } from './pipelines.ts';
import type { FileItem } from './read-manifests.ts';

/** A build that goes on: the sizes of changes, and the folders that are open, from the outermost to the innermost. */
interface Walk extends Build {
  readonly sizeOfChange: (change: Change) => number;
  readonly open: string[];
}

/** As many are compared with a path as one character takes that is handed to a run. */
const LEVELS_OF_A_CHARACTER = 5;

/**
 * The starts of one build, each as often as it is included. It is followed in kustomize's order (kubernetes-sigs/kustomize, kustomize/v5.8.1,
 * api/internal/target/kusttarget.go, accumulateTarget): a base that is included twice is built twice, and a component works on what stands
 * around it. `wide`: edits that may make any object ours; `built`: the kustomization and what it includes.
 * @throws FindingError where kustomize builds nothing.
 */
export function build(root: PipelineFile, contents: Contents, spend: Build['spend']) {
  const { byFolder, actionsOf } = contents;
  const basesOf = (by: PipelineFile) => {
    const bases = basesIn(by, byFolder);
    spend(1 + bases.length);
    return bases;
  };
  const built = [...reached([root], basesOf)];
  const buildEdits = built.flatMap((by) => actionsOf(by).buildEdits);
  const edits = built.flatMap((by) => actionsOf(by).edits);
  spend(LOOK * sizeOfEdits(edits));
  const wide = [...buildEdits, ...edits.filter(({ isWide }) => isWide)];
  const sizes = new Map<Change, number>();
  const sizeOfChange = (change: Change) => cached(sizes, change, sizeOf);
  const common = { root, contents, edits, wide, spend, sizeOfChange };
  const walk: Walk = { ...common, parts: [], edited: [], unsure: [], deleted: new Map(), open: [] };
  include(walk, root, 0);
  for (const { objects, change } of walk.parts) spend(objects.length * sizeOfChange(change));
  return { starts: endedStarts(walk, [...checkTwice(walk), ...walk.unsure, ...ambiguousIn(walk)]), wide, built };
}

/** Adds what a kustomization has and includes, and does what it does to that. `around`: where what a component works on begins. */
function include(walk: Walk, by: PipelineFile, around: number): void {
  const { contents, parts, edited, open, spend } = walk;
  const { generators, turns, made, change, merged, named, scaled, edits } = contents.actionsOf(by);
  spend(contents.costOf(by));
  if (open.push(dirname(by.file.real)) > MOST_LEVELS) throw refuseBuild(by, '', TOO_DEEP);
  for (const list of BASES)
    for (const entry of list === 'components' ? [] : entriesOf(by, [list])) includeEntry(walk, by, entry, parts.length);
  if (made.length + generators.length > 0) {
    const from = parts.length;
    const former = formerOf(walk, around);
    for (const object of made) addPart(walk, { objects: [object], isMade: true });
    for (const start of generators) addStart(walk, start, by, { around: parts.length, former });
    checkMade(walk, by, from, former);
  }
  checkEdits(walk, merged, around, by);
  for (const entry of entriesOf(by, ['components'])) includeEntry(walk, by, entry, around);
  checkEdits(walk, named, around, by);
  alter(walk, by, around, change);
  checkEdits(walk, scaled, around, by);
  for (const turn of turns)
    if ('start' in turn) addStart(walk, turn.start, by, { around });
    else alter(walk, by, around, turn.change);
  if (edits.length > 0) edited.push({ edits, from: around, end: parts.length });
  open.pop();
}

function includeEntry(walk: Walk, by: PipelineFile, entry: Entry, around: number): void {
  const { byFolder, there, objectsAt } = walk.contents;
  const { path, list, field, text } = entry;
  const base = byFolder.get(path);
  if (base !== undefined) {
    walk.spend(walk.open.length / LEVELS_OF_A_CHARACTER);
    if (walk.open.some((inner) => inner === path || isBelow(path, inner)))
      throw refuseBuild(by, field, `\`${list}\` names ${quote(text)}, ${AROUND}`);
    checkFit(base, entry, by);
    include(walk, base, around);
  } else if (KUSTOMIZATION.test(path))
    throw refuseBuild(by, field, `\`${list}\` names a kustomization as a file. Name its folder`);
  else addPart(walk, { items: there.at(path), objects: objectsAt(path), cost: there.costAt(path) });
}

function addPart({ parts }: Walk, part: Partial<Part>): void {
  parts.push({ items: [], objects: [], cost: 0, change: NO_CHANGE, ...part });
}

/** Adds what an object starts, with what it gets. One of a component is the same in all builds in which it gets the same. */
function addStart(
  walk: Walk,
  starter: OwnStart,
  by: PipelineFile,
  { around, former }: { readonly around: number; readonly former?: Former },
): void {
  const { root, contents, parts, edited, spend, sizeOfChange } = walk;
  const isShared = starter.list === 'transformers' && textAt(by.value, ['kind']) === 'Component';
  const standing = parts.slice(around);
  const placeOf = ({ file, item }: FileItem) => [file.real, item.range[0]];
  const { numberOf, numberOfChange } = contents;
  const all = standing.map(({ change, items, start, isMade }) => [
    ...[numberOfChange(change), items.length > 0 && numberOf(items), start && placeOf(start.start.config)],
    isMade && numberOf(root), // what it has is not known
  ]);
  const key = isShared ? JSON.stringify([placeOf(starter.config), all]) : ''; // what it gets is around it
  const inRoot = () => ({ ...starter, folder: dirname(root.file.shown) });
  const start = isShared ? cached(contents.shared, key, inRoot) : starter;
  const mayBeOfNothing = start.list === 'transformers' && !isSurelyThere(walk, standing);
  if (start.list === 'transformers' && standing.some(mayBeRead))
    walk.unsure.push({ field: 'transformers', by, ...ANYTHING });
  const { item } = start.config;
  const costs = standing.map(({ items, cost, change }) => LOOK + cost + items.length * sizeOfChange(change));
  spend(costs.reduce((sum, cost) => sum + cost, 0) + item.range[1] - item.range[0]);
  // a generator stays (issue 5502), and so does what a function that gets nothing is handed: its own configuration
  const stays = mayBeOfNothing || (start.list === 'generators' && start.how !== undefined);
  const objects = stays ? [item.object ?? []].flat() : [];
  addPart(walk, { objects, start: { start, standing, around, by, done: edited.length, former } });
}

/** True for a start that stays as an object, and that a later one may read. It passes over one of `generators` by its annotation. */
function mayBeRead({ start, objects }: Part): boolean {
  if (start === undefined || objects.length === 0) return false;
  const { list, config } = start.start;
  const { annotations } = config.item;
  const isPassedOver = FUNCTION_ANNOTATIONS.some((name) => name in annotations) && !(IGNORE_ANNOTATION in annotations);
  return list === 'transformers' || !isPassedOver;
}

/** True where an object stands that no patch may have deleted and no start may have taken. What a start makes, a patch may delete too. */
function isSurelyThere({ deleted }: Walk, standing: readonly Part[]): boolean {
  const mayBeTaken = standing.some(({ start }) => start !== undefined);
  return standing.some(
    ({ objects, items, start }) =>
      start === undefined && (items.length === 0 || !mayBeTaken) && objects.some((object) => !deleted.has(object)),
  );
}

/** Changes all parts from one on. */
function alter({ parts, spend }: Walk, by: PipelineFile, from: number, change: Change | undefined): void {
  if (change === undefined) return;
  spend(LOOK * (parts.length - from) * (1 + sizeOf(change)));
  const changed = new Map<Change, Change>(); // most parts have had the same
  for (const [index, part] of parts.slice(from).entries())
    parts[from + index] = {
      ...part,
      change: cached(changed, part.change, (before) => changedBy(by, before, change)),
    };
}

/** Both changes as one. Names that no API server takes are refused: there may be very many, each as long as a file. */
function changedBy(by: PipelineFile, before: Change, change: Change): Change {
  const changed = thenChanged(before, change);
  const { prefix, suffix, namespace = '' } = changed;
  const fields = NAMES.filter((name) => textAt(by.value, [name]));
  const strange = fields.find((name) => name !== 'namespace' && isWrittenOtherwise(textAt(by.value, [name]) ?? ''));
  if (Math.max(prefix.length + suffix.length, namespace.length) > OBJECT_NAME_MAX)
    throw refuseBuild(by, fields[0] ?? '', `it gives names of more than ${OBJECT_NAME_MAX} characters. Shorten them`);
  if (strange !== undefined)
    throw refuseBuild(by, strange, 'kustomize writes this text as something else. Choose another one');
  return changed;
}
