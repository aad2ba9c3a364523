import { dirname, resolve } from 'node:path';
import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote, shellPath } from '../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { parseDocuments } from '../krm/documents.ts';
import { BEHAVIOR_ANNOTATION, HASH_ANNOTATION } from '../krm/file-positions.ts';
import type { Item } from '../krm/item.ts';
import type { Job } from '../model/job.ts';
import { coreObject } from '../model/kinds.ts';
import { attempt, cached, defined, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { type AllManifests, type FunctionRun, locationIn, locationOf } from './function-run.ts';
import type { Edit } from './metadata-change.ts';
import { isWritten, type PipelineFile } from './pipelines.ts';

/** Fields that may rename or mark anything, and not only where they stand. */
const CONFIGURATIONS = ['configurations', 'crds', 'buildMetadata'];

/** Fields that make objects, with the kind of these. A transformer gets them without a hash in their names. */
export const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };
/** What makes such an object change one that is there. */
export const CHANGING: readonly unknown[] = ['merge', 'replace'];

type Touches = readonly Edit['mayTouch'][];

/** The edits of a kustomization. They are made once they are asked for: very many entries may name one patch of very many objects. */
interface Edits {
  readonly count: number;
  readonly all: () => readonly Edit[];
}

const KNOWN = new WeakMap<PipelineFile, Edits>();
const ANYTHING: Touches = [() => true];

/**
 * What may change objects by other means than those of `Change`, other transformers and components aside. A patch of several objects is
 * several edits, and so are the targets of a replacement: each is compared with all that stands, and counted.
 */
export function editsOf(by: PipelineFile, there: AllManifests): Edits {
  return cached(KNOWN, by, () => {
    const { value, file } = by;
    const edit = (field: string, touches = ANYTHING) => ({ field, touches });
    const listed = (field: string, touchesOf: (entry: unknown) => Touches) =>
      listAt(value, [field]).map((entry) => edit(field, touchesOf(entry)));
    const bodies = new Map<unknown, Touches>(); // aliases may repeat what is large
    const ofBody = (text: unknown) => cached(bodies, text, () => touchesIn(text, file, there));
    const isSet = (field: string) => valueAt(value, [field]) !== undefined;
    const labels = listAt(value, ['labels']).some((entry) => listAt(entry, ['fields']).length > 0) ? ['labels'] : [];
    const entries = [
      ...[...CONFIGURATIONS.filter(isSet), ...labels].map((field) => edit(field)),
      ...listed('patches', (entry) => {
        const target = valueAt(entry, ['target']);
        return target === undefined
          ? ofBody(textAt(entry, ['patch']) ?? valueAt(entry, ['path']))
          : [touchesSelected(target)];
      }),
      ...Object.entries(MADE).flatMap(([field, kind]) =>
        listAt(value, [field])
          .filter((entry) => CHANGING.includes(valueAt(entry, ['behavior'])))
          .map((entry) => edit(field, [touchesNamed(coreObject(kind, { name: textAt(entry, ['name']) ?? '' }))])),
      ),
      ...listed('patchesStrategicMerge', ofBody),
      ...listed('patchesJson6902', (entry) => [touchesSelected(valueAt(entry, ['target']))]),
      ...listed('replacements', (entry) => {
        const targets = listAt(entry, ['targets']);
        return targets.length === 0 ? ANYTHING : targets.map((target) => touchesSelected(valueAt(target, ['select'])));
      }),
    ];
    return {
      count: entries.reduce((sum, { touches }) => sum + touches.length, 0),
      all: once(() => entries.flatMap(({ field, touches }) => touches.map((mayTouch) => ({ field, by, mayTouch })))),
    };
  });
}

/** The files with patches of a kustomization. */
export function patchFiles({ file, value }: PipelineFile): readonly string[] {
  const paths = listAt(value, ['patches']).map((entry) => valueAt(entry, ['path']));
  return [...paths, ...listAt(value, ['patchesStrategicMerge'])].flatMap((path) =>
    typeof path === 'string' && !isWritten(path) ? [resolve(dirname(file.real), path)] : [],
  );
}

/** Those of the files of patches, which kustomizations share. */
const OF_FILES = new WeakMap<ReturnType<AllManifests['at']>, Touches>();

/** What a patch touches: it is written in the kustomization, or in a file; anything where that was not read. */
function touchesIn(text: unknown, file: PipelineFile['file'], { at, paths }: AllManifests): Touches {
  if (typeof text !== 'string') return ANYTHING;
  const path = resolve(dirname(file.real), text);
  if (!isWritten(text))
    return paths.has(path)
      ? cached(OF_FILES, at(path), (items) => touchesAll(items.map(({ item }) => item)))
      : ANYTHING;
  return attempt(() => touchesAll(parseDocuments(text, file.shown))) ?? ANYTHING;
}

function touchesAll(patches: readonly Pick<Item, 'object'>[]): Touches {
  return patches.length === 0 ? [() => false] : patches.map(({ object }) => touchesNamed(object)); // none: no object that is read
}

