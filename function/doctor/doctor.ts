import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { toFinding } from '../hosts/run.ts';
import { getCallerIdentity } from '../issuer/caller-identity.ts';
import type { Item } from '../krm/item.ts';
import type { Answer } from '../model/flow.ts';
import { isInput, isSpec } from '../model/kinds.ts';
import { Deadline } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import { checkCalls } from './check-calls.ts';
import { checkCompositions } from './check-compositions.ts';
import { checkCrossplane } from './check-crossplane.ts';
import { checkExecutables } from './check-executables.ts';
import { argoSettings, checkGitops, checkLiveApply } from './check-gitops.ts';
import { checkNames, checkSelectors } from './check-names.ts';
import { checkPlaintext } from './check-plaintext.ts';
import { checkRuns } from './check-runs.ts';
import { checkEnvironment, checkPolicy } from './check-settings.ts';
import { checkWorkflows } from './check-workflows.ts';
import { filesIn, foundIn, type Survey, survey } from './survey.ts';

type Check = (seen: Survey, world: World) => readonly Finding[] | Promise<readonly Finding[]>;

/** From faults that prevent a Secret, to faults in its use. */
const CHECKS: readonly Check[] = [
  checkCalls,
  checkExecutables,
  checkWorkflows,
  checkRuns,
  checkNames,
  checkSelectors,
  checkLiveApply,
  checkPlaintext,
  checkGitops,
  checkCrossplane,
  checkCompositions,
  checkEnvironment,
  checkPolicy,
];

/**
 * Finds out why a run makes no Secret: examines the manifests, scripts and workflows of a folder, and this machine. It changes nothing,
 * and calls only STS, if `online`. `output` lists what was examined. Never throws.
 */
export async function examine(folder: string, online: boolean, world: World): Promise<Answer> {
  try {
    const deadline = new Deadline(world.ambient.environment);
    const seen = survey(folder, deadline);
    const findings = [...seen.findings];
    for (const check of CHECKS) {
      deadline.check();
      for (const one of await foundBy(check, seen, world)) findings.push(one);
    }
    const isUsable = !findings.some(({ code }) => code === 'SETTING_INVALID'); // a run would call nobody either
    const answer = online && isUsable ? await askOnline(world) : { output: '', findings: [] };
    const keyOf = ({ place, message }: Finding) => JSON.stringify([place, message]);
    const once = [...new Map([...findings, ...answer.findings].map((one) => [keyOf(one), one])).values()];
    const isUnread = ({ code }: Finding) => code === 'COMMAND_NOT_UNDERSTOOD';
    const inOrder = [...once.filter((one) => !isUnread(one)), ...once.filter(isUnread)];
    return { output: `${describe(seen, once.length)}${answer.output}`, findings: inOrder };
  } catch (error) {
    return { output: '', findings: [toFinding(error)] };
  }
}

/** What a check finds. Where this function has a fault with a file, that is what is found in it, and the check does without the file. */
async function foundBy(check: Check, seen: Survey, world: World): Promise<readonly Finding[]> {
  try {
    return await check(seen, world);
  } catch (error) {
    if (error instanceof FindingError) throw error;
    const isMetIn = async (isIn: (path: string) => boolean) => {
      seen.deadline.check();
      try {
        await check(foundIn(seen, isIn), world);
        return false;
      } catch {
        return true;
      }
    };
    const files = filesIn(seen);
    const alone = await those(files, ({ real }) => isMetIn((path) => path === real));
    const needed = () => those(files, async ({ real }) => !(await isMetIn((path) => path !== real)));
    const faulty = alone.length > 0 ? alone : await needed(); // it may take several files to meet it
    if (faulty.length === 0) return [toFinding(error)];
    const left = new Set(faulty.map(({ real }) => real));
    const rest = foundIn(seen, (path) => !left.has(path));
    return [...faulty.map(({ shown }) => toFinding(error, shown)), ...(await foundBy(check, rest, world))];
  }
}

async function those<T>(all: readonly T[], is: (one: T) => Promise<boolean>): Promise<T[]> {
  const found: T[] = [];
  for (const one of all) if (await is(one)) found.push(one);
  return found;
}

function describe(seen: Survey, found: number): string {
  const { folder, files, repository, others, commands } = seen;
  const itemsThat = (is: (item: Item) => boolean) => repository.all.filter(({ item }) => is(item)).length;
  const groups = (pattern: RegExp) => others.filter(({ object }) => pattern.test(object.apiVersion)).length;
  const counted = [
    `specs: ${itemsThat(isSpec)}`,
    `Inputs: ${itemsThat(isInput)}`,
    `Kptfiles: ${repository.kptfiles.length}`,
    `kustomizations: ${repository.kustomizations.length}`,
    `commands: ${commands.length}`,
    `objects of Argo CD and Flux: ${groups(/^argoproj\.io\/|\.fluxcd\.io\//) + argoSettings(seen).length}`,
    `objects of Crossplane: ${groups(/^(?:pkg|apiextensions)\.crossplane\.io\//)}`,
  ].join(', ');
  return `looked at ${quote(folder)}: files: ${files}, ${counted}. Found: ${found === 0 ? 'nothing to mend' : found}.\n`;
}

/** STS accepts signatures that are up to 15 minutes off, but the times of sessions are off by as much. */
const SKEW_MILLISECONDS = 60_000;
const TIMEOUT_MILLISECONDS = 30_000;

/** Asks STS for the caller of the default chain, for `output`, and compares clocks. */
async function askOnline(world: World): Promise<Answer> {
  const asked = await getCallerIdentity(AbortSignal.timeout(TIMEOUT_MILLISECONDS), world);
  if ('finding' in asked) return { output: '', findings: [asked.finding] };
  const { arn, date } = asked.caller;
  const skew = date === undefined ? 0 : world.now().getTime() - date.getTime();
  return {
    output: `STS knows the SDK's default chain as ${quote(arn)}.\n`,
    findings: Math.abs(skew) < SKEW_MILLISECONDS ? [] : [clockFinding(skew)],
  };
}

function clockFinding(skew: number): Finding {
  const minutes = Math.round(Math.abs(skew) / 60_000);
  const cause = `it is ${minutes} min ${skew > 0 ? 'ahead of' : 'behind'} that of STS`;
  const message = `cannot trust this machine's clock: ${cause}. Set it, as \`timedatectl set-ntp true\` does.`;
  return finding('CLOCK_WRONG', message);
}
