import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { checkStarts, READ_STARTS, type Step, stepsOf } from '../hosts/kpt-steps.ts';
import { itemKey } from '../krm/item.ts';
import { asksForSecret } from '../model/kinds.ts';
import { cached, once, valueAt } from '../model/plain-data.ts';
import { sizeOf } from '../model/run-limits.ts';
import type { Doubt } from './doubts.ts';
import { type AllManifests, type HostRun, toRun } from './function-run.ts';
import { overspent } from './handed-over.ts';
import {
  doubtAt,
  doubtsOf,
  doubtsOfStarts,
  doubtsOfWhole,
  mutatorsOf,
  type Packages,
  packagesOf,
  selectorsOf,
} from './kpt-changes.ts';
import { faultsOfFiles, type KptFiles } from './kpt-files.ts';
import { faultsOfConfigs, sentTo } from './kpt-sent.ts';
import { locationOfField } from './kustomize-edits.ts';
import type { PipelineFile } from './pipelines.ts';
import type { FileItem } from './read-manifests.ts';

/**
 * kpt runs a step over the resources of its package and of the subpackages (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go).
 * `unstarted`: what only kpt knows of packages, by folder, in which no step surely starts this function, and others may.
 */
export function kptRuns(all: readonly PipelineFile[], kpt: KptFiles, throwIfExpired: () => void) {
  const packages = packagesOf(all);
  const tooMuch = overspent(all, kpt.there, costs(packages, kpt.there));
  const refused = all.flatMap((kptfile) => tooLarge(kptfile, tooMuch.has(kptfile)));
  const refusedFiles = new Set<unknown>(refused.map(({ file }) => file));
  const isSmall = ({ file }: PipelineFile) => !refusedFiles.has(file);
  const kptfiles = all.filter(isSmall);
  const runsOf = newRuns(packages, kpt, isSmall, throwIfExpired);
  const hosted = kptfiles.flatMap(runsOf);
  return { hosted, kptfiles, refused, unstarted: unstartedIn(kptfiles, kpt, hosted) };
}

/** What refuses a package whose steps are too many, or have too much to do. */
function tooLarge(kptfile: PipelineFile, isTooMuch: boolean) {
  const location = () => locationOfField(kptfile, 'pipeline');
  const cause =
    'its steps, each with all manifests, selectors and options, take more work than is left for one package';
  const message = `cannot run this pipeline: ${cause}. Leave out steps or selectors, or split the package.`;
  const work = isTooMuch ? [finding('LIMIT_EXCEEDED', message, { location: location() })] : [];
  const findings = [...checkStarts(mutatorsOf(kptfile).length, location), ...work];
  return findings.map((refusal) => ({ file: kptfile.file, finding: refusal }));
}

