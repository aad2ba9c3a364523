import { CORE_SCHEMA, load, mergeTag, YAMLException } from 'js-yaml';
import { FindingError } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { systemCode } from '../findings/system-error.ts';
import { toFinding } from '../hosts/run.ts';
import { lineAt } from '../krm/line-of.ts';
import { decodeText, unreadable as unreadableText } from '../krm/parse-yaml.ts';
import { spelledOut, splitDocuments } from '../krm/split-documents.ts';
import { GENERATOR_ANNOTATION, OWN_ANNOTATIONS } from '../model/annotations.ts';
import { identify, type NamedRef } from '../model/kinds.ts';
import { defined, listAt, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { type FilePath, findFiles, MANIFEST, unreadable, unreadableFile } from '../repository/find-files.ts';
import { readBounded } from '../repository/read-file.ts';

/** What is read of a Secret of this function: never its data. */
export interface LiveSecret {
  readonly target: NamedRef;
  readonly annotations: Readonly<Record<string, string>>;
  /** The composite of Crossplane that it was made for. */
  readonly composite?: string;
  /** Absent: it came through standard input. */
  readonly file?: string;
}

/**
 * The Secrets of this function in files and folders, or in standard input. A cluster may have very many, so the parser is not that of manifests:
 * this one takes an eighth of the time, and has no places in the text. A document that cannot name the annotation is not parsed.
 */
export function readLiveSecrets(paths: readonly string[], throwIfExpired: () => void, readInput: () => Uint8Array) {
  const { files, faults } = findFiles(paths, MANIFEST, readInput);
  const findings = faults.map((fault) => fault.finding);
  const orFinding = <T>(read: () => readonly T[], file: FilePath): readonly T[] => {
    throwIfExpired();
    try {
      return read();
    } catch (error) {
      const isSystems = systemCode(error) !== 'unknown';
      findings.push(isSystems ? unreadableFile(file.shown, error) : toFinding(error, file.shown));
      return [];
    }
  };
  const secrets = files.flatMap((file) =>
    orFinding(() => documentsIn(file), file).flatMap((document) =>
      orFinding(() => objectsIn(document(), throwIfExpired).flatMap((object) => liveSecretOf(object, file)), file),
    ),
  );
  return { secrets, findings };
}

/** The documents of a file that may have Secrets of this function; what is called parses one. */
function documentsIn(file: FilePath): (() => unknown)[] {
  const read = file.bytes === undefined ? readBounded(file.real) : { bytes: Buffer.from(file.bytes) };
  if ('cause' in read && !read.mayPass) throw new FindingError(unreadable(file.shown, read.cause));
  if ('cause' in read) return [];
  const isInput = file.bytes !== undefined;
  if (!isInput && ![GENERATOR_ANNOTATION, '\\', '\0'].some((part) => read.bytes.includes(part))) return [];
  const text = decodeText(read.bytes, () => quote(file.shown)).replaceAll('\ufeff', ''); // each document may begin with one
  if (isInput && !/\bkind\b/.test(text)) throw new FindingError(unreadable(file.shown, NO_OBJECT));
  return splitDocuments(text).flatMap(({ start, end }) => {
    const document = text.slice(start, end);
    const isOurs = spelledOut(document).replaceAll('\\/', '/').includes(GENERATOR_ANNOTATION);
    return isOurs ? [() => parsed(document, file.shown, () => lineAt(text, start))] : [];
  });
}

const NO_OBJECT = 'no object has come. Look at what the command before the pipe said';

/** The value of a document. The parser's own messages quote it, so nothing of them is told but the line. */
function parsed(document: string, file: string, firstLine: () => number): unknown {
  try {
    return load(document, { schema: SCHEMA });
  } catch (error) {
    const below = error instanceof YAMLException ? (error.mark?.line ?? 0) : 0;
    throw unreadableText('it is not valid YAML', { name: 'this document', file, line: firstLine() + below });
  }
}

/** With merge keys, as manifests are read. */
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/** The objects of a document, and of lists in it, each list and object once, however often aliases name it. Items of a SecretList have no kind of their own. */
function objectsIn(value: unknown, throwIfExpired: () => void): readonly unknown[] {
  const objects = new Map([[value, value]]);
  const lists = new Set();
  for (const object of objects.values()) {
    throwIfExpired();
    const isTyped = valueAt(object, ['kind']) === 'SecretList';
    const list = Array.isArray(object) ? object : listAt(object, ['items']);
    if (lists.size === lists.add(list).size) continue;
    for (const item of list)
      if (!objects.has(item)) objects.set(item, isTyped ? { apiVersion: 'v1', kind: 'Secret', ...Object(item) } : item);
  }
  return [...objects.values()];
}

/** Most characters of an annotation or label. */
const MOST_SHOWN = 1000;

function liveSecretOf(object: unknown, { shown, bytes }: FilePath): LiveSecret[] {
  const { apiVersion, kind, name, namespace } = identify(object);
  const textOf = (...path: readonly string[]) => textAt(object, ['metadata', ...path])?.slice(0, MOST_SHOWN); // aliases may repeat a long one
  const pairs = OWN_ANNOTATIONS.map((key) => [key, textOf('annotations', key)] as const);
  const annotations = stringsIn(Object.fromEntries(pairs));
  if (apiVersion !== 'v1' || kind !== 'Secret' || annotations[GENERATOR_ANNOTATION] === undefined) return [];
  const composite = textOf('labels', 'crossplane.io/composite');
  const file = bytes === undefined ? shown : undefined;
  return [{ target: { name, ...defined({ namespace }) }, annotations, ...defined({ composite, file }) }];
}
