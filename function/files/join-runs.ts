import { join, resolve } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject, quoted, say, theObject } from '../findings/say.ts';
import { sealedInShared } from '../hosts/stdio.ts';
import { keyOfSecret, objectKey, secretObject } from '../model/kinds.ts';
import { cached, defined } from '../model/plain-data.ts';
import type { Decision } from '../planner/plan.ts';
import { tellDoubts } from '../repository/doubts.ts';
import type { FilePath } from '../repository/find-files.ts';
import { type FunctionRun, locationOf } from '../repository/function-run.ts';
import { changesAnother } from '../repository/kustomize-edits.ts';
import { idOf } from '../repository/kustomize-objects.ts';
import { renamed } from '../repository/metadata-change.ts';
import { unwritable } from './check-writable.ts';

/** A Secret of a run, whether due or not, its place, and the file that it goes into; absent: all go into one stream. */
export interface SecretOfRun {
  readonly run: FunctionRun;
  readonly decision: Decision;
  readonly place: FilePath;
  readonly file: FilePath | undefined;
}

interface JoinResult {
  readonly left: Set<Decision>;
  readonly conflicts: Map<FunctionRun, Finding[]>;
}

/** The Secret as its host leaves it. */
const inEnd = ({ run, decision }: SecretOfRun) => renamed(decision.job.target, run.after.change);

/**
 * What several runs would have in one file, where one of them is to issue, or in one stream: decided before anything is issued. Of runs
 * of one pipeline one counts, as under their hosts: what the others decided is `left` out. Of other runs neither counts, and both
 * are refused: one package must not write over what another one makes, be it still good.
 */
export function joinRuns(secrets: readonly SecretOfRun[], isPreview: boolean): JoinResult {
  const isBuilt = ({ run, file }: SecretOfRun) => run.host === 'kustomize' && file === undefined;
  const builds = joinBuilds(secrets.filter(isBuilt), isPreview);
  const steps = joinSteps(
    secrets.filter(({ run }) => run.host === 'kpt'),
    isPreview,
  );
  const left = builds.left.union(steps.left);
  const conflicts = new Map([...builds.conflicts, ...steps.conflicts, ...sealedTogether(secrets)]);
  if (isPreview) return { left, conflicts };
  const rest = secrets.filter(({ run, decision }) => !left.has(decision) && !conflicts.has(run));
  const meetings: Meeting[] = [];
  const places = Map.groupBy(rest, (secret) => JSON.stringify([secret.file?.real, keyOfSecret(inEnd(secret))]));
  for (const same of places.values()) {
    const [first, ...others] = same;
    if (first === undefined || others.length === 0) continue;
    if (first.file !== undefined && !same.some(({ decision }) => decision.mustWrite)) continue;
    const other = others.find(({ run }) => folderOf(run) !== folderOf(first.run) || run.host !== first.run.host);
    if (other === undefined && first.file === undefined && first.run.host === 'kustomize') continue; // of several builds
    if (other === undefined) for (const { decision } of same.slice(0, -1)) left.add(decision);
    else for (const candidate of same) meetings.push([candidate, first, other]);
  }
  const byRun = Map.groupBy(meetings.flat(), ({ run }) => run); // to find a line an Input is parsed
  const locations = new Map([...byRun.values()].flat().map((secret) => [secret, placeOf(secret)]));
  for (const meeting of meetings)
    cached(conflicts, meeting[0].run, () => []).push(conflictOf(...meeting, (secret) => locations.get(secret)));
  return { left, conflicts };
}

/**
 * Steps of kpt over one package, or over packages in each other, follow each other, and each gets what those before made: of a Secret that
 * all make alike the first counts, in the innermost package, and the others, which keep it, are `left` out. What differs, or may be kept
 * from a step, or is read by one, only kpt knows.
 */
