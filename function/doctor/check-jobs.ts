import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { isInput } from '../model/kinds.ts';
import { cached, distinct, hasText, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { VARIABLE_NAME } from '../model/schema-parts.ts';
import { hidesFailure, startOf } from './check-calls.ts';
import { cronJobsOf, isStartedBy, jobsOf, POLICY, scriptsOf } from './check-workflows.ts';
import { hasFlag, isExpanded, makesCredentials, mayBeFlags } from './commands.ts';
import { firstText, isPreview, MODE, makingIn, OWN, prints, settingOf } from './making.ts';
import { describeWithFile, type Survey } from './survey.ts';

/** Inputs whose sessions take their identity from such a source, and what they say of it. */
function identitiesFrom(source: string, { repository }: Survey) {
  const inputs = repository.all.filter(({ item }) => isInput(item));
  return inputs.flatMap((input) =>
    listAt(input.item.toJS(), ['sessions']).flatMap((session) => {
      const value = valueAt(session, ['identity', source]);
      return value === undefined ? [] : [{ input, value }];
    }),
  );
}

/** So many names of variables are looked for in a job. */
const MOST_NAMES = 20;

/**
 * Jobs that start the function without the token from which an Input takes its identity. The permissions of a job of GitHub replace those of
 * its workflow (docs.github.com, Workflow syntax, `jobs.<job_id>.permissions`); GitLab makes what `id_tokens` names.
 */
export function checkTokenRights(survey: Survey): Finding[] {
  const [github] = identitiesFrom('github', survey);
  const variables = identitiesFrom('tokenEnv', survey)
    .filter(({ value }) => VARIABLE_NAME.test(String(value)))
    .slice(0, MOST_NAMES);
  const hasName = (part: unknown) =>
    hasText(part, (text) => variables.some(({ value }) => text.includes(String(value))));
  const inAll = new Map<unknown, boolean>();
  const isNamed = (job: unknown, workflow: unknown) =>
    cached(inAll, workflow, () => hasName(valueAt(workflow, ['env']))) || hasName(job);
  const lackOf = ({ workflow: { isOfGitlab }, scopes: [job, workflow] }: ReturnType<typeof jobsOf>[number]) => {
    const [variable] = isOfGitlab && !isNamed(job, workflow) ? variables : [];
    if (variable !== undefined) {
      const what = `${describeWithFile(variable.input)} reads variable ${quote(String(variable.value))}`;
      return ['GitLab', 'without `id_tokens`', what, 'Name it in `id_tokens`'];
    }
    const permissions = valueAt(job, ['permissions']) ?? valueAt(workflow, ['permissions']);
    const hasToken = permissions === 'write-all' || textAt(permissions, ['id-token']) === 'write';
    if (github === undefined || hasToken) return undefined;
    const what = `${describeWithFile(github.input)} has \`identity.github\``;
    return isOfGitlab
      ? ['GitHub', 'in GitLab', what, 'Let `identity` name a variable of `id_tokens` with `tokenEnv`']
      : [
          'GitHub',
          'without `id-token: write`',
          what,
          'Write `permissions: {contents: read, id-token: write}` into the job',
        ];
  };
  if (github === undefined && variables.length === 0) return [];
  return jobsOf(survey.workflows).flatMap((each) => {
    if (each.isCalledByOthers) return [];
    const command = each
      .steps()
      .map(({ step, script, commands }) => {
        const mode = settingOf(MODE, script, [step, ...each.scopes]);
        return commands.find((some) => makesCredentials(some) && !isPreview(mode(some)));
      })
      .find(Boolean);
    const [issuer, lack, what, cure] = (command && lackOf(each)) ?? [];
    if (issuer === undefined) return [];
    const cause = `it runs \`${command?.program}\` ${lack}, and ${what}`;
    return [finding('PERMISSION_ABSENT', `${each.where} gets no token of ${issuer}: ${cause}. ${cure}.`)];
  });
}

/**
 * Jobs, CronJobs and scripts that print credentials where others see them, hide that none came, or run with a secret of the base for
 * everybody's pull request. `pipefail` is set where a step says `shell: bash`, and not where it says nothing (docs.github.com, Workflow syntax,
 * `jobs.<job_id>.steps[*].shell`).
 */
export function checkJobs(survey: Survey): Finding[] {
  const making = makingIn(survey);
  const scripts = scriptsOf(survey).filter(({ isManifest }) => !isManifest);
  return [...jobsOf(survey.workflows), ...cronJobsOf(survey), ...scripts].flatMap(
    ({ where, scopes, steps, ...about }) => {
      const [job, workflow] = scopes;
      const isScript = 'isManifest' in about;
      const faults = new Set<string>();
      const isTrial = once(() => hasText(job, (text) => TRIAL.test(text)));
      const isTraced = /^(?:true|1)$/.test(firstText(scopes, ['env', 'CI_DEBUG_TRACE']) ?? '');
      for (const { step, script, commands } of steps()) {
        const isIdle = ({ program, words, flow }: (typeof commands)[number]) =>
          program === OWN && words.includes('--placeholder') && flow().pipes.some(applies);
        if (commands.some(isIdle) && !isTrial()) faults.add(appliesNothing('`--placeholder` is set'));
        const printing = distinct(making(commands).filter(prints), ({ text }) => text);
        if (printing.length === 0) continue;
        const mode = settingOf(MODE, script, [step, ...scopes]);
        const isLenient = (field: string) => [step, job].some((scope) => valueAt(scope, [field]) === true);
        const lenient = ['continue-on-error', 'allow_failure'].find(isLenient);
        const isTracing = once(() => /^[ \t]*set -\w*x/m.test(script)); // a shell tells of each command then
        const isTaken = /(?:^|;)[ \t]*(?:[)}]|done\b)/m.test(script); // perhaps what a whole block prints
        const shell = textAt(step, ['shell']) ?? firstText([job, workflow], ['defaults', 'run', 'shell']);
        const isSeen = shell === 'bash' || `${shell} ${script}`.includes('pipefail');
        for (const command of printing) {
          const { program, doubt } = command;
          const { plain, command: text, pipes, otherwise } = command.flow();
          const value = mode(command) ?? '';
          const say = (fault: string) => faults.add(fault.replace('PROGRAM', `\`${program.replace(/^f.* /, '')}\``));
          if (isPreview(value) && pipes.some(applies) && !isTrial()) say(appliesNothing(`${MODE} is "${value}"`));
          if (isPreview(value)) continue;
          if (isTraced) say(TRACES);
          if (lenient !== undefined && textAt(step, ['id']) === undefined) say(PASSES.replace('FIELD', lenient)); // else a later step may look at its outcome
          if (isStartedBy(workflow, 'pull_request_target')) say(STRANGERS);
          if (pipes.some((pipe, at) => isShownBy(pipe, at === pipes.length - 1))) say(PRINTS);
          const mayBeNone = startOf(survey, command) === 'some';
          const mayBeTaken = isTaken || mayBeNone || pipes.length > 0;
          if (!mayBeTaken && isKept(plain) && isTracing()) say(TELLS_ALL);
          else if (!mayBeTaken && !isScript && isLogged(text, plain)) say(SHOWS); // others may take what a script prints
          if (!isSeen && pipes.length > 0) say(workflow ? HIDES : isMake(where) ? HIDES_IN_MAKE : HIDES_IN_POD);
          if (pipes.some((pipe) => applies(pipe) && !isServerSide(pipe))) say(KEEPS);
          if (pipes.some((pipe) => applies(pipe) && TELLS.test(pipe))) say(TOLD);
          if (isScript) continue; // it may run once, and each of its commands is looked at
          if (pipes.some(creates) && otherwise === '' && !CLEARS.test(script) && !isTrial()) say(RECREATES);
          if (workflow !== undefined) continue; // it may try a change out
          if (pipes.some(triesOut) && !pipes.some(applies)) say(appliesNothing('`--dry-run` is set'));
          if (doubt === undefined && hidesFailure(command)) say(ENDS_WELL);
        }
      }
      return [...faults].map((fault) => finding('JOB_UNSAFE', `${where} ${fault}.`));
    },
  );
}

