import { dirname, join, resolve, sep } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { type Command, hasFlag, isLiteral, pathOf } from './commands.ts';
import { type FunctionStart, isIn, kustomizationsOf, startedBy, startsOf, stepsOf } from './function-starts.ts';
import { type FoundObject, objectsOf, type Survey } from './survey.ts';

/**
 * Commands of scripts and workflows that lack the flag for starting this function. Without `--enable-exec` kustomize skips it and exits
 * with 0 (kubernetes-sigs/kustomize, kustomize/v5.8.1, kyaml/runfn/runfn.go, ffp). Without `--allow-exec` kpt refuses it (kptdev/kpt,
 * v1.0.0-beta.67, pkg/lib/kptops/render_executor.go).
 */
export function checkCalls(survey: Survey): Finding[] {
  const byExec = startsOf(survey).filter(({ how }) => how !== undefined && 'exec' in how);
  const started = startedBy(byExec, survey);
  const steps = stepsOf(survey).filter(({ how }) => 'exec' in how);
  const kustomizations = new Set(kustomizationsOf(survey));
  const packages = new Set(objectsOf(survey, 'kpt.dev', 'Kptfile'));
  return survey.commands.filter(isLiteral).flatMap((command) => {
    if (command.program === 'kpt fn render') {
      const given = givenTo(command, packages, survey);
      const isStarted = given.every((one) => steps.some(({ kptfile }) => isIn(one, kptfile)));
      return given.length > 0 && isStarted ? checkKpt(command) : [];
    }
    const starts = givenTo(command, kustomizations, survey).map((one) => started.get(one));
    const [start] = starts;
    return start === undefined || starts.includes(undefined) ? [] : checkKustomize(start, command);
  });
}

function checkKpt(command: Command): Finding[] {
  if (hasFlag(command, '--allow-exec')) return [];
  const cure = `Add it: \`kpt fn render ${shellWord(pathOf(command) ?? 'PACKAGE')} --allow-exec\``;
  return [notStarted(`the function from ${where(command)}`, '`kpt fn render` has no `--allow-exec`', cure)];
}

function checkKustomize({ found }: FunctionStart, command: Command): Finding[] {
  const { program } = command;
  const isKubectl = program === 'kubectl kustomize'; // kubectl has no such flag
  if (!isKubectl && (program !== 'kustomize build' || hasFlag(command, '--enable-exec'))) return [];
  const cause = `\`${program}\` has no \`--enable-exec\`, and leaves its Secret out without a word`;
  const call = `\`kustomize build --enable-alpha-plugins --enable-exec ${shellWord(pathOf(command) ?? 'DIR')}\``;
  const plugin = 'take the annotation `config.kubernetes.io/function` away and install the plugin';
  const cure = isKubectl ? `Call ${call}, or ${plugin} (docs/kustomize.md)` : `Add it: ${call}`;
  return [notStarted(`${describeObject(found.object)} from ${where(command)}`, cause, cure)];
}

/**
 * The objects of `all` at a command's path. After a `cd` the folder of a script is not known: then all objects whose folder ends in that
 * path, and a finding must hold for each of them.
 */
function givenTo(command: Command, all: ReadonlySet<FoundObject>, { at, root }: Survey): readonly FoundObject[] {
  const path = join(pathOf(command) ?? '.', '.'); // without a slash at its end
  const folders = [root, dirname(command.file.real)].map((from) => resolve(from, path));
  const there = folders.flatMap((folder) => at.get(folder) ?? []).filter((one) => all.has(one));
  if (there.length > 0) return there;
  return [...all].filter(({ file }) => path === '.' || dirname(file.real).endsWith(`${sep}${path}`));
}

function where({ file, line }: Command): string {
  return `${quote(file.shown)}, line ${line}`;
}

/** "cannot start WHAT: CAUSE. CURE." */
export function notStarted(what: string, cause: string, cure: string): Finding {
  return finding('FUNCTION_NOT_STARTED', `cannot start ${what}: ${cause}. ${cure}.`);
}
