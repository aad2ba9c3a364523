import { dirname, sep } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellPath } from '../findings/quote.ts';
import { resolveIn } from '../hosts/folders.ts';
import { join } from '../model/paths.ts';
import { cached, once } from '../model/plain-data.ts';
import { includesOf, type PipelineFile } from '../repository/pipelines.ts';
import { type Command, FLAGS, hasFlag } from './commands.ts';
import { pipeOf } from './lines.ts';
import { type FunctionStart, type Survey, startsIn, stepsIn } from './survey.ts';

/**
 * Commands of scripts and workflows that lack the flag for starting this function, hide that it failed, or cannot be understood. Without
 * `--enable-exec` kustomize skips it and exits with 0 (kubernetes-sigs/kustomize, kustomize/v5.8.1, kyaml/runfn/runfn.go, ffp). Without
 * `--allow-exec` kpt refuses it (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go).
 */
export function checkCalls(survey: Survey): Finding[] {
  const doubted: (Command & { readonly why: string })[] = [];
  const findings = survey.commands.flatMap((command) => {
    survey.deadline.throwIfExpired();
    const { program, doubt } = command;
    const flag = FLAGS[program]; // kubectl has none
    const isKpt = program === 'kpt fn render';
    const isOwn = program === 'function-sts-assume-role render';
    if (!isKpt && !isOwn && !/kustomize| -k$/.test(program)) return [];
    const started = startOf(survey, command);
    if (started === undefined) return [];
    const hidden = started !== 'some' && doubt === undefined && hidesFailure(command) ? [failureHidden(command)] : [];
    if (isOwn || (flag !== undefined && hasFlag(command, flag))) return hidden;
    if (started !== 'some' && doubt === undefined) return [...hidden, withoutFlag(command, started.what)];
    const need = isKpt ? 'packages need `--allow-exec`' : 'kustomizations need `kustomize build --enable-exec`';
    const why = doubt ?? `its folder is not known, and some ${need}. Name the folder, or add the flag`;
    doubted.push({ ...command, why });
    return [];
  });
  const doubtsByFile = Map.groupBy(doubted, ({ file }) => file.real).values();
  const notUnderstood = doubtsByFile.flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const more = others.length === 0 ? ',' : `, and ${others.length} more`;
    return [finding('COMMAND_NOT_UNDERSTOOD', `the command in ${where(first)}${more} may lack a flag: ${first.why}.`)];
  });
  return [...findings, ...notUnderstood];
}

/**
 * True where nobody hears that a command failed: `|| true` stands behind it at the begin of its line, or behind what applies its output;
 * `diff` and others may fail in a good run.
 */
export function hidesFailure(command: Command): boolean {
  const { pipes, otherwise } = pipeOf(command.text, () => true);
  const isHeard = !/^\s*(?:true|:)(?!\S)/.test(otherwise ?? '') || hasFlag(command, '--placeholder');
  return !isHeard && /^$|\bapply\b/.test(pipes.at(-1) ?? '');
}

function failureHidden({ program, file, line }: Command): Finding {
  const message = `nobody hears when \`${program}\` fails: what stands behind \`||\` in its line always ends well. Remove that.`;
  return finding('JOB_UNSAFE', message, { location: { file: file.shown, line } });
}

function withoutFlag(command: Command, what: string): Finding {
  const { program, path } = command;
  const isKpt = program === 'kpt fn render';
  const cause = isKpt
    ? `\`${program}\` has no \`--allow-exec\``
    : `\`${program}\` has no \`--enable-exec\`, so kustomize silently leaves its Secret out`;
  const call = isKpt
    ? `\`kpt fn render ${shellPath(path ?? 'PACKAGE')} --allow-exec\``
    : `\`kustomize build --enable-alpha-plugins --enable-exec ${shellPath(path ?? 'DIR')}\``;
  const plugin = 'remove the annotation `config.kubernetes.io/function` and install the plugin';
  const cure = `Change it to ${call}${FLAGS[program] === undefined ? `, or ${plugin} (docs/kustomize.md)` : ''}`;
  return notStarted(`${what} from ${where(command)}`, cause, cure);
}

/** What is started where a command goes: everywhere, in some of the folders that it may mean, or nowhere. */
type StartReason = { readonly what: string } | 'some' | undefined;
type StartReasonOf = (command: Command) => StartReason;
const STARTS = new WeakMap<Survey, Readonly<Record<'kustomize' | 'kpt', StartReasonOf>>>();

