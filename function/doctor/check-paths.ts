import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { foldersAbove, resolveIn } from '../hosts/folders.ts';
import { isSlip } from '../model/meant-kind.ts';
import { distinct, once } from '../model/plain-data.ts';
import type { Survey } from './survey.ts';

/** So many paths are compared with as many names of a folder. */
const MOST = 200;
const LONGEST = 4096; // of a path for Linux
/** A shorter path may be another word. */
const SHORTEST = 5;

/**
 * Commands that name a file or folder under nearly the name of one that is there: a single part of the path is another. One of another name
 * may come to be while a script runs.
 */
export function checkPaths({ commands, repository, root }: Survey): Finding[] {
  const there = new Set<string>();
  for (const { real } of repository.files) {
    there.add(real);
    for (const folder of foldersAbove(real)) {
      if (there.has(folder)) break; // and so are those around it, perhaps two thousand
      there.add(folder);
    }
  }
  const inFolder = once(() => Map.groupBy(there, dirname));
  const nearTo = (path: string, from: string) => {
    const whole = resolveIn(from, path);
    const above = foldersAbove(whole).find((folder) => there.has(folder)) ?? sep;
    const [name = '', ...rest] = relative(above, whole).split(sep);
    const siblings = (inFolder().get(above) ?? []).slice(0, MOST);
    const near = siblings.find((sibling) => isSlip(name, basename(sibling)) && there.has(join(sibling, ...rest)));
    return near === undefined ? [] : [relative(from, join(near, ...rest))];
  };
  const byName = once(() => Map.groupBy(there, (place) => basename(place)));
  const isEnd = (path: string) =>
    byName()
      .get(basename(path))
      ?.some((place) => place.slice(-path.length) === path);
  const isThere = (path: string) => there.has(path) || existsSync(path);
  const short = commands.flatMap(({ path = sep, ...command }) => (path.length < LONGEST ? [{ ...command, path }] : []));
  const byFolder = Map.groupBy(short, ({ file }) => dirname(file.real)).entries();
  const each = byFolder.flatMap(([folder, some]) =>
    distinct(some, ({ path }) => path).map((command) => ({ ...command, from: [root, folder] })),
  );
  const lost = each.filter(({ path, from }) => !from.some((folder) => isThere(resolveIn(folder, path))));
  return [...lost.take(MOST)].flatMap(({ program, path, file, line, from }) => {
    const [near] = isAbsolute(path) || path.length < SHORTEST ? [] : from.flatMap((folder) => nearTo(path, folder));
    if (near === undefined || isEnd(resolveIn(sep, path))) return []; // a `cd` may stand before it
    const message = `\`${program}\` names ${quote(path)}, which is not there; did you mean ${quote(near)}? Correct it.`;
    return { ...finding('REFERENCE_MISSING', message, { location: { file: file.shown, line } }), severity: 'warning' };
  });
}
