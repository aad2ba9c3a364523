import { normalize, resolve } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { foldersAbove } from '../hosts/folders.ts';
import { isInput } from '../model/kinds.ts';
import { cached, distinct, hasText, listAt, once, reached, textAt, valueAt } from '../model/plain-data.ts';
import { MANIFEST } from '../repository/find-files.ts';
import { isBelow } from '../repository/function-run.ts';
import { BASES, entriesOf, includesOf, STARTING } from '../repository/pipelines.ts';
import { hidesFailure, startOf } from './check-calls.ts';
import { cronJobsOf, isStartedBy, jobsOf, POLICY } from './check-workflows.ts';
import { type Command, hasFlag, isExpanded, makesCredentials, mayBeFlags } from './commands.ts';
import { pipeOf } from './lines.ts';
import { describeWithFile, type Survey } from './survey.ts';

const OUTPUT = 'STS_FUNCTION_OUTPUT';
const MODE = 'STS_FUNCTION_MODE';
const OWN = 'function-sts-assume-role render';
const KPT = 'kpt fn render';

/** Of a script's commands those that start this function, which then makes credentials unless a variable says otherwise. */
function makingIn(survey: Survey) {
  const isMaking = (command: Command) => makesCredentials(command) && startOf(survey, command) !== undefined;
  const byScript = new Map<readonly Command[], readonly Command[]>(); // aliases may repeat a script many times
  return (commands: readonly Command[]) => cached(byScript, commands, () => commands.filter(isMaking));
}

/** True for one of them whose output has the credentials. */
function prints(command: Command): boolean {
  const output = outputOf(command);
  const isInPlace = command.program === KPT || command.words.some((word) => /^(?:-i|--in-place)$/.test(word));
  return output === undefined ? !isInPlace : /^(?:stdout|unwrap)$/.test(output);
}

/** What becomes of what the first of them in its line prints. */
function flowOf(text: string) {
  const isMaking = (part: string) =>
    /--(?:enable|allow)-exec/.test(part) || /\srender\b/.test(part.slice(part.search(/function-sts-assume-role\b|$/)));
  return pipeOf(text, isMaking);
}

/** Into what a command writes. */
function writtenBy(command: Command, flows: Map<string, ReturnType<typeof flowOf>>): string | undefined {
  const redirected = /^.*(?<!\d)>[ \t]*([^\s<>]+)/s.exec(cached(flows, command.text, flowOf).command)?.[1];
  return outputOf(command) ?? (command.program === KPT ? '.' : redirected);
}

/** True for a file; false for a device, for one that goes with the job, and for what only a run would show. */
const isLasting = (file: string) => /^(?!(?:stdout|unwrap)$|\/(?:dev|tmp)\/)[\w./-]+$/.test(file);

/** The paths that steps put into an artifact, or into a cache, which is saved when all have ended: each with the last step before that. */
function keptBy(steps: readonly { readonly step: unknown }[]): ReadonlyMap<string, number> {
  const all = steps.flatMap(({ step }, index) => {
    const [, action] = /^actions\/(upload-artifact|cache)\b/.exec(textAt(step, ['uses']) ?? '') ?? [];
    const paths = action === undefined ? [] : (textAt(step, ['with', 'path']) ?? '').split('\n').map(asPath);
    const last = action === 'cache' ? steps.length : index;
    return paths.map((path) => [path, last] as const);
  });
  return new Map(all.toSorted(([, last], [, other]) => last - other));
}

/** A path as scripts and steps of GitHub write it. */
function asPath(path: string): string {
  const temporary = /^\$(?:\{?RUNNER_TEMP\}?|runner\.temp|\{\{\s*runner\.temp\s*\}\})/;
  return normalize(path.trim().replace(temporary, 'RUNNER_TEMP')).replace(/\/$/, '');
}

function outputOf({ words }: Command): string | undefined {
  const at = words.findIndex((word) => /^(?:-o|--output)(?:=|$)/.test(word));
  return at < 0 ? undefined : (words[at]?.split('=')[1] ?? words[at + 1] ?? '');
}

/** What a variable is for a command: what stands before it, what its script exports, or what the innermost scope sets. */
function settingOf(name: string, script: string, scopes: readonly unknown[]) {
  const exported = new RegExp(`^[ \\t]*export\\b.*\\b${name}=["']?(\\w*)`, 'm').exec(script)?.[1];
  const around = exported ?? firstText(scopes, ['env', name]);
  return ({ before }: Command) => before.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? around;
}

const isPreview = (mode = '') => /^(?:placeholder|plan)$/.test(mode);

/**
 * Jobs of GitHub that start the function and may not ask for a token, where an Input takes its identity from it. The permissions of a
 * job replace those of its workflow (docs.github.com, Workflow syntax, `jobs.<job_id>.permissions`).
 */
