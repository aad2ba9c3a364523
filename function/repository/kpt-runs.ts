import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import type { ObjectRef } from '../findings/say.ts';
import { foldersAbove } from '../hosts/folders.ts';
import { checkStarts, isOurs, READ_STARTS, type Step, startsToRun, stepsOf } from '../hosts/kpt-steps.ts';
import { parseDocuments } from '../krm/documents.ts';
import { type Item, itemKey } from '../krm/item.ts';
import { printBlock } from '../krm/print.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { asksForSecret } from '../model/kinds.ts';
import { cached, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { sizeOf } from '../model/run-limits.ts';
import type { Doubt } from './doubts.ts';
import { type AllManifests, type HostRun, isBelow, toRun } from './function-run.ts';
import { overspent } from './handed-over.ts';
import {
  doubtAt,
  doubtsOf,
  doubtsOfStarts,
  isValidator,
  type Packages,
  packagesOf,
  selectorsOf,
} from './kpt-changes.ts';
import { faultsOfFiles, type KptFiles } from './kpt-files.ts';
import { locationOfField } from './kustomize-edits.ts';
import type { PipelineFile } from './pipelines.ts';
import { type FileItem, hasGenerators, type ManifestFile } from './read-manifests.ts';

/**
 * kpt runs a step over the resources of its package and of the subpackages (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go).
 * `unstarted`: what only kpt knows of packages, by folder, in which no step surely starts this function, and others may.
 */
export function kptRuns(all: readonly PipelineFile[], kpt: KptFiles, throwIfExpired: () => void) {
  const { there } = kpt;
  const { files, at } = there;
  const packages = packagesOf(all);
  const tooMuch = overspent(all, there, costs(packages, there));
  const refused = [...tooMuch].map((kptfile) => {
    const cause =
      'its steps, each with all manifests, selectors and options, take more work than is left for one package';
    const message = `cannot run this pipeline: ${cause}. Leave out steps or selectors, or split the package.`;
    const location = locationOfField(kptfile, 'pipeline');
    return { file: kptfile.file, finding: finding('LIMIT_EXCEEDED', message, { location }) };
  });
  const isSmall = (kptfile: PipelineFile) => !tooMuch.has(kptfile);
  const kptfiles = all.filter(isSmall);
  const sent = new Map<Step, ReturnType<typeof sentTo>>();
  const sentOf = (step: Step, kptfile: PipelineFile) => cached(sent, step, () => sentTo(step, kptfile, there));
  const doubtsByStep = new Map<Step, readonly Doubt[]>();
  const doubtsOfStep = (step: Step, kptfile: PipelineFile) =>
    cached(doubtsByStep, step, () => doubtsOf({ kptfile, step, ...sentOf(step, kptfile) }, packages, kpt));
  const doubtsByPackage = new Map<PipelineFile, readonly Doubt[]>();
  const doubtsOfPackage = (kptfile: PipelineFile) =>
    cached(doubtsByPackage, kptfile, () =>
      startsToRun(mutatorsOf(kptfile)).flatMap((step) => doubtsOfStep(step, kptfile)),
    );
  const doubtsIn = (some: readonly PipelineFile[]) =>
    some.values().filter(isSmall).flatMap(doubtsOfPackage).take(1).toArray();
  const hosted = kptfiles.flatMap((kptfile) => {
    throwIfExpired();
    const steps = mutatorsOf(kptfile);
    const folder = dirname(kptfile.file.real);
    const inPackage = at(folder);
    if (steps.length === 0) return [];
    const reach = new Set([folder]);
    const shown = dirname(kptfile.file.shown);
    const otherDoubts = once(() => {
      const [first] = doubtsIn(packages.around(folder)); // kpt renders all, or none
      return first ? [first] : doubtsIn(packages.inside(folder)).map((doubt) => ({ ...doubt, folder: shown }));
    });
    const tooMany = checkStarts(steps.length, () => locationOfField(kptfile, 'pipeline'));
    const configFaults = packages
      .inside(folder)
      .flatMap((inner) => cached(FAULTS, inner, () => faultsOfConfigs(inner, there)));
    const faults = [...configFaults, ...faultsOfFiles(there.filesAt(folder))];
    return startsToRun(steps).map((step): HostRun => {
      throwIfExpired();
      const { items, findings, config, leftOut = [] } = sentOf(step, kptfile);
      const stepDoubts = doubtsOfStep(step, kptfile);
      const doubts = stepDoubts.length > 0 ? stepDoubts : otherDoubts();
      const hasSelectors = selectorsOf(step).length > 0;
      const hiddenKeys = once(() => new Set(leftOut.map(({ item }) => itemKey(item))));
      const what = `\`${step.field}\` does not get what is where a Secret of it goes`;
      const hides = (key: string, file?: string) =>
        hiddenKeys().has(key) || (file !== undefined && (hasSelectors || !there.texts.has(file)))
          ? [doubtAt(kptfile, step.field, what)]
          : [];
      const about = { folder: shown, host: 'kpt', files, config, doubts, hasSelectors, hides } as const;
      const run = toRun({ ...about, findings: [...tooMany, ...faults, ...findings] }, items);
      return { run, reach, claimed: inPackage };
    });
  });
  const started = new Set(hosted.flatMap(({ claimed }) => claimed));
  const unstarted = new Map(
    kptfiles.flatMap((kptfile) => {
      const folder = dirname(kptfile.file.real);
      const isLeft = (manifest: FileItem) => asksForSecret(manifest.item) && !started.has(manifest);
      const hasUnread = kpt.unread.some(({ real }) => isBelow(folder, real));
      const doubts = doubtsOfStarts(kptfile, kpt, at(folder).some(isLeft) || hasUnread);
      return doubts === undefined ? [] : [[folder, doubts]];
    }),
  );
  return { hosted, kptfiles, refused, unstarted };
}

/** The steps that start this function, but for validators: kpt drops what these make. */
const mutatorsOf = (kptfile: PipelineFile) => stepsOf(kptfile).filter((step) => !isValidator(step));

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

/** What kpt sends to a step. What is wrong with it, or an item that cannot be read for it, refuses its own package and no other. */
function sentTo(step: Step, kptfile: PipelineFile, there: AllManifests) {
  const inPackage = there.at(dirname(kptfile.file.real));
  const hasSpec = (some: readonly FileItem[]) => some.some(({ item }) => asksForSecret(item));
  try {
    const config = configOf(step, kptfile, there);
    const others = inPackage.filter(({ item }) => item !== config?.item);
    const { true: items = [], false: leftOut } = Object.groupBy(others, ({ item }) => `${isSelected(item, step)}`);
    const hasOwn = config !== undefined && (hasSpec([config]) || hasGenerators(config.item));
    if (hasOwn || hasSpec(items) || !hasSpec(others)) return { config, items, leftOut, findings: [] };
    const message = `\`${step.field}\` gets no generator: its \`selectors\` and \`exclude\` leave out every generator of the package. Correct them.`;
    const location = locationOfField(kptfile, step.field);
    return { config, items, leftOut, findings: [finding('GENERATOR_NONE', message, { location })] };
  } catch (error) {
    if (error instanceof FindingError) return { config: undefined, items: inPackage, findings: [error.finding] };
    throw error;
  }
}

/** The functionConfig of a step: the object of a file in its package, or a ConfigMap of its values. */
function configOf({ value }: Step, kptfile: PipelineFile, there: AllManifests): FileItem | undefined {
  const path = textAt(value, ['configPath']);
  const data = valueAt(value, ['configMap']);
  if (path)
    return faultOfConfig(path, kptfile, there) === undefined
      ? there.at(join(dirname(kptfile.file.real), path))[0]
      : undefined;
  if (!data) return undefined;
  const text = printBlock({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'function-input' }, data });
  const file = { ...kptfile.file, text, items: parseDocuments(text, kptfile.file.shown) };
  return file.items.map((item) => ({ item, file }))[0];
}

