import { normalize, resolve } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { foldersAbove } from '../hosts/folders.ts';
import { isInput } from '../model/kinds.ts';
import { cached, hasText, once, reached, textAt } from '../model/plain-data.ts';
import { MANIFEST } from '../repository/find-files.ts';
import { isBelow } from '../repository/function-run.ts';
import { BASES, entriesOf, includesOf, STARTING } from '../repository/pipelines.ts';
import { jobsOf } from './check-workflows.ts';
import type { Command } from './commands.ts';
import { asGitTakes } from './git-takes.ts';
import { linesOf, wordsOf } from './lines.ts';
import { flowOf, isPreview, KPT, MODE, makingIn, OWN, outputOf, prints, settingOf } from './making.ts';
import type { Survey } from './survey.ts';

const OUTPUT = 'STS_FUNCTION_OUTPUT';

/**
 * Commands that write credentials into files: in a job, and where the variable tells the function of a pipe, so that it says nothing of plain
 * text, and a Policy refuses none. In a workflow of GitHub a step's variable goes before its job's, and that before the workflow's.
 */
export function checkOutputs(survey: Survey): Finding[] {
  const { commands, scripts, workflows, repository } = survey;
  const encrypts = (text: string, isKey: boolean) => isKey && text === 'encrypt';
  const encrypting = once(() => repository.all.filter(({ item }) => isInput(item) && hasText(item.toJS(), encrypts)));
  const includes = once(() => includesOf(repository.kustomizations));
  const encryptions = new Map<unknown, boolean>();
  const isEncrypted = ({ path = '.' }: Command) => {
    const folder = resolve(survey.root, path);
    const kustomization = path === '.' ? undefined : survey.kustomizations.get(folder);
    if (kustomization === undefined) return encrypting().length > 0; // the folder may be anywhere
    return cached(encryptions, kustomization, () => {
      const built = reached([kustomization], includes().basesOf);
      const read = new Set(built.flatMap((by) => entriesOf(by, [...BASES, ...STARTING]).map((entry) => entry.path)));
      return encrypting().some(({ file }) => read.has(file.real) || isBelow(folder, file.real));
    });
  };
  const making = makingIn(survey);
  const flows = new Map<string, ReturnType<typeof flowOf>>(); // a line may have very many commands
  const taker = newTaker();
  const byFile = Map.groupBy(commands, ({ file }) => file.real);
  for (const { file } of workflows) byFile.delete(file.real);
  const scriptJobs = scripts.map(({ file: { shown, real }, text }) => {
    const script = MANIFEST.test(shown) ? '' : text;
    const steps = () => [{ step: undefined, script, commands: byFile.get(real) ?? [] }].values();
    return { where: undefined, scopes: [] as readonly unknown[], steps };
  });
  const isTaken = asGitTakes(survey.root);
  return [...scriptJobs, ...jobsOf(workflows)].flatMap(({ where: job, scopes, steps }) => {
    const takingAt = once(() => taker([...steps()]));
    return [...steps()].flatMap(({ step, script, commands: all }, index) => {
      const some = making(all);
      if (some.length === 0) return [];
      const [output, mode] = [OUTPUT, MODE].map((name) => settingOf(name, script, [step, ...scopes]));
      return some.flatMap((command) => {
        const { program, line } = command;
        const file = writtenBy(command, flows);
        if (file === undefined || isPreview(mode?.(command)) || isEncrypted(command)) return [];
        const isPrinted = prints(command);
        const isPipe = output?.(command) === 'stream' && program !== OWN;
        const into = takingAt()(asPath(file), [index, line]);
        const probe = resolve(survey.root, file, isPrinted ? '' : 'secret_of-a-generator.yaml');
        const isLeftOut = into === GIT && isTaken(probe) === false;
        const isInFile = isPipe || (job !== undefined && (isPrinted || program === OF_KUSTOMIZE));
        const where = job ?? `${quote(command.file.shown)}, line ${line},`;
        if ((into === undefined || isLeftOut) && !(isInFile && isLasting(file))) return [];
        const cause =
          into !== undefined && !isLeftOut
            ? `${where} puts ${quote(file)} into ${into}, and its \`${program}\` writes there`
            : isPipe
              ? `${where} sets ${OUTPUT}=stream, and its \`${program}\` writes into files`
              : `${where} writes what \`${program}\` prints into ${quote(file)}`;
        const pipe = program === KPT && !isPrinted ? 'Add `-o unwrap`' : 'Pipe it to where it is needed';
        const cure = into === GIT ? OF_GIT : `${pipe}${isPipe ? ', or set it to "files"' : ''}`;
        return [finding('PLAINTEXT', `credentials go into files: ${cause}. ${cure}.`)];
      });
    });
  });
}

