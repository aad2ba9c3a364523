import { GENERATOR_ANNOTATION, MERGED_ANNOTATION } from '../api/annotations.ts';
import type { Deadline } from '../api/deadline.ts';
import { type Finding, FindingError, finding } from '../api/finding.ts';
import type { Outcome, OwnedSecret, SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/job.ts';
import { isInput, isSpec } from '../api/kinds.ts';
import type { World } from '../api/world.ts';
import { issue } from '../issuer/issue.ts';
import type { Item } from '../krm/item.ts';
import { checkPlaintext, type WrittenTo } from '../planner/check-plaintext.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { isDue, type Plan, plan } from '../planner/plan.ts';
import { untilResolved } from '../planner/until-resolved.ts';
import { readPolicyFile } from './policy.ts';
import { type Find, Resolver } from './resolver.ts';

/** What was read, wherever it came from. */
export interface Manifests {
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
}

/** Where the Secrets of the jobs go. */
export interface Destination {
  /** What keeps the run from being judged, or from being written whatever is due. */
  readonly findings: readonly Finding[];
  readonly writtenTo: WrittenTo;
  readonly find: Find;
  /** What keeps the Secrets of these jobs, which are those that the run makes, from being written. */
  check(jobs: readonly Job[]): readonly Finding[];
  /** Takes a Secret of one of the jobs as soon as it is rendered. */
  add(secret: SecretManifest): void;
}

/** How a run ended, and where its Secrets would go. */
export interface Ran<D extends Destination> {
  readonly draft: Draft;
  readonly outcome: Outcome;
  readonly destination: D;
  /** What is to be said when Secrets are written: a run that fails writes none. */
  readonly warnings: readonly Finding[];
}

/** A run of a host that has all its manifests as text: plan, resolve what is lacking, plan again, issue. */
export async function run<D extends Destination>(
  { items, functionConfig }: Manifests,
  open: (drafted: Draft) => D,
  world: World,
  deadline: Deadline,
): Promise<Ran<D>> {
  const { ambient } = world;
  const now = world.now();
  const { signal } = deadline;
  const { policy, findings: policyFindings } = readPolicyFile(ambient.environment);
  const request = {
    items: items.filter((item) => isSpec(item) || isInput(item)).map((item) => item.toJS()),
    owned: items.flatMap(toOwned),
    functionConfig: functionConfig?.toJS(),
    policy,
    deadline,
    ambient,
  };
  const { decided: drafted } = await untilResolved(
    (known) => draft(request, known),
    (needs, lacking: Draft) =>
      new Resolver(() => [], lacking.findings, { draft: lacking, world, signal }).resolve(needs),
  );
  const destination = open(drafted);
  const plaintext = checkPlaintext(drafted, destination.writtenTo);
  const refusals = plaintext.filter(({ severity }) => severity === 'error');
  const resolver = new Resolver(
    destination.find,
    [...policyFindings, ...drafted.findings, ...destination.findings, ...refusals],
    { draft: drafted, world, signal },
  );
  const { decided: planned } = await untilResolved<Plan>(
    (known, before) => plan(drafted, known, { now, environment: ambient.environment }, before),
    (needs) => resolver.resolve(needs),
  );
  const due = planned.decisions.filter((decision) => isDue(decision, drafted));
  const unwritable = destination.check(due.map(({ job }) => job));
  const findings = [...resolver.findings, ...unwritable];
  const outcome = await issue(planned, { world, signal, findings, onSecret: (secret) => destination.add(secret) });
  return { draft: drafted, outcome, destination, warnings: plaintext };
}

function toOwned({ object, annotations }: Item): OwnedSecret[] {
  const mark = annotations[GENERATOR_ANNOTATION];
  const isOwned = object?.kind === 'Secret' && object.apiVersion === 'v1' && mark !== undefined;
  return isOwned ? [{ object, mark, isMerged: annotations[MERGED_ANNOTATION] === 'true' }] : [];
}

/** What was thrown, as a finding. Only the class of an unexpected error is named: its message may repeat what it was given. */
export function toFinding(error: unknown): Finding {
  if (error instanceof FindingError) return error.finding;
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return finding('INTERNAL', `cannot finish: this function has a fault (${name}). Please report it.`);
}
