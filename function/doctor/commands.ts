import { basename } from 'node:path';
import { quote } from '../findings/quote.ts';
import { type FilePath, MANIFEST } from '../hosts/files/find-files.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { textsUnder } from '../krm/texts-under.ts';
import { type Line, linesOf, wordsOf } from './lines.ts';

/** The commands, with the flag without which each starts no function of `exec`; kubectl has none. */
export const FLAGS = {
  'kustomize build': '--enable-exec',
  'kubectl kustomize': undefined,
  'kpt fn render': '--allow-exec',
  'kpt fn eval': undefined,
  'kpt live apply': undefined,
} as const;

type Program = keyof typeof FLAGS;

/** Where a command is written. */
interface Place {
  readonly file: FilePath;
  /** From 1. */
  readonly line: number;
}

/** A command of kustomize or kpt that stands in a line by itself, read without running it. */
export interface Command extends Place {
  readonly program: Program;
  /** The arguments, without quotes. */
  readonly words: readonly string[];
  /** The path argument, `.` without one. Undefined: only a run would show it. */
  readonly path: string | undefined;
}

/** A command that only a shell, make or a template could read. */
export interface UnreadCommand extends Place {
  readonly cause: string;
  readonly cure: string;
}

/** Keys of scripts in workflows of GitHub and GitLab. At other keys, such as `name`, the same words are prose. */
const SCRIPT_KEYS = ['run', 'script', 'before_script', 'after_script', 'command'];
const PROGRAM_NAME = /kustomize|kubectl|kpt/i;

/** The commands in a script, or in a workflow's scripts. */
export function commandsIn(text: string, file: FilePath): readonly (Command | UnreadCommand)[] {
  if (!PROGRAM_NAME.test(text)) return [];
  if (!MANIFEST.test(file.shown)) return commandsOfScript(text, { file, line: 1 });
  let [counted, line] = [0, 1];
  return splitDocuments(text).flatMap(({ start, end }) => {
    line += text.slice(counted, start).split('\n').length - 1;
    counted = start;
    const document = text.slice(start, end);
    const scripts = textsUnder(document, SCRIPT_KEYS);
    if (scripts !== undefined)
      return scripts.flatMap((script) => commandsOfScript(script.text, { file, line: line + script.line - 1 }));
    const why = { cause: 'its YAML document does not parse', cure: 'Mend it' };
    return commandsOfScript(document, { file, line }).map((one) => ({ file, line: one.line, ...why }));
  });
}

/** The commands of a script that begins at a place. */
export function commandsOfScript(script: string, { file, line: first }: Place): readonly (Command | UnreadCommand)[] {
  return linesOf(script, /^Makefile$/i.test(basename(file.shown)))
    .flatMap((line) => commandsOf(line, { file, line: first + line.number - 1 }))
    .toArray();
}

