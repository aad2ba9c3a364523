import { dirname, join, resolve, sep } from 'node:path';
import { type Finding, finding } from '../api/finding.ts';
import { describeObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { shellWord } from '../api/shell-word.ts';
import { type Command, hasFlag, isLiteral, pathOf } from './commands.ts';
import { isIn, kustomizationsOf, type Start, startsOf, stepsOf, withBases } from './starts.ts';
import { type Found, objectsOf, type Survey } from './survey.ts';

/** Commands of scripts and workflows with which kustomize or kpt starts no function (krm-hosts.md facts 5 and 6, 3.1). */
export function checkCalls(seen: Survey): Finding[] {
  const byExec = startsOf(seen).filter(({ how }) => how !== undefined && 'exec' in how);
  const steps = stepsOf(seen).filter(({ how }) => 'exec' in how);
  const kustomizations = kustomizationsOf(seen);
  const packages = objectsOf(seen, 'kpt.dev', 'Kptfile');
  return seen.commands.filter(isLiteral).flatMap((command) => {
    if (command.program === 'kpt fn render') {
      const hasStep = (one: Found) => steps.some(({ kptfile }) => isIn(one, kptfile));
      return isGiven(command, packages, hasStep, seen.root) ? checkKpt(command) : [];
    }
    const start = byExec.find(({ kustomization }) => {
      const builds = (one: Found) => withBases(one, kustomizations).includes(kustomization);
      return isGiven(command, kustomizations, builds, seen.root);
    });
    return start === undefined ? [] : checkKustomize(start, command);
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
 * True when a command is given something that is so, as far as that can be seen. Where a script goes with `cd` cannot: then all
 * that it may be given have to be so.
 */
function isGiven(command: Command, all: readonly Found[], isSo: (one: Found) => boolean, root: string): boolean {
  const path = join(pathOf(command) ?? '.', '.'); // without a slash at its end
  const folders = [root, dirname(command.file.real)].map((from) => resolve(from, path));
  const there = all.filter(({ file }) => folders.includes(dirname(file.real)));
  const alike = all.filter(({ file }) => path === '.' || dirname(file.real).endsWith(`${sep}${path}`));
  const given = there.length > 0 ? there : alike;
  return given.length > 0 && given.every(isSo);
}

function where({ file, line }: Command): string {
  return `${quote(file.shown)}, line ${line}`;
}

/** "cannot start WHAT: CAUSE. CURE." */
export function notStarted(what: string, cause: string, cure: string): Finding {
  return finding('FUNCTION_NOT_STARTED', `cannot start ${what}: ${cause}. ${cure}.`);
}
