import { setTimeout as delay } from 'node:timers/promises';
import type { CallKind } from './calls.ts';

/** A moment, in minutes, and a value. */
export type Point = readonly [minutes: number, value: number];

/** The slope of the line of least squares, per minute. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [minutes, value]) => sum + (minutes - x) * (value - y), 0);
  return covariance / points.reduce((sum, [minutes]) => sum + (minutes - x) ** 2, 0);
}

/** The value that `share` of all are not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

/** Calls at the same time; each takes a breath after its answer, so that two cores are busy, not full. */
const WORKERS = 4;
const BREATH_MILLISECONDS = 10;

export interface LoadOptions {
  readonly minutes: number;
  /** Two calls that are measured in turn meanwhile, by a worker of their own. */
  readonly beside: { readonly ours: () => Promise<unknown>; readonly noop: () => Promise<unknown> };
}

/** What came of it. */
interface Load {
  readonly calls: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
  readonly latencies: { readonly ours: readonly Point[]; readonly noop: readonly Point[] };
}

/** Makes calls of all kinds, each as often as its share, mixed as a pack of cards that is dealt evenly. */
export async function runLoad(kinds: readonly CallKind[], { minutes, beside }: LoadOptions): Promise<Load> {
  const calls = new Map<string, number>(kinds.map(({ name }) => [name, 0]));
  const faults = new Map<string, number>();
  const latencies: { ours: Point[]; noop: Point[] } = { ours: [], noop: [] };
  const deck = dealt(kinds);
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 60_000;
  const attempt = async (name: string, call: () => Promise<unknown>) => {
    const began = performance.now();
    try {
      await call();
    } catch (error) {
      const fault = `${name}: ${error instanceof Error ? error.message : error}`;
      faults.set(fault, (faults.get(fault) ?? 0) + 1);
    }
    return performance.now() - began;
  };
  let next = 0;
  const work = async () => {
    while (elapsed() < minutes) {
      const kind = deck[next++ % deck.length];
      if (kind === undefined) throw new Error('no kinds of calls');
      const turn = calls.get(kind.name) ?? 0;
      calls.set(kind.name, turn + 1);
      await attempt(kind.name, () => kind.run(turn));
      await delay(BREATH_MILLISECONDS);
    }
  };
  const measure = async () => {
    while (elapsed() < minutes) {
      const at = elapsed();
      latencies.ours.push([at, await attempt('measured', beside.ours)]);
      latencies.noop.push([at, await attempt('measured, the function that does nothing', beside.noop)]);
      await delay(BREATH_MILLISECONDS);
    }
  };
  await Promise.all([...Array.from({ length: WORKERS }, work), measure()]);
  return { calls, faults, latencies };
}

/** Each kind as often as its share, at even distances. */
function dealt(kinds: readonly CallKind[]): CallKind[] {
  const places = kinds.flatMap((kind, index) =>
    Array.from({ length: kind.share }, (_, location) => ({ kind, at: (location + 0.5) / kind.share + index / 1e6 })),
  );
  return places.toSorted((one, other) => one.at - other.at).map(({ kind }) => kind);
}