/** A strategic merge patch names its object by any name that it had on the way. One of other kinds has no item. */
function touchesNamed(patch: ObjectRef | undefined): Edit['mayTouch'] {
  if (patch === undefined) return () => true;
  const { name, kind, apiVersion } = patch;
  return (written, now) => {
    const isName = now === undefined || name === written.name || (now.includes(name) && name.includes(written.name));
    return isName && kind === written.kind && groupOf(apiVersion) === groupOf(written.apiVersion);
  };
}

/** A selector compares regular expressions with the name that is written, and with the one by then. Others than lists of words may mean anything. */
function touchesSelected(selector: unknown): Edit['mayTouch'] {
  const [kind, group, name] = ['kind', 'group', 'name'].map((part) => {
    const pattern = textAt(selector, [part]);
    if (!pattern || pattern.length > LONGEST || !/^[\w.-]+(?:\|[\w.-]+)*$/.test(pattern)) return /^/;
    return new RegExp(`^(?:${pattern})$`);
  }) as [RegExp, RegExp, RegExp]; // as many as there are names
  return (written, now) =>
    kind.test(written.kind) &&
    group.test(groupOf(written.apiVersion)) &&
    (now === undefined || name.test(written.name) || name.test(now));
}
/** The most characters of a pattern that is compared with names. */
const LONGEST = 200;

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

/** Many objects may be about the same field, and to find its line the file is parsed. */
const LOCATIONS = new WeakMap<PipelineFile['file'], Map<string, SourceLocation>>();

/** Where a field of a kustomization is written. */
export function locationOfField({ file }: Pick<PipelineFile, 'file'>, field: string): SourceLocation {
  const end = file.text.length;
  const locations = cached(LOCATIONS, file, () => new Map<string, SourceLocation>());
  return cached(locations, field, () => locationIn(file, { text: file.text, range: [0, end, end] }, field));
}

/** The host's command for a kustomization. */
export function buildCommand(folder: string, mode = ''): string {
  return `\`${mode && `STS_FUNCTION_MODE=${mode} `}kustomize build --enable-alpha-plugins --enable-exec ${shellPath(folder)}\``;
}

export function inCode(fields: readonly string[]): string {
  return [...new Set(fields)].map((field) => `\`${field}\``).join(', ');
}

/** Says what a plan from files leaves out of what kustomize changes before the function, or in its Secret. */
export function tellLeftOut(edits: readonly Edit[], folder: string, isBefore: boolean): Finding[] {
  const [what, exact] = isBefore
    ? ['change', `Run ${buildCommand(folder, 'plan')} to plan with them`]
    : ['change in the Secret', `Run ${buildCommand(folder, 'placeholder')} to see that`];
  return inFiles(edits).map(({ fields }) => finding('PLAN', `the plan leaves out what ${fields} ${what}. ${exact}.`));
}

/** Refuses to render what only kustomize can. */
export function refuseEdits(edits: readonly Edit[], folder: string): Finding[] {
  return inFiles(edits).map(({ by, first, fields }) => {
    const cause = `only kustomize knows what ${fields} may change`;
    const message = `cannot render ${quote(folder)}: ${cause}. Run ${buildCommand(folder)}.`;
    return finding('HOST_NEEDED', message, { location: locationOfField(by, first) });
  });
}

/** The fields of each kustomization, once each, and the first of them. */
function inFiles(edits: readonly Edit[]) {
  return [...Map.groupBy(edits, ({ by }) => by)].map(([by, own]) => {
    const fields = own.map(({ field }) => field);
    return { by, first: fields[0] ?? '', fields: `${inCode(fields)} of ${quote(by.file.shown)}` };
  });
}

/** True where kustomize adds a hash to the name of a generated Secret: it reads the annotation as Go's `strconv.ParseBool`. */
export function needsHash({ [HASH_ANNOTATION]: text = '' }: Readonly<Record<string, string>>): boolean {
  return /^(?:1|t|T|true|True|TRUE)$/.test(text);
}

/** The same of the options that a generator's Secret has for kustomize: a hash in its name, and another Secret that it changes. */
export function tellOptions({ generator, annotations }: Job, run: FunctionRun, isPreview: boolean): Finding[] {
  const isMerged = /^(?:merge|replace)$/.test(annotations[BEHAVIOR_ANNOTATION] ?? '');
  const set = [...(needsHash(annotations) ? [HASH_ANNOTATION] : []), ...(isMerged ? [BEHAVIOR_ANNOTATION] : [])];
  if (set.length === 0) return [];
  const { folder } = run;
  const fields = say`${inCode(set)} of ${theObject(generator)}`;
  if (isPreview) {
    const cure = `Run ${buildCommand(folder, 'placeholder')} to see that`;
    return [finding('PLAN', say`the plan leaves out what ${fields} change in the Secret. ${cure}.`)];
  }
  const message = say`cannot render ${quote(folder)}: only kustomize knows what ${fields} may change. Run ${buildCommand(folder)}.`;
  return [finding('HOST_NEEDED', message, defined({ location: locationOf(run, { object: generator }) }))];
}