const STRANGERS =
  "renders credentials on `pull_request_target`, with this repository's rights for everybody's change. Start it on `push` or `pull_request`";
const PRINTS = 'prints credentials into its log: `tee` shows what PROGRAM gives it. Remove `tee`';
const TOLD = 'prints credentials into its log: `kubectl apply` tells what it gets. Remove `-v` and `--output`';
/** Flags with which kubectl prints bodies of requests, or objects. */
const TELLS = /\s(?:--?v[= ]?(?:[89]|\d\d)|(?:-o|--output)[= ]?(?:ya?ml|json))(?!\S)/;
const SHOWS = 'prints credentials into its log: nothing takes what PROGRAM prints. Pipe it to where it is needed';
const TELLS_ALL = 'prints credentials into its log: `set -x` shows the variable that PROGRAM fills. Remove it';
const HIDES = 'goes on when PROGRAM fails in front of a pipe. Write `shell: bash` into the step';
const HIDES_IN_POD = HIDES.replace(/ Write .*/, ' Begin its script with `set -o pipefail`');
const HIDES_IN_MAKE = HIDES.replace(/ Write .*/, ' Write `SHELL = bash` and `.SHELLFLAGS = -o pipefail -c` above');
const isMake = (where: string) => /["/]makefile"$/i.test(where);
const TRACES = 'prints credentials into its log: `CI_DEBUG_TRACE` shows each variable. Remove it';
const ENDS_WELL = 'goes on when PROGRAM fails: what stands behind `||` in its line always ends well. Remove that';
const PASSES = 'goes on when PROGRAM fails. Remove `FIELD`';
const KEEPS =
  'puts credentials into an annotation: without `--server-side`, `kubectl apply` copies each Secret into `last-applied-configuration`. Add that flag';
const RECREATES =
  'fails from its second run on: `kubectl create` refuses a Secret that is there. Write `kubectl apply --server-side`';
/** What may make room for a Secret, or put it in the place of another. */
const CLEARS = /\b(?:delete|replace)\b/;
const appliesNothing = (cause: string) => `applies no credentials: ${cause}. Remove it`;
/** True where `tee` prints into the log, and not into the next pipe alone. */
function isShownBy(pipe: string, isLast: boolean): boolean {
  return /^&?\s*tee\b/.test(pipe) && (isLast ? !pipe.includes('>') : /\/dev\/(?:stderr|tty)\b/.test(pipe));
}

/** True where nothing takes what a command prints, or `echo` shows what took it. */
function isLogged(command: string, line: string): boolean {
  return !/>|<\(/.test(line) && (!/`|\$\(/.test(line) || /^\s*(?:echo|printf)\b/.test(command));
}

/** True where a variable or an argument takes what a command prints. */
function isKept(line: string): boolean {
  return !/>|<\(/.test(line) && /`|\$\(/.test(line);
}

/** What makes a cluster for the job alone. */
const TRIAL = /\bkind create\b|kind-action|\bk3[ds]\b|minikube/;

/** True for what writes into a cluster, and may find there what it writes. */
const applies = (command: string) => isOfKubectl('apply', command) && !DRY.test(command);
/** True for what writes into a cluster, and fails where it finds what it writes. */
const creates = (command: string) => isOfKubectl('create', command) && !DRY.test(command);
/** True for what would write into a cluster, and does not. */
const triesOut = (command: string) => isOfKubectl('apply', command) && DRY.test(command);
const DRY = /(?:^|\s)--dry-run(?!=none)/;

function isOfKubectl(verb: string, command: string): boolean {
  const words = command.split(/\s+/);
  return words.some((word) => /(?:^|\/)kubectl$/.test(word)) && words.includes(verb);
}

/** True where `kubectl apply` has its flag, or something that may stand for it. */
function isServerSide(command: string): boolean {
  const words = command.split(/\s+/);
  const mayBeFlag = (word: string, before = '') => isExpanded(word) && (!before.startsWith('-') || mayBeFlags(word));
  return hasFlag({ words }, '--server-side') || words.some((word, index) => mayBeFlag(word, words[index - 1]));
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
      const some = making(commands).filter((command) => !hasFlag(command, '--policy'));
      return some.length > 0 && !some.map(settingOf(MODE, script, [step, ...job.scopes])).every(isPreview);
    });
    const cause = `${POLICY} is set in ${guarded.where}, and not in ${job.where}`;
    const message = `manifests choose their own roles: ${cause}. Set it for every job.`;
    return isMinting ? [finding('POLICY_ABSENT', message)] : [];
  });
}
