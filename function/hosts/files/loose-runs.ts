import { dirname } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import type { Item } from '../../krm/item.ts';
import { GENERATOR_ANNOTATION } from '../../model/annotations.ts';
import { isSpec } from '../../model/kinds.ts';
import { meantKind } from '../../model/meant-kind.ts';
import { commonFolder } from '../kpt-steps.ts';
import { type FunctionRun, type Hosted, type There, toRun } from './function-run.ts';
import { type FileItem, isOfOurGroup, isPolicy } from './read-manifests.ts';

/**
 * What is in no pipeline, in one run. With several Inputs each is for its own folder and what is below, the nearest first: then there is a
 * run for each, and generators that have none above them are refused, since to run them without one could drop their guard.
 */
export function looseRuns(hosted: readonly Pick<Hosted, 'claimed'>[], { all, files }: There): FunctionRun[] {
  const claimed = new Set(hosted.flatMap((one) => one.claimed));
  const generators = new Set([...claimed].map(({ item }) => markOf(item)));
  const loose = all.filter((one) => {
    const mark = one.item.annotations[GENERATOR_ANNOTATION];
    return !claimed.has(one) && !(mark !== undefined && generators.has(mark)); // the Secret of a run of a host
  });
  const inputs = loose.filter(({ item }) => isOfOurGroup(item) && !isPolicy(item));
  const others = loose.filter(({ item }) => !isOfOurGroup(item));
  const folders = Map.groupBy(inputs, ({ file }) => dirname(file.real));
  const around = (one: FileItem) => (folders.size === 1 ? inputs : nearestTo(dirname(one.file.real), folders));
  const groups = Map.groupBy(others, around);
  for (const group of folders.size === 1 ? [inputs] : folders.values()) if (!groups.has(group)) groups.set(group, []);
  return [...groups].flatMap(([options = [], items]) => {
    const specs = items.filter(({ item }) => isSpec(item) || meantKind(item));
    const [config] = options;
    if (config === undefined && specs.length === 0) return [];
    const findings = checkInputs(config === undefined ? inputs : options);
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
