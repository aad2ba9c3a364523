import { basename, dirname, isAbsolute, join } from 'node:path';
import { quote } from '../findings/quote.ts';
import { resolveIn } from '../hosts/folders.ts';
import { lineAt } from '../krm/line-of.ts';
import { unreadable } from '../krm/parse-yaml.ts';
import { FORBIDDEN } from '../krm/plain-objects.ts';
import { readTyped } from '../krm/read-typed.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { textsUnder } from '../krm/texts-under.ts';
import { cached, listAt, textAt, typedKeys, valueAt } from '../model/plain-data.ts';
import type { FilePath, LookAt } from './find-files.ts';
import { isBelow } from './function-run.ts';
import { locationOfField } from './kustomize-edits.ts';
import { KUSTOMIZE, STRUCTS } from './kustomize-fields.ts';
import {
  isAddress,
  isWritten,
  MAY_BE_WRITTEN,
  PATH,
  type PipelineFile,
  pathIn,
  STARTING,
  VALIDATORS,
} from './pipelines.ts';

type File = PipelineFile['file'];

/** Of these kustomize takes one in a folder (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/konfig/general.go). */
export const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Flux has objects of the same kind. Their `spec` is no field for kustomize. */
const isOfFlux = (value: unknown) =>
  textAt(value, ['apiVersion'])?.startsWith('kustomize.toolkit.fluxcd.io/') === true &&
  textAt(value, ['kind']) === 'Kustomization' &&
  valueAt(value, ['spec']) !== undefined;

/**
 * The value of a kustomization; undefined for an object of Flux.
 * @throws FindingError for what kustomize refuses, as far as it is seen without a build.
 */
export function readKustomization(file: File, lookAt: LookAt): unknown {
  const { text, shown } = file;
  const [first, second] = splitDocuments(text);
  const origin = { name: `this kustomization as ${KUSTOMIZE} does`, file: shown, line: 1 };
  const refuseAt = (offset: number, cause: string) => unreadable(cause, { ...origin, line: lineAt(text, offset) });
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden !== null) throw refuseAt(forbidden.index, 'it has a character that YAML does not allow. Remove it');
  if (second !== undefined)
    throw refuseAt(second.start, 'a second YAML document begins, and only the first is read. Remove it');
  const structs = { ...STRUCTS, FieldSelector: { ...STRUCTS.FieldSelector, fieldpath: 'string' } }; // as kustomize's own pages write it
  const value = readTyped(text.slice(0, first?.end), 'Kustomization', { origin, structs, isOther: isOfFlux });
  if (isOfFlux(value)) return undefined;
  const fault = faultOf(file, value, lookAt) ?? faultOfPaths(file, value, lookAt);
  if (fault !== undefined) throw unreadable(fault.cause, { ...origin, ...locationOfField({ file }, fault.field) });
  return value;
}

