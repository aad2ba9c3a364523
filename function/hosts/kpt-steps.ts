import { basename, dirname } from 'node:path';
import { type Finding, finding, type Place } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { listAt, textAt } from '../model/plain-data.ts';
import { PROGRAM } from '../model/program.ts';

/** How a Kptfile or kustomization has the function started; undefined: as kustomize's plugin for a kind. */
export type How = { readonly exec: string } | { readonly image: string } | undefined;

/** An entry of a Kptfile's pipeline that starts this function. */
export interface Step {
  /** Path of the entry in the Kptfile. */
  readonly field: string;
  readonly value: unknown;
  readonly how: NonNullable<How>;
}

/** True for this function's executable or image. */
export function isOurs(how: How): boolean {
  if (how === undefined) return false;
  const [name] = basename('exec' in how ? how.exec : how.image).split(/[:@]/);
  return name === PROGRAM;
}

/** Most steps of a Kptfile, or transformers of a kustomization, that start this function: each of them gets all that the others get. */
const MOST_STARTS = 100;
/** So many are read: one more shows that there are too many. */
export const READ_STARTS = MOST_STARTS + 1;

/** Refuses a Kptfile or kustomization of which all that is read are starts. */
export function checkStarts(number: number, place: Place): Finding[] {
  if (number < READ_STARTS) return [];
  const message = `cannot run this pipeline: it starts this function more than ${MOST_STARTS} times over the same manifests. Remove some.`;
  return [finding('LIMIT_EXCEEDED', message, { place })];
}

/** The steps of a Kptfile that start this function, or what `isWanted` says. */
export function stepsOf({ value }: { readonly value: unknown }, isWanted = isOurs): readonly Step[] {
  const steps = ['mutators', 'validators'].flatMap((list) =>
    listAt(value, ['pipeline', list]).flatMap((entry, index) => {
      const [exec] = (textAt(entry, ['exec']) ?? '').split(/\s+/);
      const image = textAt(entry, ['image']);
      const how = exec ? { exec } : image === undefined ? undefined : { image };
      return how !== undefined && isWanted(how) ? [{ field: `pipeline.${list}[${index}]`, value: entry, how }] : [];
    }),
  );
  return steps.slice(0, READ_STARTS);
}

/** A Kptfile by its path as messages show it. */
interface ShownKptfile {
  readonly path: string;
  readonly value: unknown;
  /** Where a field of it is written, if the host knows more than the file. */
  readonly placeOf?: (field: string) => Place;
}

/**
 * Warns of a package that starts this function inside of another one that does: kpt runs the outer pipeline over the results of the inner
 * one (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go, hydrate), so each generator inside is rendered twice.
 */
export function checkNested(kptfiles: readonly ShownKptfile[]): Finding[] {
  const starting = kptfiles.flatMap(({ path, value, placeOf = () => ({ file: path }) }) =>
    stepsOf({ value })
      .slice(0, 1)
      .map(({ field }) => ({ path, field, placeOf })),
  );
  const byFolder = new Map(starting.map((one) => [dirname(one.path), one]));
  return starting.flatMap(({ path, field, placeOf }) => {
    const around = foldersAbove(dirname(path)).find((folder) => byFolder.has(folder));
    const outer = around === undefined ? undefined : byFolder.get(around);
    if (outer === undefined) return [];
    const cause = `\`${outer.field}\` of ${quote(outer.path)} starts it over the same generators, so kpt renders them twice, and issues sessions in every run`;
    const message = `cannot rely on \`${field}\`: ${cause}. Keep one of the two steps.`;
    return [finding('PIPELINES_NESTED', message, { place: placeOf(field) })];
  });
}

/** The folders around a path, the innermost first. */
export function foldersAbove(path: string): string[] {
  const folders = [dirname(path)];
  for (const one of folders) if (dirname(one) !== one) folders.push(dirname(one)); // the list grows in this loop
  return folders.filter((one) => one !== path);
}

/** The innermost folder of all folders. */
export function commonFolder([first = '', ...others]: readonly string[]): string {
  let common = [first, ...foldersAbove(first)];
  for (const other of others) {
    if (other === common[0]) continue;
    const around = new Set([other, ...foldersAbove(other)]);
    common = common.filter((folder) => around.has(folder));
  }
  return common[0] ?? '.';
}
