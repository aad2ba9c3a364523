import type { ObjectRef } from '../findings/say.ts';
import { inCluster, manifestTypeOf, type NamedRef, objectKey, secretObject } from '../model/kinds.ts';
import { once } from '../model/plain-data.ts';
import type { KustomizeNames } from './function-run.ts';
import { idOf } from './kustomize-objects.ts';
import type { Build, EditedParts, StartContext } from './kustomize-parts.ts';
import { type Change, type Edit, renamed } from './metadata-change.ts';

/** The starts of a build that has ended, with what kustomize does to their Secrets afterwards. `unsure`: edits that may have renamed anything. */
export function endedStarts(build: Build, unsure: readonly Edit[]) {
  const { parts, edited, wide, spend } = build;
  const hasOther = newHasOther(build);
  return parts.flatMap(({ start, change }, index) => {
    if (start === undefined) return [];
    const first = start.start.list === 'generators' ? index : start.around; // a generator gets none of what stands
    const isOwn = ({ from, end }: EditedParts) => from <= index && first < end;
    const edits = [wide, ...edited.filter(isOwn).map((some) => some.edits), unsure];
    spend(edited.length + 2 * edits.reduce((sum, { length }) => sum + length, 0));
    const later = edited.slice(start.done).filter(isOwn); // that of its own kustomization too, which comes before transformers
    const late = new Set(later.flatMap((some) => some.edits.filter(({ by }) => by !== start.by)));
    const all = [...new Set(edits.flat())];
    return [{ ...start, after: { change, edits: all, late, hasOther: hasOther(start, change), former: start.former } }];
  });
}

/** Makes what tells of a start's Secret whether kustomize has another one of that name, before or in the end. */
function newHasOther({ parts }: Build) {
  const secrets = parts.flatMap(({ objects, isMade, change }, index) =>
    objects
      .filter(({ kind, apiVersion }) => kind === 'Secret' && apiVersion === 'v1')
      .map((secret) => ({ secret, isMade, index, id: idOf(renamed(secret, change)) })),
  );
  const inEnd = Map.groupBy(secrets, ({ id }) => id);
  return ({ standing, around, former }: StartContext, change: Change) =>
    (target: NamedRef) =>
      former?.has(idOf(secretObject(target))) ||
      (inEnd.get(idOf(secretObject(renamed(target, change)))) ?? []).some(({ secret, isMade, index }) => {
        const before = isMade ? undefined : standing[index - around]; // what kustomize makes the function does not see here
        return before === undefined || objectKey(renamed(secret, before.change)) !== objectKey(secretObject(target));
      });
}

/** What a start gets that its items do not show. */
export function namesFor({ standing }: StartContext): KustomizeNames {
  /** The objects by the name that is written and by the one by then, in the namespace by then. */
  const byKey = once(() => {
    const originals = standing.flatMap(({ items, change }) =>
      items.flatMap(({ item: { object } }) => (object ? [{ object, now: inCluster(renamed(object, change)) }] : [])),
    );
    const keyed = originals.flatMap((record) => [
      { ...record, key: objectKey(record.now) },
      { ...record, key: objectKey({ ...record.now, name: record.object.name }) },
    ]);
    return Map.groupBy(keyed, ({ key }) => key);
  });
  /** What kustomize makes itself. */
  const made = once(() => {
    const all = standing.flatMap(({ objects, isMade, change }) =>
      isMade ? objects.map((of) => renamed(of, change)) : [],
    );
    return new Set(all.map(objectKey));
  });
  const find = (object: ObjectRef) => byKey().get(objectKey(object)) ?? [];
  return {
    makes: (object) => made().has(objectKey(object)),
    nameOf: (object) => find(object).find(({ now }) => now.name !== object.name)?.now.name,
    specs: standing.flatMap(({ items, change }) =>
      items.flatMap(({ item }) =>
        item.object !== undefined && manifestTypeOf(item) !== undefined
          ? [inCluster(renamed(item.object, change))]
          : [],
      ),
    ),
    writtenAs: (object) => find(object).map((record) => record.object),
  };
}
