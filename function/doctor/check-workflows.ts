import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { isInput } from '../model/kinds.ts';
import { cached, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { type Command, commandsOfScript, hasFlag } from './commands.ts';
import { inFile, objectsOf, ofFile, type Survey } from './survey.ts';

const OUTPUT = 'STS_FUNCTION_OUTPUT';

/**
 * Jobs of GitHub that start the function and may not ask for a token, where an Input takes its identity from it. The permissions of a
 * job replace those of its workflow (docs.github.com, Workflow syntax, `jobs.<job_id>.permissions`).
 */
export function checkWorkflows({ repository, workflows }: Survey): Finding[] {
  const asks = (session: unknown) => valueAt(session, ['identity', 'github']) !== undefined;
  const input = repository.all.find(({ item }) => isInput(item) && listAt(item.toJS(), ['sessions']).some(asks));
  if (input === undefined) return [];
  const makes = (command: Command) => command.program !== 'kpt live apply' && !hasFlag(command, '--placeholder');
  return jobsOf(workflows).flatMap(({ where, scopes: [job, workflow], steps }) => {
    const permissions = valueAt(job, ['permissions']) ?? valueAt(workflow, ['permissions']);
    const isCalledByOthers = isStartedBy(workflow, 'workflow_call'); // with permissions of their own
    const hasToken = permissions === 'write-all' || textAt(permissions, ['id-token']) === 'write';
    if (isCalledByOthers || hasToken) return [];
    const command = steps()
      .map(({ commands }) => commands.find(makes))
      .find(Boolean);
    if (command === undefined) return [];
    const cause = `it runs \`${command.program}\` without \`id-token: write\`, and ${ofFile(input)} has \`identity.github\``;
    const cure = 'Write `permissions: {contents: read, id-token: write}` into the job';
    return [finding('PERMISSION_ABSENT', `${where} gets no token of GitHub: ${cause}. ${cure}.`)];
  });
}

/**
 * Commands of kpt that write into files, where the variable tells the function of a pipe: it then says nothing of plain text, and a
 * Policy refuses none. In a workflow of GitHub a step's variable goes before its job's, and that before the workflow's.
 */
export function checkOutputs({ commands, workflows }: Survey): Finding[] {
  const isTold = (command: Command) => command.before.includes(`${OUTPUT}=stream`);
  const isSet = (command: Command) => command.before.some((word) => word.startsWith(`${OUTPUT}=`));
  const places = [
    ...commands
      .filter((command) => isTold(command) && writesFiles(command))
      .map(({ file, line }) => `${quote(file.shown)}, line ${line},`),
    ...jobsOf(workflows)
      .filter(({ scopes, steps }) =>
        steps()
          .filter(({ step }) => firstText([step, ...scopes], ['env', OUTPUT]) === 'stream')
          .some(({ commands }) => commands.some((command) => writesFiles(command) && !isSet(command))),
      )
      .map(({ where }) => where),
  ];
  return places.map((where) => {
    const cause = `${where} sets ${OUTPUT}=stream, and its \`kpt fn render\` writes into files`;
    return finding('PLAINTEXT', `credentials go into files: ${cause}. Add \`-o unwrap\`, or set it to "files".`);
  });
}

/**
 * Jobs of GitHub, and CronJobs, that render credentials, and print them, hide that none came, or run with a secret of the base for everybody's pull
 * request. `pipefail` is set where a step says `shell: bash`, and not where it says nothing (docs.github.com, Workflow syntax,
 * `jobs.<job_id>.steps[*].shell`).
 */
export function checkJobs(survey: Survey): Finding[] {
  const lines = new Map<string, readonly string[]>(); // aliases may repeat a script many times
  return [...jobsOf(survey.workflows), ...cronJobsOf(survey)].flatMap(({ where, scopes: [job, workflow], steps }) => {
    const faults = new Set<string>();
    for (const { step, script, commands } of steps()) {
      const rendering = cached(lines, script, () => linesThatRender(commands));
      if (rendering.length === 0) continue;
      const isLenient = [step, job].some((scope) => valueAt(scope, ['continue-on-error']) === true);
      if (isLenient && textAt(step, ['id']) === undefined) faults.add(PASSES); // else a later step may look at its outcome
      if (isStartedBy(workflow, 'pull_request_target')) faults.add(STRANGERS);
      if (rendering.some((line) => /\|\s*tee\b/.test(line))) faults.add(PRINTS);
      const isTaken = /^[ \t]*(?:[)}]|done\b)/m.test(script); // perhaps what a whole block prints
      if (!isTaken && rendering.some((line) => !/[|>`]|\$\(/.test(line.replaceAll('||', '')))) faults.add(SHOWS);
      const shell = textAt(step, ['shell']) ?? firstText([job, workflow], ['defaults', 'run', 'shell']);
      const isSeen = shell === 'bash' || `${shell} ${script}`.includes('pipefail');
      if (!isSeen && rendering.some((line) => /[^|]\|(?!\|)/.test(line))) faults.add(workflow ? HIDES : HIDES_IN_POD);
    }
    return [...faults].map((fault) => finding('JOB_UNSAFE', `${where} ${fault}.`));
  });
}

const STRANGERS =
  "renders credentials on `pull_request_target`, with this repository's rights for everybody's change. Start it on `push` or `pull_request`";
const PRINTS = 'prints credentials into its log: `tee` shows what `render` gives it. Remove `tee`';
const SHOWS = 'prints credentials into its log: nothing takes what `render` prints. Pipe it to where it is needed';
const HIDES = 'goes on when `render` fails in front of a pipe. Write `shell: bash` into the step';
const HIDES_IN_POD = HIDES.replace(/ Write .*/, ' Begin its script with `set -o pipefail`');
const PASSES = 'goes on when `render` fails. Remove `continue-on-error`';

/** The lines in which this function prints credentials, without what stands in quotes. */
function linesThatRender(commands: readonly Command[]): string[] {
  const isPrinting = ({ program, words }: Command) =>
    program === 'function-sts-assume-role render' &&
    !words.some((word) => /^(?:-i|--in-place|--placeholder|-h|--help)$/.test(word));
  const lines = new Set(commands.filter(isPrinting).map(({ text }) => text));
  return [...lines].map((text) => text.replaceAll(/'[^']*'|"[^"]*"/g, ''));
}

const POLICY = 'STS_FUNCTION_POLICY';
/** How workflows name the folder of the repository. */
const WORKSPACE = /^\$\{\{\s*github\.workspace\s*\}\}\/|^(?!\/|\$)/;

/** The files that workflows name as the operator's Policy, of those that may be in the repository. */
export function namedPolicies({ workflows, root }: Pick<Survey, 'workflows' | 'root'>) {
  return workflows.flatMap(({ value: workflow, locationOf }) => {
    const jobs = Object.entries(Object(valueAt(workflow, ['jobs'])));
    const scopes = [
      { scope: workflow, at: '' },
      ...jobs.flatMap(([name, job]) => [
        { scope: job, at: `jobs.${name}.` },
        ...listAt(job, ['steps']).map((scope, index) => ({ scope, at: `jobs.${name}.steps[${index}].` })),
      ]),
    ];
    return scopes.flatMap(({ scope, at }) => {
      const written = textAt(scope, ['env', POLICY]) ?? '';
      if (written === '' || !WORKSPACE.test(written)) return [];
      const path = written.replace(WORKSPACE, '');
      const location = () => locationOf(`${at}env.${POLICY}`);
      return [{ path, isRelative: path === written, real: resolve(root, path), location }];
    });
  });
}

/** Policies of workflows that no run would read. */
export function checkNamedPolicies(survey: Survey): Finding[] {
  return namedPolicies(survey).flatMap(({ path, isRelative, real, location }) => {
    const absolute = `\`\${{ github.workspace }}/${path}\``;
    const [cause, cure] = isRelative
      ? ['the path is not absolute', `Write ${absolute}`]
      : ['there is no such file', 'Correct the path, or add the Policy'];
    if (!isRelative && existsSync(real)) return [];
    const message = `cannot use the Policy ${quote(path)} of ${POLICY}: ${cause}. ${cure}.`;
    return [finding('SETTING_INVALID', message, { location: location() })];
  });
}

/** The commands of each script of a workflow or CronJob: aliases may repeat one many times, and several checks look at it. */
const SCRIPTS = new WeakMap<InFile, Map<string, readonly Command[]>>();
type InFile = Pick<Survey['workflows'][number], 'file'>;

function commandsFor(by: InFile, script: string): readonly Command[] {
  const scripts = cached(SCRIPTS, by, () => new Map());
  return cached(scripts, script, () => commandsOfScript(script, { file: by.file, line: 1 }));
}

/** The jobs of workflows, what is around their steps, and the commands of each step. */
export function jobsOf(workflows: Survey['workflows']) {
  return workflows.flatMap((manifest) => {
    const { file, value: workflow } = manifest;
    return Object.entries(Object(valueAt(workflow, ['jobs']))).map(([name, job]) => ({
      where: `job ${quote(name)} of ${quote(file.shown)}`,
      workflow: manifest,
      scopes: [job, workflow],
      steps: () =>
        listAt(job, ['steps'])
          .values()
          .map((step) => ({ step, script: textAt(step, ['run']) ?? '' }))
          .map(({ step, script }) => ({ step, script, commands: commandsFor(manifest, script) })),
    }));
  });
}

/** The containers of CronJobs, as steps of jobs. */
export function cronJobsOf(survey: Survey) {
  return objectsOf(survey, 'batch', 'CronJob').map((cronJob) => ({
    where: inFile(cronJob),
    cronJob,
    scopes: [] as readonly unknown[],
    steps: () =>
      ['initContainers', 'containers']
        .flatMap((list) => listAt(cronJob.value, ['spec', 'jobTemplate', 'spec', 'template', 'spec', list]))
        .map((container) => {
          const words = ['command', 'args'].flatMap((field) => listAt(container, [field]).map(String));
          const at = words.findIndex((word) => /^-\w*c$/.test(word)) + 1;
          const [shell, script] = [words.slice(0, at).join(' '), at > 0 ? (words[at] ?? '') : words.join(' ')];
          return { step: { shell }, script, commands: commandsFor(cronJob, script) };
        })
        .values(),
  }));
}

/** What the innermost of some scopes says at a path. */
function firstText(scopes: readonly unknown[], path: readonly string[]): string | undefined {
  return scopes.map((scope) => textAt(scope, path)).find((text) => text !== undefined);
}

function isStartedBy(workflow: unknown, event: string): boolean {
  const on = valueAt(workflow, ['on']);
  return [on].flat().includes(event) || Object.hasOwn(Object(on), event);
}

/** True for `kpt fn render` without `-o`, or into another folder. */
function writesFiles({ program, words }: Command): boolean {
  if (program !== 'kpt fn render') return false;
  const at = words.findIndex((word) => /^(?:-o|--output)(?:=|$)/.test(word));
  const output = words[at]?.split('=')[1] ?? words[at + 1] ?? '';
  return at < 0 || !/^(?:stdout|unwrap)$|\$/.test(output); // a variable may stand for either
}
