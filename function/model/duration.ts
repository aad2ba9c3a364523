/** Seconds of each unit of Go's durations. */
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
const MAX_SECONDS = 24 * 3600;

/** Seconds of a duration such as `30s` or Go's `1h30m`, which was checked. */
export function secondsOf(duration: string): number {
  const parts = duration.matchAll(/([\d.]+)([a-zµμ]+)/g);
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}

/** Seconds of `60s`, `5m` or `1h`; undefined for anything else, zero, and more than a day. */
export function parseDuration(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^[1-9]\d{0,4}[smh]$/.test(text)) return undefined;
  const seconds = secondsOf(text);
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
