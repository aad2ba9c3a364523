const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const MAX_SECONDS = 24 * 3600;

/** Seconds of `60s`, `5m` or `1h`; undefined for anything else, zero, and more than a day. */
export function parseDuration(text: unknown): number | undefined {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([smh])$/.exec(typeof text === 'string' ? text : '') ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN);
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
