import { basename, dirname, isAbsolute } from 'node:path';
import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import type { ObjectRef } from '../findings/say.ts';
import { foldersAbove } from '../hosts/folders.ts';
import { isOurs, type Step, stepsOf } from '../hosts/kpt-steps.ts';
import { parseDocuments } from '../krm/documents.ts';
import { type Item, itemKey } from '../krm/item.ts';
import { printBlock } from '../krm/print.ts';
import { asksForSecret } from '../model/kinds.ts';
import { join, normalize } from '../model/paths.ts';
import { cached, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { type AllManifests, isBelow } from './function-run.ts';
import { locationOfField } from './kustomize-edits.ts';
import type { PipelineFile } from './pipelines.ts';
import { documentsOf, type FileItem, hasGenerators, type ManifestFile } from './read-manifests.ts';

/** What kpt sends to a step. What is wrong with it, or an item that cannot be read for it, refuses its own package and no other. */
export function sentTo(step: Step, kptfile: PipelineFile, there: AllManifests) {
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

/** What is wrong with the options of a package's steps, others' too: kpt renders none of the packages around them either. */
export function faultsOfConfigs(kptfile: PipelineFile, there: AllManifests): Finding[] {
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
  const [first, second] = documentsOf(file);
  if (first === undefined) return hasNone(kptfile, path);
  return second === undefined && (first.start === 0 || path === normalize(path)) // else kpt reads the empty document before it
    ? undefined
    : `names ${quote(path)}, and kpt wants a file with one object. Put the Input into a file of its own`;
}

/** Many steps may name one file. */
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
