import { dirname } from 'node:path';
import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { nearestAbove } from '../hosts/folders.ts';
import { isHandedOnOtherwise } from '../krm/check-spelling.ts';
import { itemKey } from '../krm/item.ts';
import type { ObjectNeed } from '../model/job.ts';
import { CONFIG_MAP_KIND, identify, keyOfSecret, objectKey, secretObject } from '../model/kinds.ts';
import { cached, defined, reached, textAt } from '../model/plain-data.ts';
import type { WorkBudget } from '../model/run-limits.ts';
import type { Draft } from '../planner/draft.ts';
import { type Doubt, MOST_DOUBTS, tellDoubts } from './doubts.ts';
import type { UnreadableFile } from './find-files.ts';
import { type AllManifests, type FunctionRun, type HostRun, locationIn, objectsOf, toRun } from './function-run.ts';
import { shares } from './handed-over.ts';
import { build } from './kustomize-build.ts';
import { type Contents, contentsOf, unreadIn } from './kustomize-contents.ts';
import { doubtsOfEdits, doubtsOfOptions, locationOfField, patchFiles } from './kustomize-edits.ts';
import { namesFor } from './kustomize-starts.ts';
import { changedItem, type Edit, renamed, sizeOfEdits, type Target } from './metadata-change.ts';
import { BASES, entriesOf, includesOf, type PipelineFile, STARTING, VALIDATORS } from './pipelines.ts';
import type { FileItem, ManifestFile } from './read-manifests.ts';

/**
 * The runs of kustomizations that no other one includes: one that is included is built through the others. `refused`: those that kustomize
 * does not build and those that would take too much work. `sound`: those that can be built, and what they include; `left`: all others,
 * and what one that is refused includes: nothing builds them by themselves. `unproven`: what may start this function in a folder, where
 * nothing surely does.
 */
export function kustomizeRuns(
  kustomizations: readonly PipelineFile[],
  there: AllManifests,
  throwIfExpired: () => void,
) {
  const { byFolder, basesOf, includersOf } = includesOf(kustomizations);
  const basesInTime = (kustomization: PipelineFile) => {
    throwIfExpired();
    return basesOf(kustomization);
  };
  const isStarting = (by: PipelineFile) =>
    entriesOf(by, [...STARTING, VALIDATORS]).length > 0 || unreadIn(by, byFolder, there).length > 0; // what is elsewhere may
  const starting = new Set(reached(kustomizations.filter(isStarting), includersOf));
  const isIncluded = (by: PipelineFile) => by.file.brought !== undefined || includersOf(by).length > 0;
  const contents = contentsOf(byFolder, there);
  const shareOf = shares(there);
  const faulty = kustomizations.filter((by) => by.isRefused);
  const broken = new Set(reached(faulty, includersOf));
  const soundRoots: PipelineFile[] = [];
  const hosted: HostRun[] = [];
  const refused: UnreadableFile[] = [];
  const unproven = new Map<string, Doubt[]>();
  for (const root of rootsOf(kustomizations, isIncluded, basesInTime, includersOf)) {
    if (broken.has(root)) continue;
    try {
      if (starting.has(root) || isIncluded(root)) {
        const spend = shareOf(() => refuseTooMuch(root));
        const rootRuns = runsOf(root, contents, spend);
        hosted.push(...rootRuns.runs);
        if (rootRuns.runs.length === 0) addUnproven(unproven, root, rootRuns);
      }
      soundRoots.push(root);
    } catch (error) {
      if (!(error instanceof FindingError)) throw error;
      broken.add(root);
      refused.push({ file: root.file, finding: error.finding });
    }
  }
  const sound = new Set(reached(soundRoots, basesInTime));
  const unsound = new Set(reached(broken, basesInTime));
  return {
    ...{ hosted, refused, unproven, idle: [...contents.idle.values()].filter((idle) => idle !== undefined) },
    sound: kustomizations.filter((kustomization) => sound.has(kustomization)),
    left: kustomizations.filter((kustomization) => !sound.has(kustomization) || unsound.has(kustomization)),
  };
}

/** The kustomizations that are built by themselves: those that no other one includes, and of each circle one. */
function* rootsOf(
  kustomizations: readonly PipelineFile[],
  isIncluded: (by: PipelineFile) => boolean,
  basesOf: (by: PipelineFile) => readonly PipelineFile[],
  includersOf: ReturnType<typeof includesOf>['includersOf'],
): Generator<PipelineFile> {
  const tops = kustomizations.filter((by) => !isIncluded(by));
  const covered = new Set(reached(tops, basesOf));
  const isUncovered = (by: PipelineFile) => !covered.has(by);
  yield* tops;
  for (const root of circlesAbove(kustomizations.filter(isUncovered), includersOf)) {
    if (covered.has(root)) continue;
    for (const by of reached([root], (inner) => basesOf(inner).filter(isUncovered))) covered.add(by);
    yield root;
  }
}

