import { isUtf8 } from 'node:buffer';
import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { type Finding, FindingError, finding } from '../../findings/finding.ts';
import { quote } from '../../findings/quote.ts';
import { type DocumentStream, parseDocuments } from '../../krm/documents.ts';
import { type Item, keyOf } from '../../krm/item.ts';
import { decodeText } from '../../krm/parse-yaml.ts';
import { GENERATOR_KINDS_TEXT, INPUT_API_VERSION, isGenerator, isKnownKind } from '../../model/kinds.ts';
import type { Located } from '../run.ts';
import { type FilePath, findFiles, unreadableFile } from './find-files.ts';

/** A file with its items. */
export interface ManifestFile extends FilePath, DocumentStream {
  /** Owner and mode of the file when it was read. */
  readonly stats?: Stats;
}

/** An item and its file. */
interface FileItem extends Located {
  readonly file: ManifestFile;
}

/** The contents of files and folders that concern this function. */
export interface Package {
  readonly items: readonly Item[];
  /** The first object of our group that is no Policy. */
  readonly functionConfig?: Item;
  /** The Input's file. */
  readonly configFile?: ManifestFile;
  /** By `objectKey`. */
  readonly byKey: ReadonlyMap<string, readonly FileItem[]>;
  /** The files with items, by real path. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  /** Files with a Policy, which is not used. */
  readonly policies: readonly FilePath[];
  readonly findings: readonly Finding[];
}

/**
 * Reads `paths`. Each file that cannot be read is a finding; so is a second Input, since either could be meant. `check` is called before
 * each file and throws when the time of the run is up.
 */
export function readPackage(paths: readonly string[], check: () => void = () => {}): Package {
  const found = findFiles(paths);
  const read = found.files.map((file) => {
    check();
    return readManifests(file, isOfInterest);
  });
  const files = read.flatMap((one) => ('items' in one && one.items.length > 0 ? [one] : []));
  const all = files.flatMap((file) => file.items.map((item) => ({ item, file })));
  const inputs = all.filter(({ item }) => isOfOurGroup(item) && !isPolicy(item));
  const [input] = inputs;
  const unread = [...found.findings, ...read.flatMap((one) => ('code' in one ? [one] : []))];
  const faults = [...unread, ...checkInputs(inputs)];
  return {
    items: all.flatMap(({ item }) => (isOfOurGroup(item) ? [] : [item])),
    ...(input === undefined ? {} : { functionConfig: input.item, configFile: input.file }),
    byKey: Map.groupBy(all, ({ item }) => keyOf(item)),
    files: new Map(files.map((file) => [file.real, file])),
    policies: all.flatMap(({ item, file }) => (isPolicy(item) ? [file] : [])),
    findings: faults,
  };
}

/** The items of a file; a finding when it cannot be read. */
export function readManifests(path: FilePath, isWanted = (_: Buffer) => true): ManifestFile | Finding {
  try {
    const read = parseManifests(path, readFileSync(path.real), isWanted);
    return 'code' in read ? read : { ...read, stats: statSync(path.real) };
  } catch (error) {
    return unreadableFile(path.shown, error);
  }
}

/** The items in the bytes of a file, none if `isWanted` says no; a finding when they cannot be parsed. */
export function parseManifests(path: FilePath, bytes: Buffer, isWanted = isOfInterest): ManifestFile | Finding {
  if (!isWanted(bytes)) return { ...path, text: '', items: [] };
  try {
    return { ...path, ...parseDocuments(decodeText(bytes, quote(path.shown)), path.shown) };
  } catch (error) {
    if (error instanceof FindingError) return error.finding;
    throw error;
  }
}

/** False for a file that is not UTF-8 and whose ASCII characters contain none of our objects. */
function isOfInterest(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  try {
    const ascii = bytes.toString('latin1').replaceAll(/[^\t\n\r -~]/g, ''); // UTF-16 has a zero beside each character
    return parseDocuments(ascii, '').items.some((item) => isKnownKind(item.kind ?? '') || isOfOurGroup(item));
  } catch {
    return true;
  }
}

/**
 * True for an object of our own group, in any case and without a version too. It counts as the Input, so that an inexact one is refused:
 * to ignore it would drop its guard and its `encrypt` silently.
 */
function isOfOurGroup({ apiVersion }: Item): boolean {
  return apiVersion?.split('/')[0]?.toLowerCase() === INPUT_API_VERSION.split('/')[0];
}

function isPolicy(item: Item): boolean {
  return isOfOurGroup(item) && item.kind?.toLowerCase() === 'policy';
}

function checkInputs([first, second]: readonly FileItem[]): Finding[] {
  if (first === undefined || second === undefined) return [];
  const where =
    first.file === second.file
      ? `${quote(first.file.shown)} has two`
      : `there is one in ${quote(first.file.shown)} and one in ${quote(second.file.shown)}`;
  return [finding('FUNCTION_CONFIG_INVALID', `cannot choose an Input: ${where}. Remove one, or name other files.`)];
}

/** Refuses paths without a generator: nearly always a wrong path. */
export function checkGenerators({ items, functionConfig }: Package, paths: readonly string[]): Finding[] {
  if (items.some(isGenerator) || hasGenerators(functionConfig?.toJS())) return [];
  const message = `cannot find ${GENERATOR_KINDS_TEXT} in ${paths.map(quote).join(', ')}. Name the files or folders that have one.`;
  return [finding('GENERATOR_NONE', message)];
}

function hasGenerators(input: unknown): boolean {
  const { generators } = Object(input) as { generators?: unknown }; // Object() accepts any value
  return Array.isArray(generators) && generators.length > 0;
}

/** Warns of a Policy among the files: its author may believe that it guards them, but only the operator's Policy does. */
export function checkPolicies(policies: readonly FilePath[], operators: string | undefined): Finding[] {
  const used = operators ? realPath(operators) : undefined;
  return policies.flatMap(({ shown, real }) => {
    if (real === used) return [];
    const message = `cannot use the Policy in ${quote(shown)}: a Policy is taken from the file that STS_FUNCTION_POLICY names. Let it name this one, or leave this one out.`;
    return [finding('POLICY_UNUSED', message)];
  });
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined; // a Policy that cannot be read is refused elsewhere
  }
}
