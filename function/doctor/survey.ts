import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject, type ObjectRef } from '../findings/say.ts';
import { isOurs, startsToRun, stepsOf } from '../hosts/kpt-steps.ts';
import { toFinding } from '../hosts/run.ts';
import type { Item } from '../krm/item.ts';
import { lineAt } from '../krm/line-of.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { INPUT_GROUP, identify, PROGRAM } from '../model/kinds.ts';
import { attempt, cached, distinct, listAt, textAt, valueAt, withoutFaulty } from '../model/plain-data.ts';
import type { Deadline } from '../model/run-limits.ts';
import { type FilePath, findFiles, MANIFEST, newLookAt, readOrReport, unreadable } from '../repository/find-files.ts';
import { locationIn } from '../repository/function-run.ts';
import { filesThrough, inFolders, startsOf } from '../repository/pipelines.ts';
import { readBounded } from '../repository/read-file.ts';
import type { FileItem, ManifestFile } from '../repository/read-manifests.ts';
import { readRepository } from '../repository/repository.ts';
import { commandsIn } from './commands.ts';
import { asWorkflow, fieldOfGitlab } from './gitlab.ts';

/** An object that this function never gets, as plain data, and its file. Nothing in `value` is checked. */
export interface FoundObject {
  readonly object: ObjectRef;
  readonly value: unknown;
  readonly file: FilePath;
  /** Where it is written, or a field of it. */
  readonly locationOf: (field?: string) => SourceLocation;
}

/** An object by which a kustomization starts this function, and that kustomization. */
export type FunctionStart = ReturnType<typeof startsIn>[number];

/** The contents of a folder. */
export type Survey = ReturnType<typeof survey>;

