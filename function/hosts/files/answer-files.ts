import { type Finding, hasErrors, messageFor } from '../../findings/finding.ts';
import { HOST, type Reader } from '../../findings/say.ts';
import type { Answer } from '../../model/flow.ts';
import { Deadline } from '../../model/run-limits.ts';
import type { World } from '../../model/world.ts';
import { run, toFinding } from '../run.ts';
import { checkGenerators, checkPolicies, readPackage } from './package.ts';
import { type PlanFormat, printPlan } from './print-plan.ts';
import { Rendered } from './rendered.ts';
import { removeLeftovers, writeFiles } from './write-files.ts';

/** Render to standard output or in place, or print the plan. */
export type FilesTask = { readonly inPlace: boolean } | { readonly plan: PlanFormat };

/**
 * The commands `render` and `plan`: reads files and folders, then prints the Secrets as YAML documents, writes them beside their specs,
 * or prints the plan. After an error there is no output and no file has changed. Never throws.
 */
export async function answerFiles(paths: readonly string[], task: FilesTask, world: World): Promise<Answer> {
  const deadline = new Deadline(world.ambient.environment);
  const findings: Finding[] = [];
  try {
    const pack = readPackage(paths, () => deadline.check());
    findings.push(...pack.findings, ...checkPolicies(pack.policies, world.ambient.environment.STS_FUNCTION_POLICY));
    if (hasErrors(findings)) return { output: '', findings };
    const inPlace = 'inPlace' in task && task.inPlace;
    const ran = await run(pack, ({ jobs }) => new Rendered(pack, jobs, inPlace), world, deadline);
    if (ran.draft.handled.length === 0) findings.push(...checkGenerators(pack, paths));
    const { plan } = ran.outcome;
    const isPlan = 'plan' in task;
    findings.push(...ran.outcome.findings.filter(({ code }) => !isPlan || code !== 'PLAN').map(forPerson));
    if (hasErrors(findings)) return { output: '', findings };
    if (isPlan) return { output: printPlan(plan ?? [], task.plan), findings };
    if (plan !== undefined) return { output: '', findings };
    if (!inPlace) return { output: ran.destination.stream(), findings };
    removeLeftovers(ran.destination.paths());
    writeFiles(ran.destination.changes());
    return { output: '', findings: [...findings, ...ran.warnings] };
  } catch (error) {
    return { output: '', findings: [...findings, toFinding(error)] };
  }
}

/** Whoever runs a command over files: there are no ResourceList and no functionConfig. */
const PERSON: Reader = {
  ...HOST,
  options: 'the Input',
  absent: ({ cure, cureInFiles = cure, ...where }) =>
    HOST.absent({ ...where, cure: cureInFiles }).replace('in the ResourceList', 'among the files'),
};

function forPerson(one: Finding): Finding {
  return { ...one, message: messageFor(one.said, PERSON) };
}
