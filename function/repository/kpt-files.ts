import { dirname } from 'node:path';
import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { say } from '../findings/say.ts';
import { KUSTOMIZE_ID_ANNOTATION } from '../krm/file-positions.ts';
import type { Item } from '../krm/item.ts';
import { parseAlike } from '../krm/parse-yaml.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { isKnownKind } from '../model/kinds.ts';
import { cached, isRecord, valueAt } from '../model/plain-data.ts';
import { type FilePath, unreadable } from './find-files.ts';
import { type AllManifests, type Doubt, isBelow } from './function-run.ts';
import type { PipelineFile } from './pipelines.ts';
import { isOfOurGroup, KUSTOMIZATION, type ManifestFile } from './read-manifests.ts';

/** What kpt reads, and what it would read of links and pipes. */
export interface KptFiles {
  readonly there: AllManifests;
  readonly unread: readonly FilePath[];
}

/** What kpt reads and we do not, or kpt perhaps does not. */
export function doubtsOfFiles(kptfile: PipelineFile, files: KptFiles): readonly Doubt[] {
  return cached(DOUBTS, kptfile, () => doubtsIn(kptfile, files));
}

const DOUBTS = new WeakMap<PipelineFile, readonly Doubt[]>();
/** More are not told. */
const MOST_LINKS = 20;

function doubtsIn(kptfile: PipelineFile, { there, unread }: KptFiles): Doubt[] {
  const folder = dirname(kptfile.file.shown);
  const real = dirname(kptfile.file.real);
  const links = unread
    .values()
    .filter((file) => isBelow(real, file.real))
    .take(MOST_LINKS);
  const left = there
    .filesAt(real)
    .find((file) => file.isIgnored === 'perhaps' && (file.items.length > 0 || faultOf(file) !== undefined));
  return [
    ...links.map(({ shown }) => say`kpt reads ${quote(shown)}, which is a link or no file`),
    ...(left === undefined ? [] : [say`kpt may leave out ${quote(left.shown)}, as .krmignore says`]),
  ].map((what) => ({ what, folder }));
}

/** The first file of a package for which kpt refuses it, or in which kpt may find other objects than this function. */
export function faultsOfFiles(files: readonly ManifestFile[]): Finding[] {
  for (const file of files) {
    const cause = file.isIgnored === 'perhaps' ? undefined : cached(FAULTS, file, faultOf);
    if (cause !== undefined) return [unreadable(file.shown, `${cause}. Name the file in .krmignore, or move it`)];
  }
  return [];
}

const FAULTS = new WeakMap<ManifestFile, string | undefined>();

/** kpt splits a file at lines of dashes, and reads one document of each part (kubernetes-sigs/kustomize, kyaml/v0.21.1, kio/byteio_reader.go). */
const OTHER_DOCUMENTS = /\n---(?!(?:[ \t]+#.*|[ \t]*\r?)$)|^%|^\.\.\.(?=\s+\S)/m;
/** What Go's reader of YAML refuses (go.yaml.in/yaml/v3, v3.0.4, readerc.go, scannerc.go). */
const FORBIDDEN = /[^\t\n\r -~\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|(?<!^)\ufeff/u;

/** Why kpt refuses a file (kptdev/kpt, v1.0.0-beta.61, pkg/api/kptfile/v1/validation.go, IsKRM), or may read it otherwise. */
function faultOf({ real, text, items, isLeft, fault }: ManifestFile): string | undefined {
  if (fault !== undefined) return undefined; // said of the file itself
  if (isLeft || OTHER_DOCUMENTS.test(text) || FORBIDDEN.test(text)) return READ_OTHERWISE;
  if (items.some(({ annotations }) => KUSTOMIZE_ID_ANNOTATION in annotations)) return NUMBERED;
  for (const { start, end, kind: atMargin } of splitDocuments(text)) {
    const value = parseAlike(text.slice(start, end));
    const [kind, type, name] = [['kind'], ['apiVersion'], ['metadata', 'name']].map((path) =>
      String(valueAt(value, path) ?? ''),
    );
    const isOfKustomize = KUSTOMIZATION.test(real) || type?.startsWith('kustomize.config.k8s.io');
    if (value === undefined || !(isOfKustomize || (kind && type && name))) return NO_OBJECT;
    const marks = ['labels', 'annotations'].map((field) => valueAt(value, ['metadata', field]) ?? {});
    if (!marks.every(isRecord)) return NO_MARKS;
    if (atMargin !== undefined && atMargin !== kind) return READ_OTHERWISE; // a line of a text in quotes hides the kind
    const isInside = ({ range: [from, to] }: Item) => from > start && to <= end;
    if (kind?.endsWith('List') && items.some((item) => isInside(item) && isOurs(item))) return LIST;
  }
  return undefined;
}

const isOurs = (item: Item) => isKnownKind(item.kind ?? '') || isOfOurGroup(item);

const NO_OBJECT = 'kpt wants apiVersion, kind and metadata.name in each document';
const NO_MARKS = 'kpt wants labels and annotations as maps';
const LIST = 'for kpt the `items` of a list are no objects';
const NUMBERED = `an object in it has \`${KUSTOMIZE_ID_ANNOTATION}\`, which only kustomize sets`;
const READ_OTHERWISE =
  'kpt reads no tabs between values, control characters, directives and tags, and nothing behind `...`';
