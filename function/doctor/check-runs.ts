import { runAll } from '../files/answer-files.ts';
import { CODES } from '../findings/codes.ts';
import type { Finding } from '../findings/finding.ts';
import { toFinding } from '../hosts/run.ts';
import { objectKey } from '../model/kinds.ts';
import { join } from '../model/paths.ts';
import { attempt, distinct } from '../model/plain-data.ts';
import type { World } from '../model/world.ts';
import { newLookAt } from '../repository/find-files.ts';
import { readBounded } from '../repository/read-file.ts';
import { checkUnguarded } from './check-jobs.ts';
import { checkRecipients } from './check-recipients.ts';
import { checkReferences } from './check-references.ts';
import { checkSchedules } from './check-schedules.ts';
import { jobsOf, jobVariables, namedPolicies, POLICY } from './check-workflows.ts';
import { makingIn } from './making.ts';
import type { Survey } from './survey.ts';
import { inHalfTheTime } from './within-time.ts';

/** Objects that `doctor` looks at also where nothing else is. */
const NEEDS_NO_GENERATOR = /^argoproj\.io\/|\.fluxcd\.io\/|^(?:pkg|apiextensions)\.crossplane\.io\//;

/** What `plan` says of the folder, run by run. */
export async function checkRuns(survey: Survey, world: World): Promise<Finding[]> {
  const { repository, others, deadline } = survey;
  const variables = jobVariables(survey);
  const isOperators = Boolean(world.ambient.environment[POLICY]);
  const guard = isOperators ? undefined : guardOfJobs(survey);
  const environment = { ...guard?.environment, ...world.ambient.environment, STS_FUNCTION_MODE: 'plan' };
  const region = async () =>
    (await world.ambient.region()) ?? variables.get('AWS_REGION')?.replace(/.*\$.*/s, 'us-east-1'); // any, for an expression
  const planning = { ...world, ambient: { ...world.ambient, environment, region } };
  const findings = new Set<Finding>();
  try {
    const ran = await runAll(repository, { preview: undefined }, { world: planning, deadline }, findings);
    for (const check of [checkReferences, checkSchedules, checkRecipients])
      for (const finding of inHalfTheTime(deadline, () => check(survey, ran))) findings.add(finding);
    for (const { run, findings: runFindings } of ran)
      for (const finding of runFindings) {
        const copies = finding.object === undefined ? undefined : run.byKey.get(objectKey(finding.object));
        const mayBeAlone = copies?.some(({ file }) => file.isIgnored === 'perhaps'); // kpt may leave one out, as is noted
        if (finding.code === 'TARGET_CONFLICT' && mayBeAlone) findings.delete(finding);
      }
  } catch (error) {
    findings.add(toFinding(error));
  }
  const isOfOthers = others.some(({ object }) => NEEDS_NO_GENERATOR.test(object.apiVersion));
  const workflowPolicies = new Set(namedPolicies(survey).map(({ real }) => real));
  const named = new Set(repository.files.flatMap(({ real, shown }) => (workflowPolicies.has(real) ? [shown] : [])));
  return [...findings]
    .filter(({ code, field, location }) => code !== 'POLICY_UNUSED' || field || !named.has(location?.file ?? ''))
    .filter(({ code, location }) => code !== 'NOT_GRANTED' || isOperators || guard?.renders(location?.file))
    .filter(({ severity, code }) => severity !== 'info' || code === 'GENERATOR_UNUSED') // other notes are for who asked for a plan
    .filter(({ code }) => code !== 'CLUSTER_OFF' || !variables.has('STS_FUNCTION_CLUSTER'))
    .filter(({ code }) => code !== 'PLAINTEXT') // whose run it will be, a plan cannot know
    .filter(({ code, location }) => code !== 'GENERATOR_NONE' || location !== undefined || !isOfOthers)
    .map((finding) => (CODES[finding.code].isErrorHere ? { ...finding, severity: 'error' } : finding));
}

/**
 * The one Policy that all jobs of GitHub and GitLab name, with stand-ins for the variables of a job that it uses, and whether a job renders
 * a place.
 */
function guardOfJobs(survey: Survey) {
  const [policy, ...others] = distinct(namedPolicies(survey), ({ real }) => real);
  if (policy === undefined || policy.isRelative || others.length > 0 || checkUnguarded(survey).length > 0)
    return undefined;
  const isInside = policy.real.startsWith(join(survey.root, '/')) && newLookAt()(policy.real)?.isReal;
  const read = isInside ? attempt(() => readBounded(policy.real)) : undefined;
  if (read === undefined || 'cause' in read) return undefined;
  const used = [...read.bytes.toString().matchAll(/\$\{env\.(\w+)\}/g)].map(([, name = '']) => [name, name] as const);
  if (used.some(([name]) => /^(?:AWS|STS)_/.test(name))) return undefined; // they would change the run
  const commands = jobsOf(survey.workflows).flatMap((job) => [...job.steps()].flatMap((step) => step.commands));
  const paths = makingIn(survey)(commands).flatMap(({ path }) => path ?? []);
  const folders = distinct(paths, (path) => path).map((path) => join(survey.folder, path, '/'));
  return {
    environment: { ...Object.fromEntries(used), [POLICY]: policy.real },
    renders: (file = '') => folders.some((folder) => folder === './' || file.startsWith(folder)),
  };
}