/** Where GitHub reads workflows: in this folder, and none inside of it. */
export const WORKFLOWS = '.github/workflows';
/** What some write in its place. */
const MISTAKEN = '.github/workflow';
const ACTIONS = '.github/actions';
const GITLAB = '.gitlab-ci.yml';
/** What runs commands: CI, and Taskfiles. Other names that begin with a dot are skipped. */
const PIPELINES = [WORKFLOWS, MISTAKEN, ACTIONS, GITLAB, 'Taskfile.yml', 'Taskfile.yaml'];
export const ACTION = /(?:^|\/)action\.ya?ml$/;
const SCRIPT = new RegExp(`\\.(?:sh|bash)$|(?:^|/)(?:Makefile|justfile)$|${ACTION.source}`, 'i');
/** Files that may hold keys, by their names. */
const OF_KEYS = /\bage\b|keys?\b|secret|credential|identity|env$/i;
/** Keys that nobody else may have: of age, and of a user of AWS other than that of AWS's own pages, as a Secret's `data` has it too. */
const KEY =
  /(?<age>AGE-SECRET-KEY-1[A-Z\d]{50})|secret[_-]?access[_-]?key["']?[ \t]*[:=][ \t]*["']?(?:[A-Z\d/+]{40}(?<!EXAMPLEKEY)(?![A-Z\d/+=])|[A-Z\d/+]{54}==(?<!RVhBTVBMRUtFWQ==))/i;

const KIND = /\bkind["']?[ \t]*:[ \t]*["']?(\w+)/g;
const NAMES_POLICY = /--policy|STS_FUNCTION_POLICY/;

/**
 * Text that is in every object of other programs that is looked at: Crossplane, rights, Argo CD and its settings, Flux, and kpt's own;
 * what reads a Secret, and may make one; what a schedule starts.
 */
const OF_OTHERS =
  /\b(?:argoproj|(?:pkg|apiextensions)\.crossplane|rbac\.authorization\.k8s)\.io\/|\.fluxcd\.io\/|\b(?:argocd-cm|CronJob|ResourceGroup)\b|[sS]ecret(?:(?:Key)?Ref|Name)\b|imagePullSecrets|projected|\wSecret\b/;

/**
 * Reads the manifests, scripts and workflows of a folder. A file that cannot be read is left out: `plan` says what is wrong with it.
 */
export function survey(folder: string, deadline: Deadline) {
  const others: FoundObject[] = [];
  const keys: FoundKey[] = [];
  const policyFiles = new Set<string>();
  const manifests: ManifestFile[] = [];
  const repository = readRepository([folder], deadline.throwIfExpired, (file) => {
    manifests.push(file);
    for (const manifest of objectsIn(file, (text) => OF_OTHERS.test(text))) others.push(manifest);
    keys.push(...keysIn(file));
    if (NAMES_POLICY.test(file.text)) policyFiles.add(file.real);
  });
  const root = attempt(() => realpathSync(folder)) ?? folder;
  const { files, scripts, keys: otherKeys, faults } = readScripts(folder, root);
  const isWorkflow = ({ shown }: FilePath) => shown.startsWith(join(folder, MISTAKEN)) || ACTION.test(shown);
  return {
    /** As the user named it, and its real path. */
    folder,
    root,
    /** How many were found. */
    files: distinct([...repository.files, ...files], ({ real }) => real).length,
    repository,
    kustomizations: inFolders(repository.kustomizations),
    others,
    /** The objects of some kinds, whatever they are of. */
    objectsOfKinds: (kinds: ReadonlySet<string>) =>
      manifests.flatMap((file) => {
        deadline.throwIfExpired();
        const isOne = ({ object }: FoundObject) => kinds.has(object.kind);
        return objectsIn(file, (text) => text.matchAll(KIND).some(([, kind = '']) => kinds.has(kind))).filter(isOne);
      }),
    keys: [...keys, ...otherKeys],
    /** The real paths of files that name a Policy for a server. */
    policyFiles,
    deadline,
    /** What runs commands. */
    scripts,
    commands: withoutFaulty(
      scripts,
      (some) =>
        some.flatMap(({ file, text }) => {
          deadline.throwIfExpired();
          return commandsIn(text, file);
        }),
      ({ file }, fault) => faults.push({ file, finding: toFinding(fault, file.shown) }),
    ),
    /** As plain data, composite actions too. */
    workflows: scripts.flatMap(({ file, text }) => {
      if (isWorkflow(file))
        return [{ file, value: parseObject(text), isOfGitlab: false, locationOf: locator(file, text) }];
      if (file.shown !== join(folder, GITLAB)) return [];
      const { start, end } = splitDocuments(text).at(-1) ?? { start: 0, end: 0 }; // a first one may have inputs
      const locate = locator(file, text, [start, end, end]); // it keeps what it parses
      const locationOf = (field: string) => locate(fieldOfGitlab(field));
      return [{ file, value: asWorkflow(parseObject(text.slice(start, end))), isOfGitlab: true, locationOf }];
    }),
    findings: faults.map(({ finding }) => finding),
  };
}

/** The files whose objects get such a field from a kustomization. */
export const filesGiven = ({ repository }: Pick<Survey, 'repository'>, ...fields: readonly string[]) =>
  filesThrough(repository.kustomizations, ({ value }) => fields.some((field) => textAt(value, [field])));

/** What runs commands, and the keys in that and in what may hold some by its name; those in manifests are found as these are read. */
function readScripts(folder: string, root: string) {
  const search = findFiles([folder], new RegExp(`${SCRIPT.source}|${OF_KEYS.source}`, 'i'));
  const lookAt = newLookAt();
  // no link on the way is followed: it would let the folder choose what is read
  const unlinked = PIPELINES.filter((path) => lookAt(join(root, path))?.isReal).map((path) => join(folder, path));
  const pipelines = findFiles(unlinked, MANIFEST);
  const hidden = new Set(pipelines.files.map(({ real }) => real));
  const faults = [...search.faults, ...pipelines.faults];
  const isOfActions = ({ shown }: FilePath) => shown.startsWith(join(folder, ACTIONS)) && !ACTION.test(shown);
  const all = [...search.files.filter(({ shown }) => SCRIPT.test(shown)), ...pipelines.files];
  const files = distinct(all, ({ real }) => real).filter((file) => !isOfActions(file));
  const reads = new Map<string, ReturnType<typeof readBounded>>(); // scripts are searched for keys too
  const textOf = ({ real }: FilePath) => {
    const read = cached(reads, real, readBounded);
    return 'cause' in read ? read : { text: read.bytes.toString() };
  };
  const scripts = files.flatMap((file) =>
    readOrReport({ file }, faults, () => {
      const read = textOf(file);
      if (!('cause' in read)) return [{ file, text: read.text }];
      if (!read.mayPass) faults.push({ file, finding: unreadable(file.shown, read.cause) });
      return [];
    }),
  );
  const named = search.files.flatMap((file) => {
    const read = MANIFEST.test(file.shown) ? undefined : attempt(() => textOf(file));
    return read === undefined || 'cause' in read ? [] : keysIn({ ...file, text: read.text });
  });
  const pipelineKeys = scripts.flatMap(({ file, text }) => (hidden.has(file.real) ? keysIn({ ...file, text }) : []));
  return { files, scripts, keys: [...named, ...pipelineKeys], faults };
}

/** The first key in a file. */
type FoundKey = Readonly<{ file: FilePath; isOfAge: boolean; location: SourceLocation }>;

function keysIn({
  text,
  firstLine = 1,
  ...file
}: Pick<ManifestFile, 'shown' | 'real' | 'text' | 'firstLine'>): FoundKey[] {
  const { index, groups } = KEY.exec(text) ?? {};
  if (index === undefined) return [];
  return [
    {
      file,
      isOfAge: groups?.age !== undefined,
      location: { file: file.shown, line: firstLine - 1 + lineAt(text, index) },
    },
  ];
}

function objectsIn({ text, ...file }: ManifestFile, hasOne: (text: string) => boolean): FoundObject[] {
  if (!hasOne(text)) return [];
  return splitDocuments(text).flatMap(({ start, end }) => {
    const document = text.slice(start, end);
    const value = hasOne(document) ? parseObject(document) : undefined;
    const items = valueAt(value, ['items']);
    const locationOf = locator(file, text, [start, end, end]);
    return (Array.isArray(items) ? items : [value]).map((each, index) => ({
      ...{ object: identify(each), value: each, file },
      locationOf: Array.isArray(items) ? (field = '') => locationOf(`items[${index}].${field}`) : locationOf,
    }));
  });
}

/** Where fields of a document are written. */
function locator(file: FilePath, text: string, range: Item['range'] = [0, text.length, text.length]) {
  const document = { text, range };
  return (field?: string) => locationIn(file, document, field);
}

/** The files in which something was found. */
export function filesIn({ repository, others, scripts }: Survey): FilePath[] {
  const { all, kptfiles, kustomizations } = repository;
  const files = [...all, ...kptfiles, ...kustomizations, ...others, ...scripts].map(({ file }) => file);
  return distinct(files, ({ real }) => real);
}

/** What was found in some files. What a pipeline among them starts is there too, wherever it is written. */
export function foundIn(seen: Survey, isIn: (path: string) => boolean): Survey {
  const some = <T extends { readonly file: FilePath }>(all: readonly T[]) => all.filter(({ file }) => isIn(file.real));
  const { repository, others, keys, scripts, commands, workflows } = seen;
  const kustomizations = some(repository.kustomizations);
  const pipelines = { kptfiles: some(repository.kptfiles), kustomizations };
  return {
    ...{ ...seen, others: some(others), keys: some(keys), scripts: some(scripts), commands: some(commands) },
    workflows: some(workflows),
    repository: { ...repository, all: some(repository.all), ...pipelines },
    kustomizations: inFolders(kustomizations),
  };
}

/** The objects of another program's kind, by API group, in any version. */
export function objectsOf({ others }: Pick<Survey, 'others'>, group: string, kind: string): readonly FoundObject[] {
  return others.filter(({ object }) => object.kind === kind && object.apiVersion.split('/')[0] === group);
}

/** The Functions that install this function in Crossplane. */
export function ourFunctions(survey: Survey): readonly FoundObject[] {
  const functions = objectsOf(survey, 'pkg.crossplane.io', 'Function');
  return functions.filter(({ value }) => isOurs({ image: textAt(value, ['spec', 'package']) ?? '' }));
}

/**
 * The steps of Compositions with an input of this function, or that have none and name it, and where each stands. `isFirst`: no step of
 * another function comes before it.
 */
export function compositionSteps(survey: Survey) {
  const names = new Set([PROGRAM, ...ourFunctions(survey).map(({ object }) => object.name)]);
  const isOurStep = (step: unknown) =>
    valueAt(step, ['input']) === undefined
      ? names.has(textAt(step, ['functionRef', 'name']) ?? '')
      : textAt(step, ['input', 'apiVersion'])?.startsWith(`${INPUT_GROUP}/`) === true;
  return objectsOf(survey, 'apiextensions.crossplane.io', 'Composition').flatMap((composition) => {
    const steps = listAt(composition.value, ['spec', 'pipeline']);
    const other = steps.findIndex((step) => !isOurStep(step));
    return steps.flatMap((step, index) =>
      isOurStep(step)
        ? {
            step,
            isFirst: other < 0 || index < other,
            composition,
            what: `step ${quote(textAt(step, ['step']) ?? '')} of ${describeObject(composition.object)}`,
            locationOf: (field: string) => composition.locationOf(`spec.pipeline[${index}].${field}`),
          }
        : [],
    );
  });
}

/** The starts of this function by kustomizations, or of what `isWanted` says. */
export function startsIn({ repository: { kustomizations, at }, deadline }: Survey, isWanted = isOurs) {
  return kustomizations.flatMap((kustomization) => {
    deadline.throwIfExpired();
    return startsOf(kustomization, at, isWanted).map((start) => ({
      ...start,
      /** Kind and name of the object. */
      what: describeItem(start.config.item),
      kustomization,
    }));
  });
}

/** The steps of Kptfiles that start this function, or what `isWanted` says; of too many the first, as a run has it. */
export function stepsIn({ repository: { kptfiles }, deadline }: Survey, isWanted = isOurs) {
  return kptfiles.flatMap((kptfile) => {
    deadline.throwIfExpired();
    return startsToRun(stepsOf(kptfile, isWanted)).map((step) => ({ kptfile, ...step }));
  });
}

/** `Secret "keys" of "app/keys.yaml"`. */
export function describeWithFile({ item, file }: FileItem): string {
  return `${describeItem(item)} of ${quote(file.shown)}`;
}

/** `Secret "keys"`. Messages show kinds without quotes. */
export function describeItem({ apiVersion = '', kind = '', object }: Item): string {
  return describeObject({ apiVersion, name: '', ...object, kind: /^\w*$/.test(kind) ? kind : '' });
}

/** `Function "credentials" in "functions.yaml"`. */
export function inFile({ object, file }: FoundObject): string {
  return `${describeObject(object)} in ${quote(file.shown)}`;
}