function joinSteps(all: readonly SecretOfRun[], isPreview: boolean): JoinResult {
  const left = new Set<Decision>();
  const conflicts = new Map<FunctionRun, Finding[]>();
  const topOf = topsOf(all);
  for (const joined of Map.groupBy(all, topOf).values()) {
    const reads = joined.flatMap((secret) => secret.decision.job.reads.map((read) => ({ ...read, secret })));
    const readersOf = Map.groupBy(reads, ({ object }) => objectKey(object));
    for (const [key, same] of Map.groupBy(joined, ({ decision }) => keyOfSecret(decision.job.target))) {
      const readers = readersOf.get(key) ?? [];
      const both = [...same, ...readers.map(({ secret }) => secret)];
      const runs = new Set(both.map(({ run }) => run));
      if (runs.size < 2) continue;
      const outer = both.reduce((outermost, next) => (pathOf(next) <= pathOf(outermost) ? next : outermost));
      const kinds = new Set(same.map((secret) => JSON.stringify([secret.place.real, kindOf(secret)])));
      const isAlike = kinds.size === 1 && readers.length === 0 && !same.some(({ run }) => run.hasSelectors);
      if (isAlike) {
        const first = same.reduce((before, next) => (pathOf(next) > pathOf(before) ? next : before));
        for (const { decision } of same) if (decision !== first.decision) left.add(decision);
        continue;
      }
      const refusals = severalSteps({ ...outer, decision: (same[0] ?? outer).decision }, isPreview);
      for (const run of runs) conflicts.set(run, refusals);
    }
  }
  return { left, conflicts };
}

/** Refuses an encrypted Secret that would have a file with one of another run. */
function sealedTogether(secrets: readonly SecretOfRun[]): Map<FunctionRun, Finding[]> {
  const inFiles = secrets.filter(({ run, file }) => run.host === 'kpt' || file !== undefined);
  const places = [...Map.groupBy(inFiles, ({ place }) => place.real).values()].filter(
    (together) => new Set(together.map(({ decision }) => keyOfSecret(decision.job.target))).size > 1,
  );
  const sealed = places.flat().filter(({ decision }) => decision.job.form.recipients !== undefined);
  const byRun = Map.groupBy(sealed, ({ run }) => run);
  const refuse = (secret: SecretOfRun) => ({
    ...sealedInShared(secret.decision.job, secret.place.shown),
    ...defined({ location: placeOf(secret) }),
  });
  return new Map([...byRun].map(([run, all]) => [run, all.map(refuse)]));
}

/** The path of a run's package. */
const pathOf = ({ run }: Pick<SecretOfRun, 'run'>) => join(resolve(run.folder), '/');

/** Finds the outermost package around each. */
function topsOf(all: readonly Pick<SecretOfRun, 'run'>[]) {
  const tops = new Map<string, string>();
  let top: string | undefined;
  for (const path of [...new Set(all.map(pathOf))].toSorted()) {
    if (top === undefined || !path.startsWith(top)) top = path; // what is in a folder comes right behind it
    tops.set(path, top);
  }
  return (of: Pick<SecretOfRun, 'run'>) => tops.get(pathOf(of));
}

/** What keeps runs of kpt from being rendered: an error in another one, since kpt renders all of a package with those in it, or nothing. */
export function keptBack(
  decided: readonly { readonly run: FunctionRun; readonly isFaulty: boolean }[],
  isPreview: boolean,
): JoinResult['conflicts'] {
  const kptRuns = decided.filter(({ run }) => run.host === 'kpt');
  const back: JoinResult['conflicts'] = new Map();
  for (const together of Map.groupBy(kptRuns, topsOf(kptRuns)).values()) {
    const faulty = together.find(({ isFaulty }) => isFaulty);
    if (faulty === undefined) continue;
    const what = say`kpt renders all of a package or nothing, and in ${quoted(faulty.run.folder)} is an error`;
    for (const sound of together.filter(({ isFaulty }) => !isFaulty))
      back.set(sound.run, tellDoubts([{ what, folder: sound.run.folder, host: 'kpt' }], isPreview, ' -o unwrap'));
  }
  return back;
}

/** What is asked for a Secret: the next step finds it and keeps it, if this is the same. */
function kindOf({ decision: { job, verdict } }: SecretOfRun) {
  return [objectKey(job.requester), job.specHash(), verdict?.do];
}

/** Several steps make a Secret, or read it, and kpt alone knows which of them. */
function severalSteps(secret: SecretOfRun, isPreview: boolean): Finding[] {
  const what = say`several steps make or read ${theObject(secretObject(secret.decision.job.target))}, not alike, or selectors may keep it from one`;
  const { folder } = secret.run;
  return tellDoubts([{ what, folder, host: 'kpt' }], isPreview, secret.file === undefined ? ' -o unwrap' : '');
}

/** A Secret, and two of those that are the same. */
type Meeting = readonly [candidate: SecretOfRun, first: SecretOfRun, other: SecretOfRun];

const placeOf = ({ run, decision }: SecretOfRun) =>
  locationOf(run, { object: decision.job.requester, field: 'metadata.name' });

