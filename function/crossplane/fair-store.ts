import { defined } from '../model/plain-data.ts';

/** The composite that an entry belongs to: it decides what goes first. */
export interface EntryComposite {
  readonly uid: string;
  /** Absent for one of the whole cluster. */
  readonly namespace?: string;
}

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
  readonly until: number;
  readonly composite: EntryComposite;
}

/** What a composite keeps. Keys are in the order in which they were put. */
interface CompositeUse {
  bytes: number;
  readonly keys: Set<string>;
}

/** What the composites of a namespace keep. */
interface NamespaceUse {
  bytes: number;
  readonly byComposite: Map<string, CompositeUse>;
  /** The same by size, to the power of two: at the index `Math.clz32(bytes)`, so that the first set with any has the largest. */
  readonly byZeros: Set<CompositeUse>[];
}

/**
 * What a process keeps, within a number of bytes: whoever has a key gets its value. When it is full, entries of the namespace that keeps most
 * go, and there those of one of the largest composites (none keeps twice as much), the oldest first. So a tenant who makes the server keep
 * much loses his own, and takes nothing from a namespace that keeps less. Entries expire; one from the future has expired too: the clock was
 * set back.
 */
export class FairStore<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #namespaces = new Map<string, NamespaceUse>();
  readonly #mostBytes: number;
  readonly #milliseconds: number;
  readonly #bytesOf: (key: string, value: T) => number;
  #bytes = 0;

  constructor(
    mostBytes: number,
    milliseconds = Number.POSITIVE_INFINITY,
    bytesOf: (key: string, value: T) => number = bytesIn,
  ) {
    this.#mostBytes = mostBytes;
    this.#milliseconds = milliseconds;
    this.#bytesOf = bytesOf;
  }

  get(key: string, now: Date): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#isFresh(entry, now) ? entry.value : undefined;
  }

  /** Adds an entry at the end, or moves it there. */
  put(key: string, value: T, { uid, namespace }: EntryComposite, now: Date): void {
    const composite = { uid, ...defined({ namespace }) }; // callers pass a whole `Composite`: keeping it would hold its condition, which `bytes` does not count
    for (const [oldest, entry] of this.#entries) {
      if (this.#isFresh(entry, now)) break; // entries are in the order of their expiry
      this.delete(oldest);
    }
    const formerEntry = this.#entries.get(key);
    const bytes = formerEntry?.value === value ? formerEntry.bytes : this.#bytesOf(key, value);
    this.delete(key);
    while (this.#bytes + bytes > this.#mostBytes) {
      const oldest = this.#nextToGo(namespace, bytes);
      if (oldest === undefined) return; // its namespace has no other
      this.delete(oldest);
    }
    this.#entries.set(key, { value, bytes, until: now.getTime() + this.#milliseconds, composite });
    this.#add(composite, key, bytes);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#add(entry.composite, key, -entry.bytes);
  }

  /** True where something is kept of a composite. */
  hasAny({ namespace = '', uid }: EntryComposite): boolean {
    return this.#namespaces.get(namespace)?.byComposite.has(uid) === true;
  }

  values(now: Date): T[] {
    const fresh = [...this.#entries.values()].filter((entry) => this.#isFresh(entry, now));
    return fresh.map(({ value }) => value);
  }

  #isFresh({ until }: Entry<T>, now: Date): boolean {
    const left = until - now.getTime();
    return left > 0 && left <= this.#milliseconds;
  }

  /** Counts an entry; with negative bytes it is gone. */
  #add({ namespace = '', uid }: EntryComposite, key: string, bytes: number): void {
    const namespaceUse = this.#namespaces.get(namespace) ?? { bytes: 0, byComposite: new Map(), byZeros: [] };
    const compositeUse = namespaceUse.byComposite.get(uid) ?? { bytes: 0, keys: new Set() };
    const formerZeros = Math.clz32(compositeUse.bytes);
    this.#bytes += bytes;
    namespaceUse.bytes += bytes;
    compositeUse.bytes += bytes;
    compositeUse.keys[bytes < 0 ? 'delete' : 'add'](key);
    const isEmpty = compositeUse.keys.size === 0;
    const zeros = Math.clz32(compositeUse.bytes);
    if (isEmpty || zeros !== formerZeros) namespaceUse.byZeros[formerZeros]?.delete(compositeUse);
    if (isEmpty) namespaceUse.byComposite.delete(uid);
    else {
      namespaceUse.byComposite.set(uid, compositeUse);
      const uses = namespaceUse.byZeros[zeros] ?? new Set();
      namespaceUse.byZeros[zeros] = uses.add(compositeUse);
    }
    if (namespaceUse.byComposite.size > 0) this.#namespaces.set(namespace, namespaceUse);
    else this.#namespaces.delete(namespace);
  }

  /** The entry that goes next where `namespace` gets so many more bytes; undefined where it keeps most and has nothing else to give up. */
  #nextToGo(namespace: string | undefined, newBytes: number): string | undefined {
    let most = this.#namespaces.get(namespace ?? '');
    let mostBytes = (most?.bytes ?? 0) + newBytes;
    for (const use of this.#namespaces.values()) {
      if (use.bytes <= mostBytes) continue;
      most = use;
      mostBytes = use.bytes;
    }
    const [composite] = most?.byZeros.find((uses) => uses !== undefined && uses.size > 0) ?? [];
    const [oldest] = composite?.keys ?? [];
    return oldest;
  }
}

/** An object, and each of its properties or entries. */
const BYTES_OF_OBJECT = 64;
const BYTES_OF_ENTRY = 16;

/** About as many bytes as a value and its key take in memory; what functions hold is not seen. */
function bytesIn(key: string, value: unknown): number {
  const seen = new Set<unknown>();
  const open = [value];
  let bytes = 2 * key.length;
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node === 'string') bytes += node.length;
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    bytes += BYTES_OF_OBJECT + (ArrayBuffer.isView(node) ? node.byteLength : 0);
    for (const each of valuesIn(node)) {
      bytes += BYTES_OF_ENTRY;
      open.push(each);
    }
  }
  return bytes;
}

function valuesIn(value: object): Iterable<unknown> {
  if (ArrayBuffer.isView(value)) return [];
  if (value instanceof Map) return [...value].flat();
  return value instanceof Set ? value : Object.values(value);
}
