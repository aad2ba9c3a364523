import { realpathSync } from 'node:fs';
import { type Finding, finding, hasErrors, messageFor } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { HOST, type Reader } from '../../findings/say.ts';
import type { Answer } from '../../model/flow.ts';
import { GENERATOR_KINDS_TEXT, isGenerator } from '../../model/kinds.ts';
import { listAt } from '../../model/plain-data.ts';
import { Deadline } from '../../model/run-limits.ts';
import type { PlannedSecret } from '../../model/verdict.ts';
import type { World } from '../../model/world.ts';
import { run, toFinding } from '../run.ts';
import type { PlannedRun } from './draw-tree.ts';
import type { FilePath } from './find-files.ts';
import { type FunctionRun, placeOf } from './function-run.ts';
import { type PlanFormat, printPlan } from './print-plan.ts';
import { Rendered } from './rendered.ts';
import { readRepository } from './repository.ts';
import { removeLeftovers, writeFiles } from './write-files.ts';

/** Render to standard output or in place, or print the plan. `format`: absent, the host decides. */
export type FilesTask = { readonly inPlace: boolean } | { readonly plan: PlanFormat | undefined };

/** What one run gave, where nothing refused it. */
interface Ran {
  readonly of: FunctionRun;
  readonly rendered?: Rendered;
  readonly plan?: readonly PlannedSecret[];
  /** True when it has no object that the function acts on. */
  readonly isEmpty?: boolean;
  readonly findings: readonly Finding[];
}

/**
 * The commands `render` and `plan`: reads files and folders, makes each run that their hosts would make, then prints the Secrets as YAML
 * documents, writes them beside their specs, or prints the plan. An error refuses its own run: that one has no output, and none of its
 * files has changed. Never throws.
 */
export async function answerFiles(paths: readonly string[], task: FilesTask, world: World): Promise<Answer> {
  const { environment } = world.ambient;
  const deadline = new Deadline(environment);
  const findings = new Set<Finding>();
  try {
    const repository = readRepository(paths, () => deadline.check());
    const general = [...repository.findings, ...checkPolicies(repository.policies, environment.STS_FUNCTION_POLICY)];
    for (const one of general) findings.add(one);
    const inPlace = 'inPlace' in task && task.inPlace;
    const runs = 'plan' in task ? repository.runs : distinctRuns(repository.runs);
    const done: Ran[] = [];
    for (const one of runs) {
      deadline.check();
      const ran = await runOnce(one, task, world, deadline);
      for (const found of ran.findings) findings.add(found);
      if (!hasErrors(ran.findings)) done.push(ran);
    }
    if (!hasErrors([...findings]) && done.every(({ isEmpty }) => isEmpty)) findings.add(warnOfNone(paths));
    if ('plan' in task)
      return { output: printPlan(done.flatMap(toPlanned), task.plan, environment), findings: [...findings] };
    const rendered = done.flatMap((one) => one.rendered ?? []);
    if (!inPlace) return { output: rendered.map((one) => one.stream()).join(''), findings: [...findings] };
    removeLeftovers(rendered.flatMap((one) => one.paths()));
    writeFiles(rendered.flatMap((one) => one.changes()));
    return { output: '', findings: [...findings] };
  } catch (error) {
    return { output: '', findings: [toFinding(error), ...findings] };
  }
}

/** One run, with what it says in the words of whoever runs a command over files. */
async function runOnce(one: FunctionRun, task: FilesTask, world: World, deadline: Deadline): Promise<Ran> {
  if (hasErrors(one.findings)) return { of: one, findings: one.findings };
  const inPlace = 'inPlace' in task && task.inPlace;
  try {
    const ran = await run(one, ({ jobs }) => new Rendered(one, jobs, inPlace), world, deadline);
    const { plan, findings } = ran.outcome;
    const told = findings.filter(({ code }) => !('plan' in task) || code !== 'PLAN'); // the tree or table says so
    const said = [
      ...one.findings,
      ...('plan' in task ? one.notCounted : []),
      ...told.map((found) => forPerson(found, one)),
    ];
    const isEmpty = ran.draft.handled.length === 0 && !hasGenerators(one);
    if (plan !== undefined) return { of: one, plan, isEmpty, findings: said };
    return {
      of: one,
      isEmpty,
      rendered: ran.destination,
      findings: [...said, ...(inPlace && !hasErrors(said) ? ran.warnings : [])],
    };
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

/** Whoever runs a command over files: there are no ResourceList and no functionConfig. */
const PERSON: Reader = {
  ...HOST,
  options: 'the Input',
  absent: ({ cure, cureInFiles = cure, ...where }) =>
    HOST.absent({ ...where, cure: cureInFiles }).replace('in the ResourceList', 'among the files'),
};

function forPerson(one: Finding, of: FunctionRun): Finding {
  const place = placeOf(of, one);
  return { ...one, message: messageFor(one.said, PERSON), ...(place === undefined ? {} : { place }) };
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
function checkPolicies(policies: readonly FilePath[], operators: string | undefined): Finding[] {
  const used = operators ? realPath(operators) : undefined;
  return policies.flatMap(({ shown, real }) => {
    if (real === used) return [];
    const message = `cannot use the Policy in ${quote(shown)}: a Policy is taken from the file that STS_FUNCTION_POLICY names. Let it name this one, or leave this one out.`;
    return [finding('POLICY_UNUSED', message)];
  });
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined; // a Policy that cannot be read is refused elsewhere
  }
}
