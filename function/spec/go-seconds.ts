const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6, // the micro sign
  μs: 1e-6, // the Greek letter
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of a Go duration such as `1h30m`, which was checked. */
export function goSeconds(duration: string): number {
  const parts = duration.matchAll(/([\d.]+)([a-zµμ]+)/g);
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}
