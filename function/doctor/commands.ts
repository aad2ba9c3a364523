import { basename } from 'node:path';
import { quote } from '../findings/quote.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { textsUnder } from '../krm/texts-under.ts';
import { once } from '../model/plain-data.ts';
import { type FilePath, MANIFEST } from '../repository/find-files.ts';
import { linesOf, pipeOf, wordsOf } from './lines.ts';

/** The commands, with the flag without which each starts no function of `exec`, if it has one. */
export const FLAGS = {
  'kustomize build': '--enable-exec',
  'kubectl kustomize': undefined,
  'kubectl apply -k': undefined,
  'kpt fn render': '--allow-exec',
  'kpt fn eval': undefined,
  'kpt live apply': undefined,
  'function-sts-assume-role render': undefined,
} as const;

type Program = keyof typeof FLAGS;

/** A command of kustomize, kpt or this function in a script, read without running it. */
export interface Command {
  readonly file: FilePath;
  /** The line's number, from 1. */
  readonly line: number;
  /** The line, with those that a backslash joins to it. */
  readonly text: string;
  /** What becomes of what the first command in the line prints that may make credentials. A line may have very many commands. */
  readonly flow: () => ReturnType<typeof pipeOf>;
  readonly program: Program;
  /** The words before it, such as variables for it alone. */
  readonly before: readonly string[];
  /** The arguments, without quotes. */
  readonly words: readonly string[];
  /** The path argument, `.` without one. Undefined: only a run would show it. */
  readonly path: string | undefined;
  /** Why a flag that is not in sight may be there all the same. */
  readonly doubt?: string;
}

/** Keys of scripts in workflows of GitHub and GitLab, and in Taskfiles. At other keys, such as `name`, the same words are prose. */
const SCRIPT_KEYS = ['run', 'script', 'before_script', 'after_script', 'command', 'cmds', 'cmd'];
const PROGRAM_NAME = /kustomize|kubectl|kpt|function-sts-assume-role/i;
const PROGRAM_WORD = new RegExp(String.raw`(?:^|[/$])\{?(?:\w+_)?(${PROGRAM_NAME.source})(?:_\w+)?\}?$`, 'i');

/** The commands in a script, or in a workflow's scripts. */
export function commandsIn(text: string, file: FilePath): readonly Command[] {
  if (!PROGRAM_NAME.test(text)) return [];
  if (!MANIFEST.test(file.shown)) return commandsOfScript(text, { file, line: 1 });
  let [counted, line] = [0, 1];
  return splitDocuments(text).flatMap(({ start, end }) => {
    line += text.slice(counted, start).split('\n').length - 1;
    counted = start;
    const document = text.slice(start, end);
    const scripts = textsUnder(document, SCRIPT_KEYS) ?? [{ text: document, line: 1 }]; // it does not parse
    return scripts.flatMap((script) => commandsOfScript(script.text, { file, line: line + script.line - 1 }));
  });
}

/** The commands of a script that begins at a place. What stands in quotes or in a here-document is text, and starts nothing. */
export function commandsOfScript(script: string, { file, line: first }: Pick<Command, 'file' | 'line'>) {
  return linesOf(script, /^Makefile$/i.test(basename(file.shown)))
    .flatMap(({ text, isInText, number }) => {
      if (isInText || !PROGRAM_NAME.test(text)) return [];
      const location = { file, line: first + number - 1, text, flow: once(() => pipeOf(text, mayMake)) };
      return wordsOf(text).flatMap((words, index) => commandOf(words, index === 0, location) ?? []);
    })
    .toArray();
}

const mayMake = (part: string) =>
  /--(?:enable|allow)-exec/.test(part) || /\srender\b/.test(part.slice(part.search(/function-sts-assume-role\b|$/)));