/** Why the Secret of `candidate`, which is among several that are the same, is not made. */
function conflictOf(...[candidate, first, other, locationIn]: [...Meeting, typeof placeOf]): Finding {
  const secret = describeObject(secretObject(inEnd(candidate)));
  if (first.file !== undefined) {
    const both = `those of ${quote(folderOf(first.run))} and ${quote(folderOf(other.run))} both make ${secret}`;
    return unwritable(first.file, `two runs are for it: ${both}`, 'Leave one out; neither was written');
  }
  const another = candidate === first ? other : first;
  const [location, elsewhere] = [candidate, another].map(locationIn);
  const from = `from ${quote(elsewhere?.file ?? '')}, line ${elsewhere?.line}`;
  const cause = `${quote(folderOf(another.run))} makes it too, ${from}, and it cannot be known which one is meant`;
  const cure = 'Give them different names or namespaces, or render them one by one';
  return finding('TARGET_CONFLICT', `cannot print ${secret}: ${cause}. ${cure}.`, defined({ location }));
}

/**
 * What Secrets of one build of kustomize would have one name in the end, as kustomize refuses to build that. Transformers follow each
 * other: the next one finds the Secret of the one before, and keeps it where both ask for the same; the others are `left` out then. Where
 * they do not, AWS is asked for both, and only kustomize knows what becomes of it.
 */
function joinBuilds(built: readonly SecretOfRun[], isPreview: boolean): JoinResult {
  const left = new Set<Decision>();
  const conflicts = new Map<FunctionRun, Finding[]>();
  const originally = ({ run, decision: { job } }: SecretOfRun) =>
    JSON.stringify([run.folder, idOf(secretObject(job.target))]);
  const byName = Map.groupBy(built, originally);
  for (const candidate of built) {
    const { former } = candidate.run.after;
    const others = former?.size ? byName.get(originally(candidate))?.filter(({ run }) => former.has(run.start)) : [];
    if (isMadeToo(candidate) || others?.length)
      for (const { run } of [candidate, ...(others ?? [])]) conflicts.set(run, [sameName(candidate)]);
  }
  for (const same of Map.groupBy(built, (candidate) =>
    JSON.stringify([candidate.run.folder, idOf(secretObject(inEnd(candidate)))]),
  ).values()) {
    const [first, ...others] = same;
    if (first === undefined || others.length === 0) continue;
    const follow = new Set(same.map(({ run }) => run)).size === same.length && same.every(({ run }) => run.names);
    const kinds = same.map((secret) => {
      const { run, decision } = secret;
      return JSON.stringify([keyOfSecret(decision.job.target), run.after.change, decision.job.form, kindOf(secret)]);
    });
    if (follow && new Set(kinds).size === 1) for (const { decision } of others) left.add(decision);
    else {
      const what = say`several transformers make ${theObject(secretObject(inEnd(first)))}, not alike, or kustomize changes it between them`;
      const conflict = follow
        ? tellDoubts([{ what, folder: first.run.folder, host: 'kustomize' }], isPreview, '')
        : [sameName(first)];
      for (const { run } of same) conflicts.set(run, conflict);
    }
  }
  return { left, conflicts };
}

/** True where kustomize has another Secret of that name, and neither is to change the other. */
function isMadeToo(candidate: SecretOfRun): boolean {
  const { run, decision } = candidate;
  const { annotations, form, target } = decision.job;
  const adds = run.byKey.has(keyOfSecret(target)) || run.names?.makes(secretObject(target)); // the second is told as a doubt
  const changes = form.merge === undefined ? run.names === undefined && changesAnother(annotations) : adds;
  return changes !== true && run.after.hasOther?.(target) === true;
}

function sameName(candidate: SecretOfRun): Finding {
  const { run, decision } = candidate;
  const secret = describeObject(secretObject(inEnd(candidate)));
  const maker = describeObject(decision.job.requester);
  const text = `cannot build ${quote(run.folder)}: kustomize gives the Secret of ${maker} the name of another one, ${secret}. Rename one, or leave it out.`;
  return finding('TARGET_CONFLICT', text, defined({ location: locationOf(run, { object: decision.job.requester }) }));
}

/** The folder of the pipeline that starts a run: of kustomize that of the base, since anybody may include it beside his own. */
function folderOf({ folder, start }: FunctionRun): string {
  return start?.folder ?? folder;
}
