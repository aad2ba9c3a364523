import { type Finding, finding, hasErrors } from '../findings/finding.ts';
import { joined, type ObjectRef, quoted, say, theObject } from '../findings/say.ts';
import { decryptSource, type OwnIdentities, ownIdentities } from '../issuer/decrypt-source.ts';
import { type ClusterResolution, resolveFromCluster } from '../issuer/resolve-from-cluster.ts';
import { textOf } from '../krm/edit-item.ts';
import type { Item } from '../krm/item.ts';
import type { Answer, Known, KnownObject } from '../model/known.ts';
import type { Need, ObjectNeed } from '../model/need.ts';
import { isRecord, once } from '../model/plain-data.ts';

/** An item, and its file if the host has one. */
export interface Located {
  readonly item: Item;
  readonly file?: { readonly shown: string };
}

/** Gives the items with an `objectKey`. */
export type FindItems = (key: string) => readonly Located[];

/** Resolves needs from the items of a host, the others from a cluster. */
export class ItemResolver {
  readonly #find: FindItems;
  readonly #cluster: Omit<ClusterResolution, 'isRefused'>;
  readonly #findings: Finding[];
  readonly #identities: () => Promise<OwnIdentities>;

  /** `findings`: those that the run has already. With an error no cluster is called. */
  constructor(find: FindItems, findings: readonly Finding[], cluster: Omit<ClusterResolution, 'isRefused'>) {
    this.#find = find;
    this.#findings = [...findings];
    this.#cluster = cluster;
    this.#identities = once(async () => {
      const read = await ownIdentities(cluster.world.ambient);
      this.#findings.push(...read.findings);
      return read;
    });
  }

  /** The findings of the run so far. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  async resolve(needs: readonly Need[]): Promise<Known> {
    const known = new Map<string, Answer>();
    const elsewhere: Need[] = [];
    for (const need of needs) {
      const [first, ...others] = 'object' in need ? this.#find(need.key) : [];
      if ('object' in need && first !== undefined) {
        if (others.length > 0) this.#findings.push(notUnique(need.object, [first, ...others]));
        known.set(need.key, await this.#decrypt(toKnown(first.item), need));
      } else if ('object' in need && need.purpose === 'target') known.set(need.key, null);
      else elsewhere.push(need);
    }
    if (elsewhere.length === 0) return known;
    const found = await resolveFromCluster(elsewhere, { ...this.#cluster, isRefused: hasErrors(this.#findings) });
    return new Map([...known, ...found]);
  }

  async #decrypt(found: KnownObject, need: ObjectNeed): Promise<Answer> {
    if (found.isEncrypted !== true || need.purpose !== 'source') return found;
    const { identities } = await this.#identities();
    return decryptSource(found, need, identities, this.#cluster.signal());
  }
}

/** Refuses two items with the same key, since either could be meant. */
function notUnique(object: ObjectRef, items: readonly Located[]): Finding {
  const files = items.flatMap(({ file }) => (file === undefined ? [] : [quoted(file.shown)]));
  const where = files.length === 0 ? '' : say`, in ${joined(files, ' and ')}`;
  const message = say`cannot look up ${theObject(object)}: ${items.length} items are that ${object.kind}${where}. Remove all but one.`;
  return finding('TARGET_CONFLICT', message);
}

function toKnown(item: Item): KnownObject {
  const { data, stringData, sops, type } = Object(item.toJS()) as Record<string, unknown>; // the parser checked that it is a map
  return {
    annotations: item.annotations,
    isEncrypted: isRecord(sops) && sops.mac !== undefined,
    text: textOf(item),
    ...(typeof type === 'string' ? { type } : {}),
    ...(isRecord(data) ? { data } : {}),
    ...(isRecord(stringData) ? { stringData } : {}),
  };
}
