import { dirname, join } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellPath } from '../findings/quote.ts';
import { say } from '../findings/say.ts';
import { isOurs, type Step, stepsOf } from '../hosts/kpt-steps.ts';
import { CONFIG_MAP_KIND, isCoreKind, isSpec } from '../model/kinds.ts';
import { cached, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import type { FilePath } from './find-files.ts';
import { type AllManifests, type Doubt, isBelow } from './function-run.ts';
import { locationOfField } from './kustomize-edits.ts';
import type { PipelineFile } from './pipelines.ts';
import type { FileItem, ManifestFile } from './read-manifests.ts';

/**
 * Functions that neither add, remove nor rename an object of ours, where kpt takes them from its catalogue. set-labels may change which
 * entry a generator has, set-image and set-namespace another object as their options say, apply-setters what has its comments
 * (kptdev/krm-functions-catalog, functions/go and contrib/functions).
 */
const CATALOGUE =
  /^(?:gcr\.io\/kpt-fn|ghcr\.io\/kptdev\/krm-functions-catalog)\/(set-labels|set-image|set-namespace|apply-setters|(?:enforce-)?gatekeeper|kube(?:val|conform))(?:[:@]|$)/;

/** Most of what is said of one run. */
const MOST_DOUBTS = 20;

/** What only kpt knows of a run by a step of ours, or of a package without one: a plan says it, and else it is a refusal. */
export function tellDoubts(doubts: readonly Doubt[] | undefined, isPreview: boolean, behind: string): Finding[] {
  return (doubts ?? []).map(({ what, folder, location }) => {
    const command = `kpt fn render ${shellPath(folder)} --allow-exec${behind}`;
    const message = isPreview
      ? say`the plan leaves out that ${what}. Run \`STS_FUNCTION_MODE=plan ${command}\` to plan with it.`
      : say`cannot render this package: ${what}. Run \`${command}\`.`;
    return finding(isPreview ? 'PLAN' : 'HOST_NEEDED', message, location === undefined ? {} : { location });
  });
}

/** The packages at or below a folder, and those around it, the innermost first. */
export interface Packages {
  readonly inside: (folder: string) => readonly PipelineFile[];
  readonly around: (folder: string) => readonly PipelineFile[];
}

/** What kpt reads, and what it would read of links and pipes. */
export interface KptFiles {
  readonly there: AllManifests;
  readonly unread: readonly FilePath[];
}

/** What only kpt knows of a start: what others' steps of its packages and of those around do, and what it reads. */
export function doubtsOf(
  start: { readonly kptfile: PipelineFile; readonly step: Step; readonly config: FileItem | undefined },
  packages: Packages,
  kpt: KptFiles,
): Doubt[] {
  const { kptfile, step } = start;
  const folder = dirname(kptfile.file.shown);
  const at = (field: string, what: string) => ({ what, folder, location: locationOfField(kptfile, field) });
  return [
    ...otherSteps(start, packages, kpt),
    ...(/\benv\s+(?:STS_FUNCTION_TIMEOUT=\S*\s+)*(?!STS_FUNCTION_TIMEOUT)\w+=/.test(textAt(step.value, ['exec']) ?? '')
      ? [at(step.field, `\`${step.field}\` sets variables for this function`)]
      : []),
    ...(mayOverlap(step)
      ? [at(`${step.field}.selectors`, `the selectors of \`${step.field}\` may find an object twice`)]
      : []),
    ...otherFiles(kptfile, kpt),
  ].slice(0, MOST_DOUBTS);
}

/** The same of a package without such a start, in which a step may start this function by another name; undefined where none may. */
export function doubtsOfStarts(kptfile: PipelineFile, kpt: KptFiles): Doubt[] | undefined {
  const [first] = stepsOf(kptfile, (how) => !isOurs(how)).filter((step) => inCatalogue(step) === undefined);
  if (first === undefined || stepsOf(kptfile).length > 0) return undefined;
  const { field } = first;
  const location = locationOfField(kptfile, field);
  const what = `\`${field}\` may start this function`;
  return [{ what, folder: dirname(kptfile.file.shown), location }, ...otherFiles(kptfile, kpt)].slice(0, MOST_DOUBTS);
}

/** The first of others' steps in each package that may change what a start reads or makes, and another order of packages. */
function otherSteps(
  { kptfile, step: ours, config }: Parameters<typeof doubtsOf>[0],
  { inside, around }: Packages,
  { there }: KptFiles,
): Doubt[] {
  const folder = dirname(kptfile.file.shown);
  const doubts: Doubt[] = [];
  const readsLabels = once(() => JSON.stringify([ours.value, config?.item.toJS()]).includes('"labels":'));
  const outer = new Set(around(dirname(kptfile.file.real)));
  for (const of of [...inside(dirname(kptfile.file.real)), ...outer]) {
    if (doubts.length >= MOST_DOUBTS) break;
    const tell = (field: string, what: string) => doubts.push({ what, folder, location: locationOfField(of, field) });
    if (/^true$/i.test(textAt(of.value, ['metadata', 'annotations', BREADTH_FIRST]) ?? ''))
      tell('metadata.annotations', `\`${BREADTH_FIRST}\` changes the order of packages`);
    const mutators = stepsOf(of, () => true).filter(({ field }) => field.startsWith('pipeline.mutators'));
    const isOuter = outer.has(of);
    const index = of === kptfile ? mutators.findIndex(({ field }) => field === ours.field) : -1;
    const harmful = mutators.find((step, number) => {
      const isBefore = !isOuter && (index < 0 || number < index);
      return !isOurs(step.how) && !isHarmless(step, of, { isBefore, readsLabels, there });
    });
    if (harmful !== undefined) tell(harmful.field, `\`${harmful.field}\` may change what this function reads or makes`);
  }
  return doubts;
}

/** What kpt reads and we do not, or kpt perhaps does not. */
function otherFiles(kptfile: PipelineFile, { there, unread }: KptFiles): Doubt[] {
  const folder = dirname(kptfile.file.shown);
  const real = dirname(kptfile.file.real);
  const links = unread.filter((file) => isBelow(real, file.real));
  const [left] = there.at(real).filter(({ file }) => file.isIgnored === 'perhaps');
  return [
    ...links.map(({ shown }) => say`kpt reads ${quote(shown)}, which is a link or no file`),
    ...(left === undefined ? [] : [say`kpt may leave out ${quote(left.file.shown)}, as .krmignore says`]),
  ].map((what) => ({ what, folder }));
}

/** With it kpt renders a package before those inside (kptdev/kpt, v1.0.0-beta.61, internal/util/render/executor.go, hydrateBfsOrder). */
const BREADTH_FIRST = 'kpt.dev/bfs-rendering';

/** True for a step that is a function of kpt's catalogue by its exact name; a program may have any name. */
const inCatalogue = ({ value }: Step) => CATALOGUE.exec(textAt(value, ['image']) ?? '')?.[1];

interface StepContext {
  readonly isBefore: boolean;
  /** True where the start chooses by labels. */
  readonly readsLabels: () => boolean;
  readonly there: AllManifests;
}

/** True for a step that surely leaves our objects as they are. */
function isHarmless(step: Step, of: PipelineFile, { isBefore, readsLabels, there }: StepContext): boolean {
  const { value } = step;
  const name = inCatalogue(step);
  if (name === undefined || mayOverlap({ value })) return false;
  const folder = dirname(of.file.real);
  const path = textAt(value, ['configPath']);
  const [config] = path ? there.at(join(folder, path)).filter(({ item }) => item.kind === CONFIG_MAP_KIND) : [];
  const data = path ? valueAt(config?.item.toJS(), ['data']) : valueAt(value, ['configMap']);
  if (name === 'set-labels') return !isBefore || !readsLabels();
  if (name === 'set-image') return !path;
  if (name === 'apply-setters')
    return cached(KEPT, Object(value), () => {
      const [read, isSmall] = [there.filesAt(folder), JSON.stringify(data ?? '').length < MOST_SETTERS];
      const size = read.reduce((sum, { text }) => sum + text.length, 0);
      return !path && isSmall && size < MOST_WITH_SETTERS && read.every((file) => keepsValues(file, data));
    });
  if (name !== 'set-namespace') return true;
  const to = textAt(data, ['namespace']) || (config?.item.object?.name === CONTEXT && textAt(data, ['name']));
  return isBefore && namespacesIn(folder, there).every((namespace) => namespace !== undefined && namespace === to);
}
const KEPT = new WeakMap<object, boolean>();
/** Most characters that are looked through for setters, and of their values. */
const [MOST_WITH_SETTERS, MOST_SETTERS] = [2 ** 20, 1000];
/** kpt's ConfigMap with the name of the package. */
const CONTEXT = 'kptfile.kpt.dev';

/** True where two selectors may find one object, which kpt sends twice then, and refuses. */
function mayOverlap(step?: Pick<Step, 'value'>): boolean {
  const selectors = listAt(step?.value, ['selectors']);
  const differs = (part: string) => {
    const all = selectors.map((selector) => textAt(selector, [part]) || undefined);
    return !all.includes(undefined) && new Set(all).size === all.length;
  };
  return selectors.length > 1 && !['apiVersion', 'kind', 'name', 'namespace'].some(differs);
}

/** The namespaces of all objects of a package that a run may read. */
function namespacesIn(folder: string, { at }: AllManifests) {
  const ours = at(folder).filter(({ item }) => isSpec(item) || isCoreKind(item.kind ?? ''));
  return ours.flatMap(({ item: { object } }) => (object?.name === CONTEXT ? [] : [object?.namespace]));
}

/** A line with a setter: its key, if it has one, one plain value, and what is set. */
const LINE = /^\s*(?:- +)*(?:([\w./-]+):|-)(?: +(["']?)([^"'\\{}[\]$]*)\2)? +# kpt-set: (.{0,1000})$/;

/** True where each such line keeps its value, or is of an object that is not ours and stays so (functions/go/apply-setters/applysetters). */
function keepsValues({ text, items }: ManifestFile, values: unknown): boolean {
  const lines = text.split(text.includes('kpt-set') ? /\r?\n/ : /$^/).filter((line) => line.includes('kpt-set'));
  return lines.every((line) => {
    const [, key, , value, pattern] = LINE.exec(line) ?? [];
    const made = pattern?.replaceAll(/\$\{([\w.-]+)\}/g, (setter, name) => textAt(values, [name]) ?? setter).trim();
    const isOther = items.length === 0 && key !== 'kind' && key !== 'apiVersion';
    return made !== undefined && (isOther || made === pattern?.trim() || made === value);
  });
}