/** The command at the beginning of a line. Another one behind it, or in other words, is not read. */
function commandsOf({ text, isInText }: Line, place: Place): (Command | UnreadCommand)[] {
  if (!PROGRAM_NAME.test(text) || (!isInText && /^\s*#/.test(text))) return [];
  const { words, end } = isInText ? { words: [], end: 0 } : wordsOf(text);
  const command = toCommand(words, place);
  const found = command === undefined ? [] : [command];
  const program = programIn(text.slice(command === undefined ? 0 : end));
  if (program === undefined) return found;
  const why = isInText
    ? { cause: `\`${program}\` is in quotes or in a here-document`, cure: 'See to its flags yourself' }
    : {
        cause: `\`${program}\` does not begin the line`,
        cure: 'Write it on a line of its own, or see to its flags yourself',
      };
  return [...found, { ...place, ...why }];
}

/** The first program that a text speaks of, by its name or a variable's, such as `$(KUSTOMIZE) build`. */
function programIn(text: string): string | undefined {
  let said = '';
  for (const [word] of text.matchAll(/[^\s"'`(){}[\],;|&<>]+|[;|&]/g)) {
    const longer = `${said} ${word}`;
    if (Object.hasOwn(FLAGS, longer)) return longer;
    if (longer === 'kpt fn' || longer === 'kpt live') said = longer;
    else if (!word.startsWith('-')) said = nameIn(word); // flags may stand between
  }
  return undefined;
}

const LONGEST_NAME = 200;

function nameIn(word: string): string {
  const [, name = ''] =
    word.length > LONGEST_NAME ? [] : (/(?:^|[/$_])(kustomize|kubectl|kpt)(?:_\w+)?$/i.exec(word) ?? []);
  return name.toLowerCase();
}

/** Words that leave the command behind them as it is. */
const PREFIX = /^(?:sudo|env|exec|time|command|\w+=.*)$/s;

function toCommand(line: readonly string[], place: Place): Command | UnreadCommand | undefined {
  const start = line.findIndex((word) => !PREFIX.test(word));
  const [name, ...behind] = start < 0 ? [] : line.slice(start);
  const called = name === undefined ? [] : [basename(name), ...behind];
  const program = [2, 3].map((length) => called.slice(0, length).join(' ')).find(isProgram);
  if (program === undefined) return undefined;
  const written = called.slice(program.split(' ').length);
  const words = written.map(withoutQuotes);
  const flag = FLAGS[program];
  const paths = written.filter((word, index) => !word.startsWith('-') && !VALUED.has(written[index - 1] ?? ''));
  const [path = '.'] = paths;
  const expanded = paths.find((word) => EXPANDED.test(word));
  if (flag !== undefined && !hasFlag({ words }, flag)) {
    const isHidden = expanded !== undefined && (paths.length > 1 || mayBeFlags(expanded));
    const hiding = isHidden ? expanded : words.find((word) => word.startsWith(flag) && EXPANDED.test(word));
    if (hiding !== undefined)
      return { ...place, cause: `${quote(hiding)} may stand for \`${flag}\``, cure: 'Write that flag there too' };
  }
  return { program, words, path: expanded === undefined ? withoutQuotes(path) : undefined, ...place };
}

function isProgram(text: string): text is Program {
  return Object.hasOwn(FLAGS, text);
}

function withoutQuotes(word: string): string {
  return word.replaceAll(/["']/g, '');
}

/** What a shell, make or a template would put something else for. */
const EXPANDED = /[$`*?{[]/;
const VARIABLE = /\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$\([^()]*\)/g;
/** Variables that are flags by their name; `"$@"`. */
const FLAGS_BY_NAME = /flag|arg(?!et)|opt|param|[@*]/i;

/** False for a word that stands for a path: it has a slash, or is one variable that has no name of flags. */
function mayBeFlags(word: string): boolean {
  if (word.replaceAll(VARIABLE, '').includes('/')) return false;
  return FLAGS_BY_NAME.test(word) || /^(?:`|\$\([^()\s]*\s)/.test(word); // what another program prints
}

/** True when a command has a flag, with a value or without. */
export function hasFlag({ words }: Pick<Command, 'words'>, flag: string): boolean {
  return words.some((word) => word === flag || (word.startsWith(`${flag}=`) && word !== `${flag}=false`));
}

/** Flags of kustomize, kpt and kubectl whose value is a separate argument, according to their help. */
const VALUED: ReadonlySet<string> = new Set(
  `-o --output -e --env --mount --network-name --load-restrictor --reorder --helm-command --helm-api-versions --helm-kube-version
    --results-dir --image-pull-policy -i --image -x --exec --fn-config -v --v --vmodule --log-flush-frequency --log-backtrace-at
    --log-dir --log-file --log-file-max-size --stderrthreshold --as --as-group --as-uid --cache-dir --certificate-authority
    --client-certificate --client-key --cluster --context --kubeconfig --kuberc -n --namespace --password --profile --profile-output
    --request-timeout -s --server --tls-server-name --token --user --username`.split(/\s+/),
);
