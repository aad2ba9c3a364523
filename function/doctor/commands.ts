import { type FilePath, MANIFEST } from '../hosts/files/find-files.ts';
import { type TextAt, textsUnder } from '../krm/texts-under.ts';

/** A command of kustomize or kpt in a script or workflow, read without running it. */
export interface Command {
  readonly program: 'kustomize build' | 'kubectl kustomize' | 'kpt fn render' | 'kpt live apply';
  /** The arguments of the command. */
  readonly words: readonly string[];
  readonly file: FilePath;
  /** From 1. */
  readonly line: number;
}

/** Keys of scripts in workflows of GitHub and GitLab. At other keys, such as `name`, the same words are prose. */
const SCRIPT_KEYS = ['run', 'script', 'before_script', 'after_script', 'command'];

const COMMAND =
  /(?<program>kustomize\s+build|kubectl\s+kustomize|kpt\s+fn\s+render|kpt\s+live\s+apply)\b(?<rest>(?:[<>]&|[^\n;|&)])*)/g;
/** Text that may precede a command on its line. After other text it is an argument, as of `echo`. */
const COMMAND_PREFIX =
  /(?:^|[;&|{]|(?<!=)\(|^[^()]*\))[\s@+-]*(?:(?:!|if|elif|then|else|while|until|do|time|exec|sudo|command|env|\w+=\S*)\s+)*(?:\S*\/)?$/;
/** Longer lines are generated, and matching the prefix would take long. */
const LINE_MAX_LENGTH = 1_000;
/** Escaped characters, quoted text, comments and here-documents, whichever begins first: a comment may contain a quote. */
const SKIPPED =
  /\\.|'[^']*'|"(?:\\.|[^"\\])*"|(?<=^|\s)#[^\n]*|(?<!<)<<-?[ \t]*(["']?)(?<end>\w+)\1[^\n]{0,1000}\n.{0,4000}?(?<=\n)[ \t]*\k<end>(?=\n|$)/gs;
const CONTINUED = /\\\n/g;
const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;
const REDIRECTION = /(?:(?<=\s)\d+)?[<>]+&?\s*\S+/g;

/** The commands in a script or in a workflow's scripts. A command that is built from variables is not found. */
export function commandsIn(text: string, file: FilePath): Command[] {
  const scripts = MANIFEST.test(file.shown) ? textsUnder(text, SCRIPT_KEYS) : [{ text, line: 1 }];
  return scripts.flatMap((script) => commandsOf(script, file));
}

function commandsOf({ text, line: first }: TextAt, file: FilePath): Command[] {
  // replacements keep the length, so that offsets and lines of the text stay
  const readable = text
    .replaceAll(SKIPPED, (found) => (/^[#<]/.test(found) ? found.replaceAll(/[^\n]/g, ' ') : found))
    .replaceAll(CONTINUED, '  ');
  const bare = readable.replaceAll(SKIPPED, (found) => found.replaceAll(/[^\n]/g, '_'));
  let [counted, line] = [0, first];
  return [...bare.matchAll(COMMAND)].flatMap(({ 0: { length }, index, groups: { program = '', rest = '' } = {} }) => {
    line += text.slice(counted, index).split('\n').length - 1;
    counted = index;
    const before = bare.slice(bare.lastIndexOf('\n', index) + 1, index);
    if (before.length > LINE_MAX_LENGTH || !COMMAND_PREFIX.test(before)) return [];
    const end = index + length;
    const words =
      readable
        .slice(end - rest.length, end)
        .replaceAll(REDIRECTION, ' ')
        .match(WORD) ?? [];
    return [
      {
        program: program.replaceAll(/\s+/g, ' ') as Command['program'], // one of the pattern's alternatives
        words: words.map((word) => word.replaceAll(/["']/g, '')),
        file,
        line,
      },
    ];
  });
}

/** False for a command whose arguments a shell, make or a template would expand. */
export function isLiteral({ words }: Pick<Command, 'words'>): boolean {
  return !words.some((word) => /[$`*?{[]/.test(word));
}

/** True when a command has a flag, with a value or without. */
export function hasFlag({ words }: Pick<Command, 'words'>, flag: string): boolean {
  return words.some((word) => word === flag || (word.startsWith(`${flag}=`) && word !== `${flag}=false`));
}

/** Flags of kustomize, kpt and kubectl whose value is a separate argument, according to their help. */
const VALUED: ReadonlySet<string> = new Set(
  `-o --output -e --env --mount --network-name --load-restrictor --reorder --helm-command --helm-api-versions --helm-kube-version
    --results-dir --image-pull-policy -v --v --vmodule --log-flush-frequency --log-backtrace-at --log-dir --log-file
    --log-file-max-size --stderrthreshold --as --as-group --as-uid --cache-dir --certificate-authority --client-certificate
    --client-key --cluster --context --kubeconfig --kuberc -n --namespace --password --profile --profile-output
    --request-timeout -s --server --tls-server-name --token --user --username`.split(/\s+/),
);

/** The path argument of a command; undefined without one. */
export function pathOf({ words }: Pick<Command, 'words'>): string | undefined {
  return words.find((word, index) => !word.startsWith('-') && !VALUED.has(words[index - 1] ?? ''));
}
