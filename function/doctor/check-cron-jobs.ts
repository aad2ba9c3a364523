import { dirname } from 'node:path';
import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import type { NamedRef } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { defined, hasText, stringsIn, valueAt } from '../model/plain-data.ts';
import { filesThrough } from '../repository/pipelines.ts';
import { ROLE } from './check-accounts.ts';
import { inManifest } from './check-runtimes.ts';
import { fetchesOf, keeps } from './check-schedules.ts';
import { cronJobsOf, POD } from './check-workflows.ts';
import { mayBeOne } from './references.ts';
import {
  appliesIn,
  checkIdentity,
  checkProgram,
  checkVolumes,
  type Fault,
  few,
  MOST,
  type Pod,
  podOf,
} from './renewing-pods.ts';
import { type Act, lackOfRight, rolesFor } from './rights.ts';
import { filesGiven, type Survey } from './survey.ts';

/** So many CronJobs are judged, and so much of what one of them does. */
const [MOST_JOBS, MOST_ACTS] = [50, 10];

/**
 * CronJobs that apply Secrets which they render, and lack something for it in their cluster: a ServiceAccount with rights, a ConfigMap, the
 * function itself, an identity. Of each the first fault is told, since others may follow from it.
 */
export function checkCronJobs(survey: Survey): Finding[] {
  const patched = filesThrough(survey.repository.kustomizations, ({ file }) => OF_PODS.test(file.text));
  const renewals = cronJobsOf(survey)
    .values()
    .flatMap(({ cronJob, steps }) => {
      survey.deadline.throwIfExpired();
      const step = [...steps()].find((each) => keeps(each) && appliesIn(each.script).length > 0);
      const isWhole = valueAt(cronJob.value, ['spec', 'schedule']) !== undefined; // else it is a patch
      return step === undefined || !isWhole || patched.has(cronJob.file.real) ? [] : [{ cronJob, step }];
    });
  const [moved, renamed] = [filesGiven(survey, 'namespace'), filesGiven(survey, 'namePrefix', 'nameSuffix')];
  return [...renewals.take(MOST_JOBS)].flatMap(({ cronJob, step }) => {
    survey.deadline.throwIfExpired();
    const pod = podOf(cronJob, step, { survey, moved, renamed });
    const fault = CHECKS.values()
      .map((check) => check(pod))
      .find((each) => each !== undefined);
    return fault === undefined ? [] : [inManifest(cronJob, ...fault)];
  });
}

/** What patches a pod. */
const OF_PODS = /\b(?:CronJob|serviceAccountName|container)/;

function checkAccount({ survey, spec, account, cronJob, isUnsure, renamed, moved }: Pod): Fault | undefined {
  if (isUnsure) return undefined;
  const accounts = survey.repository.all.filter(({ item }) => item.kind === 'ServiceAccount');
  const field = `${POD}.serviceAccountName`;
  const same = accounts.filter(({ item }) => item.object?.name === account.name);
  const near = accounts.find(({ item }) => isSlip(account.name, item.object?.name ?? ''));
  const isRenamed = [cronJob, near].some((each) => each && renamed.has(each.file.real));
  if (account.name !== 'default' && same.length === 0 && near !== undefined && !isRenamed)
    return [
      field,
      `ServiceAccount ${quote(account.name)} is not here; did you mean ${quote(near.item.object?.name ?? '')}?`,
      'Correct it',
    ];
  const isHere = ({ item, file }: (typeof same)[number]) =>
    moved.has(file.real) || mayBeOne(item.object?.namespace, account.namespace);
  const here = same.filter(isHere);
  if (account.name !== 'default' && same.length > 0 && here.length === 0)
    return [field, `its ServiceAccount ${quote(account.name)} is in another namespace`, 'Give both the same'];
  const places = [spec, ...few(here).map(({ item }) => item.toJS())];
  const [mounts] = places.flatMap((place) => valueAt(place, ['automountServiceAccountToken']) ?? []);
  const hasToken = hasText(valueAt(spec, ['volumes']), (text, isKey) => isKey && text === 'serviceAccountToken');
  if (mounts === false && !hasToken)
    return [field, 'its pod gets no token for the cluster: `automountServiceAccountToken` is false', 'Remove that'];
  const annotations = [...POD.split('.').slice(0, -1), 'metadata', 'annotations'];
  return ROLE in stringsIn(valueAt(cronJob.value, annotations))
    ? [annotations.join('.'), `\`${ROLE}\` stands where EKS reads none`, 'Move it to the ServiceAccount']
    : undefined;
}

function checkFetches({ script, shell, field, fetches, targets, account }: Pod): Fault | undefined {
  const isMade = (fetch: Partial<NamedRef>) =>
    targets.some(
      (target) =>
        (target.name ?? fetch.name) === fetch.name && mayBeOne(fetch.namespace ?? account.namespace, target.namespace),
    );
  const other = fetches.find((fetch) => fetch.name !== '' && !isMade(fetch));
  const named = ({ name, namespace }: Partial<NamedRef>) => quote([namespace ?? [], name ?? []].flat().join('/'));
  const [made = {}] = targets;
  if (other !== undefined && !fetches.some(isMade))
    return [
      field,
      `it fetches Secret ${named({ ...account, ...other })}, and makes ${made.name ? named(made) : 'another'}, so each run issues a new session`,
      'Correct the name or namespace',
    ];
  const isStrict = (line: string) =>
    /^\s*kubectl get secret\b/.test(line) &&
    !/--ignore-not-found|\|\||\\\s*$/.test(line) &&
    fetchesOf({ script: line }).fetches.some((fetch) => fetch.name === '' || isMade(fetch));
  const isEnded = /(?:^|\s)-\w*e/.test(shell) && !/\bset [+]\w*e/.test(script);
  return isEnded && script.split('\n').some(isStrict)
    ? [
        field,
        'before the first Secret is there, `kubectl get secret` fails, and ends the script',
        'Add `--ignore-not-found`',
      ]
    : undefined;
}

function checkRights({ survey, cronJob, account, fetches, targets, isUnsure }: Pod): Fault | undefined {
  if (isUnsure) return undefined;
  const folder = dirname(cronJob.file.real);
  if (!rolesFor(survey, 'secrets').some(({ file }) => dirname(file.real) === folder)) return undefined; // they are elsewhere
  const reads = fetches.map(
    ({ name, namespace = account.namespace }): Act => ({
      verb: 'get',
      resource: 'secrets',
      ...defined({ name: name || undefined, namespace }),
    }),
  );
  const writes = targets.slice(0, MOST).flatMap((target): Act[] => [
    { ...target, verb: 'patch', resource: 'secrets' },
    { ...target, verb: 'create', resource: 'secrets', name: '' },
  ]);
  for (const act of [...reads, ...writes].slice(0, MOST_ACTS)) {
    const lack = lackOfRight(survey, account, act);
    if (lack === undefined) continue;
    const what = `${act.verb} ${act.name ? `Secret ${quote(act.name)}` : 'Secrets'}`;
    const cause = `its ServiceAccount ${quote(account.name)} may not ${what}${act.namespace ? ` in ${quote(act.namespace)}` : ''}: ${lack.cause}`;
    return [`${POD}.serviceAccountName`, cause, 'Correct that (examples/gitops/cron-job)'];
  }
  return undefined;
}

/** In this order, as each may be the cause of the next. */
const CHECKS = [checkAccount, checkVolumes, checkProgram, checkIdentity, checkFetches, checkRights];
