import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import { FindingError } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { systemCode } from '../findings/system-error.ts';
import { toFinding } from '../hosts/run.ts';
import { lineAt } from '../krm/line-of.ts';
import { decodeText, unreadable as unreadableText } from '../krm/parse-yaml.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { GENERATOR_ANNOTATION } from '../model/annotations.ts';
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
 * this one takes an eighth of the time, and has no places in the text. A document that does not name the annotation is not parsed.
 */
export function readLiveSecrets(paths: readonly string[], throwIfExpired: () => void, readInput: () => Uint8Array) {
  const { files, faults } = findFiles(paths, MANIFEST, readInput);
  const findings = faults.map((fault) => fault.finding);
  const secrets = files.flatMap((file) => {
    throwIfExpired();
    try {
      return secretsIn(file);
    } catch (error) {
      const isSystems = systemCode(error) !== 'unknown';
      findings.push(isSystems ? unreadableFile(file.shown, error) : toFinding(error, file.shown));
      return [];
    }
  });
  return { secrets, findings };
}

function secretsIn(file: FilePath): LiveSecret[] {
  const read = file.bytes === undefined ? readBounded(file.real) : { bytes: Buffer.from(file.bytes) };
  if ('cause' in read && !read.mayPass) throw new FindingError(unreadable(file.shown, read.cause));
  if ('cause' in read || !read.bytes.includes(GENERATOR_ANNOTATION)) return [];
  const text = decodeText(read.bytes, () => quote(file.shown));
  return splitDocuments(text).flatMap(({ start, end }) => {
    const document = text.slice(start, end);
    if (!document.includes(GENERATOR_ANNOTATION)) return [];
    const value = parsed(document, file.shown, () => lineAt(text, start));
    return [value, ...listAt(value, ['items'])].flatMap((object) => liveSecretOf(object, file));
  });
}

/** The value of a document. The parser's own messages quote it, so nothing of them is told but the line. */
function parsed(document: string, file: string, firstLine: () => number): unknown {
  try {
    return load(document, { schema: CORE_SCHEMA });
  } catch (error) {
    const below = error instanceof YAMLException ? (error.mark?.line ?? 0) : 0;
    throw unreadableText('it is not valid YAML', { name: 'this document', file, line: firstLine() + below });
  }
}

function liveSecretOf(object: unknown, { shown, bytes }: FilePath): LiveSecret[] {
  const { apiVersion, kind, name, namespace } = identify(object);
  const annotations = stringsIn(valueAt(object, ['metadata', 'annotations']));
  if (apiVersion !== 'v1' || kind !== 'Secret' || annotations[GENERATOR_ANNOTATION] === undefined) return [];
  const composite = textAt(object, ['metadata', 'labels', 'crossplane.io/composite']);
  const file = bytes === undefined ? shown : undefined;
  return [{ target: { name, ...defined({ namespace }) }, annotations, ...defined({ composite, file }) }];
}
