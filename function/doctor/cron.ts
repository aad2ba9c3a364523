import { asText } from '../model/plain-data.ts';

/** So many schedules are compared, and so long ones are read. */
const MOST = 100;
/** A run may need so long until what it made is in the cluster. */
export const ROOM_SECONDS = 60;
/** Within so many days a schedule repeats its renewals. */
const DAYS = 8;

/**
 * The shortest time in seconds between two runs that renew, where a run does so only `due` seconds after the last that did. None, where a
 * schedule is not understood.
 */
export function shortestWait(schedules: readonly unknown[], due: number): number {
  const all = schedules.slice(0, MOST).map((schedule) => minutesOf(asText(schedule)));
  const minutes = [...new Set(all.flatMap((some) => some ?? []))].sort((a, b) => a - b);
  if (all.includes(undefined) || minutes.length === 0 || schedules.length > MOST) return 0;
  let shortest = Infinity;
  let [last = 0] = minutes;
  for (let day = 0; day < DAYS; day += 1)
    for (const minute of minutes) {
      const now = day * 24 * 60 + minute;
      const wait = (now - last) * 60;
      if (wait < due + ROOM_SECONDS) continue;
      if (day >= DAYS / 2) shortest = Math.min(shortest, wait);
      last = now;
    }
  return shortest;
}

/** The minutes of a day in which a schedule starts. */
function minutesOf(schedule: string): number[] | undefined {
  if (schedule.length > MOST) return undefined;
  const [minute = '', hour = '', ...days] = schedule.trim().split(/\s+/);
  const minutes = valuesOf(minute, 60);
  return days.length === 3 ? valuesOf(hour, 24)?.flatMap((h) => minutes?.map((m) => h * 60 + m) ?? []) : undefined;
}

/** The values of a field, such as `5`, `1-30/5,45` and a star. */
function valuesOf(field: string, count: number): number[] | undefined {
  const parts = field.split(',').map((part) => FIELD.exec(part)?.groups);
  if (parts.includes(undefined)) return undefined;
  const isIn = (value: number, { from, to, step }: Readonly<Record<string, string | undefined>>) => {
    const first = Number(from ?? 0);
    const last = Number(to ?? (step === undefined ? (from ?? count - 1) : count - 1));
    return value >= first && value <= last && (value - first) % Number(step ?? 1) === 0;
  };
  return Array.from({ length: count }, (_, value) => value).filter((value) =>
    parts.some((part) => isIn(value, part ?? {})),
  );
}

const FIELD = /^(?:\*|(?<from>\d{1,2})(?:-(?<to>\d{1,2}))?)(?:\/(?<step>[1-9]\d?))?$/;