/** Notes for each folder and file of a build that starts nothing for sure what may start this function there. */
function addUnproven(unproven: Map<string, Doubt[]>, root: PipelineFile, { built, wide }: ReturnType<typeof runsOf>) {
  const doubts = doubtsOfEdits(wide, 'may start this function', { folder: dirname(root.file.shown) });
  if (doubts.length === 0) return;
  const starting = built.flatMap((by) => entriesOf(by, STARTING));
  for (const path of [...built.map(({ file }) => dirname(file.real)), ...starting.map((entry) => entry.path)]) {
    const noted = cached(unproven, path, () => []);
    noted.push(...doubts.slice(0, MOST_DOUBTS - noted.length)); // very many may include it
  }
}

/** Of each circle above one of `all` a kustomization, which is taken for the root of what the circle includes. */
function circlesAbove(
  all: readonly PipelineFile[],
  includersOf: ReturnType<typeof includesOf>['includersOf'],
): PipelineFile[] {
  const passed = new Set<PipelineFile>();
  return all.flatMap((by) => {
    const path = new Set<PipelineFile>();
    let above: PipelineFile | undefined = by;
    for (; above !== undefined && !passed.has(above); [above] = includersOf(above)) {
      passed.add(above);
      path.add(above);
    }
    return above !== undefined && path.has(above) ? [above] : [];
  });
}

/** The runs of one kustomization. `built`: it, and what it includes. */
function runsOf(root: PipelineFile, contents: Contents, spend: (amount: number) => void) {
  const { there } = contents;
  const { starts, wide, built } = build(root, contents, spend);
  const folders = new Set(built.map(({ file }) => dirname(file.real)));
  const entries = built.flatMap((by) => entriesOf(by, [...BASES, ...STARTING]));
  const reach = new Set([...folders, ...entries.map(({ path }) => path)]);
  const folder = dirname(root.file.shown);
  const isOwn = nearestAbove((above) => folders.has(above) || undefined);
  const patches = [...new Set(built.flatMap(patchFiles))].flatMap(there.at);
  const runs = starts.map((started, index): HostRun => {
    const { start, standing, after } = started;
    const { config } = start;
    const names = start.list === 'generators' ? undefined : namesFor(started);
    const about = { folder, host: 'kustomize', files: there.files, config, start, after, findings: [] } as const;
    const read = standing.flatMap(({ items }) => items);
    const items = standing.flatMap((part) => part.items.map((manifest) => changedItem(manifest, part.change)));
    const claimed = [config, ...read, ...(index === 0 ? patches : [])].filter(({ file }) => isOwn(file.real));
    return { run: toRun({ ...about, ...defined({ names }) }, items), reach, claimed };
  });
  return { runs, built, wide };
}

function refuseTooMuch({ file }: PipelineFile): FindingError {
  const cause =
    'what it builds, again for each object that starts this function, takes more work than is left for one package';
  const message = `cannot build this kustomization: ${cause}. Leave out some of it, or split it.`;
  return new FindingError(finding('LIMIT_EXCEEDED', message, { location: { file: file.shown, line: 1 } }));
}

/**
 * What is said of an object that a run reads and its items lack; undefined where that is not kustomize's doing. It renames objects, and not
 * the references in ours. Where there is a cluster, that one may have the object.
 */
export function explainLack(
  { names, folder, after }: FunctionRun,
  { object, by }: ObjectNeed,
  {
    isPreview,
    hasCluster,
    work,
  }: { readonly isPreview: boolean; readonly hasCluster: boolean; readonly work: WorkBudget },
): Finding[] | undefined {
  if (names === undefined) return undefined;
  const what = say`${theObject(object)} for ${theObject(by)}`;
  if (names.makes(object)) {
    if (isPreview && object.kind !== 'Secret') return []; // of a text a plan has the hash
    const made = say`only kustomize makes ${what}, during a build`;
    const doubts = tellDoubts([{ what: made, folder, host: 'kustomize' }], isPreview, '');
    return doubts.map((left) => ({ ...left, object: by }));
  }
  work.take('edits', 1 + sizeOfEdits(after.edits));
  const edits = isPreview ? after.edits.filter(({ mayTouch }) => mayTouch(object) || mayTouch(by)) : [];
  if (edits.length > 0) {
    const doubts = doubtsOfEdits(edits, say`may add or rename ${what}`, { folder });
    return tellDoubts(doubts, isPreview, '').map((left) => ({ ...left, object: by }));
  }
  const name = names.nameOf(object);
  if (name === undefined || hasCluster) return undefined;
  const cause = `kustomize renames it to ${quote(name)} before the function runs, and does not rename the reference`;
  const cure = `Write \`name: ${shellWord(name)}\` in the reference, or move \`namePrefix\` and \`nameSuffix\` to an overlay`;
  return [finding('REFERENCE_MISSING', say`cannot read ${what}: ${cause}. ${cure}.`, { object: by })];
}

