import { FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import type { Item } from '../krm/item.ts';
import type { PlainObject } from '../krm/plain-objects.ts';
import { asksForSecret, isGenerator, secretObject } from '../model/kinds.ts';
import { cached, hasText, once, partsOf, textAt } from '../model/plain-data.ts';
import { LOOK, refuseBuild } from './kustomize-contents.ts';
import { idleTarget } from './kustomize-edits.ts';
import { idOf, idsOf, isMeant, lackOf, type Match, renamedObject } from './kustomize-objects.ts';
import type { Build, Former, Part } from './kustomize-parts.ts';
import { type Change, type Edit, NO_CHANGE, sizeOfEdits, sizeOfTargets } from './metadata-change.ts';
import type { PipelineFile } from './pipelines.ts';

/** So many patterns of targets and objects are compared for a warning: nothing is refused for it. */
const MOST_PAIRS = 300_000;

/**
 * Holds edits of a kustomization to the parts that stand, from one on: where an edit may make any object ours, nothing is known of them.
 * @throws FindingError where one wants an object that is not there.
 */
export function checkEdits(build: Build, edits: readonly Edit[], from: number, by: PipelineFile): void {
  if (build.wide.length > 0) return;
  const objects = once(() => standingFrom(build, from));
  lookForIdle(build, edits, from, by, objects);
  takeNamed(build, edits, from, by, objects);
}

/** An object that stands, and the index of its part. */
type Standing = readonly [original: ObjectRef, now: ObjectRef, index: number];

function standingFrom({ parts }: Build, from: number): readonly Standing[] {
  return parts
    .slice(from)
    .flatMap(({ objects, change }, index) =>
      objects.map((object) => [object, renamedObject(object, change), from + index] as const),
    );
}

/** True where a start stands, which may make any Secret. */
const mayMakeSecrets = ({ parts }: Build) => parts.some(({ start }) => start !== undefined);

/** Finds targets that select nothing, and nearly something. */
function lookForIdle(
  build: Build,
  edits: readonly Edit[],
  from: number,
  by: PipelineFile,
  objects: () => readonly Match[],
): void {
  const { idle, compared, actionsOf } = build.contents;
  const mayMake = mayMakeSecrets(build);
  const count = once(() => build.parts.slice(from).reduce((sum, part) => sum + part.objects.length, 0));
  for (const edit of edits)
    for (const target of edit.targets ?? []) {
      const pairs = compared.pairs + count() * sizeOfTargets([target]);
      if (idle.has(target) || pairs > MOST_PAIRS) break; // a file of them may be named often
      compared.pairs = pairs;
      const isMade = mayMake && textAt(target.select, ['kind']) === 'Secret';
      idle.set(target, isMade ? undefined : idleTarget(edit, target, objects(), actionsOf(by).change));
    }
}

/** Refuses edits of objects that are not there, and takes out of the build what patches delete. */
function takeNamed(
  build: Build,
  edits: readonly Edit[],
  from: number,
  by: PipelineFile,
  standing: () => readonly Standing[],
): void {
  const { parts, spend, unsure, deleted } = build;
  const mayMake = mayMakeSecrets(build);
  let objects = standing;
  for (const edit of edits) {
    const { names = [], field, isDeleting, mayTouch } = edit;
    if (isDeleting) {
      spend(objects().length * sizeOfEdits([edit]));
      for (const [original, now] of objects())
        if (mayTouch(original)) deleted.set(original, deleted.get(original) || mayTouch(original, now.name));
    }
    for (const name of names) {
      const [kind] = name.kinds;
      spend(LOOK * sizeOfNames(build, objects()));
      const meant = objects().filter(([original, , index]) => isMeant(name, original, (parts[index] as Part).change));
      const mayBeMade = (kind ?? 'Secret') === 'Secret' && mayMake;
      // a source is one object: a Secret of its name, which a start makes, is another one
      const isMade = mayBeMade && (meant.length === 0 || (name.source !== undefined && mayBeNamed(build, name.name)));
      if (isMade || (meant.length > 0 && meant.every(([original]) => deleted.get(original)))) {
        unsure.push({ ...edit, isWide: true });
        continue;
      }
      const lack = lackOf(name, meant.length);
      if (lack !== undefined)
        throw refuseBuild(
          by,
          field,
          `\`${field}\` wants ${kind ?? 'an object'} ${JSON.stringify(name.name)}, and ${lack}`,
        );
      if (name.isDeleted !== true) continue;
      for (const [original, , index] of meant) {
        const part = parts[index] as Part;
        parts[index] = { ...part, objects: part.objects.filter((object) => object !== original) };
      }
      objects = once(() => standingFrom(build, from));
    }
  }
}

/** True where what a build has may name a Secret so, with what kustomize puts around the name. */
function mayBeNamed({ parts, spend }: Build, name: string): boolean {
  const items = parts.flatMap((part) => [
    ...part.items.filter(({ item }) => asksForSecret(item)),
    ...(part.start ? [part.start.start.config] : []),
  ]);
  spend(LOOK * items.length);
  return items.some(({ item }) =>
    cached(NAMES, item, () => namesIn(item.toJS())).some((text) => name.includes(text) || text.includes('${')),
  );
}

const NAMES = new WeakMap<Item, readonly string[]>();

function namesIn(value: unknown): readonly string[] {
  return [...partsOf(value)].flatMap((part) => textAt(part, ['name']) || []);
}

/** How many names objects had on the way. */
function sizeOfNames({ parts }: Build, objects: readonly Standing[]): number {
  return objects.reduce((sum, [, , index]) => sum + (parts[index]?.change.names.length ?? 0), 0);
}

/** What may not be made again beside the parts from one on. */
export function formerOf({ parts, wide, spend }: Build, from: number): Former {
  const former = parts.slice(from).filter(({ change }) => wide.length === 0 && change !== NO_CHANGE);
  spend(LOOK * former.reduce((sum, { objects, change }) => sum + (2 + objects.length) * change.names.length, 0));
  const all = former.map(({ objects, start, change }) => {
    const { list, config } = start?.start ?? {};
    const ours = list === 'generators' && isGenerator(config?.item ?? {}) ? (config?.item.object ?? []) : [];
    const named = [...objects, ...[ours].flat().map(secretObject)].flatMap((object) => idsOf(object, change));
    return [...named, ...(start ? [start.start] : [])];
  });
  return new Set(all.flat());
}

/** Refuses what a kustomization makes, the parts from one on, where it is there under a former name. */
export function checkMade({ parts }: Build, by: PipelineFile, from: number, former: Former): void {
  const made = parts.slice(from).flatMap(({ objects }) => objects);
  const again = made.find((object) => former.has(idOf(object)));
  if (again === undefined) return;
  const cause = `it makes ${again.kind} ${quote(again.name)}, and includes another one that has or had that name`;
  throw refuseBuild(by, '', `${cause}. Rename one`);
}

/** Refuses an object that is there under another one's name, as kustomize does; gives the edits that may have renamed it before. */
export function checkTwice({ parts, edits, root: { file }, spend }: Build): Edit[] {
  const ids = new Set<string>();
  const renaming = (object: ObjectRef, change: Change) => {
    const now = renamedObject(object, change);
    if (ids.size < ids.add(idOf(now)).size) return [];
    spend(sizeOfEdits(edits));
    const edit = edits.find(({ renames, mayTouch }) => renames && mayTouch(object, now.name));
    if (edit !== undefined) return [{ ...edit, isWide: true }];
    const message = say`cannot build this kustomization: ${theObject(now)} is there twice, as kustomize names what it includes. Rename one, or leave it out.`;
    throw new FindingError(finding('TARGET_CONFLICT', message, { location: { file: file.shown, line: 1 } }));
  };
  return parts.flatMap(({ objects, change }) => objects.flatMap((object) => renaming(object, change)));
}

/** Kinds that others name, as kustomize knows them; the first four are named by an autoscaler alone (api/v0.21.1, internal/konfig/builtinpluginconsts). */
const NAMED =
  /^(?:(?<scaled>Deployment|ReplicationController|ReplicaSet|StatefulSet)|ConfigMap|Secret|Service|(?:Cluster)?Role|ServiceAccount|PersistentVolume(?:Claim)?|StorageClass|PriorityClass|IngressClass)$/;

/**
 * Finds references that may mean two objects: these had one name, and all prefixes of one are the last ones of the other. kustomize then builds
 * nothing (kubernetes-sigs/kustomize, api/v0.21.1, filters/nameref/nameref.go, selectReferral).
 */
export function ambiguousIn({ parts, root: by, spend }: Build): Edit[] {
  const secretsOf = ({ items }: Part) =>
    items.flatMap(({ item }) => (item.object && asksForSecret(item) ? secretObject(item.object) : []));
  const standing = parts
    .filter(({ change }) => change.prefix + change.suffix !== '')
    .flatMap((part) => {
      const made = [part.start?.start.config.item.object ?? []].flat().filter(isGenerator).map(secretObject);
      return [...part.objects, ...secretsOf(part), ...made].map((object) => ({ object, change: part.change }));
    });
  spend(LOOK * standing.length);
  const isScaled = parts.some(({ objects }) => objects.some(({ kind }) => kind === 'HorizontalPodAutoscaler'));
  const named = standing.filter(({ object: { kind } }) => {
    const groups = NAMED.exec(kind)?.groups;
    return groups !== undefined && (isScaled || groups.scaled === undefined);
  });
  const byName = Map.groupBy(named, ({ object: { kind, name } }) => JSON.stringify([kind, name]));
  const rivals = new Set(
    [...byName.values()].flatMap((some) => (areRivals(some.map(chainOf)) ? (some[0]?.object.name ?? []) : [])),
  );
  if (rivals.size === 0) return [];
  spend(parts.reduce((sum, { cost }) => sum + cost, 0));
  const isReferrer = (object: ObjectRef | PlainObject) => {
    const { metadata, ...fields } = Object('value' in object && object.value());
    return hasText([fields, { ...metadata, name: '' }], (text, isKey) => !isKey && rivals.has(text));
  };
  if (!parts.some(({ objects }) => objects.some(isReferrer))) return [];
  return [{ field: 'namePrefix', by, mayTouch: () => true, isWide: true }];
}

/** The prefixes around an object in the end, or where there are none the suffixes, the last one first, behind its namespace. */
function chainOf({
  object,
  change: { prefix, suffix, namespace = object.namespace },
}: {
  readonly object: ObjectRef;
  readonly change: Change;
}) {
  return JSON.stringify([namespace, prefix === '']) + (prefix || [...suffix].toReversed().join(''));
}

/** True where one is the beginning of another one: in their order it stands in front of one that it begins. */
function areRivals(chains: readonly string[]): boolean {
  const inOrder = chains.toSorted();
  return inOrder.some((chain, index) => chain !== inOrder[index + 1] && inOrder[index + 1]?.startsWith(chain));
}
