import { dirname } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import type { Item } from '../../krm/item.ts';
import { GENERATOR_ANNOTATION } from '../../model/annotations.ts';
import { isSpec } from '../../model/kinds.ts';
import { meantKind } from '../../model/meant-kind.ts';
import { listAt } from '../../model/plain-data.ts';
import { commonFolder } from '../kpt-steps.ts';
import type { FilePath } from './find-files.ts';
import { type FunctionRun, type Hosted, isBelow, type There, toRun } from './function-run.ts';
import { type FileItem, isOfOurGroup, isPolicy } from './read-manifests.ts';

/**
 * What is in no pipeline. An Input is for its own folder and what is below, the nearest first, and there is a run for each: another
 * package's generators must not run with it. Generators that have none above them run without one. Where an Input has no generator they are
 * refused: it may be meant for them, and its guard would be dropped. One whose file the user named (`isNamed`) is for all.
 */
export function looseRuns(
  hosted: readonly Pick<Hosted, 'claimed'>[],
  { all, files }: There,
  isNamed: (file: FilePath) => boolean,
): FunctionRun[] {
  const claimed = new Set(hosted.flatMap((one) => one.claimed));
  const generators = Map.groupBy(claimed, ({ item }) => markOf(item));
  const free = all.filter((one) => !claimed.has(one));
  const marks = new Set(free.map(({ item }) => markOf(item)));
  const loose = free.filter(({ item, file }) => {
    const mark = item.annotations[GENERATOR_ANNOTATION];
    const theirs = mark === undefined ? undefined : generators.get(mark);
    if (mark === undefined || theirs === undefined) return true;
    // the Secret of a run of a host; where a generator in no pipeline has the same name, only beside that of the run
    return marks.has(mark) && !theirs.some((one) => isBelow(dirname(one.file.real), file.real));
  });
  const inputs = loose.filter(({ item }) => isOfOurGroup(item) && !isPolicy(item));
  const others = loose.filter(({ item }) => !isOfOurGroup(item));
  const folders = Map.groupBy(inputs, ({ file }) => dirname(file.real));
  const forAll = folders.size === 1 && inputs.every(({ file }) => isNamed(file)) ? inputs : undefined;
  const groups = Map.groupBy(others, (one) => forAll ?? nearestTo(dirname(one.file.real), folders));
  for (const group of forAll === undefined ? folders.values() : [forAll]) if (!groups.has(group)) groups.set(group, []);
  const specsIn = (items: readonly FileItem[]) => items.filter(({ item }) => isSpec(item) || meantKind(item));
  const idle = [...groups].flatMap(([options = [], items]) =>
    specsIn(items).length > 0 ? [] : options.filter(isIdle),
  );
  return [...groups].flatMap(([options = [], items]) => {
    const specs = specsIn(items);
    const [config] = options;
    if (config === undefined && specs.length === 0) return [];
    const findings = config === undefined ? checkAround(idle) : checkInputs(options);
    return [
      toRun(
        {
          folder: commonFolder([
            ...new Set((config === undefined ? specs : [config]).map((one) => dirname(one.file.shown))),
          ]),
          host: 'none',
          files,
          config,
          findings,
        },
        items,
      ),
    ];
  });
}

/** The Inputs of the nearest folder around a folder. */
function nearestTo<T>(folder: string, folders: ReadonlyMap<string, T>): T | undefined {
  return folders.get(folder) ?? (folder === dirname(folder) ? undefined : nearestTo(dirname(folder), folders));
}

/** True for an Input without generators of its own. */
function isIdle({ item }: FileItem): boolean {
  return listAt(item.toJS(), ['generators']).length === 0;
}

/** Refuses generators around which there is no Input, where one has no generator: it may be meant for them, and have their guard. */
function checkAround([first, second]: readonly FileItem[]): Finding[] {
  if (first === undefined) return [];
  if (second !== undefined) return checkInputs([first, second]);
  const where = `the one in ${quote(first.file.shown)} is for its own folder, which has no generator`;
  const message = `cannot choose an Input: ${where}. Move it to a folder around the generators, or name its file beside theirs.`;
  return [finding('FUNCTION_CONFIG_INVALID', message)];
}

/** Refuses to guess which Input is meant. */
function checkInputs([first, second]: readonly FileItem[]): Finding[] {
  if (first === undefined || second === undefined) return [];
  const where =
    first.file === second.file
      ? `${quote(first.file.shown)} has two`
      : `there is one in ${quote(first.file.shown)} and one in ${quote(second.file.shown)}`;
  return [finding('FUNCTION_CONFIG_INVALID', `cannot choose an Input: ${where}. Remove one, or name other files.`)];
}

/** The value of a Secret's `generator` annotation that names this object. */
function markOf({ object }: Item): string {
  return object === undefined ? '' : `${object.kind}/${object.namespace ?? ''}/${object.name}`;
}
