import { basename, dirname, isAbsolute, join } from 'node:path';
import { FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { checkStarts, functionName, READ_STARTS, type Step, startsToRun, stepsOf } from '../hosts/kpt-steps.ts';
import { parseDocuments } from '../krm/documents.ts';
import type { Item } from '../krm/item.ts';
import { printBlock } from '../krm/print.ts';
import { isKptfile, isSpec } from '../model/kinds.ts';
import { cached, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { overspent, sizeOf } from '../model/run-limits.ts';
import { type AllManifests, type HostRun, isBelow, type Kptfile, locationIn, toRun } from './function-run.ts';
import { type FileItem, hasGenerators } from './read-manifests.ts';

/** The Kptfiles among the items. */
export function kptfilesOf(all: readonly FileItem[]): Kptfile[] {
  return all
    .filter(({ item, file }) => basename(file.real) === 'Kptfile' && isKptfile(item))
    .map(({ item, file }) => ({ item, file, value: item.toJS() }));
}

/** kpt runs a step over the resources of its package and of the subpackages (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go). */
export function kptRuns(all: readonly Kptfile[], there: AllManifests, throwIfExpired: () => void) {
  const { files, at } = there;
  const byItem = new Map(all.map((kptfile) => [kptfile.item, kptfile]));
  const costOf = costs(byItem, there);
  const tooMuch = overspent(all, there, (kptfile) => {
    throwIfExpired();
    return costOf(kptfile);
  });
  const refused = [...tooMuch].map(({ file, item }) => {
    const cause =
      'its steps, each with all manifests, selectors and options, take more work than is left for one package';
    const message = `cannot run this pipeline: ${cause}. Leave out steps or selectors, or split the package.`;
    return { file, finding: finding('LIMIT_EXCEEDED', message, { location: locationIn(file, item, 'pipeline') }) };
  });
  const kptfiles = all.filter((kptfile) => !tooMuch.has(kptfile));
  const hosted = kptfiles.flatMap((kptfile) => {
    throwIfExpired();
    const steps = stepsOf(kptfile);
    if (steps.length === 0) return [];
    const folder = dirname(kptfile.file.real);
    const inPackage = at(folder).filter(({ file }) => file.isIgnored !== true);
    const reach = new Set([folder]);
    const tooMany = checkStarts(steps.length, () => locationIn(kptfile.file, kptfile.item, 'pipeline'));
    return startsToRun(steps).map((step): HostRun => {
      throwIfExpired();
      const { items, findings, config } = sentTo(step, kptfile, inPackage);
      const kpt = { step, kptfile, inPackage, kptfiles: byItem };
      const about = { folder: dirname(kptfile.file.shown), host: 'kpt', files, config, kpt } as const;
      const run = toRun({ ...about, findings: [...tooMany, ...findings] }, items);
      return { run, reach, claimed: inPackage };
    });
  });
  return { hosted, kptfiles, refused };
}

/** Cost of telling what another function's step does to an object, in characters that are handed to a run. */
const STEP = 3;
/** Cost of looking for setters, for each character of the objects. */
const SETTER = 1 / 8;

const STEPS = new WeakMap<Kptfile, readonly Step[]>();

/** True for a step that may change nothing but the lines that name a setter. */
export function findsSetters({ how }: Step): boolean {
  return functionName(how) === 'apply-setters';
}

/** All steps, other functions' too. */
export function allSteps(of: Kptfile): readonly Step[] {
  return cached(STEPS, of, () => stepsOf(of, () => true));
}

/**
 * What the steps of a package are handed: each gets its options and all manifests, and each selector is compared with each of them. For
 * each it is told what the steps of other functions do. Packages around another one, and a larger share, ask for the same again.
 */
function costs(byItem: ReadonlyMap<Item, Kptfile>, { at, costAt }: AllManifests) {
  const sizes = new Map<unknown, number>(); // aliases may repeat what is large
  const size = (value: unknown) => cached(sizes, value, sizeOf);
  const selectorsOf = ({ value }: Step) => size(valueAt(value, ['selectors'])) + size(valueAt(value, ['exclude']));
  const ofOwnSteps = new Map<Kptfile, number>();
  const tellOwnSteps = (of: Kptfile) => {
    const inPackage = at(dirname(of.file.real));
    const characters = once(() => inPackage.reduce((all, { item: { range } }) => all + range[1] - range[0], 0));
    return allSteps(of).reduce(
      (all, step) =>
        all + inPackage.length * (STEP + selectorsOf(step)) + (findsSetters(step) ? SETTER * characters() : 0),
      0,
    );
  };
  const cache = new Map<Kptfile, number>();
  const costOf = (kptfile: Kptfile) => {
    const folder = dirname(kptfile.file.real);
    const steps = stepsOf(kptfile);
    if (steps.length === 0 || steps.length === READ_STARTS) return 0; // refused without a look at its manifests
    const inPackage = at(folder);
    const others = inPackage.reduce((sum, { item }) => {
      const of = byItem.get(item);
      return of === undefined ? sum : sum + cached(ofOwnSteps, of, tellOwnSteps);
    }, 0);
    return steps.reduce((sum, step) => {
      const { value } = step;
      const path = textAt(value, ['configPath']);
      const options = path === undefined ? 50 * size(valueAt(value, ['configMap'])) : costAt(join(folder, path));
      return sum + costAt(folder) + inPackage.length * selectorsOf(step) + options + others;
    }, 0);
  };
  return (kptfile: Kptfile) => cached(cache, kptfile, costOf);
}

/** What kpt sends to a step. What is wrong with it, or an item that cannot be read for it, refuses its own package and no other. */
function sentTo(step: Step, kptfile: Kptfile, inPackage: readonly FileItem[]) {
  const hasSpec = (some: readonly FileItem[]) => some.some(({ item }) => isSpec(item));
  try {
    const config = configOf(step, kptfile, inPackage);
    const others = inPackage.filter(({ item }) => item !== config?.item);
    const items = others.filter(({ item }) => isSelected(item, step));
    const hasOwn = config !== undefined && (hasSpec([config]) || hasGenerators(config.item));
    if (hasOwn || hasSpec(items) || !hasSpec(others)) return { config, items, findings: [] };
    const message = `\`${step.field}\` gets no generator: its \`selectors\` and \`exclude\` leave out every generator of the package. Correct them.`;
    const location = locationIn(kptfile.file, kptfile.item, step.field);
    return { config, items, findings: [finding('GENERATOR_NONE', message, { location })] };
  } catch (error) {
    if (error instanceof FindingError) return { config: undefined, items: inPackage, findings: [error.finding] };
    throw error;
  }
}

/**
 * The functionConfig of a step: the object of a file in its package, or a ConfigMap of its values.
 * @throws FindingError when `configPath` names none.
 */
function configOf({ field, value }: Step, { file: kptfile, item }: Kptfile, inPackage: readonly FileItem[]) {
  const path = valueAt(value, ['configPath']);
  const data = valueAt(value, ['configMap']);
  const refuse = (cause: string) => {
    const message = `cannot read the functionConfig of \`${field}\`: \`configPath\` ${cause}.`;
    const location = locationIn(kptfile, item, `${field}.configPath`);
    return new FindingError(finding('FUNCTION_CONFIG_INVALID', message, { location }));
  };
  if (path !== undefined) {
    if (typeof path !== 'string') throw refuse('is not a string. Name the file of the Input');
    const folder = dirname(kptfile.real);
    const real = join(folder, path);
    if (isAbsolute(path) || !isBelow(folder, real))
      throw refuse(`names ${quote(path)}, and kpt reads none outside of the package. Put the Input into it`);
    const config = inPackage.find(({ file }) => file.real === real);
    if (config !== undefined) return config;
    const shown = join(dirname(kptfile.shown), path);
    throw refuse(`names ${quote(shown)}, which has no Input. Correct the path, or add the file`);
  }
  if (data === undefined) return undefined;
  const text = printBlock({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'function-input' }, data });
  const file = { ...kptfile, text, items: parseDocuments(text, kptfile.shown) };
  const [made] = file.items;
  return made && { item: made, file };
}

/** True for an item that kpt sends to a step: `selectors` and `exclude` compare whole values. */
export function isSelected(item: Item, { value }: Step): boolean {
  const selectors = listAt(value, ['selectors']);
  const fits = (selector: unknown) =>
    Object.entries(Object(selector)).every(([part, is]) => isEqualPart(item, part, is));
  return (selectors.length === 0 || selectors.some(fits)) && !listAt(value, ['exclude']).some(fits);
}

function isEqualPart({ object, apiVersion, kind, toJS }: Item, part: string, is: unknown): boolean {
  if (part === 'labels' || part === 'annotations') {
    return Object.entries(Object(is)).every(([key, value]) => textAt(toJS(), ['metadata', part, key]) === value);
  }
  return { apiVersion, kind, name: object?.name, namespace: object?.namespace ?? '' }[part] === is;
}
