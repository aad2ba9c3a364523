import { dirname, normalize, resolve, sep } from 'node:path';
import { type Finding, finding } from '../api/finding.ts';
import { describeObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { shellWord } from '../api/shell-word.ts';
import { type Command, hasFlag, isLiteral, pathOf } from './commands.ts';
import { kustomizationsOf, type Start, startsOf, stepsOf, withBases } from './starts.ts';
import type { Found, Survey } from './survey.ts';

/** Commands of scripts and workflows with which kustomize or kpt starts no function (krm-hosts.md facts 5 and 6, 3.1). */
export function checkCalls(seen: Survey): Finding[] {
  const byExec = startsOf(seen).filter(({ how }) => how !== undefined && 'exec' in how);
  const [step] = stepsOf(seen).filter(({ how }) => 'exec' in how);
  const all = kustomizationsOf(seen);
  return seen.commands.filter(isLiteral).flatMap((command) => {
    if (command.program === 'kpt fn render' && step !== undefined) return checkKpt(command);
    const start = byExec.find((one) => isBuilt(one, command, all, seen.root));
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

/** True when the command builds it, as far as that can be seen: where a script goes with `cd` cannot. */
function isBuilt({ kustomization }: Start, command: Command, all: readonly Found[], root: string): boolean {
  const path = pathOf(command);
  const folders = [root, dirname(command.file.real)].map((from) => resolve(from, path ?? '.'));
  const isAt = ({ file }: Found) => folders.includes(dirname(file.real)) || isBelow(dirname(file.real), path);
  const built = all.filter(isAt);
  if (built.length === 0) return path === undefined || path === '.';
  return built.some((one) => withBases(one, all).includes(kustomization));
}

function isBelow(folder: string, path = '.'): boolean {
  return path !== '.' && folder.endsWith(`${sep}${normalize(path)}`);
}

function where({ file, line }: Command): string {
  return `${quote(file.shown)}, line ${line}`;
}

/** "cannot start WHAT: CAUSE. CURE." */
export function notStarted(what: string, cause: string, cure: string): Finding {
  return finding('FUNCTION_NOT_STARTED', `cannot start ${what}: ${cause}. ${cure}.`);
}
