import { GENERATOR_ANNOTATION, MERGED_ANNOTATION } from '../api/annotations.ts';
import type { Deadline } from '../api/deadline.ts';
import { type Finding, FindingError, finding } from '../api/finding.ts';
import type { Outcome, OwnedSecret, Prepared, Request, SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/job.ts';
import { isInput, isSpec } from '../api/kinds.ts';
import type { World } from '../api/world.ts';
import type { Item } from '../krm/item.ts';
import { checkPlaintext, type WrittenTo } from '../story/check-plaintext.ts';
import { generate } from '../story/generate.ts';
import { lookUp } from '../story/look-up.ts';
import { prepare } from '../story/prepare.ts';
import { isDue } from '../story/standing.ts';
import { readPolicyFile } from './policy.ts';
import { type Find, supply } from './supply.ts';

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
export interface Told<D extends Destination> {
  readonly prepared: Prepared;
  readonly outcome: Outcome;
  readonly destination: D;
  /** What is to be said when Secrets are written: a run that fails writes none. */
  readonly warnings: readonly Finding[];
}

/** The story, for a host that has all its manifests as text: prepare, supply, generate. */
export async function runStory<D extends Destination>(
  { items, functionConfig }: Manifests,
  open: (prepared: Pick<Prepared, 'jobs' | 'handled'>) => D,
  world: World,
  deadline: Deadline,
): Promise<Told<D>> {
  const { policy, findings: policyFindings } = readPolicyFile(world.ambient.environment);
  const request = {
    items: items.filter((item) => isSpec(item) || isInput(item)).map((item) => item.toJS()),
    owned: items.flatMap(toOwned),
    functionConfig: functionConfig?.toJS(),
    policy,
    now: world.now(),
    deadline,
    ambient: world.ambient,
  };
  const prepared = await prepareSeen(request, world);
  const destination = open(prepared);
  const plaintext = checkPlaintext(prepared, destination.writtenTo);
  const refusals = plaintext.filter(({ severity }) => severity === 'error');
  const { supplied, findings } = await supply(
    { ...prepared, findings: [...policyFindings, ...prepared.findings, ...destination.findings, ...refusals] },
    destination.find,
    world,
  );
  const unwritable = destination.check(prepared.jobs.filter((job) => isDue(job, prepared, supplied)));
  const outcome = await generate({ ...prepared, findings: [...findings, ...unwritable] }, supplied, world, (secret) =>
    destination.add(secret),
  );
  return { prepared, outcome, destination, warnings: plaintext };
}

/** Prepares once more where an ExternalSecret names what only a cluster can have. */
async function prepareSeen(request: Request, world: World): Promise<Prepared> {
  const prepared = await prepare(request);
  if (prepared.unseen.length === 0) return prepared;
  return prepare({ ...request, looked: new Map(await lookUp(prepared, prepared.unseen, world)) });
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
