import type { Prepared, Request } from '../../api/flow.ts';
import { anew, prepare } from '../../story/prepare.ts';

/** The composites of a large control plane: some 4 kB for each that has one generator. */
const MOST_KEPT = 4000;

/**
 * Steps that were prepared. The engine calls for the same composite again and again, and what manifests alone decide is the same
 * while they are. What each call begins anew, its clock and its deadline, is not kept.
 */
export class PreparedSteps {
  /** By all that decides; the one that was wanted last is the last. */
  readonly #kept = new Map<string, Prepared>();

  async prepare(request: Request): Promise<Prepared> {
    const key = keyOf(request);
    const prepared = this.#kept.get(key) ?? (await prepare(request));
    this.#kept.delete(key);
    this.#kept.set(key, prepared);
    const [oldest = key] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest);
    return anew(prepared, request.now);
  }
}

/** The environment is the process's, and stays. */
function keyOf({ items, looked, functionConfig, owner, policy }: Request): string {
  return JSON.stringify([
    items,
    [...(looked ?? [])],
    functionConfig,
    owner?.prefix,
    [...(owner?.values ?? [])],
    policy,
  ]);
}
