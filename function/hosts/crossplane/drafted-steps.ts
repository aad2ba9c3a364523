import { createHash } from 'node:crypto';
import { defined } from '../../api/defined.ts';
import type { Request } from '../../api/flow.ts';
import { type Known, type KnownObject, objectIn } from '../../api/known.ts';
import { type Draft, draft } from '../../planner/draft.ts';

/** The composites of a large control plane: some 3 kB for each that has one generator. */
const MOST_KEPT = 4000;
/** Characters of all that they were drafted from: tenants write manifests too, and may write long ones. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

interface Kept {
  readonly drafted: Draft;
  /** Characters of what it was drafted from. */
  readonly length: number;
}

/**
 * The drafts of steps. The engine calls for the same composite again and again, and what manifests alone decide is the same while
 * they are.
 */
export class DraftedSteps {
  /** By the hash of all that decides; the one that was wanted last is the last. */
  readonly #kept = new Map<string, Kept>();
  #length = 0;

  /** `found`: the generators that were looked up. */
  async draft(request: Request, found: Known): Promise<Draft> {
    const known = withoutState(found);
    const text = textOf(request, known);
    const key = createHash('sha256').update(text).digest('base64');
    const kept = this.#kept.get(key) ?? { drafted: await draft(request, known), length: text.length };
    this.#forget(key);
    this.#kept.set(key, kept);
    this.#length += kept.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT && this.#length <= MOST_CHARACTERS) break;
      this.#forget(oldest);
    }
    return kept.drafted;
  }

  #forget(key: string): void {
    this.#length -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }
}

/** The environment is the process's, and stays. */
function textOf({ items, functionConfig, owner, policy }: Request, known: Known): string {
  return JSON.stringify([items, [...known], functionConfig, owner?.prefix, [...(owner?.values ?? [])], policy]);
}

/** Generators without what an API server adds to them, and what others report of them: that changes, and nobody reads it. */
function withoutState(found: Known): Known {
  const parts = ({ manifest }: KnownObject) => {
    const { status: _, metadata, ...others } = Object(manifest);
    const { name, namespace, labels, annotations } = Object(metadata);
    return { ...others, metadata: defined({ name, namespace, labels, annotations }) };
  };
  return new Map(
    [...found.keys()].map((key) => {
      const object = objectIn(found, key);
      return [key, object === null ? null : { annotations: object.annotations, manifest: parts(object) }];
    }),
  );
}
