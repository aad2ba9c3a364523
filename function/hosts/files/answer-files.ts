import { realpathSync } from 'node:fs';
import { type Finding, finding, hasErrors, messageFor } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { HOST, type Reader } from '../../findings/say.ts';
import type { Answer } from '../../model/flow.ts';
import { GENERATOR_KINDS_TEXT, isGenerator } from '../../model/kinds.ts';
import type { ObjectNeed } from '../../model/need.ts';
import { listAt } from '../../model/plain-data.ts';
import { Deadline } from '../../model/run-limits.ts';
import type { PlannedSecret } from '../../model/verdict.ts';
import type { World } from '../../model/world.ts';
import type { Draft } from '../../planner/draft.ts';
import { run, toFinding } from '../run.ts';
import { checkRegions } from './check-regions.ts';
import type { PlannedRun } from './draw-tree.ts';
import { type FunctionRun, placeOf } from './function-run.ts';
import { joinRuns } from './join-runs.ts';
import { mayHave as mayHaveIt } from './kustomize-runs.ts';
import { type PlanFormat, printPlan } from './print-plan.ts';
import { changesBy, Rendered } from './rendered.ts';
import { type Repository, readRepository } from './repository.ts';
import { removeLeftovers, writeFiles } from './write-files.ts';

/** Render to standard output or in place, or print the plan. `format`: absent, the host decides. */
export type FilesTask = { readonly inPlace: boolean } | { readonly plan: PlanFormat | undefined };

/** What one run gave. */
export interface Ran {
  readonly of: FunctionRun;
  /** Absent where it was refused before it began. */
  readonly draft?: Draft;
  readonly rendered?: Rendered;
  readonly plan?: readonly PlannedSecret[];
  readonly findings: readonly Finding[];
  /** Further ones, once its files are written. */
  readonly warnings?: readonly Finding[];
}

/**
 * The commands `render` and `plan`: reads files and folders, makes each run that their hosts would make, then prints the Secrets as YAML
 * documents, writes them beside their specs, or prints the plan. An error refuses its own run: that one has no output, and none of its
 * files has changed. Never throws.
 */
export async function answerFiles(paths: readonly string[], task: FilesTask, world: World): Promise<Answer> {
  const findings = new Set<Finding>();
  try {
    const ran = await runAll(paths, task, world, findings);
    const done = ran.filter((one) => !hasErrors(one.findings));
    if ('plan' in task)
      return {
        output: printPlan(done.flatMap(toPlanned), task.plan, world.ambient.environment),
        findings: [...findings],
      };
    const rendered = done.flatMap((one) => one.rendered ?? []);
    if (!task.inPlace) return { output: rendered.map((one) => one.stream()).join(''), findings: [...findings] };
    removeLeftovers(rendered.flatMap((one) => one.paths()));
    const joined = joinRuns(done.map((run) => ({ run, of: run.of, made: run.rendered?.made() ?? [] })));
    for (const one of joined.findings) findings.add(one);
    const changes = changesBy(joined.made);
    writeFiles(changes);
    const written = changes.map(({ shown }) => finding('FILE_WRITTEN', `wrote ${quote(shown)}.`));
    return { output: '', findings: [...findings, ...joined.runs.flatMap(({ warnings = [] }) => warnings), ...written] };
  } catch (error) {
    return { output: '', findings: [toFinding(error), ...findings] };
  }
}

/** Makes each run. `findings` gets all that is said, also where this throws. */
export async function runAll(
  paths: readonly string[],
  task: FilesTask,
  world: World,
  findings: Set<Finding>,
): Promise<readonly Ran[]> {
  const { environment } = world.ambient;
  const deadline = new Deadline(environment);
  const add = (more: readonly Finding[]) => {
    for (const one of more) findings.add(one);
  };
  const repository = readRepository(paths, () => deadline.check());
  add([...repository.findings, ...checkPolicies(repository.policies, environment.STS_FUNCTION_POLICY)]);
  const runs = 'plan' in task ? repository.runs : distinctRuns(repository.runs);
  const all: Ran[] = [];
  for (const one of runs) {
    deadline.check();
    const ran = await runOnce(one, task, world, deadline);
    add(ran.findings);
    all.push(ran);
  }
  if ('plan' in task) add(await checkRegions(runs));
  const isSaid = [...findings].some(({ code, severity }) => severity === 'error' || code === 'GENERATOR_NONE');
  if (!isSaid && all.every(isEmpty)) add([warnOfNone(paths)]);
  return all;
}