/** Makes what gives the runs of a package. What several packages ask for is read once. `isSmall`: false for a package that is refused. */
function newRuns(
  packages: Packages,
  kpt: KptFiles,
  isSmall: (kptfile: PipelineFile) => boolean,
  throwIfExpired: () => void,
) {
  const { there } = kpt;
  const sent = new Map<Step, ReturnType<typeof sentTo>>();
  const sentOf = (step: Step, kptfile: PipelineFile) => cached(sent, step, () => sentTo(step, kptfile, there));
  const byStep = new Map<Step, readonly Doubt[]>();
  const doubtsOfStep = (step: Step, kptfile: PipelineFile) =>
    cached(byStep, step, () => doubtsOf({ kptfile, step, ...sentOf(step, kptfile) }, packages, kpt));
  const byPackage = new Map<PipelineFile, readonly Doubt[]>();
  const doubtsOfPackage = (kptfile: PipelineFile) => {
    const read = () => mutatorsOf(kptfile).flatMap((step) => doubtsOfStep(step, kptfile));
    return cached(byPackage, kptfile, read);
  };
  const firstDoubt = (some: readonly PipelineFile[]) =>
    some.values().filter(isSmall).flatMap(doubtsOfPackage).take(1).toArray();
  const faultsOf = (kptfile: PipelineFile) => cached(FAULTS, kptfile, () => faultsOfConfigs(kptfile, there));
  const byTop = new Map<PipelineFile, readonly Doubt[]>();
  const readTop = (top: PipelineFile): readonly Doubt[] => {
    const [real, shown] = [dirname(top.file.real), dirname(top.file.shown)];
    const inside = packages.inside(real);
    const refused = inside.find((inner) => faultsOf(inner).length > 0);
    const doubts = refused ? [doubtAt(refused, 'pipeline', 'kpt refuses a `configPath`')] : firstDoubt(inside);
    if (doubts.length > 0) return doubts.map((doubt) => ({ ...doubt, folder: shown }));
    return mutatorsOf(top).length > 0 ? [] : doubtsOfWhole(top, packages, kpt);
  };
  const doubtsOfTop = (top: PipelineFile | undefined) =>
    top === undefined ? [] : cached(byTop, top, () => readTop(top));
  return (kptfile: PipelineFile): readonly HostRun[] => {
    throwIfExpired();
    const steps = mutatorsOf(kptfile);
    if (steps.length === 0) return [];
    const [folder, shown] = [dirname(kptfile.file.real), dirname(kptfile.file.shown)];
    const [inPackage, reach] = [there.at(folder), new Set([folder])];
    const doubtsAround = once(() => {
      const around = packages.around(folder);
      const inside = firstDoubt(packages.inside(folder)).map((doubt) => ({ ...doubt, folder: shown }));
      return [...firstDoubt(around), ...inside, ...doubtsOfTop(around.at(-1))].slice(0, 1); // kpt renders all, or none
    });
    const configFaults = packages.inside(folder).flatMap(faultsOf);
    const faults = [...configFaults, ...faultsOfFiles(there.filesAt(folder))];
    return steps.map((step) => {
      throwIfExpired();
      const { items, findings, config, leftOut = [] } = sentOf(step, kptfile);
      const stepDoubts = doubtsOfStep(step, kptfile);
      const doubts = stepDoubts.length > 0 ? stepDoubts : doubtsAround();
      const hasSelectors = selectorsOf(step).length > 0;
      const hiddenKeys = once(() => new Set(leftOut.map(({ item }) => itemKey(item))));
      const what = `\`${step.field}\` does not get what is where a Secret of it goes`;
      const hides = (key: string, file?: string) =>
        hiddenKeys().has(key) || (file !== undefined && (hasSelectors || !there.texts.has(file)))
          ? [doubtAt(kptfile, step.field, what)]
          : [];
      const about = { folder: shown, host: 'kpt', files: there.files, config, doubts, hasSelectors, hides } as const;
      return { run: toRun({ ...about, findings: [...faults, ...findings] }, items), reach, claimed: inPackage };
    });
  };
}

const FAULTS = new WeakMap<PipelineFile, readonly Finding[]>();

/** What only kpt knows of packages without a run, by folder. */
function unstartedIn(kptfiles: readonly PipelineFile[], kpt: KptFiles, hosted: readonly HostRun[]) {
  const started = new Set(hosted.flatMap(({ claimed }) => claimed));
  const isLeft = (manifest: FileItem) => asksForSecret(manifest.item) && !started.has(manifest);
  const all = kptfiles.flatMap((kptfile) => {
    if (mutatorsOf(kptfile).length > 0) return [];
    const folder = dirname(kptfile.file.real);
    const hasUnread = kpt.unreadAt(folder, 1).length > 0;
    const doubts = doubtsOfStarts(kptfile, kpt, kpt.there.at(folder).some(isLeft) || hasUnread);
    return doubts === undefined ? [] : [[folder, doubts] as const];
  });
  return new Map(all);
}

/** Cost of telling what another function's step does, and of a part of options, in characters that are handed to a run. */
const [STEP, OPTION] = [3, 50];

/** What the steps of a package are handed: each gets its options and all manifests, and each selector is compared with each of them. */
function costs({ inside, around }: Packages, { countAt, costAt }: AllManifests) {
  const sizes = new Map<unknown, number>(); // aliases may repeat what is large
  const cache = new Map<PipelineFile, number>();
  const costOf = (kptfile: PipelineFile) => {
    const folder = dirname(kptfile.file.real);
    const steps = stepsOf(kptfile);
    if (steps.length === 0 || steps.length === READ_STARTS) return 0; // refused without a look at its manifests
    const others = [...inside(folder), ...around(folder)].reduce((sum, of) => sum + stepsOf(of, () => true).length, 0);
    return steps.reduce((sum, { value }) => {
      const size = (field: string) => cached(sizes, valueAt(value, [field]), sizeOf);
      const comparisons = countAt(folder) * (size('selectors') + size('exclude'));
      return sum + costAt(folder) + comparisons + OPTION * size('configMap') + STEP * others;
    }, 0);
  };
  return (kptfile: PipelineFile) => cached(cache, kptfile, costOf);
}
