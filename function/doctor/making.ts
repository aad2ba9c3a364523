import { cached, textAt } from '../model/plain-data.ts';
import { startOf } from './check-calls.ts';
import { type Command, makesCredentials } from './commands.ts';
import type { Survey } from './survey.ts';

export const MODE = 'STS_FUNCTION_MODE';
export const OWN = 'function-sts-assume-role render';
export const KPT = 'kpt fn render';

/** Of a script's commands those that start this function, which then makes credentials unless a variable says otherwise. */
export function makingIn(survey: Survey) {
  const isMaking = (command: Command) => makesCredentials(command) && startOf(survey, command) !== undefined;
  const byScript = new Map<readonly Command[], readonly Command[]>(); // aliases may repeat a script many times
  return (commands: readonly Command[]) => cached(byScript, commands, () => commands.filter(isMaking));
}

/** True for one of them whose output has the credentials. */
export function prints(command: Command): boolean {
  const output = outputOf(command);
  const isInPlace = command.program === KPT || command.words.some((word) => /^(?:-i|--in-place)$/.test(word));
  return output === undefined ? !isInPlace : /^(?:stdout|unwrap)$/.test(output);
}

export function outputOf({ words }: Command): string | undefined {
  const at = words.findIndex((word) => /^(?:-o|--output)(?:=|$)/.test(word));
  return at < 0 ? undefined : (words[at]?.split('=')[1] ?? words[at + 1] ?? '');
}

/** What a variable is for a command: what stands before it, what its script exports, or what the innermost scope sets. */
export function settingOf(name: string, script: string, scopes: readonly unknown[]) {
  const exported = new RegExp(`^[ \\t]*export\\b.*\\b${name}=["']?(\\w*)`, 'm').exec(script)?.[1];
  const around = exported ?? firstText(scopes, ['env', name]);
  return ({ before }: Command) => before.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? around;
}

export const isPreview = (mode = '') => /^(?:placeholder|plan)$/.test(mode);

/** What the innermost of some scopes says at a path. */
export function firstText(scopes: readonly unknown[], path: readonly string[]): string | undefined {
  return scopes.map((scope) => textAt(scope, path)).find((text) => text !== undefined);
}
