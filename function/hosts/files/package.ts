import { readFileSync } from 'node:fs';
import { type Finding, FindingError, finding, hasErrors } from '../../api/finding.ts';
import { isGenerator, isInput, objectKey } from '../../api/kinds.ts';
import { quote } from '../../api/quote.ts';
import { type DocumentStream, parseDocuments } from '../../krm/documents.ts';
import type { Item } from '../../krm/item.ts';
import { decodeText } from '../../krm/read-text.ts';
import type { Located } from '../supply.ts';
import { type FilePath, findFiles, unreadableFile } from './find-files.ts';

/** A file with objects that may be looked at. */
export interface ManifestFile extends FilePath, DocumentStream {}

/** An item and its file. */
export interface FileItem extends Located {
  readonly in: ManifestFile;
}

/** What files and folders hold for this function. */
export interface Package {
  readonly items: readonly Item[];
  /** The only Input. */
  readonly functionConfig?: Item;
  /** The Input's file. */
  readonly configFile?: ManifestFile;
  /** By `objectKey`. */
  readonly byKey: ReadonlyMap<string, readonly FileItem[]>;
  /** Every file that was read and has such objects, by its real path. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  readonly findings: readonly Finding[];
}

/** Reads `paths`. Every file that cannot be read is a finding; so is a second Input, since either could be meant. */
export function readPackage(paths: readonly string[]): Package {
  const found = findFiles(paths);
  const read = found.files.map(readManifests);
  const files = read.flatMap((one) => ('items' in one && one.items.length > 0 ? [one] : []));
  const all = files.flatMap((file) => file.items.map((item) => toFileItem(item, file)));
  const inputs = all.filter(({ item }) => isInput(item));
  const [input] = inputs;
  const unread = [...found.findings, ...read.flatMap((one) => ('code' in one ? [one] : []))];
  return {
    items: all.flatMap(({ item }) => (isInput(item) ? [] : [item])),
    ...(input === undefined ? {} : { functionConfig: input.item, configFile: input.in }),
    byKey: Map.groupBy(all, ({ item }) => (item.object === undefined ? '' : objectKey(item.object))),
    files: new Map(files.map((file) => [file.real, file])),
    findings: [...unread, ...checkInputs(inputs), ...(hasErrors(unread) ? [] : checkGenerators(all, paths))],
  };
}

/** A file's objects; a finding when it cannot be read. */
export function readManifests(path: FilePath): ManifestFile | Finding {
  try {
    return { ...path, ...parseDocuments(decodeText(readFileSync(path.real), quote(path.shown)), path.shown) };
  } catch (error) {
    return error instanceof FindingError ? error.finding : unreadableFile(path.shown, error);
  }
}

/** An item with its file. */
export function toFileItem(item: Item, file: ManifestFile): FileItem {
  return { item, source: file, file: file.shown, in: file };
}

function checkInputs([first, second]: readonly FileItem[]): Finding[] {
  if (first === undefined || second === undefined) return [];
  const where =
    first.file === second.file
      ? `${quote(first.file ?? '')} has two`
      : `there is one in ${quote(first.file ?? '')} and one in ${quote(second.file ?? '')}`;
  return [finding('FUNCTION_CONFIG_INVALID', `cannot choose an Input: ${where}. Remove one, or name other files.`)];
}

/** Nothing to do is nearly always a wrong path. */
function checkGenerators(items: readonly FileItem[], paths: readonly string[]): Finding[] {
  if (items.some(({ item }) => isGenerator(item) || isInput(item))) return [];
  const message = `cannot find an STSAssumeRoleToken in ${paths.map(quote).join(', ')}. Name the files or folders that have one.`;
  return [finding('GENERATOR_NONE', message)];
}
