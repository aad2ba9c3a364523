import { SessionCache } from '../../../function/chain/run-chain.ts';
import { carryOut } from '../../../function/issuer/issue.ts';
import { resolveTokens } from '../../../function/issuer/resolve-from-cluster.ts';
import type { KnownObject } from '../../../function/model/answers.ts';
import type { ObjectNeed } from '../../../function/model/job.ts';
import type { Outcome } from '../../../function/model/outcome.ts';
import { Deadline } from '../../../function/model/run-limits.ts';
import type { RunRequest } from '../../../function/model/run-request.ts';
import { planUntilResolved, untilResolved } from '../../../function/planner/decide.ts';
import { type Draft, draft } from '../../../function/planner/draft.ts';
import type { Plan } from '../../../function/planner/plan.ts';
import { type FakeWorld, fakeWorld, NOW } from './fake-world.ts';

/** What a run comes to, and what it was decided on. */
export interface Ran extends Outcome {
  readonly draft: Draft;
  readonly plan: Plan;
}

/** Plans manifests and issues what is due, as a host does that has these objects, by `objectKey`, and no others. */
export async function runManifests(
  request: RunRequest,
  objects: ReadonlyMap<string, KnownObject | null> = new Map(),
  {
    world = fakeWorld(),
    now = NOW,
    sessionCache = new SessionCache(),
  }: {
    readonly world?: FakeWorld;
    readonly now?: Date;
    readonly sessionCache?: SessionCache;
  } = {},
): Promise<Ran> {
  const { environment } = request.ambient;
  const deadline = request.deadline ?? new Deadline(environment);
  const { signal } = new AbortController();
  const find = (key: string) => [key, objects.get(key) ?? null] as const;
  const { result: drafted } = await untilResolved<Draft, ObjectNeed>(
    (known) => draft({ ...request, deadline }, known),
    (needs) => ({ answers: new Map(needs.map(({ key }) => find(key))) }),
  );
  const decided = await planUntilResolved(
    drafted,
    {
      findings: [],
      destination: { findings: [] },
      resolve: async (needs) => {
        const tokens = needs.filter((need) => 'probe' in need);
        const seen = needs.filter((need) => 'object' in need).map(({ key }) => find(key));
        return { answers: new Map([...seen, ...(await resolveTokens(tokens, request.ambient, () => signal))]) };
      },
    },
    { now, environment, deadline },
  );
  const outcome = await carryOut(decided, { world, deadline, signal, sessionCache });
  return { ...outcome, draft: drafted, plan: decided.plan };
}
