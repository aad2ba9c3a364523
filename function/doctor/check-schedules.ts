import { relative } from 'node:path';
import { SESSION_DEFAULT_SECONDS } from '../chain/limits.ts';
import type { RunResult } from '../files/answer-files.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { describeObject } from '../findings/say.ts';
import { foldersAbove, resolveIn } from '../hosts/folders.ts';
import { objectKey } from '../model/kinds.ts';
import { resolve } from '../model/paths.ts';
import { cached, defined, distinct, hasText, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { renamed } from '../repository/metadata-change.ts';
import { JITTER_SHARE, plannedTimes, renewalMargin, shortestLifetime } from '../secret/renewal.ts';
import { cronJobsOf, jobsOf } from './check-workflows.ts';
import { type Command, makesCredentials } from './commands.ts';
import { ROOM_SECONDS, shortestWait } from './cron.ts';
import { mayBeOne } from './references.ts';
import type { Survey } from './survey.ts';

/** So many steps are looked at, and so many Secrets for each. */
const MOST = 100;
/** So many schedules are followed, each for a time after which a Secret is due; what is behind that may be in time. */
const MOST_WAITS = 4000;
/** What tells of sessions that do not last an hour. */
const OTHER_LIFETIME = /duration|ECRAuthorizationToken|STSSessionToken/i;

/** A Secret that a job may renew. Its times are in seconds after its issue. */
interface DueSecret {
  readonly lifetime: number;
  readonly due: number;
  /** Empty for what is not read, such as a manifest in a ConfigMap. */
  readonly name: string;
  readonly namespace?: string;
  /** The real path of its manifest, or of the kustomization that is built. */
  readonly path: string;
}

/** What a script fetches: a Secret, any if `name` is empty, and of any namespace without one. */
type Fetch = Pick<DueSecret, 'name' | 'namespace'>;

/** A script that renews. */
interface Renewal {
  readonly what: string;
  readonly location: Finding['location'];
  /** A list as JSON: very many steps have one that is long. */
  readonly schedules: string;
  /** To hand them in. */
  readonly fetches: readonly Fetch[];
  /** Real paths that its commands surely name. */
  readonly paths: ReadonlySet<string>;
  /** Why no run of it renews. */
  readonly idle?: string;
}

/**
 * Schedules that renew Secrets when their sessions have ended, or start no job. A script that hands in the earlier Secret renews it only in a
 * run that finds it due. What restricts days, and hours without a run, may be meant: the shortest time between two renewals counts. Where a
 * script names folders or Secrets, each of these must be renewed in time, by it or another; else one of all.
 */
export function checkSchedules(survey: Survey, ran: readonly RunResult[]): Finding[] {
  const secrets = once(() => secretsOf(survey, ran));
  const inWorkflows = renewalsOfWorkflows(survey, secrets);
  const inPods = renewalsOfPods(survey);
  const renewals = [...inPods, ...inWorkflows].filter(({ idle }) => idle === undefined);
  const isRenewed = (secret: DueSecret) => {
    survey.deadline.throwIfExpired();
    return renewals.some((by) => mayRenew(by, secret));
  };
  const renewed = once(() => secrets().filter(isRenewed));
  const isAlone = (by: Renewal) => by.fetches.length > 0 && !renewed().some((secret) => isFor(by, secret));
  const isIdle = (by: Renewal) => by.idle !== undefined && (renewals.length === 0 || isAlone(by)) && !mayResume(survey);
  const idle = [...inWorkflows.filter((by) => by.idle !== undefined), ...inPods.filter(isIdle)];
  return [
    ...lateRenewals(renewals, secrets, survey.deadline),
    ...idle.map(({ what, idle: cause, location }) => tooLate(`${what} renews no Secret: ${cause}.`, location)),
  ];
}

function lateRenewals(
  renewals: readonly Renewal[],
  secrets: () => readonly DueSecret[],
  deadline: Survey['deadline'],
): Finding[] {
  const waits = new Map<string, Map<number, number>>();
  let compared = 0;
  const isInTime = (by: Renewal, secret: DueSecret) => {
    const after = isHandedIn(by, secret) ? secret.due : 0;
    deadline.throwIfExpired();
    const byTime = cached(waits, by.schedules, () => new Map());
    const wait = cached(byTime, after, () => {
      compared += 1;
      return compared > MOST_WAITS ? 0 : shortestWait(JSON.parse(by.schedules), after);
    });
    return wait <= secret.lifetime - ROOM_SECONDS;
  };
  const lateness = new Map<DueSecret, boolean>();
  const isLate = (secret: DueSecret) => {
    deadline.throwIfExpired();
    return cached(lateness, secret, () => !renewals.some((by) => mayRenew(by, secret) && isInTime(by, secret)));
  };
  const first = once(() => {
    const longest = secrets().slice(-MOST);
    return longest.every(isLate) ? longest[0] : undefined;
  });
  const late = renewals.flatMap((by) => {
    const named = secrets()
      .filter((secret) => isFor(by, secret))
      .slice(0, MOST);
    const secret = named.length > 0 ? named.find(isLate) : by.fetches.length > 0 ? undefined : first();
    return secret === undefined ? [] : [{ by, secret }];
  });
  return distinct(late, ({ by }) => JSON.stringify(by.location)).map(({ by, secret }) =>
    tooLate(`${by.what} renews Secrets too late: ${causeOf(secret)}`, by.location),
  );
}

const isIn = (paths: ReadonlySet<string>, { path }: DueSecret) =>
  cached(
    cached(IN, paths, () => new Map()),
    path,
    () => [path, ...foldersAbove(path)].some((folder) => paths.has(folder)),
  );

/** Many Secrets are in one file. */
const IN = new WeakMap<ReadonlySet<string>, Map<string, boolean>>();

const NOWHERE: ReadonlySet<string> = new Set();

const isHandedIn = ({ fetches }: Renewal, { name, namespace }: DueSecret) =>
  fetches.some((fetch) => (fetch.name || name) === (name || fetch.name) && mayBeOne(fetch.namespace, namespace));

/** True for a Secret that a script surely is for. */
const isFor = (by: Renewal, secret: DueSecret) => (by.paths.size > 0 ? isIn(by.paths, secret) : isHandedIn(by, secret));

/** True also for any Secret, of a script that names none. */
const mayRenew = (by: Renewal, secret: DueSecret) => isFor(by, secret) || by.paths.size + by.fetches.length === 0;

/** The scripts of workflows that renew on a schedule. */
function renewalsOfWorkflows({ workflows, root }: Survey, secrets: () => readonly DueSecret[]): Renewal[] {
  const byWorkflow = Map.groupBy(jobsOf(workflows), ({ workflow }) => workflow);
  return [...byWorkflow].flatMap(([{ value, locationOf }, jobs]): Renewal[] => {
    const schedules = listAt(value, ['on', 'schedule']).map((each) => textAt(each, ['cron']));
    if (schedules.length === 0) return [];
    const common = { what: 'this schedule', location: locationOf('on.schedule'), schedules: JSON.stringify(schedules) };
    const isUnsureIn = (part: unknown) => hasText(part, (text) => UNSURE.test(text));
    const isUnsureByDefault = isUnsureIn(valueAt(value, ['defaults']));
    const scripts = jobs.flatMap(({ scopes: [job], steps }) => {
      const isUnsure = isUnsureByDefault || isUnsureIn(job);
      const some = [...steps().filter(keeps).take(MOST)];
      return some.map((step) => ({ ...common, ...fetchesOf(step), paths: isUnsure ? NOWHERE : pathsOf(step, root) }));
    });
    const isOther = ({ scopes: [job] }: (typeof jobs)[number]) => OTHER_EVENT.test(textAt(job, ['if']) ?? '');
    if (jobs.every(isOther)) return scripts.slice(0, 1).map((script) => ({ ...script, idle: OTHER_EVENTS }));
    return scripts.map((script) => {
      const isHere = secrets().some((secret) => isIn(script.paths, secret)); // else the folder may be anywhere
      return isHere ? script : { ...script, paths: NOWHERE };
    });
  });
}

/** The containers of CronJobs that renew. */
function renewalsOfPods(survey: Survey): Renewal[] {
  return cronJobsOf(survey).flatMap(({ cronJob, steps }) => {
    const { schedule, suspend } = Object(valueAt(cronJob.value, ['spec']));
    const isSuspended = suspend === true;
    const location = cronJob.locationOf(isSuspended ? 'spec.suspend' : 'spec.schedule');
    const common = {
      what: describeObject(cronJob.object),
      location,
      schedules: JSON.stringify([schedule]),
      paths: NOWHERE,
    };
    const scripts = [...steps().filter(keeps).take(MOST)];
    return scripts.map((step) => ({ ...common, ...fetchesOf(step), ...(isSuspended && { idle: SUSPENDED }) }));
  });
}

/** True where a patch may start what is suspended. */
function mayResume({ repository, others }: Survey): boolean {
  return (
    repository.kustomizations.some(({ file }) => file.text.includes('suspend')) ||
    others.some(({ object, value }) => object.kind === 'CronJob' && valueAt(value, ['spec', 'suspend']) === false)
  );
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
      const secret = { ...renamed(job.target, run.after.change), path };
      return due === undefined ? [] : [{ ...secret, lifetime: shortestLifetime(job), due: due.getTime() / 1000 }];
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

const SUSPENDED = 'it is suspended. Remove `suspend`';
const OTHER_EVENTS =
  "`if` of each job wants another event. Add `|| github.event_name == 'schedule'` where a job renews";
/** A condition that no schedule meets, without another one beside it. */
const OTHER_EVENT = /^(?!.*(?:\|\||!\()).*\bgithub\.event_name *== *'(?!schedule')/;

type Step = Readonly<{ step: unknown; script: string; commands: readonly Command[] }>;

/** True for a script that makes credentials and keeps them, in a cluster or in files. */
export function keeps({ script, commands }: Step): boolean {
  return /\bapply\b|\s(?:-i|--in-place)\b/.test(script) && commands.some(makesCredentials);
}

/** What fetches a whole Secret from a cluster, with its annotations. */
const WHOLE = /\s(?:-o|--output)[ =]?(?:ya?ml|json)\b/;
const SECRET = /\bsecrets?(?=[ /])[ /]{0,9}["']?([^\s"']{0,253})(?![^\s"'])/;
const NAMESPACE = /\s(?:-n[ =]?|--namespace[ =])["']?([a-z\d-]+)(?![^\s"'])/;

/** One search at a time in each command: an expression of all of them goes back too often. Of very many any Secret is meant. */
export function fetchesOf({ script }: Pick<Step, 'script'>) {
  const fetches = script.split(/[\n|;&]/).flatMap((text): Fetch[] => {
    const command = text.slice(text.search(/\bget\b|$/));
    const [, word] = WHOLE.test(command) ? (SECRET.exec(command) ?? []) : [];
    const [, namespace] = word === undefined ? [] : (NAMESPACE.exec(text) ?? []);
    return word === undefined ? [] : [{ name: /^[a-z\d][\w.-]*$/.test(word) ? word : '', ...defined({ namespace }) }];
  });
  return { fetches: fetches.length > MOST ? [{ name: '' }] : fetches };
}

/** What makes it unsure which folder a path of a job means, and whether its schedule gets there. */
const UNSURE = /working-directory|github\.event|inputs\.|\b(?:cd|pushd)\b/;

/** The real paths that a step's commands surely name. */
function pathsOf({ commands }: Step, root: string): ReadonlySet<string> {
  const paths = commands.filter(makesCredentials).map(({ path = '.' }) => path);
  return paths.includes('.') ? NOWHERE : new Set(paths.map((path) => resolveIn(root, path)));
}