const FAULTS = new WeakMap<PipelineFile, readonly Finding[]>();

/** What is wrong with the options of a package's steps, others' too: kpt renders none of the packages around them either. */
function faultsOfConfigs(kptfile: PipelineFile, there: AllManifests): Finding[] {
  return stepsOf(kptfile, () => true).flatMap(({ field, value, how }) => {
    const path = textAt(value, ['configPath']);
    const isAbsent = path && isOurs(how) && there.at(join(dirname(kptfile.file.real), path)).length === 0;
    const cause = path && (faultOfConfig(path, kptfile, there) ?? (isAbsent ? hasNone(kptfile, path) : undefined));
    if (!cause) return [];
    const message = `cannot read the functionConfig of \`${field}\`: \`configPath\` ${cause}.`;
    const location = locationOfField(kptfile, `${field}.configPath`);
    return [finding('FUNCTION_CONFIG_INVALID', message, { location })];
  });
}

const hasNone = ({ file }: PipelineFile, path: string) =>
  `names ${quote(join(dirname(file.shown), path))}, which has no Input. Correct the path, or add the file`;

/** Why kpt refuses a `configPath` (kptdev/kpt, v1.0.0-beta.61, internal/pkg/pkg.go, ValidatePipeline): it wants one object of the package. */
function faultOfConfig(path: string, kptfile: PipelineFile, { at, filesAt, texts }: AllManifests): string | undefined {
  const folder = dirname(kptfile.file.real);
  const real = join(folder, path);
  if (isAbsolute(path) || !isBelow(folder, real) || normalize(path).includes('..'))
    return `names ${quote(path)}, and kpt reads none outside of the package. Put the Input into it`;
  const file = filesAt(real).find((read) => read.real === real);
  if (file === undefined) return hasNone(kptfile, path);
  if (cached(PACKAGES, file, () => foldersAbove(real).find((above) => texts.has(join(above, 'Kptfile')))) !== folder)
    return `names ${quote(path)}, which is another package's. Put the Input into this one`;
  if (basename(path).startsWith('secret_'))
    return `names ${quote(path)}, where a Secret may go. Give the file another name`;
  const [manifest] = at(real);
  const byKey = cached(BY_KEY, at(folder), (all) => Map.groupBy(all, ({ item }) => itemKey(item)));
  if (manifest && asksForSecret(manifest.item) && byKey.get(itemKey(manifest.item))?.[1])
    return `names ${quote(path)}, whose generator is in another file too. Remove one of the two`;
  const [first, second] = cached(DOCUMENTS, file, ({ text }) => splitDocuments(text));
  return second === undefined && (first?.start === 0 || path === normalize(path)) // else kpt reads the empty document before it
    ? undefined
    : `names ${quote(path)}, and kpt wants a file with one object. Put the Input into a file of its own`;
}