/** The first command that words speak of. `isFirst`: they begin a line. */
function commandOf(
  line: readonly string[],
  isFirst: boolean,
  location: Pick<Command, 'file' | 'line' | 'text' | 'flow'>,
): Command | undefined {
  const { program, start = 0, behind = [] } = programIn(line) ?? {};
  if (program === undefined) return undefined;
  const flag = FLAGS[program];
  const valued = program === 'function-sts-assume-role render' ? VALUED_OF_OWN : VALUED;
  const paths = behind.filter((word, index) => !word.startsWith('-') && !valued.has(behind[index - 1] ?? ''));
  const [path = '.'] = paths;
  const before = line.slice(0, start);
  const command = { program, before, words: behind, path: paths.some(isExpanded) ? undefined : path, ...location };
  const isPlain = isFirst && before.every((word) => PREFIX.test(word)) && !isExpanded(line[start] ?? '');
  if (!isPlain) {
    const cure = flag === undefined ? 'Call `kustomize build` with it' : 'Write that flag there';
    const lacks = `\`${program}\` does not begin its line, and has no \`${flag ?? '--enable-exec'}\``;
    return { ...command, doubt: `${lacks}. ${cure}` };
  }
  const hiding = behind.find((word) => isExpanded(word) && (mayBeFlags(word) || (flag && word.startsWith(flag))));
  if (flag === undefined || hiding === undefined) return command;
  return { ...command, doubt: `${quote(hiding)} may stand for \`${flag}\`. Write that flag there` };
}

/** Words before a command that do not change what it does. */
const PREFIX = /^(?:sudo|env|exec|time|command|\w+=.*)$/s;

/** The first program among words, by its name or a variable's, such as `$KUSTOMIZE build`, and what stands behind it, flags before too. */
function programIn(words: readonly string[]) {
  for (const [start, first] of words.entries()) {
    let name = nameIn(first);
    for (let at = start + 1; name !== '' && at < words.length; at += 1) {
      const word = words[at] ?? '';
      const next = `${name} ${word}`;
      if (word.startsWith('-') && !isProgram(next)) continue;
      name = next;
      if (isProgram(name)) {
        const flags = words.slice(start + 1, at).filter((argument) => argument.startsWith('-'));
        return { program: name, start, behind: [...flags, ...words.slice(at + 1)] };
      }
      if (!BEGINNINGS.has(name)) break;
    }
  }
  return undefined;
}

/** The first two words of names that have three. */
const BEGINNINGS: ReadonlySet<string> = new Set(
  Object.keys(FLAGS).flatMap((name) => name.match(/^\S+ \S+(?= )/) ?? []),
);

const LONGEST_NAME = 200;

function nameIn(word: string): string {
  const [, name = ''] = word.startsWith('-') || word.length > LONGEST_NAME ? [] : (PROGRAM_WORD.exec(word) ?? []);
  return name.toLowerCase();
}

function isProgram(text: string): text is Program {
  return Object.hasOwn(FLAGS, text);
}

/** True for what a shell, make or a template would put something else for. */
export function isExpanded(word: string): boolean {
  return /[$`*?{[]/.test(word);
}

/** False for a word that stands for a path: it has a slash, or is a variable that has no name of flags. */
export function mayBeFlags(word: string): boolean {
  return !word.includes('/') && /flag|arg(?!et)|opt|param|[@*]/i.test(word);
}

/** True when a command has a flag, with a value or without. */
export function hasFlag({ words }: Pick<Command, 'words'>, flag: string): boolean {
  return words.some((word) => word === flag || (word.startsWith(`${flag}=`) && word !== `${flag}=false`));
}

/** A line may have very many commands. A longer one is not looked at. */
const LONGEST = 10_000;

/** True for a command that makes credentials where something starts this function, unless a variable says otherwise. */
export function makesCredentials(command: Command): boolean {
  const { program, words, text } = command;
  const flag = FLAGS[program];
  const isStarting = flag === undefined ? program === 'function-sts-assume-role render' : hasFlag(command, flag);
  return isStarting && !words.some((word) => /^(?:--placeholder|-h|--help)$/.test(word)) && text.length <= LONGEST;
}

/** Flags of kustomize, kpt and kubectl whose value is a separate argument, according to their help. */
const VALUED: ReadonlySet<string> = new Set(
  `-o --output -e --env --mount --network-name --load-restrictor --reorder --helm-command --helm-api-versions --helm-kube-version
    --results-dir --image-pull-policy -i --image -x --exec --fn-config -v --v --vmodule --log-flush-frequency --log-backtrace-at
    --log-dir --log-file --log-file-max-size --stderrthreshold --as --as-group --as-uid --cache-dir --certificate-authority
    --client-certificate --client-key --cluster --context --kubeconfig --kuberc -n --namespace --password --profile --profile-output
    --request-timeout -s --server --tls-server-name --token --user --username`.split(/\s+/),
);
const VALUED_OF_OWN: ReadonlySet<string> = new Set(['--policy']);
