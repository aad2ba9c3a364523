import { basename, dirname } from 'node:path';
import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { PROGRAM } from '../model/kinds.ts';
import { nearestTo } from '../model/meant-kind.ts';
import { join } from '../model/paths.ts';
import { cached, listAt, textAt } from '../model/plain-data.ts';

/** How a Kptfile or kustomization has the function started; undefined: as kustomize's plugin for a kind. */
export type How = { readonly exec: string } | { readonly image: string } | undefined;

/** An entry of a Kptfile's pipeline that starts this function. */
export interface Step {
  /** Path of the entry in the Kptfile. */
  readonly field: string;
  readonly value: unknown;
  readonly how: NonNullable<How>;
  /** What an executable is given. */
  readonly words: readonly string[];
}

/** True for this function's executable or image. */
export function isOurs(how: How): boolean {
  return functionName(how) === PROGRAM;
}

/** The name of an executable or image, without registry and version: a function of kpt's catalogue has many of both. */
function functionName(how: How): string {
  return how === undefined ? '' : basename('exec' in how ? how.exec : how.image).replace(/[:@].*/s, '');
}

const MOST_SLIPS = 2;

/** True for an executable that has nearly the name of this function. */
export function isMisspeltProgram(exec: string): boolean {
  const name = basename(exec);
  return name !== PROGRAM && nearestTo(name.replaceAll('_', '-'), [PROGRAM], () => MOST_SLIPS) !== undefined;
}

/** True for this function, and where it is most likely meant. */
export function isMeant(how: How): boolean {
  return isOurs(how) || (how !== undefined && 'exec' in how && isMisspeltProgram(how.exec));
}

/** Most steps of a Kptfile, or transformers of a kustomization, that start this function: each of them gets all that the others get. */
const MOST_STARTS = 100;
/** So many are read: one more shows that there are too many. */
export const READ_STARTS = MOST_STARTS + 1;

/** Refuses a Kptfile or kustomization with more starts than are read. */
export function checkStarts(number: number, location: () => SourceLocation): Finding[] {
  if (number < READ_STARTS) return [];
  const message = `cannot run this pipeline: it starts this function more than ${MOST_STARTS} times over the same manifests. Remove some.`;
  return [finding('LIMIT_EXCEEDED', message, { location: location() })];
}

/** The starts that are run: of too many the first, whose run says so. */
export function startsToRun<T>(read: readonly T[]): readonly T[] {
  return read.length < READ_STARTS ? read : read.slice(0, 1);
}

/** The steps of a Kptfile that start this function, or what `isWanted` says. */
export function stepsOf(kptfile: { readonly value: unknown }, isWanted = isOurs): readonly Step[] {
  const steps = cached(STEPS, kptfile, readSteps).filter(({ how }) => isWanted(how));
  return isWanted === isOurs ? steps.slice(0, READ_STARTS) : steps;
}

/** Each is asked for many times, and its steps may be long. */
const STEPS = new WeakMap<{ readonly value: unknown }, readonly Step[]>();

function readSteps({ value }: { readonly value: unknown }): readonly Step[] {
  const commands = new Map<string, ReturnType<typeof commandOf>>(); // aliases may repeat what is long
  return ['mutators', 'validators'].flatMap((list) =>
    listAt(value, ['pipeline', list]).flatMap((entry, index) => {
      const { exec, words } = cached(commands, textAt(entry, ['exec']) ?? '', commandOf);
      const image = textAt(entry, ['image']);
      const how = exec ? { exec } : image === undefined ? undefined : { image };
      return how === undefined ? [] : [{ field: `pipeline.${list}[${index}]`, value: entry, how, words }];
    }),
  );
}

/**
 * The program that a command starts, and its arguments: behind `env` and the variables it sets. kpt reads quotes too: what has some is no
 * name of this program.
 */