export function checkTokenRights({ repository, workflows }: Survey): Finding[] {
  const asks = (session: unknown) => valueAt(session, ['identity', 'github']) !== undefined;
  const input = repository.all.find(({ item }) => isInput(item) && listAt(item.toJS(), ['sessions']).some(asks));
  if (input === undefined) return [];
  return jobsOf(workflows).flatMap(({ where, isCalledByOthers, scopes: [job, workflow], steps }) => {
    const permissions = valueAt(job, ['permissions']) ?? valueAt(workflow, ['permissions']);
    const hasToken = permissions === 'write-all' || textAt(permissions, ['id-token']) === 'write';
    if (isCalledByOthers || hasToken) return [];
    const command = steps()
      .map(({ step, script, commands }) => {
        const mode = settingOf(MODE, script, [step, job, workflow]);
        return commands.find((some) => makesCredentials(some) && !isPreview(mode(some)));
      })
      .find(Boolean);
    if (command === undefined) return [];
    const cause = `it runs \`${command.program}\` without \`id-token: write\`, and ${describeWithFile(input)} has \`identity.github\``;
    const cure = 'Write `permissions: {contents: read, id-token: write}` into the job';
    return [finding('PERMISSION_ABSENT', `${where} gets no token of GitHub: ${cause}. ${cure}.`)];
  });
}

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
  const byFile = Map.groupBy(commands, ({ file }) => file.real);
  for (const { file } of workflows) byFile.delete(file.real);
  const scriptCalls = scripts.map(({ file: { shown, real }, text }) => ({
    where: undefined,
    scopes: [],
    script: MANIFEST.test(shown) ? '' : text,
    isKept: () => false,
    some: making(byFile.get(real) ?? []),
  }));
  const jobCalls = jobsOf(workflows).flatMap(({ where, scopes, steps }) => {
    const kept = once(() => keptBy([...steps()]));
    return [...steps()].map(({ step, script, commands: all }, index) => ({
      where,
      scopes: [step, ...scopes],
      script,
      isKept: (file: string) => {
        const folders = [...foldersAbove(file)].filter((folder) => folder !== '.'); // an empty line of paths means it too
        return [file, ...folders].some((path) => (kept().get(path) ?? -1) > index);
      },
      some: making(all),
    }));
  });
  return [...scriptCalls, ...jobCalls].flatMap(({ where: job, scopes, script, isKept, some }) => {
    if (some.length === 0) return [];
    const [output, mode] = [settingOf(OUTPUT, script, scopes), settingOf(MODE, script, scopes)];
    return some.flatMap((command) => {
      const { program, line } = command;
      const where = job ?? `${quote(command.file.shown)}, line ${line},`;
      const isKpt = program === KPT;
      const isPipe = output(command) === 'stream' && program !== OWN;
      const file = isPipe || (job !== undefined && !isKpt) ? writtenBy(command, flows) : undefined;
      if (file === undefined || isPreview(mode(command)) || isEncrypted(command)) return [];
      const isInArtifact = isKept(asPath(file));
      if (!isInArtifact && !isLasting(file)) return [];
      const cause = isInArtifact
        ? `${where} puts ${quote(file)} into an artifact or a cache, and its \`${program}\` writes there`
        : isPipe
          ? `${where} sets ${OUTPUT}=stream, and its \`${program}\` writes into files`
          : `${where} writes what \`${program}\` prints into ${quote(file)}`;
      const cure = `${isKpt ? 'Add `-o unwrap`' : 'Pipe it to where it is needed'}${isPipe ? ', or set it to "files"' : ''}`;
      return [finding('PLAINTEXT', `credentials go into files: ${cause}. ${cure}.`)];
    });
  });
}

/**
 * Jobs of GitHub, and CronJobs, that print credentials where others see them, hide that none came, or run with a secret of the base for
 * everybody's pull request. `pipefail` is set where a step says `shell: bash`, and not where it says nothing (docs.github.com, Workflow syntax,
 * `jobs.<job_id>.steps[*].shell`).
 */
