import { relative, resolve, sep } from 'node:path';
import { SESSION_DEFAULT_SECONDS } from '../chain/limits.ts';
import type { RunResult } from '../files/answer-files.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { describeObject } from '../findings/say.ts';
import { resolveIn } from '../hosts/folders.ts';
import { objectKey } from '../model/kinds.ts';
import { cached, hasText, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { isBelow } from '../repository/function-run.ts';
import { renamed } from '../repository/metadata-change.ts';
import { JITTER_SHARE, plannedTimes, renewalMargin, shortestLifetime } from '../secret/renewal.ts';
import { cronJobsOf, jobsOf } from './check-workflows.ts';
import { type Command, hasFlag } from './commands.ts';
import type { Survey } from './survey.ts';

/** So many schedules are compared, so long ones are read, and for so many Secrets. */
const MOST = 100;
/** What tells of sessions that do not last an hour. */
const OTHER_LIFETIME = /duration|ECRAuthorizationToken|STSSessionToken/i;
/** A run may need so long until what it made is in the cluster. */
const ROOM_SECONDS = 60;
/** Within so many days a schedule repeats its renewals. */
const DAYS = 8;

/** A Secret that a job may renew. Its times are in seconds after its issue. */
interface DueSecret {
  readonly lifetime: number;
  readonly due: number;
  /** Empty for what is not read, such as a manifest in a ConfigMap. */
  readonly name: string;
  /** The real path of its manifest, or of the kustomization that is built. */
  readonly path: string;
}

/** A script that renews. */
interface Renewal {
  readonly what: string;
  readonly location: Finding['location'];
  readonly schedules: readonly unknown[];
  /** Names of Secrets that it fetches, to hand them in. */
  readonly fetches: readonly string[];
  /** Real paths that its commands surely name. */
  readonly paths: readonly string[];
}

/**
 * Schedules that renew Secrets when their sessions have ended, or start no job. A script that hands in the earlier Secret renews it only in a
 * run that finds it due. What restricts days, and hours without a run, may be meant: the shortest time between two renewals counts. Where a
 * script names folders or Secrets, each of these must be renewed in time, by it or another; else one of all.
 */
export function checkSchedules(survey: Survey, ran: readonly RunResult[]): Finding[] {
  const { repository, others, workflows, root, deadline } = survey;
  const findings: Finding[] = [];
  const secrets = once(() => secretsOf(survey, ran));
  const isIn = (paths: readonly string[], { path }: DueSecret) =>
    paths.some((folder) => isBelow(folder, `${path}${sep}`));
  const byWorkflow = Map.groupBy(jobsOf(workflows), ({ workflow }) => workflow);
  const ofGithub = [...byWorkflow].flatMap(([{ value, locationOf }, jobs]): Renewal[] => {
    const schedules = listAt(value, ['on', 'schedule']).map((each) => textAt(each, ['cron']));
    const isOther = ({ scopes: [job] }: (typeof jobs)[number]) => OTHER_EVENT.test(textAt(job, ['if']) ?? '');
    const location = locationOf('on.schedule');
    const kept = jobs.flatMap(({ scopes: [job, workflow], steps }) => {
      const isUnsure = hasText([job, valueAt(workflow, ['defaults'])], (text) => UNSURE.test(text));
      const some = [...steps().filter(keeps).take(MOST)];
      return some.map((step) => ({ ...fetchesOf(step), paths: isUnsure ? [] : pathsOf(step, root) }));
    });
    if (schedules.length === 0 || kept.length === 0) return [];
    if (jobs.every(isOther)) {
      const message = `this schedule renews no Secret: \`if\` of each job wants another event. Add \`|| github.event_name == 'schedule'\` where a job renews.`;
      findings.push(tooLate(message, location));
      return [];
    }
    return kept.map(({ paths, ...each }) => {
      const isHere = secrets().some((secret) => isIn(paths, secret)); // else the folder may be anywhere
      return { ...each, paths: isHere ? paths : [], what: 'this schedule', location, schedules };
    });
  });
  const cronJobs = cronJobsOf(survey).flatMap(({ cronJob, steps }) => {
    const { schedule, suspend } = Object(valueAt(cronJob.value, ['spec']));
    const location = cronJob.locationOf(suspend === true ? 'spec.suspend' : 'spec.schedule');
    const common = { what: describeObject(cronJob.object), location, schedules: [schedule], paths: [], suspend };
    return [...steps().filter(keeps).take(MOST)].map((step) => ({ ...common, ...fetchesOf(step) }));
  });
  const renewals = [...cronJobs.filter(({ suspend }) => suspend !== true), ...ofGithub];
  if (cronJobs.length + renewals.length === 0) return findings;
  const isHandedIn = ({ fetches }: Renewal, { name }: DueSecret) =>
    name === '' ? fetches.length > 0 : fetches.includes(name);
  const isOf = (by: Renewal, secret: DueSecret) =>
    by.paths.length > 0 ? isIn(by.paths, secret) : isHandedIn(by, secret);
  const waits = new Map<string, number>();
  const isInTime = (by: Renewal, secret: DueSecret) => {
    const after = isHandedIn(by, secret) ? secret.due : 0;
    const wait = cached(waits, JSON.stringify([by.schedules, after]), () => shortestWait(by.schedules, after));
    return wait <= secret.lifetime - ROOM_SECONDS;
  };
  const lateness = new Map<DueSecret, boolean>();
  const isLate = (secret: DueSecret) => {
    deadline.throwIfExpired();
    const mayRenew = (by: Renewal) => isOf(by, secret) || by.paths.length + by.fetches.length === 0;
    return cached(lateness, secret, () => !renewals.some((by) => mayRenew(by) && isInTime(by, secret)));
  };
  const longest = secrets().slice(-MOST);
  const [first] = longest.every(isLate) ? longest : [];
  const locations = new Set<Finding['location']>();
  for (const by of renewals) {
    const own = secrets()
      .filter((secret) => isOf(by, secret))
      .slice(0, MOST);
    const secret = own.length > 0 ? own.find(isLate) : by.fetches.length > 0 ? undefined : first;
    if (secret === undefined || locations.has(by.location)) continue;
    locations.add(by.location);
    findings.push(tooLate(`${by.what} renews Secrets too late: ${causeOf(secret)}`, by.location));
  }
  const mayResume = // by a patch
    repository.kustomizations.some(({ file }) => file.text.includes('suspend')) ||
    others.some(({ object, value }) => object.kind === 'CronJob' && valueAt(value, ['spec', 'suspend']) === false);
  const suspended = mayResume ? [] : cronJobs.filter(({ suspend }) => suspend === true);
  for (const by of suspended) {
    const isAlone = by.fetches.length > 0 && !secrets().some((secret) => isOf(by, secret)); // nobody else has its manifests
    if (renewals.length === 0 || isAlone)
      findings.push(tooLate(`${by.what} renews no Secret: it is suspended. Remove \`suspend\`.`, by.location));
  }
  return findings;
}

/** The Secrets that are made here, the shortest session first. Those that are not read are known by their kind, if at all. */
function secretsOf({ repository, root }: Survey, ran: readonly RunResult[]): readonly DueSecret[] {
  const [folder = ''] = repository.paths;
  const start = new Date(0);
  const all = ran.flatMap(({ run, draft }) =>
    (draft?.jobs ?? []).flatMap((job): DueSecret[] => {
      const due = plannedTimes(job, start)?.renewAfter;
      const [{ file } = { file: run.configFile }] = run.byKey.get(objectKey(job.requester)) ?? [];
      const path = run.host === 'kustomize' ? resolve(root, relative(folder, run.folder)) : (file?.real ?? '');
      const { name } = renamed(job.target, run.after.change);
      return due === undefined ? [] : [{ lifetime: shortestLifetime(job), due: due.getTime() / 1000, name, path }];
    }),
  );
  if (all.length > 0) return all.toSorted((a, b) => a.lifetime - b.lifetime);
  const lifetime = SESSION_DEFAULT_SECONDS;
  const isOther = repository.all.some(({ item }) => hasText(item.toJS(), (text) => OTHER_LIFETIME.test(text))); // in a ConfigMap
  const due = lifetime * (1 - JITTER_SHARE) - renewalMargin({}, lifetime); // the earliest
  return isOther ? [] : [{ lifetime, due, name: '', path: '' }];
}

function causeOf({ lifetime, due }: DueSecret): string {
  const minutes = Math.floor(Math.min(lifetime - due, renewalMargin({}, lifetime)) / 2 / 60); // the other half is room
  const every = minutes === 1 ? 'minute' : `${minutes} minutes`;
  const cure = minutes > 0 ? `Start it every ${every}` : 'Give `renew.before` in an Input more time';
  return `a session of ${lifetime} seconds ends before a run renews it. ${cure} (docs/renewal.md).`;
}

function tooLate(message: string, location: Finding['location']): Finding {
  return finding('REFRESHED_TOO_LATE', message, { ...(location && { location }) });
}

/** A condition that no schedule meets, without another one beside it. */
const OTHER_EVENT = /^(?!.*(?:\|\||!\()).*\bgithub\.event_name *== *'(?!schedule')/;

type Step = Readonly<{ step: unknown; script: string; commands: readonly Command[] }>;

/** True for a script that makes credentials and keeps them, in a cluster or in files. */
function keeps({ script, commands }: Step): boolean {
  return /\bapply\b|\s(?:-i|--in-place)\b/.test(script) && commands.some(isMaking);
}

function isMaking(command: Command): boolean {
  return (
    (/render$/.test(command.program) && !hasFlag(command, '--placeholder')) ||
    (command.program === 'kustomize build' && hasFlag(command, '--enable-exec'))
  );
}

/** What fetches a whole Secret from a cluster, with its annotations. */
const FETCH =
  /\bget\b[^\n|;&]{0,200}?\bsecrets?[ /]+"?([a-z\d][\w.-]*)[^\n|;&]{0,200}\s(?:-o|--output)[ =]?(?:ya?ml|json)\b/g;

function fetchesOf({ script }: Step) {
  return { fetches: [...script.matchAll(FETCH).map(([, name = '']) => name)] };
}

/** What makes it unsure which folder a path of a job means, and whether its schedule gets there. */
const UNSURE = /working-directory|github\.event|inputs\.|\b(?:cd|pushd)\b/;

/** The real paths that a step's commands surely name. */
function pathsOf({ commands }: Step, root: string): readonly string[] {
  const paths = commands.filter(isMaking).map(({ path = '.' }) => path);
  return paths.includes('.') ? [] : paths.map((path) => resolveIn(root, path));
}

/**
 * The shortest time in seconds between two runs that renew, where a run does so only `due` seconds after the last that did. None, where a
 * schedule is not understood.
 */
function shortestWait(schedules: readonly unknown[], due: number): number {
  const all = schedules.slice(0, MOST).map((schedule) => minutesOf(String(schedule)));
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
