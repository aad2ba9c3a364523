import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { systemCode } from '../findings/system-error.ts';
import { type LocatedItem, toFinding } from '../hosts/run.ts';
import { parseDocuments } from '../krm/documents.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import type { Item } from '../krm/item.ts';
import { decodeText } from '../krm/parse-yaml.ts';
import { parseResourceList } from '../krm/resource-list.ts';
import { namesOurKind, splitDocuments } from '../krm/split-documents.ts';
import { INPUT_GROUP, isCoreKind, isKnownKind } from '../model/kinds.ts';
import { attempt, cached, listAt } from '../model/plain-data.ts';
import { type FilePath, unreadable, unreadableFile } from './find-files.ts';
import { readBounded } from './read-file.ts';

/** A file's text, and the items in it that concern this function. */
export interface ManifestFile extends FilePath {
  readonly text: string;
  readonly items: readonly Item[];
  /** Owner and mode of the file when it was read. */
  readonly stats?: Stats;
  /** The line at which `text` begins in the file, where it is a part of one; absent: 1. */
  readonly firstLine?: number;
  /** Warnings of templates in it. */
  readonly leftOut?: readonly Finding[];
  /** True for one that is too large, or no UTF-8, and has nothing of ours as far as we see. */
  readonly isLeft?: true;
  /** Why it has no items: it cannot be read. */
  readonly fault?: Finding;
  /** The content of a Kptfile or kustomization. */
  readonly value?: unknown;
}

/** An item and its file. */
export interface FileItem extends LocatedItem {
  readonly file: ManifestFile;
}

/** Files that say how their folder is rendered. */
export const HOST_FILE = new RegExp(`${KUSTOMIZATION.source}|(?:^|/)Kptfile$`);

/** What ends a line, and a comment, for programs that are written in Go; and what ends all that they read, up to the next `---`. */
const OLD_BREAKS = /\r(?!\n)|[\u0085\u2028\u2029]|^\.\.\.(?=\s+\S)/gm;
const HIDES =
  'kpt and kustomize find other objects in it, behind line breaks of YAML 1.1 or `...`. Save it with line feeds, and with `---` alone';

/** The items of a file; of one that is only searched (`readAtOnce`), none if its bytes have none of our objects. */
export function readManifests(path: FilePath, readAtOnce?: (file: ManifestFile) => unknown): ManifestFile {
  let text = '';
  try {
    const read =
      path.bytes === undefined ? readBounded(path.real) : { bytes: Buffer.from(path.bytes), stats: undefined };
    if ('cause' in read) {
      const mayPass = read.mayPass && readAtOnce !== undefined && !HOST_FILE.test(path.real);
      const fault = mayPass ? ({ isLeft: true } as const) : { fault: unreadable(path.shown, read.cause) };
      return { ...path, text: read.names ?? '', items: [], ...fault };
    }
    const { bytes, stats } = read;
    if (readAtOnce !== undefined && !HOST_FILE.test(path.real) && !isOfInterest(bytes))
      return { ...path, text, items: [], isLeft: true };
    if (!isUtf8(bytes)) text = bytes.toString(); // a fault, and the rest tells what the file may be
    text = decodeText(bytes, () => quote(path.shown));
    const leftOut: Finding[] = [];
    const skips = readAtOnce && leftOut; // a file that is looked for must be whole
    const options = path.bytes && attempt(() => parseResourceList(text))?.functionConfig; // as any other document
    const items = [...parseDocuments(text, path.shown, undefined, skips), ...(options ? [options] : [])];
    const file = { ...path, text, items, ...(stats && { stats }), leftOut };
    const asInGo = text.replaceAll(OLD_BREAKS, (end) => (end === '...' ? '---' : '\n'));
    const inGo = asInGo === text ? undefined : parseDocuments(asInGo, path.shown, undefined, []);
    const isOther = HOST_FILE.test(path.real) || (inGo?.length ?? 0) > file.items.length;
    if (inGo && (isOther || inGo.some(({ kind = '' }) => !isCoreKind(kind))))
      return { ...path, text, items: [], fault: unreadable(path.shown, HIDES) };
    return { ...file, value: readAtOnce?.(file) };
  } catch (error) {
    const fault = systemCode(error) === 'unknown' ? toFinding(error, path.shown) : unreadableFile(path.shown, error);
    return { ...path, text, items: [], fault };
  }
}

/** False for a file that is not UTF-8 and whose ASCII characters contain none of our objects. */
function isOfInterest(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const ascii = bytes.toString('latin1').replaceAll(/[^\t\n\r -~]/g, ''); // UTF-16 has a zero beside each character
  if (namesOurKind(ascii)) return true;
  const isOurs = (item: Item) => isKnownKind(item.kind ?? '') || isOfOurGroup(item);
  return attempt(() => parseDocuments(ascii, '').some(isOurs)) ?? true;
}

/** The documents of a file, those of others too, which are no items. */
export const documentsOf = (file: ManifestFile) => cached(DOCUMENTS, file, ({ text }) => splitDocuments(text));

/** Many steps may name one file, and very many Secrets be in it. */
const DOCUMENTS = new WeakMap<ManifestFile, ReturnType<typeof splitDocuments>>();

/**
 * True for an object of our own group, in any case and without a version too. It counts as the Input, so that an inexact one is refused:
 * to ignore it would drop its guard and its `encrypt` silently.
 */
export function isOfOurGroup({ apiVersion }: Item): boolean {
  return apiVersion?.split('/')[0]?.toLowerCase() === INPUT_GROUP;
}

/** True for an Input with generators of its own. */
export function hasGenerators({ toJS }: Item): boolean {
  return listAt(toJS(), ['generators']).length > 0;
}

export function isPolicy(item: Item): boolean {
  return isOfOurGroup(item) && item.kind?.toLowerCase() === 'policy';
}
