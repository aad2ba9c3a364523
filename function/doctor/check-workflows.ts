import { existsSync } from 'node:fs';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { OWN_VARIABLES, readSettings } from '../manifests/read-settings.ts';
import { resolve } from '../model/paths.ts';
import { asText, cached, listAt, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { ENDPOINTS } from '../model/world.ts';
import { MANIFEST } from '../repository/find-files.ts';
import { type Command, commandsOfScript } from './commands.ts';
import { type FoundObject, inFile, objectsOf, type Survey } from './survey.ts';

export const POLICY = 'STS_FUNCTION_POLICY';
/** How workflows name the folder of the repository. */
const WORKSPACE = /^\$\{\{\s*github\.workspace\s*\}\}\/|^\$(?:CI_PROJECT_DIR|\{CI_PROJECT_DIR\})\/|^(?!\/|\$)/;

const ENVIRONMENTS = new WeakMap<Survey['workflows'], ReturnType<typeof environmentsIn>>();
/** The variables of workflows, their jobs and steps, and where each stands first: several checks ask. */
const environmentsOf = ({ workflows }: Pick<Survey, 'workflows'>) => cached(ENVIRONMENTS, workflows, environmentsIn);

function environmentsIn(workflows: Survey['workflows']) {
  return workflows.flatMap(({ value: workflow, isOfGitlab, locationOf }) => {
    const steps = new Set<unknown>(); // aliases may repeat one very many times
    const isFirst = (step: unknown) => steps.size < steps.add(step).size;
    const jobs = Object.entries(Object(valueAt(workflow, ['jobs'])));
    const scopes = [
      { scope: workflow, at: '' },
      ...jobs.flatMap(([name, job]) => [
        { scope: job, at: `jobs.${name}.` },
        ...listAt(job, ['steps'])
          .entries()
          .filter(([, step]) => isFirst(step))
          .map(([index, scope]) => ({ scope, at: `jobs.${name}.steps[${index}].` })),
      ]),
    ];
    return scopes.map(({ scope, at }) => ({
      workspace: isOfGitlab ? '$CI_PROJECT_DIR' : '${{ github.workspace }}',
      variables: stringsIn(valueAt(scope, ['env'])),
      locationOf: (name: string) => locationOf(`${at}env.${name}`),
    }));
  });
}

/** The files that workflows name as the operator's Policy, of those that may be in the repository. */
export function namedPolicies(survey: Pick<Survey, 'workflows' | 'root'>) {
  return environmentsOf(survey).flatMap(({ variables: { [POLICY]: policy = '' }, workspace, locationOf }) => {
    if (policy === '' || !WORKSPACE.test(policy)) return [];
    const path = policy.replace(WORKSPACE, '');
    const [isRelative, real] = [path === policy, resolve(survey.root, path)];
    return [{ path, isRelative, real, workspace, location: () => locationOf(POLICY) }];
  });
}

/** The same of containers of CronJobs. */
function podEnvironmentsOf(survey: Survey) {
  return cronJobsOf(survey).flatMap(({ cronJob, steps }) =>
    [...steps()].map(({ step }) => ({ variables: stringsIn(step.env), locationOf: () => cronJob.locationOf(POD) })),
  );
}

/** What workflows and CronJobs set some variable to, wherever that is. */
export function jobVariables(survey: Survey): ReadonlyMap<string, string> {
  const all = [...environmentsOf(survey), ...podEnvironmentsOf(survey)];
  return new Map(all.flatMap(({ variables }) => Object.entries(variables)));
}

/** Variables of ours in workflows and CronJobs that no run would take, other than the Policy. An expression may stand for anything. */
export function checkJobVariables(survey: Survey): Finding[] {
  const names = new Set<string>([...OWN_VARIABLES, ...ENDPOINTS.flat()]);
  return [...environmentsOf(survey), ...podEnvironmentsOf(survey)].flatMap(({ variables, locationOf }) =>
    Object.entries(variables).flatMap(([name, value]) => {
      if (!names.has(name) || name === POLICY || value.includes('$')) return [];
      const { findings } = readSettings({ environment: { [name]: value }, mayBeRead: () => true });
      const faults = findings.filter(({ code }) => code === 'SETTING_INVALID');
      return faults.map((fault) => ({ ...fault, location: locationOf(name) }));
    }),
  );
}

/** A secret of CI where the path of a file with a key belongs. */
export function checkKeyFiles(survey: Survey): Finding[] {
  const isSecret = ({
    variables: { [KEY_FILE]: value = '' },
  }: {
    readonly variables: Readonly<Record<string, string>>;
  }) => /^\s*\$\{\{\s*secrets\.\w+\s*\}\}\s*$/.test(value.slice(0, LONGEST));
  const message = `cannot use ${KEY_FILE}: it gets the text of a secret, and is the path of a file. Set SOPS_AGE_KEY in its place.`;
  return environmentsOf(survey)
    .filter(isSecret)
    .map(({ locationOf }) => finding('SETTING_INVALID', message, { location: locationOf(KEY_FILE) }));
}

const [KEY_FILE, LONGEST] = ['SOPS_AGE_KEY_FILE', 200];

/** Policies of workflows that no run would read. */
export function checkNamedPolicies(survey: Survey): Finding[] {
  return namedPolicies(survey).flatMap(({ path, isRelative, real, workspace, location }) => {
    const absolute = `\`${workspace}/${path}\``;
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

/** The jobs of workflows, a composite action as one of them, what is around their steps, and the commands of each step. */
export function jobsOf(workflows: Survey['workflows']) {
  return workflows.flatMap((manifest) => {
    const { file, value: workflow } = manifest;
    const action = valueAt(workflow, ['runs']);
    const jobs = action === undefined ? Object(valueAt(workflow, ['jobs'])) : { action };
    const isCalledByOthers = action !== undefined || isStartedBy(workflow, 'workflow_call');
    const stepsOf = (steps: readonly unknown[]) =>
      steps
        .values()
        .map((step) => ({ step, script: textAt(step, ['run']) ?? '' }))
        .map(({ step, script }) => ({ step, script, commands: commandsFor(manifest, script) }));
    return Object.entries(jobs).map(([name, job]) => ({
      where: `${action === undefined ? `job ${quote(name)} of` : 'action'} ${quote(file.shown)}`,
      workflow: manifest,
      /** With permissions and variables of their own. */
      isCalledByOthers,
      scopes: [job, workflow],
      /** Each once: aliases may repeat one very many times. */
      steps: () => stepsOf([...new Set(listAt(job, ['steps']))]),
      inTurn: () => stepsOf(listAt(job, ['steps'])),
    }));
  });
}

/** Files with commands that are no workflows, as jobs of one step. `isManifest`: its text is no script. */
export function scriptsOf({ commands, scripts, workflows }: Survey) {
  const byFile = Map.groupBy(commands, ({ file }) => file.real);
  for (const { file } of workflows) byFile.delete(file.real);
  return scripts.map(({ file: { shown, real }, text }) => {
    const isManifest = MANIFEST.test(shown);
    const step = { step: undefined, script: isManifest ? '' : text, commands: byFile.get(real) ?? [] };
    return { where: quote(shown), isManifest, scopes: [] as readonly unknown[], steps: () => [step].values() };
  });
}

/** Where a CronJob has its pod. */
export const POD = 'spec.jobTemplate.spec.template.spec';

/** The containers of CronJobs, as steps of jobs. */
export function cronJobsOf(survey: Survey) {
  return objectsOf(survey, 'batch', 'CronJob').map((cronJob) => ({
    where: inFile(cronJob),
    cronJob,
    scopes: [] as readonly unknown[],
    steps: () => podStepsOf(cronJob).values(),
  }));
}

/** A container of a CronJob as a step of a job, and where it stands. */
export type PodStep = ReturnType<typeof podStepsOf>[number];

function podStepsOf(cronJob: FoundObject) {
  const containers = ['initContainers', 'containers'].flatMap((list) =>
    listAt(cronJob.value, [...POD.split('.'), list]).map((container, at) => ({
      container,
      field: `${POD}.${list}[${at}]`,
    })),
  );
  return containers.map(({ container, field }) => {
    const words = ['command', 'args'].flatMap((part) => listAt(container, [part]).map(asText));
    const at = words.findIndex((word) => /^-\w*c$/.test(word)) + 1;
    const [shell, script] = [words.slice(0, at).join(' '), at > 0 ? (words[at] ?? '') : words.join(' ')];
    const variables = listAt(container, ['env']).map((each) => [textAt(each, ['name']), valueAt(each, ['value'])]);
    const commands = commandsFor(cronJob, script).map((command) => ({ ...command, path: undefined })); // a pod has other folders
    return { step: { shell, env: Object.fromEntries(variables), container, field }, script, commands };
  });
}

/** True for a workflow that an event starts. */
export function isStartedBy(workflow: unknown, event: string): boolean {
  return cached(EVENTS, Object(workflow), eventsOf).has(event);
}
/** Each job and command asks. */
const EVENTS = new WeakMap<object, ReadonlySet<unknown>>();

function eventsOf(workflow: unknown): ReadonlySet<unknown> {
  const on = valueAt(workflow, ['on']);
  return new Set(typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(Object(on)));
}
