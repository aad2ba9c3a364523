import { createHash } from 'node:crypto';
import type { Request } from '../../model/flow.ts';
import { type Known, type KnownObject, objectIn } from '../../model/known.ts';
import { defined } from '../../model/plain-data.ts';
import { type Draft, draft } from '../../planner/draft.ts';

/** Enough for a large control plane. A draft of one generator takes about 3 kB. */
const MOST_KEPT = 4000;
/** Characters of the inputs of all kept drafts: a tenant may write long manifests. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

interface Kept {
  readonly drafted: Draft;
  /** Characters of its inputs. */
  readonly length: number;
}

/** Keeps the drafts of steps: Crossplane calls for the same composite again and again, and the same manifests give the same draft. */
export class DraftCache {
  /** By the hash of the inputs, the least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #length = 0;

  /** `found`: answers to the needs of an earlier draft. */
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

/** The inputs of a draft as text. The environment never changes while the process runs. */
function textOf({ items, functionConfig, owner, policy }: Request, known: Known): string {
  return JSON.stringify([items, [...known], functionConfig, owner?.prefix, [...(owner?.values ?? [])], policy]);
}

/** Generators without status and without metadata that an API server adds: these change, and no draft reads them. */
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