/** What may touch an object, by each name that it is written under. `look` is called before the edits are compared with one of these. */
function editsOn({ names, after }: FunctionRun, object: ObjectRef, look = () => {}): Edit[] {
  const { name } = renamed(object, after.change);
  return [object, ...(names?.writtenAs(object) ?? [])].flatMap((original) => {
    look();
    return after.edits.filter(({ mayTouch }) => mayTouch(original, name));
  });
}

/** True where only the host knows what an object is when the function reads it. */
export function isDoubted(run: FunctionRun, object: ObjectRef): boolean {
  const { host, names, doubts = [], doubtsOf = () => doubts } = run;
  return host === 'kustomize' ? names !== undefined && editsOn(run, object).length > 0 : doubtsOf(object).length > 0;
}

/** Says what only the host knows of a run: what may change what it reads, and its Secrets. */
export function tellUnknown(
  run: FunctionRun,
  { jobs, handled }: Pick<Draft, 'jobs' | 'handled'>,
  { isPreview, work, behind }: { readonly isPreview: boolean; readonly work: WorkBudget; readonly behind: string },
): Finding[] {
  const { names, after, host, folder, doubts = [] } = run;
  if (host !== 'kustomize') return tellDoubts(doubts, isPreview, behind);
  const isLate = names === undefined;
  const look = () => work.take('edits', 1 + sizeOfEdits(after.edits));
  const touching = (objects: readonly ObjectRef[]) => objects.flatMap((object) => editsOn(run, object, look));
  const read = isLate ? [] : [...handled, ...names.specs, ...jobs.flatMap(objectsOf)];
  const targets = jobs.map(({ target }) => secretObject(target));
  const secretEdits = new Set(touching(targets));
  const tooLate = new Map<Edit, ObjectRef>();
  const isTooLate = (edit: Edit, { name }: ObjectRef) => {
    const names = [name, renamed({ name }, after.change).name];
    const isFor = ({ select }: Target) => names.includes(textAt(select, ['name']) ?? ''); // alone
    return !secretEdits.has(edit) && (isLate || (after.late?.has(edit) && edit.targets?.every(isFor))); // others may be for the Secret
  };
  for (const { requester } of isLate || after.late?.size ? jobs : [])
    for (const edit of touching([requester])) if (isTooLate(edit, requester)) tooLate.set(edit, requester);
  const wide = after.edits.filter(({ isWide }) => isWide);
  const edits = new Set([...wide, ...secretEdits, ...touching(read), ...tooLate.keys()]); // kustomize may fail at it
  const may = 'may change what this function reads or makes';
  const editDoubts = doubtsOfEdits([...edits], may, { folder, isLate });
  const unused = [...(isPreview ? tooLate : [])].map(([{ field, by }, requester]) => {
    const message = say`\`${field}\` changes ${theObject(requester)} too late: kustomize has started the function before. Change the generator's own file, or start the function under \`transformers\` of this kustomization alone.`;
    return finding('PATCH_UNUSED', message, { location: locationOfField(by, field) });
  });
  return [
    ...tellDoubts(
      [...editDoubts, ...jobs.flatMap((job) => doubtsOfOptions(job, run)), ...doubtsOfReads(jobs, run)],
      isPreview,
      behind,
    ),
    ...unused,
  ];
}

/** What a run reads of others, or adds to, and kustomize may hand on otherwise. */
function doubtsOfReads(jobs: Draft['jobs'], { byKey, folder, functionConfig, names }: FunctionRun): Doubt[] {
  const targets = jobs.map(({ target }) => keyOfSecret(target));
  const whole = new Set([...targets, ...(functionConfig?.kind === CONFIG_MAP_KIND ? [itemKey(functionConfig)] : [])]);
  const keys = whole.union(new Set(jobs.flatMap(({ reads }) => reads.map(({ object }) => objectKey(object)))));
  const isOtherwise = ({ item, file }: FileItem, isWhole: boolean) => {
    const inFile = cached(OTHERWISE, file, () => new Map<string, boolean>());
    return cached(inFile, `${item.range[0]} ${isWhole}`, () => isHandedOnOtherwise(item, isWhole));
  };
  const items = [...keys].flatMap((key) => (byKey.get(key) ?? []).filter((item) => isOtherwise(item, whole.has(key))));
  const made = jobs.filter(({ form, target }) => form.merge !== undefined && names?.makes(secretObject(target)));
  const about = { folder, host: 'kustomize' } as const;
  const all = [
    ...made.map(({ target, requester }): Doubt => {
      const what = say`only kustomize makes ${theObject(secretObject(target))}, to which ${theObject(requester)} adds`;
      return { ...about, what };
    }),
    ...items.map(({ item, file }): Doubt => {
      const what = say`a number or text in ${theObject(item.object ?? identify(item))} may be another one during a build`;
      return { ...about, what, location: locationIn(file, item) };
    }),
  ];
  return all.slice(0, MOST_DOUBTS);
}

/** Of objects in files by their place: each start of a build may read one. */
const OTHERWISE = new WeakMap<ManifestFile, Map<string, boolean>>();