function commandOf(text: string): Pick<Step, 'words'> & { readonly exec: string } {
  const words = text
    .replaceAll(COMMENT, '')
    .split(/[ \t\r\n]+/)
    .filter(Boolean);
  const isEnv = basename(words[0] ?? '') === 'env';
  const index = isEnv ? words.findIndex((word, at) => at > 0 && !/^\w+=/.test(word)) : 0;
  const start = Math.max(index, 0);
  return { exec: words[start] ?? text, words: words.slice(start + 1) };
}
/** A word that begins with `#`, and the rest of its line, are none for kpt (google/shlex, shlex.go); a text of them alone is a path. */
const COMMENT = /(?<![^ \t\r\n])#[^\n]*/g;

/** A Kptfile by its path as messages show it. */
interface ShownKptfile {
  readonly path: string;
  readonly value: unknown;
  /** Where a field of the Kptfile is written, if the host knows more than the file. */
  readonly locationOf?: (field: string) => SourceLocation;
}

/** Warns of steps whose Secrets do not come, or come twice. */
export function checkSteps(kptfiles: readonly ShownKptfile[]): Finding[] {
  return [...checkNested(kptfiles), ...kptfiles.flatMap(checkArguments), ...kptfiles.flatMap(checkValidator)];
}

/** Warns of arguments: with them this program is a command, and kpt would delete each file that is not in what it prints. */
function checkArguments({ path, value, locationOf = () => ({ file: path }) }: ShownKptfile): Finding[] {
  return stepsOf({ value }).flatMap(({ field, words }) => {
    if (words.length === 0) return [];
    const cause = 'its `exec` has arguments, and kpt takes what a command prints for the package';
    const message = `\`${field}\` does not start the function: ${cause}. Remove the arguments.`;
    return [finding('GENERATOR_UNUSED', message, { location: locationOf(field) })];
  });
}

/** kpt drops what a validator gives (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go, runValidators). Mutators are first. */
function checkValidator({ path, value, locationOf = () => ({ file: path }) }: ShownKptfile): Finding[] {
  const [{ field } = { field: '' }] = stepsOf({ value });
  if (!field.startsWith('pipeline.validators')) return [];
  const cure = `Move the step to \`mutators\`: \`pipeline: {mutators: [{exec: ${PROGRAM}, …}]}\``;
  const message = `the Secrets of \`${field}\` are lost: kpt drops what a validator makes. ${cure}.`;
  return [finding('GENERATOR_UNUSED', message, { location: locationOf(field) })];
}

/**
 * Warns of a package that starts this function inside of another one that does: kpt runs the outer pipeline over the results of the inner
 * one (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go, hydrate), so each generator inside is rendered twice.
 */
function checkNested(kptfiles: readonly ShownKptfile[]): Finding[] {
  const starting = kptfiles.flatMap(({ path, value, locationOf = () => ({ file: path }) }) => {
    const folder = join(dirname(path), '/').replace(/^\.\/$/, '');
    const [first] = stepsOf({ value });
    return first === undefined ? [] : [{ path, folder, field: first.field, locationOf }];
  });
  const outerOf = new Map<unknown, (typeof starting)[number]>();
  const around: typeof starting = [];
  for (const kptfile of starting.toSorted((a, b) => (a.folder < b.folder ? -1 : Number(a.folder > b.folder)))) {
    // what is in a folder comes right behind it
    while (around.length > 0 && !isInside(kptfile.folder, around.at(-1)?.folder ?? '')) around.pop();
    const outer = around.at(-1);
    if (outer !== undefined) outerOf.set(kptfile, outer);
    around.push(kptfile);
  }
  return starting.flatMap((kptfile) => {
    const { field, locationOf } = kptfile;
    const outer = outerOf.get(kptfile);
    if (outer === undefined) return [];
    const cause = `\`${outer.field}\` of ${quote(outer.path)} starts the function over the same generators too, so every run issues new sessions`;
    const message = `\`${field}\` reuses no session: ${cause}. Keep only one of the two steps.`;
    return [finding('PIPELINES_NESTED', message, { location: locationOf(field) })];
  });
}

function isInside(folder: string, around: string): boolean {
  return folder !== around && folder.startsWith(around);
}
