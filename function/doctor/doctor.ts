import type { Code } from '../findings/codes.ts';
import { type Finding, FindingError, finding, keyOfFinding, messageOf } from '../findings/finding.ts';
import { quote, visibleJson } from '../findings/quote.ts';
import { toFinding } from '../hosts/run.ts';
import { getCallerIdentity } from '../issuer/caller-identity.ts';
import type { RunReport } from '../model/outcome.ts';
import { defined } from '../model/plain-data.ts';
import { Deadline } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import { checkAccounts } from './check-accounts.ts';
import { checkCalls } from './check-calls.ts';
import { checkCompositions } from './check-compositions.ts';
import { checkCronJobs } from './check-cron-jobs.ts';
import { checkCrossplane } from './check-crossplane.ts';
import { checkExecutables } from './check-executables.ts';
import { checkGitops, checkLiveApply } from './check-gitops.ts';
import { checkIdleJobs } from './check-idle-jobs.ts';
import { checkJobs, checkTokenRights, checkUnguarded } from './check-jobs.ts';
import { checkMoves, checkSelectors } from './check-kpt-steps.ts';
import { checkNames } from './check-names.ts';
import { checkOutputs } from './check-outputs.ts';
import { checkPaths } from './check-paths.ts';
import { checkPlaintext } from './check-plaintext.ts';
import { checkRuns } from './check-runs.ts';
import type { ReadArguments } from './check-runtimes.ts';
import { checkEnvironment, checkPackedPolicies, checkPolicy, checkVariables } from './check-settings.ts';
import { checkJobVariables, checkKeyFiles, checkNamedPolicies } from './check-workflows.ts';
import { countsOf, describeCounts } from './looked-at.ts';
import { filesIn, foundIn, type Survey, survey } from './survey.ts';
import { inHalfTheTime } from './within-time.ts';

type Check = (
  seen: Survey,
  world: World,
  readArguments: ReadArguments,
) => readonly Finding[] | Promise<readonly Finding[]>;

/** The checks, from faults that prevent a Secret to faults in its use. */
const CHECKS: readonly Check[] = [
  checkCalls,
  checkPaths,
  checkExecutables,
  checkTokenRights,
  checkIdleJobs,
  checkRuns,
  checkNames,
  checkSelectors,
  checkMoves,
  checkLiveApply,
  checkPlaintext,
  checkOutputs,
  checkJobs,
  checkCronJobs,
  checkGitops,
  checkCrossplane,
  checkAccounts,
  checkCompositions,
  checkEnvironment,
  checkVariables,
  checkJobVariables,
  checkKeyFiles,
  checkNamedPolicies,
  checkUnguarded,
  checkPackedPolicies,
  checkPolicy,
];

/** A manifest makes no Secret, although nothing may be wrong with it. */
const WITHOUT_SECRET: readonly Code[] = ['GENERATOR_NONE', 'GENERATOR_UNUSED', 'FUNCTION_NOT_STARTED'];

/** Where `doctor` looks, and how. */
interface Examination {
  readonly folder: string;
  /** Also asks STS who the caller is. */
  readonly online: boolean;
  /** Exits with 1 where a manifest makes no Secret, also for a warning. */
  readonly strict: boolean;
  readonly isJson: boolean;
}

/**
 * Finds out why a run makes no Secret: examines the manifests, scripts and workflows of a folder, and this machine. It changes nothing,
 * and calls only STS, if `online`. `output` lists what was examined; as JSON, with the findings too. Never throws.
 */
