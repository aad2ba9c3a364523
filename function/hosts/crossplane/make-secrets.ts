import { type Finding, hasErrors } from '../../api/finding.ts';
import type { Prepared, SecretManifest } from '../../api/flow.ts';
import { objectKey, secretKey } from '../../api/kinds.ts';
import type { Job } from '../../api/plan.ts';
import type { Supplied } from '../../api/supplied.ts';
import type { World } from '../../api/world.ts';
import { generate, newWalk, type Walk } from '../../story/generate.ts';
import { isUsable, standing } from '../../story/standing.ts';
import type { Flights } from './flights.ts';
import type { Pauses } from './pauses.ts';
import type { Memory } from './remembered.ts';

/** What became of one generator: the Secrets that were made, and what is to be said. */
export interface Made {
  readonly secrets: readonly SecretManifest[];
  readonly findings: readonly Finding[];
}

/** What all calls of a process share. */
export interface Shared {
  readonly world: World;
  readonly memory: Memory;
  readonly flights: Flights<Made>;
  readonly pauses: Pauses<Made>;
}

/**
 * Makes the Secrets of all jobs that are due. A generator that fails leaves the others alone, for they are apart in the
 * composite's eyes; the jobs of one generator share its session, and the hops of all are walked once.
 */
export async function makeSecrets(
  prepared: Prepared,
  supplied: Supplied,
  owner: string,
  signal: AbortSignal,
  { world, memory, flights, pauses }: Shared,
): Promise<Made> {
  const walk = newWalk();
  const groups = Map.groupBy(prepared.jobs, ({ generator }) => objectKey(generator));
  const made = await Promise.all(
    [...groups.values()].map(async (jobs) => {
      if (!jobs.some((job) => standing(job, prepared, supplied).isDue)) return { secrets: [], findings: [] };
      const key = JSON.stringify([owner, ...jobs.map(({ target, specHash }) => [secretKey(target), specHash])]);
      const isKept = jobs.map((job) => hasUsable(job, prepared, supplied)); // a renewal that fails is no news, a Secret that is away is
      const paused = JSON.stringify([key, isKept]);
      const failed = pauses.get(paused, world.now());
      if (failed !== undefined) return failed;
      const result = await flights.join(key, signal, (abort) =>
        makeOne({ ...prepared, jobs, findings: [] }, supplied, abort, world, walk),
      );
      if (!signal.aborted) pauses.put(paused, result, world.now());
      for (const secret of result.secrets) {
        const job = jobs.find(({ target }) => secretKey(target) === secretKey(secret.metadata));
        if (job !== undefined) memory.put({ owner, target: job.target, specHash: job.specHash }, secret, world.now());
      }
      return result;
    }),
  );
  return { secrets: made.flatMap(({ secrets }) => secrets), findings: made.flatMap(({ findings }) => findings) };
}

function hasUsable(job: Job, prepared: Prepared, supplied: Supplied): boolean {
  const { secret } = standing(job, prepared, supplied);
  return secret !== undefined && isUsable(job, secret, prepared.now);
}

async function makeOne(
  prepared: Prepared,
  supplied: Supplied,
  abort: AbortSignal,
  world: World,
  walk: Walk,
): Promise<Made> {
  const signal = AbortSignal.any([abort, prepared.signal]);
  const { secrets, findings } = await generate({ ...prepared, signal }, supplied, world, undefined, walk);
  return { secrets: hasErrors(findings) ? [] : secrets.map(({ secret }) => secret), findings };
}