/** True for a run that has no object that the function acts on. */
function isEmpty({ of, draft }: Ran): boolean {
  return draft?.handled.length === 0 && !hasGenerators(of);
}

/** One run, with what it says in the words of whoever runs a command over files. */
async function runOnce(one: FunctionRun, task: FilesTask, world: World, deadline: Deadline): Promise<Ran> {
  if (hasErrors(one.findings)) return { of: one, findings: one.findings };
  const isPlan = 'plan' in task;
  const inPlace = !isPlan && task.inPlace;
  const notCounted = isPlan ? [...one.notCounted] : [];
  const mayHave = (need: ObjectNeed) => isPlan && mayHaveIt(one, need, notCounted);
  try {
    const manifests = { ...one, mayHave };
    const ran = await run(manifests, ({ jobs }) => new Rendered(one, jobs, inPlace), world, deadline);
    const { plan, findings } = ran.outcome;
    const told = [...notCounted, ...findings.filter(({ code }) => !isPlan || code !== 'PLAN')]; // the tree or table has the plan
    const said = [...one.findings, ...told.map((found) => forPerson(found, one))];
    if (plan !== undefined) return { of: one, draft: ran.draft, plan, findings: said };
    return { of: one, draft: ran.draft, rendered: ran.destination, findings: said, warnings: ran.warnings };
  } catch (error) {
    return { of: one, findings: [...one.findings, toFinding(error)] };
  }
}

/** A kustomization's object that several others include starts one run for each; its files need one. */
function distinctRuns(runs: readonly FunctionRun[]): readonly FunctionRun[] {
  const ofKustomize = new Map<unknown, FunctionRun>();
  return runs.filter((one) => {
    const before = one.host === 'kustomize' ? ofKustomize.get(one.functionConfig) : undefined;
    if (before === undefined) ofKustomize.set(one.functionConfig, one);
    return before === undefined;
  });
}

function toPlanned({ of, plan }: Ran): PlannedRun[] {
  return plan === undefined ? [] : [{ of, secrets: plan }];
}

/** Whoever runs a command over files: there are no ResourceList and no functionConfig, and only kustomize has generators without resources. */
const person = (host: FunctionRun['host']): Reader => ({
  ...HOST,
  options: 'the Input',
  absent: ({ cure, cureInFiles = cure, ...where }) => {
    const told = HOST.absent({ ...where, cure: host === 'kustomize' ? cure : cureInFiles });
    return told.replace('in the ResourceList', 'among the files');
  },
});

function forPerson(one: Finding, of: FunctionRun): Finding {
  const place = placeOf(of, one);
  return { ...one, message: messageFor(one.said, person(of.host)), ...(place === undefined ? {} : { place }) };
}

/** True for a run with a generator, among its items or in its functionConfig. */
function hasGenerators({ items, functionConfig }: FunctionRun): boolean {
  if (items.some(isGenerator)) return true;
  if (functionConfig === undefined) return false;
  return isGenerator(functionConfig) || listAt(functionConfig.toJS(), ['generators']).length > 0;
}

/** Warns of paths without a generator: nearly always a wrong path. */
function warnOfNone(paths: readonly string[]): Finding {
  const message = `cannot find ${GENERATOR_KINDS_TEXT} in ${paths.map(quote).join(', ')}. Name the files or folders that have one.`;
  return finding('GENERATOR_NONE', message);
}

/** Warns of a Policy among the files: its author may believe that it guards them, but only the operator's Policy does. */
function checkPolicies(policies: Repository['policies'], operators: string | undefined): Finding[] {
  const used = operators ? realPath(operators) : undefined;
  return policies.flatMap(({ real, place }) => {
    if (real === used) return [];
    const message = `cannot use this Policy: a Policy is taken from the file that STS_FUNCTION_POLICY names. Let it name this one, or leave this one out.`;
    return [finding('POLICY_UNUSED', message, { place })];
  });
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined; // a Policy that cannot be read is refused elsewhere
  }
}