const OF_KUSTOMIZE = 'kustomize build';
const OF_GIT = 'Set `encrypt` in an Input, or name the file in .gitignore';

/** Into what a command writes: a file, or the folder in which it does so in place. */
function writtenBy(command: Command, flows: Map<string, ReturnType<typeof flowOf>>): string | undefined {
  if (!prints(command)) return outputOf(command) ?? command.path ?? '.';
  const { command: text, pipes } = cached(flows, command.text, flowOf);
  const copies = pipes.slice(0, -1).map((pipe) => /^tee[ \t]+(?:-a[ \t]+)?([^\s<>-][^\s<>]*)/.exec(pipe)?.[1]);
  return /^.*(?<!\d)>[ \t]*([^\s<>]+)/s.exec(text)?.[1] ?? copies.find(Boolean);
}

/** True for a file; false for a device, for one that goes with the job, and for what only a run would show. */
const isLasting = (file: string) => /^(?!\/(?:dev|tmp)\/)[\w./-]+$/.test(file);

/** A path as scripts and steps of GitHub write it. */
function asPath(path: string): string {
  const temporary = /^\$(?:\{?RUNNER_TEMP\}?|runner\.temp|\{\{\s*runner\.temp\s*\}\})/;
  return normalize(path.trim().replace(temporary, 'RUNNER_TEMP')).replace(/\/$/, '');
}

const KEPT = 'an artifact or a cache';
const GIT = 'git';
type Moment = readonly [step: number, line: number];
/** A file or folder that a script or a step of GitHub takes, and into what. */
type Taking = Readonly<{ path: string; into: string; at: Moment }>;

const COMMITS = /^(?:stefanzweifel\/git-auto-commit-action|peter-evans\/create-pull-request|EndBug\/add-and-commit)@/;

/** What takes files behind a place, by path: artifacts, caches, which are saved when all steps have ended, and git. */
function newTaker() {
  const added = new Map<string, readonly Taking[]>(); // aliases may repeat a script many times
  const takingsOf = ({ step, script }: Step, index: number, count: number): readonly Taking[] => {
    const uses = textAt(step, ['uses']) ?? '';
    const [, action] = /^actions\/(upload-artifact|cache)\b/.exec(uses) ?? [];
    const lines = action === undefined ? [] : (textAt(step, ['with', 'path']) ?? '').split('\n');
    const at = [action === 'cache' ? count : index, Infinity] as const;
    const kept = lines.flatMap((line) => (line.trim() === '' ? [] : { path: asPath(line), into: KEPT, at }));
    const committed = COMMITS.test(uses) ? [{ path: '.', into: GIT, at }] : [];
    const inGit = cached(added, script, addedBy).map((each) => ({ ...each, at: [index, each.at[1]] as const }));
    return [...kept, ...committed, ...inGit];
  };
  return (steps: readonly Step[]) => {
    const all = steps.flatMap((step, index) => takingsOf(step, index, steps.length));
    const last = new Map(
      all.toSorted((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1]).map((each) => [each.path, each]),
    );
    return (file: string, [step, line]: Moment) =>
      (file.length > LONGEST ? [] : [file, ...foldersAbove(file)])
        .flatMap((path) => last.get(path) ?? [])
        .find(({ at }) => at[0] > step || (at[0] === step && at[1] >= line))?.into;
  };
}

type Step = Readonly<{ step: unknown; script: string }>;

/** A longer path has very many folders. */
const LONGEST = 500;
/** So many lines of a script are looked at. */
const MOST = 100;

/** What a script adds to git. */
function addedBy(script: string): readonly Taking[] {
  if (!/\bgit\b/.test(script)) return [];
  const lines = linesOf(script, false).filter(({ text, isInText }) => !isInText && /\bgit\b/.test(text));
  return lines
    .take(MOST)
    .flatMap(({ text, number }) =>
      wordsOf(text).flatMap(([program, command, ...words]) => {
        if (program !== 'git' || command !== 'add') return [];
        const paths = words.filter((word) => !word.startsWith('-'));
        const isAll = words.some((word) => /^(?:-A|--all)$/.test(word)) && paths.length === 0;
        return (isAll ? ['.'] : paths).map((path) => ({ path: asPath(path), into: GIT, at: [0, number] as const }));
      }),
    )
    .toArray();
}