export async function examine(
  { folder, online, strict, isJson }: Examination,
  world: World,
  readArguments: ReadArguments,
): Promise<RunReport> {
  try {
    const deadline = new Deadline(world.ambient.environment);
    const seen = survey(folder, deadline);
    const findings = [...seen.findings];
    for (const check of CHECKS) {
      deadline.throwIfExpired();
      const inTime = (part: Survey) => inHalfTheTime(deadline, () => check(part, world, readArguments));
      for (const finding of await foundBy(inTime, seen)) findings.push(finding);
    }
    const isUsable = !findings.some(({ code }) => code === 'SETTING_INVALID'); // a run would call nobody either
    const { arn, findings: remarks } = online && isUsable ? await askOnline(world) : { arn: undefined, findings: [] };
    const once = [...new Map([...findings, ...remarks].map((finding) => [keyOfFinding(finding), finding])).values()];
    const isUnread = ({ code }: Finding) => code === 'COMMAND_NOT_UNDERSTOOD';
    const inOrder = [...once.filter((finding) => !isUnread(finding)), ...once.filter(isUnread)];
    const looked = countsOf(seen);
    const all = inOrder.map((finding) => {
      const { severity, code, location } = finding;
      return { severity, code, message: messageOf(finding), ...location };
    });
    const output = isJson
      ? `${visibleJson(JSON.stringify({ folder, looked, findings: all, ...defined({ caller: arn }) }, null, 2))}\n`
      : `${describeCounts(folder, looked, once.length)}${arn === undefined ? '' : `STS knows the SDK's default chain as ${quote(arn)}.\n`}`;
    const exit = strict && once.some(({ code }) => WITHOUT_SECRET.includes(code)) ? 1 : 0;
    return { output, findings: inOrder, exit };
  } catch (error) {
    return { output: '', findings: [toFinding(error)] };
  }
}

/** What a check finds. A file that makes the check itself fail is a finding, and the check runs again without it. */
async function foundBy(check: (seen: Survey) => ReturnType<Check>, seen: Survey): Promise<readonly Finding[]> {
  try {
    return await check(seen);
  } catch (error) {
    if (error instanceof FindingError) throw error;
    const isMetIn = async (isIn: (path: string) => boolean) => {
      seen.deadline.throwIfExpired();
      try {
        await check(foundIn(seen, isIn));
        return false;
      } catch {
        return true;
      }
    };
    const files = filesIn(seen);
    const alone = await filterAsync(files, ({ real }) => isMetIn((path) => path === real));
    const needed = () => filterAsync(files, async ({ real }) => !(await isMetIn((path) => path !== real)));
    const faulty = alone.length > 0 ? alone : await needed(); // it may take several files to meet it
    if (faulty.length === 0) return [toFinding(error)];
    const left = new Set(faulty.map(({ real }) => real));
    const rest = foundIn(seen, (path) => !left.has(path));
    return [...faulty.map(({ shown }) => toFinding(error, shown)), ...(await foundBy(check, rest))];
  }
}

/** Those that fit, asked one after the other. */
async function filterAsync<T>(all: readonly T[], fits: (value: T) => Promise<boolean>): Promise<T[]> {
  const matches: T[] = [];
  for (const value of all) if (await fits(value)) matches.push(value);
  return matches;
}

/** STS accepts signatures that are up to 15 minutes off, but the times of sessions are off by as much. */
const SKEW_MILLISECONDS = 60_000;
const TIMEOUT_MILLISECONDS = 30_000;

/** Asks STS for the caller of the default chain, and compares clocks. */
async function askOnline(world: World): Promise<Pick<RunReport, 'findings'> & { readonly arn?: string }> {
  const response = await getCallerIdentity(AbortSignal.timeout(TIMEOUT_MILLISECONDS), world);
  if ('finding' in response) return { findings: [response.finding] };
  const { arn, date } = response.caller;
  const skew = date === undefined ? 0 : world.now().getTime() - date.getTime();
  if (Math.abs(skew) < SKEW_MILLISECONDS) return { arn, findings: [] };
  const minutes = Math.round(Math.abs(skew) / 60_000);
  const cause = `it is ${minutes} min ${skew > 0 ? 'ahead of' : 'behind'} that of STS`;
  const message = `this machine's clock is wrong: ${cause}. Set it, as \`timedatectl set-ntp true\` does.`;
  return { arn, findings: [finding('CLOCK_WRONG', message)] };
}