/** All that a kustomization which is refused may include: nothing builds that without it. */
export function mayInclude({ text, real }: File): unknown {
  const values = textsUnder(text)?.map((value) => value.text) ?? [];
  const words = new Set([...values, ...text.split(/[\s"'`,[\]{}]+/)].filter((word) => !/^[./]*$/.test(word)));
  return { resources: [...words].slice(0, Math.ceil(MOST_CHARACTERS / real.length)) };
}
/** Each word becomes a path, which is as long as that of the file. */
const MOST_CHARACTERS = 300_000;

/** What is wrong with a kustomization, and where. */
interface Fault {
  readonly field: string;
  readonly cause: string;
}

/** Fields without which a kustomization is one too: kustomize refuses it if it has no others. Those of before are moved (api/types/kustomization.go). */
const HEAD = ['apiVersion', 'kind'];
const MOVED = ['bases', 'imageTags', 'helmChartInflationGenerator'];

function faultOf({ real }: File, value: unknown, lookAt: LookAt): Fault | undefined {
  const [apiVersion = '', kind = ''] = HEAD.map((field) => textAt(value, [field]));
  const fault = (field: string, cause: string) => ({ field, cause });
  if (!['', 'Kustomization', 'Component'].includes(kind))
    return fault('kind', `its kind is ${quote(kind)}. Write \`Kustomization\` or \`Component\``);
  const version = `kustomize.config.k8s.io/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}`;
  if (apiVersion !== '' && apiVersion !== version)
    return fault('apiVersion', `its apiVersion is ${quote(apiVersion)}. Write \`${version}\``);
  const isEmpty = ([field, content]: [string, unknown]) =>
    HEAD.includes(field) || content === null || content === '' || (MOVED.includes(field) && String(content) === '');
  if (Object.entries(Object(value)).every(isEmpty)) return fault('', 'it is empty. Remove it, or add a field');
  const order = textAt(value, ['sortOptions', 'order']) ?? '';
  if (!['', 'fifo', 'legacy'].includes(order))
    return fault('sortOptions.order', 'its order is `fifo` or `legacy`. Correct it');
  if (order !== 'legacy' && valueAt(value, ['sortOptions', 'legacySortOptions']) != null)
    return fault('sortOptions', '`legacySortOptions` are for `order: legacy`. Add it');
  const names = listAt(value, ['vars']).map((entry) => textAt(entry, ['name']));
  if (new Set(names).size < names.length) return fault('vars', 'two of them have one name. Rename one');
  for (const list of ['configMapGenerator', 'secretGenerator'])
    for (const [index, entry] of listAt(value, [list]).entries())
      if (!textAt(entry, ['name']) || listAt(entry, ['literals']).some((text) => !/^[^=]+=/.test(String(text))))
        return fault(`${list}[${index}]`, 'each of these has a name, and `literals` are KEY=VALUE. Correct it');
      else if (!hasPlainKeys(entry))
        return fault(
          `${list}[${index}]`,
          'a key in it is empty or there twice, or a file has `=` in its name. Correct it',
        );
  const other = KUSTOMIZATIONS.find((name) => name !== basename(real) && isThere(lookAt(join(dirname(real), name))));
  return other === undefined ? undefined : fault('', `${quote(other)} is in the same folder. Remove one of the two`);
}

/** True where `literals` and `files` have a key each, as kustomize wants it (api/v0.21.1, kv/kv.go). */
function hasPlainKeys(entry: unknown): boolean {
  const literals = listAt(entry, ['literals']).map((text) => String(text).replace(/=.*/s, ''));
  const files = listAt(entry, ['files']).map(String);
  const keys = [...literals, ...files.map((text) => (text.includes('=') ? text.replace(/=.*/s, '') : basename(text)))];
  return !keys.includes('') && new Set(keys).size === keys.length && files.every((text) => !/=.*=|=$/s.test(text));
}

/** Where a kustomization names files and folders. */
const PATHS = {
  either: ['resources[]', 'bases[]', ...STARTING.map((list) => `${list}[]`), `${VALIDATORS}[]`],
  folder: ['components[]'],
  file: [
    ...['patches[].path', 'patchesJson6902[].path', 'patchesStrategicMerge[]', 'replacements[].path'],
    ...['configurations[]', 'crds[]', 'openapi.path'],
  ],
  data: ['configMapGenerator', 'secretGenerator'].flatMap((list) =>
    ['files[]', 'envs[]', 'env'].map((name) => `${list}[].${name}`),
  ),
};

/** All paths of a kustomization to what may have objects, or change some. */
export function pathsIn(file: FilePath, value: unknown): ReadonlySet<string> {
  const paths = [...PATHS.either, ...PATHS.folder, ...PATHS.file].map((path) => textsAt(value, path.split('.')));
  const texts = new Set(paths.flat().map(([, text]) => text));
  const named = texts.values().filter((text) => !isAddress(text) && !text.includes('\n'));
  return new Set(named.map((text) => pathIn(file, text)));
}

/** The files that kustomizations put into a ConfigMap or Secret, as they are. */
export function packedFiles(kustomizations: readonly Pick<PipelineFile, 'file' | 'value'>[]): Set<string> {
  const packed = kustomizations.values().flatMap(({ file, value }) =>
    PATHS.data
      .flatMap((path) => textsAt(value, path.split('.')))
      .values()
      .map(([, text]) => pathIn(file, withoutKey(text))),
  );
  return new Set(packed); // one by one, since each is as long as that of the file
}

/** `FILE` of `KEY=FILE`. */
const withoutKey = (text: string) => text.replace(/^[^=]*=/, '');

function faultOfPaths(file: File, value: unknown, lookAt: LookAt): Fault | undefined {
  const seen = new Set<string>();
  const causes = new Map<string, string | undefined>();
  for (const kind of typedKeys(PATHS))
    for (const [field, text] of PATHS[kind].flatMap((path) => textsAt(value, path.split('.')))) {
      const list = field.replace(/^bases/, 'resources').replace(/\[.*/, '');
      const isOnce = kind === 'either' || kind === 'folder'; // else kustomize fails, or changes all once more
      const isAgain = isOnce && seen.size === seen.add(`${list} ${pathIn(file, text)}`).size;
      const path = isAddress(text) || kind !== 'data' ? text : withoutKey(text); // very many may name one file
      const look = () => faultOfPath(file, path, { kind, field, lookAt });
      const cause = isAgain ? 'which is there twice. Remove one of the two' : cached(causes, `${list} ${path}`, look);
      if (cause !== undefined) return { field, cause: `\`${field}\` names ${quote(text)}, ${cause}` };
    }
  return undefined;
}

function textsAt(
  value: unknown,
  [part, ...parts]: readonly string[],
  at = '',
): (readonly [field: string, text: string])[] {
  if (part === undefined) return typeof value === 'string' ? [[at, value]] : [];
  const name = part.replace('[]', '');
  const field = at === '' ? name : `${at}.${name}`;
  const inner = valueAt(value, [name]);
  if (part === name) return inner === '' ? [] : textsAt(inner, parts, field);
  return listAt(value, [name]).flatMap((entry, index) => textsAt(entry, parts, `${field}[${index}]`));
}

/**
 * Why kustomize does not take a path (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/internal/loader/fileloader.go), or we do not follow it.
 */
function faultOfPath(
  file: File,
  text: string,
  { kind, field, lookAt }: { readonly kind: keyof typeof PATHS; readonly field: string; readonly lookAt: LookAt },
): string | undefined {
  const folder = dirname(file.real);
  if (MAY_BE_WRITTEN.some((list) => field.startsWith(`${list}[`))) {
    if (isWritten(text)) return undefined;
    if (!PATH.test(text))
      return 'which may be a path or an object. Write an object with `kind` and `metadata.name`, or a path';
  }
  const path = resolveIn(folder, text);
  const there = lookAt(path);
  if (isAddress(text)) return there && 'which may be an address or a path. Write `./` before a path';
  if (there === undefined) return 'which is not there. Correct the path, or add it';
  const { stats, isReal } = there;
  if (!isReal) return 'which is behind a link, and none is followed. Name what it leads to';
  if (stats.isFile() && kind === 'folder') return 'which is a file. Name a folder with a component';
  if (stats.isFile() && !isBelow(folder, path))
    return `which is outside of this folder. ${kind === 'file' || kind === 'data' ? 'Move it here' : 'Name a folder with a kustomization of its own'}`;
  if (!stats.isDirectory()) return undefined;
  if (kind === 'file' || kind === 'data') return 'which is a folder. Name a file';
  if (isAbsolute(text)) return 'and kustomize takes no absolute path of a folder. Write it from this folder';
  return KUSTOMIZATIONS.some((name) => isThere(lookAt(join(path, name))))
    ? undefined
    : 'which has no kustomization. Name its files';
}

/** True for what kustomize can read as a file, a link too. */
const isThere = (at: ReturnType<LookAt>) => at?.stats.isDirectory() === false;
