import { dirname, join, resolve, sep } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { once } from '../model/plain-data.ts';
import { type Command, hasFlag } from './commands.ts';
import { basesOf, kustomizationsOf, startedBy, startsOf, stepsOf } from './function-starts.ts';
import { type FoundObject, objectsOf, type Survey } from './survey.ts';

/**
 * Commands of scripts and workflows that lack the flag for starting this function, and those that cannot be understood. Without
 * `--enable-exec` kustomize skips it and exits with 0 (kubernetes-sigs/kustomize, kustomize/v5.8.1, kyaml/runfn/runfn.go, ffp). Without
 * `--allow-exec` kpt refuses it (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go).
 */
export function checkCalls(survey: Survey): Finding[] {
  const startedIn = { kustomize: kustomizationsThatStart(survey), kpt: packagesThatStart(survey) };
  return [
    ...survey.commands.flatMap((command) => {
      if (command.program === 'kpt fn render') return checkKpt(command, startedIn.kpt);
      return /kustomize/.test(command.program) ? checkKustomize(command, startedIn.kustomize) : [];
    }),
    ...survey.unreadCommands.map((command) => notUnderstood(command, command.cause, command.cure)),
  ];
}

function checkKpt(command: Command, startedIn: StartedIn): Finding[] {
  if (hasFlag(command, '--allow-exec')) return [];
  const started = startedIn(command);
  const call = `\`kpt fn render ${shellWord(command.path ?? 'PACKAGE')} --allow-exec\``;
  if (started === 'none') return [];
  if (started === 'some') return [ofUnknownFolder(command, '`--allow-exec`', 'packages')];
  return [
    notStarted(`the function from ${where(command)}`, '`kpt fn render` has no `--allow-exec`', `Add it: ${call}`),
  ];
}

function checkKustomize(command: Command, startedIn: StartedIn): Finding[] {
  const { program, path = 'DIR' } = command;
  const isKubectl = program === 'kubectl kustomize'; // kubectl has no such flag
  if (!isKubectl && hasFlag(command, '--enable-exec')) return [];
  const started = startedIn(command);
  if (started === 'none') return [];
  if (started === 'some') return [ofUnknownFolder(command, '`kustomize build --enable-exec`', 'kustomizations')];
  const cause = `\`${program}\` has no \`--enable-exec\`, and leaves its Secret out without a word`;
  const call = `\`kustomize build --enable-alpha-plugins --enable-exec ${shellWord(path)}\``;
  const plugin = 'take the annotation `config.kubernetes.io/function` away and install the plugin';
  const cure = isKubectl ? `Call ${call}, or ${plugin} (docs/kustomize.md)` : `Add it: ${call}`;
  return [notStarted(`${describeObject(started.object)} from ${where(command)}`, cause, cure)];
}

/** Whether the function is started where a command goes: everywhere, as by the object, nowhere, or in some of the folders that it may mean. */
type Started = FoundObject | 'none' | 'some';
type StartedIn = (command: Command) => Started;

/** The kustomizations that start the function with `exec`. What others include is not built by itself where nobody says so. */
function kustomizationsThatStart(survey: Survey): StartedIn {
  const starts = startsOf(survey).filter(({ how }) => how !== undefined && 'exec' in how);
  const started = startedBy(starts, survey);
  const all = kustomizationsOf(survey);
  const included = new Set(all.flatMap((one) => basesOf(one, survey)));
  const built = all.filter((one) => !included.has(one));
  return startedAt({ all, built, startOf: (one) => started.get(one)?.found }, survey);
}

/** The packages that start the function with `exec`: their own pipelines, or those of packages below. */
function packagesThatStart(survey: Survey): StartedIn {
  const all = objectsOf(survey, 'kpt.dev', 'Kptfile');
  const startOf = new Map<string, FoundObject>();
  for (const { kptfile } of stepsOf(survey).filter(({ how }) => 'exec' in how))
    for (let folder = dirname(kptfile.file.real); !startOf.has(folder); folder = dirname(folder))
      startOf.set(folder, kptfile);
  return startedAt({ all, built: all, startOf: ({ file }) => startOf.get(dirname(file.real)) }, survey);
}

/** Objects that commands name by their folders. */
interface Named {
  readonly all: readonly FoundObject[];
  /** Those that a command may mean whose folder is not known. */
  readonly built: readonly FoundObject[];
  readonly startOf: (one: FoundObject) => FoundObject | undefined;
}

/**
 * What a command's path means: a folder, from the root or from the script's folder. After a `cd` it may be any folder whose path ends so,
 * and where the path is not known, any folder. A finding must hold for all of them.
 */
function startedAt({ all, built, startOf }: Named, { at, root }: Survey): StartedIn {
  const known = new Set(all);
  const judge = (objects: readonly FoundObject[]): Started => {
    const [first, ...others] = new Set(objects.map(startOf));
    if (first !== undefined && !others.includes(undefined)) return first;
    return first === undefined && others.length === 0 ? 'none' : 'some';
  };
  const anywhere = once(() => judge(built));
  const byEnd = once(() => Map.groupBy(all.flatMap(endsOf), ({ end }) => end));
  const ofEnd = new Map<string, Started>(); // a script may name a folder in each of its lines
  return ({ path: written, file }) => {
    if (written === undefined) return anywhere();
    const path = join(written, '.').replace(/\/$/, '');
    const folders = [root, dirname(file.real)].map((from) => resolve(from, path));
    const there = folders.flatMap((folder) => at.get(folder) ?? []).filter((one) => known.has(one));
    if (there.length > 0) return judge(there);
    if (path === '.') return anywhere();
    const judged = ofEnd.get(path) ?? judge((byEnd().get(path) ?? []).map(({ object }) => object));
    ofEnd.set(path, judged);
    return judged;
  };
}

/** The ends of the path of an object's folder. */
function endsOf(object: FoundObject): { readonly end: string; readonly object: FoundObject }[] {
  const parts = dirname(object.file.real).split(sep).slice(1);
  return parts.map((_, index) => ({ end: parts.slice(index).join(sep), object }));
}

function where({ file, line }: Pick<Command, 'file' | 'line'>): string {
  return `${quote(file.shown)}, line ${line}`;
}

function ofUnknownFolder(command: Command, needed: string, folders: string): Finding {
  const cause = `its folder is not known, and some ${folders} need ${needed}`;
  return notUnderstood(command, cause, 'Write the folder, or call it so for all');
}

function notUnderstood(command: Pick<Command, 'file' | 'line'>, cause: string, cure: string): Finding {
  return finding('COMMAND_NOT_UNDERSTOOD', `cannot understand the command in ${where(command)}: ${cause}. ${cure}.`);
}

/** "cannot start WHAT: CAUSE. CURE." */
export function notStarted(what: string, cause: string, cure: string): Finding {
  return finding('FUNCTION_NOT_STARTED', `cannot start ${what}: ${cause}. ${cure}.`);
}