/** What a command starts where it goes. */
export function startOf(survey: Survey, command: Command): StartReason {
  if (command.program === 'function-sts-assume-role render') return { what: 'the function' };
  const reasons = () => ({ kustomize: kustomizationsThatStart(survey), kpt: packagesThatStart(survey) });
  return cached(STARTS, survey, reasons)[command.program === 'kpt fn render' ? 'kpt' : 'kustomize'](command);
}

/** The start of each kustomization that has one, its own or that of a base. */
export type StartsByPipeline = ReadonlyMap<PipelineFile, FunctionStart>;

/** The kustomizations that start the function with `exec`. A command that tells no folder may mean any that no other includes. */
function kustomizationsThatStart(survey: Survey): StartReasonOf {
  const starts = startsIn(survey).filter(({ how }) => how !== undefined && 'exec' in how);
  const started = startedBy(starts, survey);
  const all = survey.repository.kustomizations;
  const { includersOf } = includesOf(all);
  const built = all.filter((kustomization) => includersOf(kustomization).length === 0);
  return startedAt(all, (kustomization) => started.get(kustomization)?.what, survey, built);
}

/** A start of this function when a kustomization is built: its own, or that of the nearest of its bases. */
export function startedBy(starts: readonly FunctionStart[], survey: Survey): StartsByPipeline {
  const { includersOf } = includesOf(survey.repository.kustomizations);
  const started = new Map(starts.toReversed().map((start) => [start.kustomization, start]));
  for (const [base, start] of started) for (const by of includersOf(base)) if (!started.has(by)) started.set(by, start); // the map grows in this loop
  return started;
}

/** The packages that start the function with `exec`: their own pipelines, or those of packages below. */
function packagesThatStart(survey: Survey): StartReasonOf {
  const starting = new Set<string>();
  for (const { kptfile } of stepsIn(survey).filter(({ how }) => 'exec' in how))
    for (let folder = folderOf(kptfile); !starting.has(folder); folder = dirname(folder)) starting.add(folder);
  const whatOf = (kptfile: PipelineFile) => (starting.has(folderOf(kptfile)) ? 'the function' : undefined);
  return startedAt(survey.repository.kptfiles, whatOf, survey);
}

/**
 * What a command's path means: a folder, from the root or from the script's folder. After a `cd` it may be any folder whose path ends so,
 * and where the path is not known, any folder, of those that are `built` by themselves. A finding must hold for all of them.
 */
function startedAt(
  all: readonly PipelineFile[],
  whatOf: (pipeline: PipelineFile) => string | undefined,
  { root }: Survey,
  built = all,
): StartReasonOf {
  const byFolder = new Map(all.map((pipeline) => [folderOf(pipeline), pipeline]));
  const judge = (files: readonly PipelineFile[]): StartReason => {
    const all = files.map(whatOf);
    const what = all.find(Boolean);
    return what !== undefined && all.includes(undefined) ? 'some' : what === undefined ? undefined : { what };
  };
  const anywhere = once(() => judge(built));
  const byEnd = once(() => folderEnds(all));
  const reasonsByEnd = new Map<string, StartReason>(); // a script may name a folder in each of its lines
  return ({ path: argument, file }) => {
    if (argument === undefined) return anywhere();
    const path = join(argument, '.').replace(/\/$/, '');
    const there = [root, dirname(file.real)].flatMap((from) => byFolder.get(resolveIn(from, path)) ?? []);
    if (there.length > 0) return judge(there);
    if (path === '.') return anywhere();
    return cached(reasonsByEnd, path, () => judge((byEnd().get(path) ?? []).map(({ pipeline }) => pipeline)));
  };
}

function folderOf({ file }: PipelineFile): string {
  return dirname(file.real);
}

/** So many folders of a path are looked for behind a `cd`. */
const MOST_FOLDERS = 16;

/** Files by each end of their folder's path. */
function folderEnds(all: readonly PipelineFile[]) {
  const ends = all.flatMap((pipeline) => {
    const folders = folderOf(pipeline).split(sep).slice(-MOST_FOLDERS);
    return folders.map((_, from) => ({ pipeline, end: folders.slice(from).join(sep) }));
  });
  return Map.groupBy(ends, ({ end }) => end);
}

function where({ file, line }: Pick<Command, 'file' | 'line'>): string {
  return `${quote(file.shown)}, line ${line}`;
}

/** "cannot start WHAT: CAUSE. CURE." */
export function notStarted(what: string, cause: string, cure: string): Finding {
  return finding('FUNCTION_NOT_STARTED', `cannot start ${what}: ${cause}. ${cure}.`);
}
