import pLimit, { type LimitFunction } from 'p-limit';
import type { Code } from '../findings/codes.ts';
import { type Finding, FindingError, finding, hasErrors, keyOfFinding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { say } from '../findings/say.ts';
import { readPolicyFile } from '../hosts/policy.ts';
import { decideRun, type RunContext, toFinding } from '../hosts/run.ts';
import { carryOut } from '../issuer/issue.ts';
import type { ObjectNeed } from '../model/job.ts';
import { isGenerator } from '../model/kinds.ts';
import type { RunReport } from '../model/outcome.ts';
import { attempt, withoutFaulty } from '../model/plain-data.ts';
import { Deadline, WorkBudget } from '../model/run-limits.ts';
import type { FilesTask } from '../model/tasks.ts';
import type { World } from '../model/world.ts';
import type { DecidedRun } from '../planner/decide.ts';
import type { Draft } from '../planner/draft.ts';
import type { Decision } from '../planner/plan.ts';
import { unusedGrants } from '../planner/unused-grants.ts';
import { tellDoubts } from '../repository/doubts.ts';
import type { FunctionRun } from '../repository/function-run.ts';
import { explainLack, isDoubted, tellUnknown } from '../repository/kustomize-runs.ts';
import { renamed } from '../repository/metadata-change.ts';
import { hasGenerators } from '../repository/read-manifests.ts';
import { type Repository, readRepository } from '../repository/repository.ts';
import { CompositionSteps, checkNearlyOurs, checkPolicies, noGeneratorFinding } from './check-idle.ts';
import { checkRegions } from './check-regions.ts';
import { checkRenamed } from './check-renamed.ts';
import { builtBeside, checkStarted } from './check-started.ts';
import { checkWriters } from './check-writers.ts';
import { changesBy, FilesDestination } from './files-destination.ts';
import { forPerson } from './for-person.ts';
import { readFormerPlan } from './former-plan.ts';
import { hiddenDigests } from './hidden-digests.ts';
import { joinRuns, keptBack, type SecretOfRun } from './join-runs.ts';
import { type MadeTexts, madeTexts } from './made-texts.ts';
import type { HashedPreview } from './plan-document.ts';
import { printPlan } from './print-plan.ts';
import { removeLeftovers, writeFiles } from './write-files.ts';

/** What one run gave. */
export interface RunResult {
  readonly run: FunctionRun;
  /** Absent where it was refused before it began. */
  readonly draft?: Draft;
  readonly destination?: FilesDestination;
  /** What it would do about each Secret, if that is its purpose. */
  readonly secrets?: readonly HashedPreview[];
  readonly findings: readonly Finding[];
  /** Further ones, once its files are written. */
  readonly plaintextWarnings?: readonly Finding[];
}

/**
 * The commands `render` and `plan`: reads files and folders, makes each run that their hosts would make, then prints the Secrets as YAML
 * documents, writes them beside their specs, or prints the previews. An error refuses its own run: that one has no output, and none of its
 * files has changed. Never throws.
 */
export async function runOnFiles(
  paths: readonly string[],
  task: FilesTask,
  world: World,
  readInput = (): Uint8Array => new Uint8Array(),
): Promise<RunReport> {
  const deadline = new Deadline(world.ambient.environment);
  const findings = new Set<Finding>();
  const addFault = ({ run }: Pick<RunResult, 'run'>, fault: unknown) => findings.add(toFinding(fault, run.folder));
  try {
    const former = 'preview' in task && task.since !== undefined ? readFormerPlan(task.since, readInput) : undefined;
    const steps = new CompositionSteps();
    const repository = readRepository(paths, deadline.throwIfExpired, (file) => steps.see(file), readInput);
    for (const note of steps.notPlanned('preview' in task)) findings.add(note);
    const ran = await runAll(repository, task, { world, deadline }, findings);
    const done = ran.filter((result) => !hasErrors(result.findings));
    if ('preview' in task) {
      const { output, isDue } = printPlan(task.preview, { paths, ran, findings, former }, world.ambient);
      return { output, findings: [...findings], ...(task.tellsDue && isDue ? { exit: 2 } : {}) };
    }
    const targets = done.flatMap(({ run, destination }) => (destination === undefined ? [] : [{ run, destination }]));
    const hasFailed = [...findings].some(({ code }) => code === 'RENEWAL_FAILED');
    const exit = task.tellsFailed && hasFailed ? ({ exit: 2 } as const) : {};
    if (!task.inPlace) {
      const output = withoutFaulty(
        targets,
        (some) => some.map(({ destination }) => destination.stream()).join(''),
        addFault,
      );
      const isSeen = world.ambient.terminal !== undefined && targets.some(({ destination }) => destination.isPlain());
      return { output, findings: [...findings, ...(isSeen ? [finding('PLAINTEXT', ON_TERMINAL)] : [])], ...exit };
    }
    removeLeftovers(targets.flatMap(({ destination }) => destination.paths()));
    const changes = withoutFaulty(
      targets,
      (some) => changesBy(some.flatMap(({ destination }) => destination.made())),
      addFault,
    );
    await writeFiles(changes);
    const notes = changes.map(({ shown }) => finding('FILE_WRITTEN', `wrote ${quote(shown)}.`));
    const plaintextWarnings = done.flatMap((result) => result.plaintextWarnings ?? []);
    return { output: '', findings: [...findings, ...plaintextWarnings, ...notes], ...exit };
  } catch (error) {
    const all = new Set([toFinding(error), ...findings]);
    const results = { paths, ran: [], findings: all, former: undefined };
    const print = () => ('preview' in task ? printPlan(task.preview, results, world.ambient).output : '');
    return { output: attempt(print) ?? '', findings: [...all] };
  }
}

/** Decides every run, then issues what each of them is to issue. `findings` gets all that is said, also where this throws. */
export async function runAll(
  repository: Repository,
  task: FilesTask,
  { world, deadline }: RunContext,
  findings: Set<Finding>,
): Promise<readonly RunResult[]> {
  const { environment } = world.ambient;
  const keys = new Set<string>(); // every run has the same settings and Policy
  const add = (more: readonly Finding[]) => {
    for (const finding of more) {
      if (findings.has(finding)) continue; // thousands of runs may share what is wrong with thousands of files
      const key = keyOfFinding(finding);
      if (!keys.has(key)) findings.add(finding);
      keys.add(key);
    }
  };
  add([...repository.findings, ...checkPolicies(repository, environment.STS_FUNCTION_POLICY)]);
  add(repository.all.flatMap(checkNearlyOurs));
  const runs = 'preview' in task ? repository.runs : distinctRuns(repository.runs);
  const decided: DecidedPackage[] = [];
  const work = runs.length > 1 ? new WorkBudget() : undefined;
  const isBuilt = 'preview' in task ? builtBeside(repository) : () => false;
  for (const run of runs) {
    deadline.throwIfExpired();
    decided.push(await decideOne(run, task, { world, deadline, work, isBuilt }));
  }
  const secrets = decided.flatMap((result) => result.secrets ?? []);
  const { left, conflicts } = joinRuns(secrets, 'preview' in task);
  const verdicts = decided.map(({ run, findings: before, decision }) => {
    const later = decision === undefined ? [] : saidOf(decision);
    return { run, isFaulty: hasErrors([...before, ...later, ...(conflicts.get(run) ?? [])]) };
  });
  const back = keptBack(verdicts, 'preview' in task);
  const settings = decided.find(({ decision }) => decision !== undefined)?.decision?.plan.draft.settings;
  const limit = pLimit(settings ?? 1); // the environment's, so they are the same for all runs
  const madeOf = madeTexts(repository.kustomizations);
  const all = await Promise.all(
    decided.map(async (result): Promise<RunResult> => {
      const refusals = conflicts.get(result.run) ?? back.get(result.run) ?? [];
      const findings = [...result.findings, ...refusals];
      if (hasErrors(refusals)) return { run: result.run, findings };
      return issueOne({ ...result, findings }, left, { world, deadline, limit, madeOf });
    }),
  );
  for (const ran of all) add(ran.findings);
  const isIdle = all.every(isEmpty);
  const runDoubts = new Set(repository.runs.flatMap(({ doubts = [] }) => doubts));
  const otherDoubts = repository.doubts.filter((doubt) => !runDoubts.has(doubt));
  add(tellDoubts(otherDoubts, true, ' -o unwrap'));
  if ('preview' in task) {
    add(checkStarted(all, repository, environment));
    add(checkWriters(all, repository));
    const { STS_FUNCTION_POLICY: operators } = environment;
    add(operators ? unusedGrants({ ...readPolicyFile(operators), ambient: world.ambient }) : []);
  }
  add(await checkRegions(runs));
  const isSaid = [...findings].some(({ code, severity }) => severity === 'error' || SAY_WHY_NONE.includes(code));
  if (!isSaid && isIdle) add([noGeneratorFinding(repository)]);
  return all;
}

const ON_TERMINAL =
  'this terminal gets live keys in plain text, and its history may keep them. Pipe them to where they are needed, or preview with `--placeholder`.';

const SAY_WHY_NONE: readonly Code[] = ['GENERATOR_NONE', 'GENERATOR_UNUSED', 'TEMPLATE_LEFT_OUT', 'PLAN'];

/** True for a run that has no object that the function acts on. */
function isEmpty({ run: { items, functionConfig }, draft }: RunResult): boolean {
  const all = functionConfig === undefined ? items : [...items, functionConfig];
  const hasOwn = functionConfig !== undefined && hasGenerators(functionConfig);
  return draft?.handled.length === 0 && draft.jobs.length === 0 && !all.some(isGenerator) && !hasOwn;
}

/** What is decided about a run, or what refused it before it began. */
interface DecidedPackage extends Pick<RunResult, 'run' | 'findings'> {
  readonly decision?: DecidedRun<FilesDestination>;
  /** Whether due or not. */
  readonly secrets?: readonly SecretOfRun[];
}

async function decideOne(
  run: FunctionRun,
  task: FilesTask,
  context: RunContext & { readonly isBuilt: ReturnType<typeof builtBeside> },
): Promise<DecidedPackage> {
  if (hasErrors(run.findings)) return { run, findings: run.findings };
  const isPreview = 'preview' in task;
  const inPlace = !isPreview && task.inPlace;
  const findings = [...run.findings];
  const lacks: Finding[] = [];
  const work = new WorkBudget(context.work);
  const mayHave = (need: ObjectNeed, { cluster }: Draft) => {
    if (context.isBuilt(need, run)) return true;
    const lack = explainLack(run, need, { isPreview, hasCluster: cluster !== undefined, work });
    for (const finding of lack ?? []) (finding.severity === 'error' ? lacks : findings).push(forPerson(finding, run));
    return lack !== undefined;
  };
  try {
    const destinationOf = ({ jobs }: Pick<Draft, 'jobs'>) => new FilesDestination(run, jobs, inPlace, isPreview);
    const { namespace: endNamespace } = run.after.change;
    const decision = await decideRun({ ...run, mayHave, endNamespace }, destinationOf, context);
    const decided = { ...decision, findings: [...decision.findings, ...lacks] };
    const { draft } = decided.plan;
    const behind = inPlace ? '' : ' -o unwrap';
    const hidden = tellDoubts(decision.destination.doubts, isPreview, behind);
    const unknown = [...tellUnknown(run, draft, { isPreview, work, behind }), ...hidden];
    const all = [...checkRenamed(draft.jobs, run), ...unknown];
    const secrets = hasErrors(unknown) ? [] : plannedBy(run, decided, inPlace);
    const result = { run, secrets, findings: [...findings, ...all] };
    return hasErrors(all) ? result : { ...result, decision: decided };
  } catch (error) {
    return { run, findings: [...run.findings, endedBy(error, run)] };
  }
}

/** What ended a run, with its location: two packages that are too much work have the same words. */
function endedBy(error: unknown, { folder, configFile }: FunctionRun): Finding {
  const finding = toFinding(error, folder);
  return error instanceof FindingError ? { location: { file: configFile?.shown ?? folder }, ...finding } : finding;
}

/** The Secrets of a run, each with its file; none of a run that its plan refuses. */
function plannedBy(run: FunctionRun, decided: DecidedRun<FilesDestination>, inPlace: boolean): SecretOfRun[] {
  const { destination, plan } = decided;
  if (hasErrors(saidOf(decided))) return [];
  return plan.decisions.flatMap((decision) => {
    const file = destination.fileOf(decision.job.target);
    return file === undefined ? [] : [{ run, decision, place: file, file: inPlace ? file : undefined }];
  });
}

/** What is said of a run, and of each of its Secrets. */
function saidOf({ findings, plan }: DecidedRun<FilesDestination>): Finding[] {
  return [...findings, ...plan.decisions.flatMap(({ targetFaults, faults }) => [...targetFaults, ...faults])];
}

/** Issues the sessions of one run. Its findings are in the words of a person who gave files. */
async function issueOne(
  { run, decision: decided, findings }: DecidedPackage,
  left: ReadonlySet<Decision>,
  { madeOf, ...context }: RunContext & { readonly limit: LimitFunction; readonly madeOf: MadeTexts },
): Promise<RunResult> {
  if (decided === undefined) return { run, findings };
  const { plan, destination, plaintextWarnings } = decided;
  const { STS_FUNCTION_POLICY: policy } = context.world.ambient.environment;
  try {
    const decisions = plan.decisions.filter((decision) => !left.has(decision));
    for (const decision of plan.decisions) if (left.has(decision)) destination.leave(decision.job.target);
    const outcome = await carryOut(decided, { ...context, decisions });
    const remarks = outcome.findings.filter(({ code }) => outcome.previews === undefined || code !== 'PLAN'); // the tree or table has them
    const { command } = findings.find(({ code }) => code === 'PLAN') ?? {};
    const ran = {
      run,
      draft: plan.draft,
      findings: [...findings, ...remarks.map((remark) => unlessDoubted(forPerson(remark, run, policy), run, command))],
    };
    const hiddenDigestOf = hiddenDigests(plan.draft, run, madeOf);
    const secrets = outcome.previews?.map((secret) => ({
      ...secret,
      target: renamed(secret.target, run.after.change),
      digest: hiddenDigestOf(secret.target),
    }));
    return secrets === undefined ? { ...ran, destination, plaintextWarnings } : { ...ran, secrets };
  } catch (error) {
    return { run, findings: [...findings, endedBy(error, run)] };
  }
}

/**
 * A plan refuses nothing for what it does not know: an error about an object that the host may change first is a note, and so is that an
 * entry has no effect. `command`: what plans the package with it, where the plan says so.
 */
function unlessDoubted(finding: Finding, run: FunctionRun, command: string | undefined): Finding {
  const { severity, code, object, words } = finding;
  const isJudgement = severity === 'error' || code === 'SESSION_UNUSED';
  const isSure = !isJudgement || object === undefined || command === undefined || !isDoubted(run, object);
  return isSure ? finding : { ...finding, severity: 'info', words: say`as its file has it: ${words}`, command };
}

/**
 * The runs that are needed. An object of a kustomization starts a run for each overlay that includes it; of runs that make the same Secrets
 * the first is enough. A refused run stays, to say why, and does not count as the first.
 */
function distinctRuns(runs: readonly FunctionRun[]): readonly FunctionRun[] {
  const changeOf = ({ after }: FunctionRun) => JSON.stringify(after.change);
  return [...Map.groupBy(runs, ({ start }) => start ?? {}).values()].flatMap((same) => {
    const sound = same.filter(({ findings }) => !hasErrors(findings));
    const alike = [...Map.groupBy(sound, changeOf).values()].flatMap((runs) => {
      const edits = [...new Set(runs.flatMap(({ after }) => after.edits))]; // the same for all: a build may have very many
      return runs.flatMap((run) =>
        run.folder === runs[0]?.folder ? [[run, { ...run, after: { ...run.after, edits } }] as const] : [],
      );
    });
    const kept = new Map(alike);
    return same.flatMap((run) => (hasErrors(run.findings) ? [run] : (kept.get(run) ?? [])));
  });
}