export function checkJobs(survey: Survey): Finding[] {
  const making = makingIn(survey);
  return [...jobsOf(survey.workflows), ...cronJobsOf(survey)].flatMap(({ where, scopes, steps }) => {
    const [job, workflow] = scopes;
    const faults = new Set<string>();
    const isTrial = once(() => hasText(job, (text) => TRIAL.test(text)));
    for (const { step, script, commands } of steps()) {
      const printing = distinct(making(commands).filter(prints), ({ text }) => text);
      if (printing.length === 0) continue;
      const mode = settingOf(MODE, script, [step, ...scopes]);
      const isLenient = [step, job].some((scope) => valueAt(scope, ['continue-on-error']) === true);
      const isTaken = /^[ \t]*(?:[)}]|done\b)/m.test(script); // perhaps what a whole block prints
      const shell = textAt(step, ['shell']) ?? firstText([job, workflow], ['defaults', 'run', 'shell']);
      const isSeen = shell === 'bash' || `${shell} ${script}`.includes('pipefail');
      for (const command of printing) {
        const { program, doubt } = command;
        const { plain, pipes } = flowOf(command.text);
        const value = mode(command) ?? '';
        const say = (fault: string) =>
          faults.add(fault.replace('PROGRAM', `\`${program.replace(/^f.* /, '')}\``).replace('VALUE', value));
        if (isPreview(value) && pipes.some(applies) && !isTrial()) say(NOTHING);
        if (isPreview(value)) continue;
        if (isLenient && textAt(step, ['id']) === undefined) say(PASSES); // else a later step may look at its outcome
        if (isStartedBy(workflow, 'pull_request_target')) say(STRANGERS);
        if (pipes.some((pipe) => /^&?\s*tee\b/.test(pipe))) say(PRINTS);
        const mayBeNone = program !== OWN; // a build may make no Secret
        if (!(isTaken || mayBeNone || pipes.length > 0 || /[>`]|\$\(/.test(plain))) say(SHOWS);
        if (!isSeen && pipes.length > 0) say(workflow ? HIDES : HIDES_IN_POD);
        if (pipes.some((pipe) => applies(pipe) && !isServerSide(pipe))) say(KEEPS);
        if (workflow === undefined && doubt === undefined && hidesFailure(command)) say(ENDS_WELL); // of others each command is looked at
      }
    }
    return [...faults].map((fault) => finding('JOB_UNSAFE', `${where} ${fault}.`));
  });
}

const STRANGERS =
  "renders credentials on `pull_request_target`, with this repository's rights for everybody's change. Start it on `push` or `pull_request`";
const PRINTS = 'prints credentials into its log: `tee` shows what PROGRAM gives it. Remove `tee`';
const SHOWS = 'prints credentials into its log: nothing takes what PROGRAM prints. Pipe it to where it is needed';
const HIDES = 'goes on when PROGRAM fails in front of a pipe. Write `shell: bash` into the step';
const HIDES_IN_POD = HIDES.replace(/ Write .*/, ' Begin its script with `set -o pipefail`');
const ENDS_WELL = 'goes on when PROGRAM fails: what stands behind `||` in its line always ends well. Remove that';
const PASSES = 'goes on when PROGRAM fails. Remove `continue-on-error`';
const KEEPS =
  'puts credentials into an annotation: without `--server-side`, `kubectl apply` copies each Secret into `last-applied-configuration`. Add that flag';
const NOTHING = `applies no credentials: ${MODE} is "VALUE". Remove it`;
/** What makes a cluster for the job alone. */
const TRIAL = /\bkind create\b|kind-action|\bk3[ds]\b|minikube/;

/** True for what writes into a cluster. */
function applies(command: string): boolean {
  const words = command.split(/\s+/);
  const isTrial = words.some((word) => /^--dry-run(?!=none)/.test(word));
  return !isTrial && words.some((word) => /(?:^|\/)kubectl$/.test(word)) && words.includes('apply');
}

/** True where `kubectl apply` has its flag, or something that may stand for it. */
function isServerSide(command: string): boolean {
  const words = command.split(/\s+/);
  const mayBeFlag = (word: string, before = '') => isExpanded(word) && (!before.startsWith('-') || mayBeFlags(word));
  return hasFlag({ words }, '--server-side') || words.some((word, index) => mayBeFlag(word, words[index - 1]));
}

/** What the innermost of some scopes says at a path. */
function firstText(scopes: readonly unknown[], path: readonly string[]): string | undefined {
  return scopes.map((scope) => textAt(scope, path)).find((text) => text !== undefined);
}

/** Jobs of GitHub that issue credentials without a Policy, where another job has one. */
export function checkUnguarded(survey: Survey): Finding[] {
  const jobs = jobsOf(survey.workflows);
  const making = makingIn(survey);
  const isNamed = (text: string) => text.includes(POLICY);
  const inAll = new Map<unknown, boolean>();
  const isGuarded = ({ scopes: [job, workflow] }: (typeof jobs)[number]) =>
    cached(inAll, workflow, () => hasText(valueAt(workflow, ['env']), isNamed)) || hasText(job, isNamed);
  const guarded = jobs.find(isGuarded) ?? cronJobsOf(survey).find(({ cronJob }) => hasText(cronJob.value, isNamed));
  if (guarded === undefined) return [];
  return jobs.flatMap((job) => {
    if (job.isCalledByOthers || isGuarded(job)) return [];
    const isMinting = job.steps().some(({ step, script, commands }) => {
      const some = making(commands);
      return some.length > 0 && !some.map(settingOf(MODE, script, [step, ...job.scopes])).every(isPreview);
    });
    const cause = `${POLICY} is set in ${guarded.where}, and not in ${job.where}`;
    const message = `manifests choose their own roles: ${cause}. Set it for the whole workflow.`;
    return isMinting ? [finding('POLICY_ABSENT', message)] : [];
  });
}
