import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { isInput } from '../model/kinds.ts';
import { cached, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { type Command, commandsOfScript, hasFlag } from './commands.ts';
import { ofFile, type Survey, type Workflow } from './survey.ts';

/**
 * Jobs of GitHub that start the function and may not ask for a token, where an Input takes its identity from it. The permissions of a
 * job replace those of its workflow (docs.github.com, Workflow syntax, `jobs.<job_id>.permissions`).
 */
export function checkWorkflows({ repository, workflows }: Survey): Finding[] {
  const input = repository.all.find(({ item }) => isInput(item) && asksGithub(item.toJS()));
  if (input === undefined) return [];
  return workflows.flatMap(({ file, value }) => {
    if (isCalledByOthers(value)) return [];
    const programs = new Map<unknown, string>(); // aliases may repeat steps and scripts many times
    return jobsOf(value).flatMap(([name, job]) => {
      const program = programOf(job, file, programs);
      const permissions = valueAt(job, ['permissions']) ?? valueAt(value, ['permissions']);
      if (program === '' || hasToken(permissions)) return [];
      const cause = `it runs \`${program}\` without \`id-token: write\`, and ${ofFile(input)} has \`identity.github\``;
      const cure = 'Write `permissions: {contents: read, id-token: write}` into the job';
      const where = `job ${quote(name)} of ${quote(file.shown)}`;
      return [finding('PERMISSION_ABSENT', `${where} gets no token of GitHub: ${cause}. ${cure}.`)];
    });
  });
}

export function jobsOf(workflow: unknown): [name: string, job: unknown][] {
  const jobs = valueAt(workflow, ['jobs']);
  return Object.entries(isRecord(jobs) ? jobs : {});
}

function asksGithub(input: unknown): boolean {
  return listAt(input, ['sessions']).some((session) => valueAt(session, ['identity', 'github']) !== undefined);
}

/** True for a workflow that others call, with permissions of their own. */
function isCalledByOthers(workflow: unknown): boolean {
  const on = valueAt(workflow, ['on']);
  return [on].flat().includes('workflow_call') || (isRecord(on) && Object.hasOwn(on, 'workflow_call'));
}

function hasToken(permissions: unknown): boolean {
  return permissions === 'write-all' || textAt(permissions, ['id-token']) === 'write';
}

/** The first command of a job that starts functions, or an empty text. `programs`: those of scripts, and of lists of steps, that were looked at. */
function programOf(job: unknown, file: Workflow['file'], programs: Map<unknown, string>): string {
  const first = (script: string) => {
    const commands = commandsOfScript(script, { file, line: 1 });
    const makes = (command: Command) => command.program !== 'kpt live apply' && !hasFlag(command, '--placeholder');
    return commands.find(makes)?.program ?? '';
  };
  const inStep = (step: unknown) => cached(programs, textAt(step, ['run']) ?? '', first);
  const ofSteps = (steps: unknown) =>
    listAt(steps, [])
      .values()
      .map(inStep)
      .find((program) => program !== '') ?? '';
  return cached(programs, valueAt(job, ['steps']), ofSteps);
}
