import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { say } from '../findings/say.ts';
import { issue } from '../issuer/issue.ts';
import type { Item } from '../krm/item.ts';
import { GENERATOR_ANNOTATION, MERGED_ANNOTATION } from '../model/annotations.ts';
import type { Outcome, OwnedSecret, SecretManifest } from '../model/flow.ts';
import type { Job } from '../model/job.ts';
import { isInput, isSpec } from '../model/kinds.ts';
import type { Deadline } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import { checkPlaintext, type WrittenTo } from '../planner/check-plaintext.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { type Plan, plan, untilResolved } from '../planner/plan.ts';
import { readPolicyFile } from './policy.ts';
import { type FindItems, ItemResolver } from './resolve-from-items.ts';

/** The manifests that a host has read. */
export interface Manifests {
  readonly items: readonly Item[];
  readonly functionConfig?: Item;
}

/** Where a host puts the Secrets of the jobs. */
export interface Destination {
  /** Findings about the places of all jobs, whether due or not. */
  readonly findings: readonly Finding[];
  readonly writtenTo: WrittenTo;
  readonly find: FindItems;
  /** Checks that the Secrets of these jobs, which are due, can be written. */
  check(jobs: readonly Job[]): readonly Finding[];
  /** Gets the Secret of a job as soon as it is rendered. */
  add(secret: SecretManifest): void;
}

/** How a run ended, and the destination of its Secrets. */
export interface RunResult<D extends Destination> {
  readonly draft: Draft;
  readonly outcome: Outcome;
  readonly destination: D;
  /** Warnings for a host that writes the Secrets. */
  readonly warnings: readonly Finding[];
}

/** A run of a host whose manifests are text: draft, plan and resolve until no need is open, issue. */
export async function run<D extends Destination>(
  { items, functionConfig }: Manifests,
  open: (drafted: Draft) => D,
  world: World,
  deadline: Deadline,
): Promise<RunResult<D>> {
  const { ambient } = world;
  const now = world.now();
  const { signal } = deadline;
  const { policy, findings: policyFindings } = readPolicyFile(ambient.environment);
  const request = {
    items: items.filter((item) => isSpec(item) || isInput(item)).map((item) => item.toJS()),
    owned: items.flatMap(ownedSecretOf),
    functionConfig: functionConfig?.toJS(),
    policy,
    deadline,
    ambient,
  };
  const { decided: drafted } = await untilResolved(
    (known) => draft(request, known),
    (needs, lacking: Draft) =>
      new ItemResolver(() => [], lacking.findings, { draft: lacking, world, signal }).resolve(needs),
  );
  const destination = open(drafted);
  const plaintext = checkPlaintext(drafted, destination.writtenTo);
  const refusals = plaintext.filter(({ severity }) => severity === 'error');
  const resolver = new ItemResolver(
    destination.find,
    [...policyFindings, ...drafted.findings, ...destination.findings, ...refusals],
    { draft: drafted, world, signal },
  );
  const { decided: planned } = await untilResolved<Plan>(
    (known, before) => plan(drafted, known, { now, environment: ambient.environment }, before),
    (needs) => resolver.resolve(needs),
  );
  const due = planned.decisions.filter(({ isDue }) => isDue);
  const unwritable = destination.check(due.map(({ job }) => job));
  const findings = [...resolver.findings, ...unwritable];
  const outcome = await issue(planned, { world, signal, findings, onSecret: (secret) => destination.add(secret) });
  return { draft: drafted, outcome, destination, warnings: plaintext };
}

function ownedSecretOf({ object, annotations }: Item): OwnedSecret[] {
  const mark = annotations[GENERATOR_ANNOTATION];
  const isOwned = object?.kind === 'Secret' && object.apiVersion === 'v1' && mark !== undefined;
  return isOwned ? [{ object, mark, isMerged: annotations[MERGED_ANNOTATION] === 'true' }] : [];
}

/** A thrown value as a finding. Of an unexpected error only the class is named: its message may repeat a Secret. */
export function toFinding(error: unknown): Finding {
  if (error instanceof FindingError) return error.finding;
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return finding('INTERNAL', say`cannot finish: this function has a fault (${name}). Please report it.`);
}
