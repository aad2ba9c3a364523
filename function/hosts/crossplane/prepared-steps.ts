import { createHash } from 'node:crypto';
import { defined } from '../../api/defined.ts';
import type { Prepared, Request } from '../../api/flow.ts';
import type { Supplied, SuppliedObject } from '../../api/supplied.ts';
import { anew, prepare } from '../../story/prepare.ts';

/** The composites of a large control plane: some 3 kB for each that has one generator. */
const MOST_KEPT = 4000;
/** Characters of all that they were prepared from: tenants write manifests too, and may write long ones. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

interface Kept {
  readonly prepared: Prepared;
  /** Characters of what it was prepared from. */
  readonly length: number;
}

/**
 * Steps that were prepared. The engine calls for the same composite again and again, and what manifests alone decide is the same
 * while they are. What each call begins anew, its clock and its deadline, is not kept.
 */
export class PreparedSteps {
  /** By the hash of all that decides; the one that was wanted last is the last. */
  readonly #kept = new Map<string, Kept>();
  #length = 0;

  async prepare(request: Request): Promise<Prepared> {
    const asked = request.looked === undefined ? request : { ...request, looked: withoutState(request.looked) };
    const text = textOf(asked);
    const key = createHash('sha256').update(text).digest('base64');
    const kept = this.#kept.get(key) ?? { prepared: await prepare(asked), length: text.length };
    this.#forget(key);
    this.#kept.set(key, kept);
    this.#length += kept.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT && this.#length <= MOST_CHARACTERS) break;
      this.#forget(oldest);
    }
    return anew(kept.prepared, request);
  }

  #forget(key: string): void {
    this.#length -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }
}

/** The environment is the process's, and stays. */
function textOf({ items, looked, functionConfig, owner, policy }: Request): string {
  return JSON.stringify([
    items,
    [...(looked ?? [])],
    functionConfig,
    owner?.prefix,
    [...(owner?.values ?? [])],
    policy,
  ]);
}

/** Generators without what an API server adds to them, and what others report of them: that changes, and nobody reads it. */
function withoutState(looked: Supplied): Supplied {
  const parts = (found: SuppliedObject) => {
    const { status: _, metadata, ...others } = Object(found.manifest);
    const { name, namespace, labels, annotations } = Object(metadata);
    return { ...others, metadata: defined({ name, namespace, labels, annotations }) };
  };
  return new Map(
    [...looked].map(([key, found]) => [
      key,
      found === null || 'unread' in found ? found : { annotations: found.annotations, manifest: parts(found) },
    ]),
  );
}
