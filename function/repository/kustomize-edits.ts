import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote, shellPath } from '../findings/quote.ts';
import { say, theObject } from '../findings/say.ts';
import { BEHAVIOR_ANNOTATION, HASH_ANNOTATION } from '../krm/file-positions.ts';
import type { Job } from '../model/job.ts';
import { cached, defined, listAt, once, valueAt } from '../model/plain-data.ts';
import { type AllManifests, type FunctionRun, locationIn, locationOf } from './function-run.ts';
import { fieldsWith } from './kustomize-fields.ts';
import {
  ANYTHING,
  areOfOthers,
  proofsOf,
  type Touch,
  touchesNamed,
  touchesOfEntry,
  touchesOfPatch,
} from './kustomize-proofs.ts';
import { changeOf, type Edit, isPlainAnnotation } from './metadata-change.ts';
import { isWritten, type PipelineFile, pathIn } from './pipelines.ts';

/** Fields that make objects, with the kind of these. A transformer gets them without a hash in their names. */
export const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };
/** What makes such an object change one that is there. */
export const CHANGING: readonly unknown[] = ['merge', 'replace'];

/** The edits of a kustomization. They are made once they are asked for: very many entries may name one patch of very many objects. */
interface Edits {
  readonly count: number;
  readonly all: () => readonly Edit[];
  /** Those of the whole build. */
  readonly ofBuild: readonly Edit[];
}

const KNOWN = new WeakMap<PipelineFile, Edits>();

/**
 * What may change objects by other means than those of `Change`, other transformers and components aside. A patch of several objects is
 * several edits, and so are the targets of a replacement: each is compared with all that stands, and counted.
 */
export function editsOf(by: PipelineFile, there: AllManifests): Edits {
  return cached(KNOWN, by, () => {
    const { value, file } = by;
    const inFile = (path: unknown) => proofsOf(there, there.texts.get(pathIn(file, String(path))));
    const edit = (field: string, touches: readonly Touch[] = [ANYTHING]) => ({ field, touches });
    const listed = (field: string, of: (entry: unknown) => readonly Touch[]) =>
      listAt(value, [field]).map((entry) => edit(field, of(entry)));
    const patched = (entry: unknown) => {
      const [patch, path] = ['patch', 'path'].map((name) => valueAt(entry, [name]));
      return touchesOfPatch(entry, path === undefined ? proofsOf(there, patch) : inFile(patch ?? path)); // both: no file
    };
    const isSet = (field: string) => valueAt(value, [field]) !== undefined;
    const labels = listAt(value, ['labels']).every((entry) => areOfOthers(valueAt(entry, ['fields']) ?? []));
    const annotations = Object.entries(changeOf(value)?.annotations ?? {}).every(isPlainAnnotation);
    const configured = listAt(value, ['configurations']).every((path) => inFile(path).isOfOtherKinds());
    const entries = [
      ...[...(labels ? [] : ['labels']), ...(annotations ? [] : ['commonAnnotations'])].map((field) => edit(field)),
      ...listed('patches', patched),
      ...Object.entries(MADE).flatMap(([field, kind]) =>
        listAt(value, [field])
          .filter((entry) => CHANGING.includes(valueAt(entry, ['behavior'])))
          .map((entry) => edit(field, [touchesNamed(kind, valueAt(entry, ['name']))])),
      ),
      ...listed('patchesStrategicMerge', (entry) => {
        const written = proofsOf(there, entry);
        return touchesOfPatch({}, written.patches().length > 0 ? written : inFile(entry));
      }),
      ...listed('patchesJson6902', patched),
      ...listed('replacements', (entry) => touchesOfEntry(entry, inFile)),
    ];
    return {
      count: entries.reduce((sum, { touches }) => sum + touches.length, 0),
      all: once(() => entries.flatMap(({ field, touches }) => touches.map((touch) => ({ field, by, ...touch })))),
      ofBuild: fieldsWith('anything')
        .filter((field) => isSet(field) && !(field === 'configurations' && configured))
        .map((field) => ({ field, by, ...ANYTHING })),
    };
  });
}

/** The files with patches of a kustomization. */
export function patchFiles({ file, value }: PipelineFile): readonly string[] {
  const paths = listAt(value, ['patches']).map((entry) => valueAt(entry, ['path']));
  return [...paths, ...listAt(value, ['patchesStrategicMerge'])].flatMap((path) =>
    typeof path === 'string' && !isWritten(path) ? [pathIn(file, path)] : [],
  );
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

/** The same of what a Secret has for kustomize: variables, and of a generator's a hash in its name and another Secret that it changes. */
export function tellOptions({ generator, annotations, form }: Job, run: FunctionRun, isPreview: boolean): Finding[] {
  const isMerged = /^(?:merge|replace)$/.test(annotations[BEHAVIOR_ANNOTATION] ?? '');
  const own = [...(needsHash(annotations) ? [HASH_ANNOTATION] : []), ...(isMerged ? [BEHAVIOR_ANNOTATION] : [])];
  const variables = JSON.stringify(form).includes('$(') ? ['$(…)'] : [];
  const set = [...(run.names === undefined ? own : []), ...variables];
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
