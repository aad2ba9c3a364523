import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { asksForSecret, isInput } from '../model/kinds.ts';
import { resolve } from '../model/paths.ts';
import { cached, listAt, once, reached, valueAt } from '../model/plain-data.ts';
import { isBelow } from '../repository/function-run.ts';
import { BASES, entriesOf, includesOf, STARTING } from '../repository/pipelines.ts';
import { jobsOf, scriptsOf } from './check-workflows.ts';
import type { Command } from './commands.ts';
import { asGitTakes } from './git-takes.ts';
import { isPreview, KPT, MODE, makingIn, OWN, outputOf, prints, settingOf } from './making.ts';
import type { Survey } from './survey.ts';
import { asPath, GIT, newTaker } from './takings.ts';

const OUTPUT = 'STS_FUNCTION_OUTPUT';

/**
 * Commands that write credentials into files: in a job, and where the variable tells the function of a pipe, so that it says nothing of plain
 * text, and a Policy refuses none. In a workflow of GitHub a step's variable goes before its job's, and that before the workflow's.
 */
export function checkOutputs(survey: Survey): Finding[] {
  const { workflows, repository } = survey;
  const encrypting = once(() => {
    const makers = repository.all.flatMap(({ item }) => (asksForSecret(item) && item.object ? [item.object.name] : []));
    return repository.all.filter(({ item }) => isInput(item) && encryptsAll(item.toJS(), new Set(makers)));
  });
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
  const taker = newTaker();
  const scriptJobs = scriptsOf(survey).map((script) => ({ ...script, where: undefined, inTurn: script.steps }));
  const isTaken = asGitTakes(survey.root);
  return [...scriptJobs, ...jobsOf(workflows)].flatMap(({ where: job, scopes, inTurn }) => {
    const takingAt = once(() => taker([...inTurn()]));
    const looked = new Set<unknown>(); // aliases may repeat a step many times: of the first more is behind it
    return [...inTurn()].flatMap(({ step, script, commands: all }, index) => {
      const some = step !== undefined && looked.has(step) ? [] : making(all);
      looked.add(step);
      if (some.length === 0) return [];
      const [output, mode] = [OUTPUT, MODE].map((name) => settingOf(name, script, [step, ...scopes]));
      return some.flatMap((command) => {
        const { program, line } = command;
        const file = writtenBy(command);
        if (file === undefined || isPreview(mode?.(command)) || isEncrypted(command)) return [];
        const isPrinted = prints(command);
        const isPipe = output?.(command) === 'stream' && program !== OWN;
        const taken = takingAt()(asPath(file), [index, line]);
        const probe = resolve(survey.root, file, isPrinted ? '' : 'secret_of-a-generator.yaml');
        const into = taken === GIT && isTaken(probe) === false ? undefined : taken;
        const isOfLaterSteps = job !== undefined && OF_LATER_STEPS.test(file);
        const isInFile = isPipe || (job !== undefined && (isPrinted || program === OF_KUSTOMIZE));
        const where = job ?? `${quote(command.file.shown)}, line ${line},`;
        if (into === undefined && !isOfLaterSteps && !(isInFile && isLasting(file))) return [];
        const cause =
          into !== undefined
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

/** True for an Input that encrypts all of its Secrets, as far as names tell, and has an entry for each of these makers. */
function encryptsAll(input: unknown, makers: ReadonlySet<string>): boolean {
  const sessions = listAt(input, ['sessions']);
  const secrets = sessions.flatMap((session) => listAt(session, ['secrets']));
  const names = sessions.map((session) => valueAt(session, ['match', 'names']));
  const areAll = names.some((some) => !Array.isArray(some) || some.some((name) => String(name).includes('*')));
  const isWhole = areAll || makers.difference(new Set(names.flat())).size === 0;
  return secrets.length > 0 && isWhole && secrets.every((secret) => valueAt(secret, ['encrypt']) !== undefined);
}

const OF_KUSTOMIZE = 'kustomize build';
/** Files of GitHub: what stands in them is shown, or handed on without being masked (docs.github.com, Workflow commands). */
const OF_LATER_STEPS = /^\$\{?GITHUB_(?:ENV|OUTPUT|STEP_SUMMARY)\b/;
const OF_GIT = 'Set `encrypt` in an Input, or name the file in .gitignore';

/** Into what a command writes: a file, or the folder in which it does so in place. */
function writtenBy(command: Command): string | undefined {
  if (!prints(command)) return outputOf(command) ?? command.path ?? '.';
  const line = command.text.trim();
  const echoed = line
    .slice(line.lastIndexOf('>') + 1)
    .replaceAll(/["']/g, '')
    .trim();
  if (/^(?:-\s*)?(?:echo|printf)\b/.test(line) && line.includes('$(') && /^[^\s()<>]+$/.test(echoed)) return echoed;
  const { command: text, pipes } = command.flow();
  const copies = pipes.slice(0, -1).map((pipe) => /^tee[ \t]+(?:-a[ \t]+)?([^\s<>-][^\s<>]*)/.exec(pipe)?.[1]);
  return /^.*(?<!\d)>[ \t]*([^\s<>]+)/s.exec(text)?.[1] ?? copies.find(Boolean);
}

/** True for a file; false for a device, for one that goes with the job, and for what only a run would show. */
const isLasting = (file: string) => /^(?!\/(?:dev|tmp)\/)[\w./-]+$/.test(file);
