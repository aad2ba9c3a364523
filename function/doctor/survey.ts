import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject, type ObjectRef } from '../findings/say.ts';
import { type FilePath, findFiles, MANIFEST, unreadableFile } from '../hosts/files/find-files.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { type Command, commandsIn, type UnreadCommand } from './commands.ts';

/** An object of any kind as plain data, and its file. Nothing in `value` is checked. */
export interface FoundObject {
  readonly object: ObjectRef;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: unknown;
  readonly file: FilePath;
}

/** The contents of a folder. */
export interface Survey {
  /** The path that the user gave; `root` is its real path. */
  readonly folder: string;
  readonly root: string;
  readonly files: readonly FilePath[];
  readonly objects: readonly FoundObject[];
  /** The objects by the path of their file, and of its folder. */
  readonly at: ReadonlyMap<string, readonly FoundObject[]>;
  readonly commands: readonly Command[];
  readonly unreadCommands: readonly UnreadCommand[];
  readonly workflows: readonly Workflow[];
  readonly findings: readonly Finding[];
}

/** A workflow of GitHub as plain data, and its file. */
export type Workflow = Pick<FoundObject, 'value' | 'file'>;

const WORKFLOWS = '.github/workflows';
/** CI configuration. Other names that begin with a dot are skipped. */
const PIPELINES = [WORKFLOWS, '.gitlab-ci.yml'];
const SCRIPT = /\.(?:sh|bash)$|^Makefile$|^\.gitlab-ci\.yml$/i;
const NAMES = new RegExp(`${MANIFEST.source}|${SCRIPT.source}|^(?:Kptfile|Kustomization)$`, 'i');
const KUSTOMIZATION = /^kustomization(?:\.ya?ml)?$/i;
const KIND = /\bkind["']?[ \t]*:/;
const LISTS: readonly unknown[] = ['List', 'ResourceList'];

/** Reads the manifests, scripts and workflows of a folder. A document that does not parse is skipped: `plan` says what is wrong with it. */
export function survey(folder: string): Survey {
  const pipelines = PIPELINES.map((path) => join(folder, path)).filter((path) => existsSync(path));
  const isScript = ({ shown }: FilePath) => SCRIPT.test(basename(shown));
  const isPipeline = ({ shown }: FilePath) => pipelines.some((path) => shown.startsWith(path));
  const { files, faults: unread } = findFiles([folder, ...pipelines], NAMES);
  const faults = unread.map(({ finding }) => finding);
  const texts = files.flatMap((file) => {
    try {
      return [{ file, text: readFileSync(file.real, 'utf8') }];
    } catch (error) {
      faults.push(unreadableFile(file.shown, error));
      return [];
    }
  });
  const objects = texts.flatMap(({ file, text }) => (isScript(file) ? [] : objectsIn(text, file)));
  const commands = texts.flatMap(({ file, text }) =>
    isScript(file) || isPipeline(file) ? commandsIn(text, file) : [],
  );
  return {
    folder,
    root: existsSync(folder) ? realpathSync(folder) : folder,
    files,
    objects,
    at: byPath(objects),
    commands: commands.flatMap((one) => ('cause' in one ? [] : [one])),
    unreadCommands: commands.flatMap((one) => ('cause' in one ? [one] : [])),
    workflows: texts.flatMap(({ file, text }) =>
      file.shown.startsWith(join(folder, WORKFLOWS)) ? [{ file, value: parseObject(text) }] : [],
    ),
    findings: faults,
  };
}

function byPath(objects: readonly FoundObject[]): Survey['at'] {
  const at = new Map<string, FoundObject[]>();
  for (const one of objects)
    for (const path of [one.file.real, dirname(one.file.real)])
      at.set(path, at.get(path) ?? [])
        .get(path)
        ?.push(one);
  return at;
}

/** The objects of a text. */
export function objectsIn(text: string, file: FilePath): FoundObject[] {
  return splitDocuments(text).flatMap(({ start, end }) => {
    const document = text.slice(start, end);
    if (!isKustomization(file) && !KIND.test(document)) return []; // a lock file may have a million lines
    const value = parseObject(document);
    const items = LISTS.includes(valueAt(value, ['kind'])) ? valueAt(value, ['items']) : undefined;
    return (Array.isArray(items) ? items : [value]).flatMap((one) => toFound(one, file));
  });
}

function toFound(value: unknown, file: FilePath): FoundObject[] {
  if (typeof value !== 'object' || value === null) return [];
  const text = (...path: string[]) => textAt(value, path);
  const written = text('kind') ?? (isKustomization(file) ? 'Kustomization' : '');
  const kind = /^\w*$/.test(written) ? written : ''; // messages show it without quotes
  const apiVersion = text('apiVersion') ?? (isKustomization(file) ? 'kustomize.config.k8s.io/v1beta1' : '');
  const namespace = text('metadata', 'namespace');
  const name = text('metadata', 'name') ?? '';
  const object = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
  return [{ object, annotations: stringsIn(valueAt(value, ['metadata', 'annotations'])), value, file }];
}

/** True for kustomization.yaml, in which kind and apiVersion may be absent. */
function isKustomization({ shown }: FilePath): boolean {
  return KUSTOMIZATION.test(basename(shown));
}

/** `Secret "keys" of "app/keys.yaml"`. */
export function ofFile({ object, file }: Pick<FoundObject, 'object' | 'file'>): string {
  return `${describeObject(object)} of ${quote(file.shown)}`;
}

/** `Secret "keys" in "app/keys.yaml"`. */
export function inFile({ object, file }: Pick<FoundObject, 'object' | 'file'>): string {
  return `${describeObject(object)} in ${quote(file.shown)}`;
}

/** The objects of a kind in an API group, in any version. */
export function objectsOf({ objects }: Pick<Survey, 'objects'>, group: string, kind: string): readonly FoundObject[] {
  return objects.filter(({ object }) => object.kind === kind && object.apiVersion.split('/')[0] === group);
}