/** Many steps may name one file. */
const DOCUMENTS = new WeakMap<ManifestFile, ReturnType<typeof splitDocuments>>();
const PACKAGES = new WeakMap<ManifestFile, string | undefined>();
const BY_KEY = new WeakMap<readonly FileItem[], ReadonlyMap<string, readonly FileItem[]>>();

/** What of an item selectors compare. */
type SelectedItem = Pick<Item, 'apiVersion' | 'kind' | 'toJS'> & { readonly object?: ObjectRef | undefined };

/** True for an item that kpt sends to a step: `selectors` and `exclude` compare whole values, and none that is empty. */
export function isSelected(item: SelectedItem, { value }: Pick<Step, 'value'>): boolean {
  const selectors = listAt(value, ['selectors']);
  const fits = (selector: unknown) => partsOf(selector).every(([part, is]) => isEqualPart(item, part, is));
  const excludes = listAt(value, ['exclude']).filter((selector) => partsOf(selector).length > 0);
  return (selectors.length === 0 || selectors.some(fits)) && !excludes.some(fits);
}

function partsOf(selector: unknown): [string, unknown][] {
  return Object.entries(Object(selector)).filter(([, is]) =>
    typeof is === 'string' ? is !== '' : Object.keys(Object(is)).length > 0,
  );
}

function isEqualPart({ object, apiVersion, kind, toJS }: SelectedItem, part: string, is: unknown): boolean {
  if (part === 'labels' || part === 'annotations') {
    return Object.entries(Object(is)).every(([key, value]) => textAt(toJS(), ['metadata', part, key]) === value);
  }
  return { apiVersion, kind, name: object?.name, namespace: object?.namespace ?? '' }[part] === is;
}
