import { SESSION_DEFAULT_SECONDS } from '../chain/limits.ts';
import type { RunResult } from '../files/answer-files.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { describeObject } from '../findings/say.ts';
import { hasText, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { shortestLifetime } from '../secret/renewal.ts';
import { cronJobsOf, jobsOf } from './check-workflows.ts';
import { type Command, hasFlag } from './commands.ts';
import type { Survey } from './survey.ts';

/** So many schedules are compared, and so long ones are read. */
const MOST = 100;
/** What tells of sessions that do not last an hour. */
const OTHER_LIFETIME = /duration|ECRAuthorizationToken|STSSessionToken/i;

/**
 * Schedules that renew Secrets when each of their sessions has ended, or start no job. What restricts days, and hours without a run, may be
 * meant: the shortest time between two runs counts, and the longest session.
 */
export function checkSchedules(survey: Survey, ran: readonly RunResult[]): Finding[] {
  const { repository, workflows } = survey;
  const longest = once(() => {
    const lifetimes = ran.flatMap(({ draft }) => draft?.jobs ?? []).map(shortestLifetime);
    if (lifetimes.length > 0) return Math.max(...lifetimes);
    const isSet = repository.all.some(({ item }) => hasText(item.toJS(), (text) => OTHER_LIFETIME.test(text))); // in a ConfigMap
    return isSet ? Infinity : SESSION_DEFAULT_SECONDS;
  });
  const isLate = (schedules: readonly unknown[]) => {
    const gap = shortestGap(schedules);
    return gap !== undefined && gap >= longest();
  };
  const cronJobs = cronJobsOf(survey).flatMap(({ cronJob, steps }) => {
    const { schedule, suspend } = Object(valueAt(cronJob.value, ['spec']));
    if (suspend === true || !steps().some(keeps) || !isLate([schedule])) return [];
    return [tooLate(describeObject(cronJob.object), cronJob.locationOf('spec.schedule'))];
  });
  const byWorkflow = Map.groupBy(jobsOf(workflows), ({ workflow }) => workflow);
  const ofGithub = [...byWorkflow].flatMap(([{ value, locationOf }, jobs]) => {
    const schedules = listAt(value, ['on', 'schedule']).map((each) => textAt(each, ['cron']));
    if (schedules.length === 0 || !jobs.some(({ steps }) => steps().some(keeps))) return [];
    const location = locationOf('on.schedule');
    if (jobs.every(({ scopes: [job] }) => OTHER_EVENT.test(textAt(job, ['if']) ?? ''))) {
      const message = `this schedule renews no Secret: \`if\` of each job wants another event. Add \`|| github.event_name == 'schedule'\` where a job renews.`;
      return [finding('REFRESHED_TOO_LATE', message, { location })];
    }
    return isLate(schedules) ? [tooLate('this schedule', location)] : [];
  });
  return [...cronJobs, ...ofGithub];
}

function tooLate(what: string, location: Finding['location']): Finding {
  const cause = 'sessions end before it starts again';
  const message = `${what} renews Secrets too late: ${cause}. Start it every 10 minutes for sessions of an hour (docs/renewal.md).`;
  return finding('REFRESHED_TOO_LATE', message, { ...(location && { location }) });
}

/** A condition that no schedule meets, without another one beside it. */
const OTHER_EVENT = /^(?!.*(?:\|\||!\()).*\bgithub\.event_name *== *'(?!schedule')/;

/** True for a script that makes credentials and keeps them, in a cluster or in files. */
function keeps({ script, commands }: { readonly script: string; readonly commands: readonly Command[] }): boolean {
  const isMaking = (command: Command) =>
    (/render$/.test(command.program) && !hasFlag(command, '--placeholder')) ||
    (command.program === 'kustomize build' && hasFlag(command, '--enable-exec'));
  return /\bapply\b|\s(?:-i|--in-place)\b/.test(script) && commands.some(isMaking);
}

/** Seconds between those runs in a day that are nearest to each other; undefined where a schedule is not understood. */
function shortestGap(schedules: readonly unknown[]): number | undefined {
  const all = schedules.slice(0, MOST).map((schedule) => minutesOf(String(schedule)));
  const minutes = [...new Set(all.flatMap((some) => some ?? []))].sort((a, b) => a - b);
  if (all.includes(undefined) || minutes.length === 0 || schedules.length > MOST) return undefined;
  const gaps = minutes.map((minute, index) => (minutes[index + 1] ?? (minutes[0] ?? 0) + 24 * 60) - minute);
  return 60 * Math.min(...gaps);
}

/** The minutes of a day in which a schedule starts. */
function minutesOf(schedule: string): number[] | undefined {
  const [minute = '', hour = '', ...days] = schedule.trim().split(/\s+/);
  const minutes = valuesOf(minute, 60);
  return days.length === 3 ? valuesOf(hour, 24)?.flatMap((h) => minutes?.map((m) => h * 60 + m) ?? []) : undefined;
}

/** The values of a field, such as `5`, `1-30/5,45` and a star. */
function valuesOf(field: string, count: number): number[] | undefined {
  const parts = field
    .slice(0, MOST)
    .split(',')
    .map((part) => FIELD.exec(part)?.groups);
  if (parts.includes(undefined) || field.length > MOST) return undefined;
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
