import { dirname, join, resolve, sep } from 'node:path';
import { type Finding, finding } from '../api/finding.ts';
import { describeObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { shellWord } from '../api/shell-word.ts';
import { type Command, hasFlag, isLiteral, pathOf } from './commands.ts';
import { isIn, kustomizationsOf, type Start, startedBy, startsOf, stepsOf } from './starts.ts';
import { type Found, objectsOf, type Survey } from './survey.ts';

/**
 * Commands of scripts and workflows with which kustomize or kpt starts no function. Without `--enable-exec` kustomize leaves a function
 * out and ends with 0 (kustomize 5.8.1, kyaml/runfn/runfn.go, ffp); kpt refuses without `--allow-exec` (kpt 1.0.0-beta.67,
 * pkg/lib/kptops/render_executor.go).
 */
export function checkCalls(seen: Survey): Finding[] {
  const byExec = startsOf(seen).filter(({ how }) => how !== undefined && 'exec' in how);
  const started = startedBy(byExec, seen);
  const steps = stepsOf(seen).filter(({ how }) => 'exec' in how);
  const kustomizations = new Set(kustomizationsOf(seen));
  const packages = new Set(objectsOf(seen, 'kpt.dev', 'Kptfile'));
  return seen.commands.filter(isLiteral).flatMap((command) => {
    if (command.program === 'kpt fn render') {
      const given = givenTo(command, packages, seen);
      const isStarted = given.every((one) => steps.some(({ kptfile }) => isIn(one, kptfile)));
      return given.length > 0 && isStarted ? checkKpt(command) : [];
    }
    const starts = givenTo(command, kustomizations, seen).map((one) => started.get(one));
    const [start] = starts;
    return start === undefined || starts.includes(undefined) ? [] : checkKustomize(start, command);
  });
}

function checkKpt(command: Command): Finding[] {
  if (hasFlag(command, '--allow-exec')) return [];
  const cure = `Add it: \`kpt fn render ${shellWord(pathOf(command) ?? 'PACKAGE')} --allow-exec\``;
  return [notStarted(`the function from ${where(command)}`, '`kpt fn render` has no `--allow-exec`', cure)];
}

function checkKustomize({ found }: Start, command: Command): Finding[] {
  const { program } = command;
  const isKubectl = program === 'kubectl kustomize'; // which does not know the flag
  if (!isKubectl && (program !== 'kustomize build' || hasFlag(command, '--enable-exec'))) return [];
  const cause = `\`${program}\` has no \`--enable-exec\`, and leaves its Secret out without a word`;
  const call = `\`kustomize build --enable-alpha-plugins --enable-exec ${shellWord(pathOf(command) ?? 'DIR')}\``;
  const plugin = 'take the annotation `config.kubernetes.io/function` away and install the plugin';
  const cure = isKubectl ? `Call ${call}, or ${plugin} (docs/kustomize.md)` : `Add it: ${call}`;
  return [notStarted(`${describeObject(found.object)} from ${where(command)}`, cause, cure)];
}

/**
 * What a command is given, as far as that can be seen. Where a script goes with `cd` cannot: then all that it may be given, and
 * nothing is claimed unless it is so of all.
 */
function givenTo(command: Command, all: ReadonlySet<Found>, { at, root }: Survey): readonly Found[] {
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
