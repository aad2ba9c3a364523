import type { RunResult } from '../files/answer-files.ts';
import type { Code } from '../findings/codes.ts';
import { type Finding, finding, hasErrors } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import type { Item } from '../krm/item.ts';
import { GENERATOR_ANNOTATION, NEEDS_HASH_ANNOTATION } from '../model/annotations.ts';
import { isGenerator, type NamedRef, objectKey, secretObject } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { cached, defined, distinct, hasText, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { locationOfField, madeBy } from '../repository/kustomize-edits.ts';
import { renamed } from '../repository/metadata-change.ts';
import { newBuilds, type PipelineFile } from '../repository/pipelines.ts';
import { addedKeys } from '../secret/format-secret.ts';
import { typeOf } from '../secret/render-secret.ts';
import type { FoundObject, Survey } from './survey.ts';

/** So many names are compared with as many Secrets and generators. */
const MOST = 200;

/**
 * Workloads and others that read a Secret, or name a generator, under nearly the name of one that is made here, where no manifest has that
 * name. One of another name may come from anywhere, and a short name may be another word.
 */
export function checkReferences(survey: Survey, ran: readonly RunResult[]): Finding[] {
  const { others, repository } = survey;
  const jobs = ran.flatMap(({ draft, secrets = [] }) => [...(draft?.jobs ?? []), ...secrets]);
  const targets = jobs.map(({ target }) => target);
  const items = repository.all.flatMap(({ item }) => item.object ?? []);
  const made = [...targets.map(secretObject).slice(0, MOST), ...items.filter(isGenerator).slice(0, MOST)];
  const read = [...others, ...repository.kustomizations.map(asObject)].map(namesIn);
  const objects = [...targets, ...items, ...repository.kustomizations.flatMap(madeBy)];
  const there = new Set([...read.flatMap(({ names }) => names), ...objects.map(({ name }) => name)]);
  const unknown = read.flatMap(({ references }) => references).filter(({ name }) => !there.has(name));
  const each = distinct(unknown, ({ kind, name, namespace }) => JSON.stringify([kind, name, namespace]));
  const slips = each.slice(0, MOST).flatMap(({ by, field, kind, name, namespace, isSelected }) => {
    const isFor = (object: NamedRef) => (object.namespace ?? namespace) === (namespace ?? object.namespace);
    const isPart = (own: string) => isSelected && (own.includes(name) || name.includes(own)); // before or after a prefix
    const isMeant = ({ name: own }: NamedRef) => isSlip(name, own) && !isPart(own);
    const near = made.find((object) => object.kind === kind && isFor(object) && isMeant(object));
    if (near === undefined || name.length < 5) return [];
    const message = `${describeObject(by.object)} names ${kind} ${quote(name)}, which is not there; did you mean ${quote(near.name)}? Correct it.`;
    return [{ by, field, code: 'REFERENCE_MISSING' as const, message }];
  });
  return [...slips, ...usesOf(read, survey, ran)].map(({ by, field, code, message }) => ({
    ...finding(code, message, { location: by.locationOf(field) }),
    severity: 'warning',
  }));
}

/**
 * What reads a Secret that is made here, and finds it under another name, in another namespace alone, without a key, or of another type, or
 * reads it only as a pod starts. Only of Secrets that nothing else may make or change.
 */
function usesOf(read: readonly NamesIn[], { repository, scripts }: Survey, ran: readonly RunResult[]) {
  if (ran.some(({ draft, findings }) => draft === undefined || hasErrors(findings))) return []; // it may make more
  const made = ran.flatMap(({ run: { after, folder, doubts = [] }, draft }) =>
    (draft?.jobs ?? []).map((job) => ({
      ...{ job, ...job.form, folder, end: renamed(job.target, after.change), keys: once(() => addedKeys(job)) },
      isSure: after.edits.length + doubts.length === 0 && job.form.merge === undefined,
    })),
  );
  const byName = Map.groupBy(made, ({ end }) => end.name);
  const kept = made.filter(({ job, end, isSure }) => isSure && end.name === job.target.name); // kustomize renames what reads the others
  const askers = kept.flatMap(({ job }) =>
    [job.requester, ...job.parts.map(({ generator }) => generator)].map((by) => ({ by, job })),
  );
  const byAsker = Map.groupBy(askers, ({ by }) => by.name);
  const restarts = once(() => hasText([scripts, read.map(({ by }) => by.value)], (text) => RESTARTS.test(text)));
  const ours = new Set(made.map(({ job }) => objectKey(job.requester)));
  const mayMake = ({ object }: FoundObject) => !WORKLOADS.test(object.apiVersion) && !ours.has(objectKey(object));
  const isOther = ({ kind, annotations }: Item) => kind === 'Secret' && !(GENERATOR_ANNOTATION in annotations);
  const others = new Set([
    ...read.flatMap(({ by, names }) => (mayMake(by) ? names : [])),
    ...repository.all.flatMap(({ item }) => (isOther(item) ? (item.object?.name ?? []) : [])),
  ]);
  const mayMove =
    [...repository.kptfiles, ...repository.kustomizations].some(({ file }) => file.text.includes('amespace')) ||
    read.some(({ by }) => DEPLOYS.test(by.object.apiVersion));
  const buildOf = newBuilds(repository.kustomizations);
  const faultOf = (use: Reference): string | undefined => {
    const { by, kind, name, namespace, isSelected, under, key = '' } = use;
    const all = byName.get(name) ?? [];
    if (kind !== 'Secret' || isSelected || others.has(name) || all.length > MOST || !all.every(({ isSure }) => isSure))
      return undefined;
    const own = all.filter(({ end }) => (end.namespace ?? namespace) === (namespace ?? end.namespace));
    const [any, first] = [all[0]?.end.namespace, own[0]];
    const asker = all.length > 0 ? undefined : byAsker.get(name)?.find(({ job }) => job.target.namespace === namespace);
    if (asker)
      return `names Secret ${quote(name)}, which is not there: that of ${describeObject(asker.by)} is called ${quote(asker.job.target.name)}. Correct it.`;
    const isCopied = all.some(({ labels, annotations }) => labels ?? annotations); // perhaps, by what reads them
    if (first === undefined && any !== undefined && !mayMove && !isCopied)
      return `names Secret ${quote(name)}, which is made in namespace ${quote(any)} alone. Give both the same namespace.`;
    const holders = new Set(under === 'secretKeyRef' ? own.filter(({ keys }) => keys()?.includes(key) !== false) : own);
    const isBuilt = (folder: string) => buildOf(folder).paths.has(by.file.real);
    const without = own.find((each) => !holders.has(each) && (holders.size === 0 || isBuilt(each.folder)));
    if (without && ![...holders].some(({ folder }) => folder === without.folder))
      return `reads key ${quote(key)} of ${describeObject(secretObject(without.end))}, which has only ${without.keys()?.map(quote).join(', ')}. Correct it.`;
    if (first && under === 'imagePullSecrets' && !own.some(({ job }) => PULL_TYPES.includes(typeOf(job.form))))
      return `pulls images with Secret ${quote(name)}, which has another type. Make it with \`format: dockerConfigJson\`, or give its template the type ${PULL_TYPES[0]}.`;
    return undefined;
  };
  const staleOf = ({ by, name, field, under }: Reference): string | undefined => {
    const [own] = byName.get(name) ?? [];
    const isLasting = /^(?:Deployment|StatefulSet|DaemonSet)$/.test(by.object.kind);
    if (!isLasting || !own || others.has(name) || NEEDS_HASH_ANNOTATION in own.job.annotations || restarts())
      return undefined;
    const how = isVariable(under, field) ? 'a variable' : mountsPart(by, field) ? '`subPath`' : undefined;
    return (
      how &&
      `does not see new sessions in Secret ${quote(name)}: ${how} keeps what it is as a pod starts. Mount the whole Secret (docs/formats.md).`
    );
  };
  const uses = read.values().flatMap(({ references }) => references);
  const faulty = uses.flatMap((use) => {
    const [fault, stale] = [faultOf(use), use.kind === 'Secret' ? staleOf(use) : undefined];
    const { by, field } = use;
    const text = fault ?? stale;
    const code: Code = fault === undefined ? 'REFRESHED_TOO_LATE' : 'REFERENCE_MISSING';
    return text === undefined ? [] : [{ by, field, code, message: `${describeObject(by.object)} ${text}` }];
  });
  return [...faulty.take(MOST)]; // one by one, since each may list very many keys
}

/** What gives pods a new Secret by starting them anew. */
const RESTARTS = /reloader|rollout restart|restartedAt/i;

function isVariable(under: string, field: string): boolean {
  return (under === 'secretKeyRef' || under === 'secretRef') && /\.env(?:From)?\[/.test(field);
}

/** Whether a container mounts a part of the volume of this field. */
function mountsPart(by: FoundObject, field: string): boolean {
  const { value } = by;
  const [, pod = '', index = ''] = /^(.+)\.volumes\[(\d+)\]/.exec(field) ?? [];
  const [path, name] = [pod.split('.'), textAt(value, [...pod.split('.'), 'volumes', index, 'name'])];
  const names = cached(
    cached(MOUNTED, by, () => new Map()),
    pod,
    () => {
      const mounts = listAt(value, [...path, 'containers']).flatMap((container) => listAt(container, ['volumeMounts']));
      return new Set(mounts.flatMap((mount) => (textAt(mount, ['subPath']) ? [textAt(mount, ['name'])] : [])));
    },
  );
  return names.has(name);
}

/** The volumes of which a part is mounted, by pod: each volume of an object is asked for. */
const MOUNTED = new WeakMap<FoundObject, Map<string, ReadonlySet<string | undefined>>>();

/** Types of Secrets that `imagePullSecrets` may name. */
const PULL_TYPES = ['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'];
/** What may put objects into other namespaces. */
const DEPLOYS = /^argoproj\.io\/|\.fluxcd\.io\//;
/** What makes no Secret, whatever it names. */
const WORKLOADS = /^(?:apps|batch|rbac\.authorization\.k8s\.io)\/|^v1$/;

function asObject({ file, value }: PipelineFile): FoundObject {
  const object = { apiVersion: '', kind: 'kustomization', name: file.shown };
  return { object, value, file, locationOf: (field = '') => locationOfField({ file }, field) };
}

/** Fields with a Secret that is read, or with an object of a kind that stands there. Whatever else has a name may make one. */
const READS = /^(?:\w*[sS]ecret(?:Key)?Ref|imagePullSecrets|secret)$/;
const NAMES = /^(?:generatorRef|valuesFrom|substituteFrom)$/;
/** What patches and replacements select. */
const SELECTS = /\bpatches\w*\[\d+\]\.target$|\btargets\[\d+\]\.select$/;

type Reference = NamedRef &
  Readonly<{ kind: string; by: FoundObject; field: string; isSelected: boolean; under: string; key?: string }>;

/** A longer path to a field is of no object that reads a Secret, and very many may be as long as a file. */
const LONGEST_FIELD = 1000;

/** The references of an object, and all other names in it. */
export const namesIn = (by: FoundObject) => cached(NAMES_IN, by, readNames);
type NamesIn = ReturnType<typeof readNames>;
const NAMES_IN = new WeakMap<FoundObject, NamesIn>();

function readNames(by: FoundObject) {
  const references: Reference[] = [];
  const names: string[] = [];
  const open: { value: unknown; field: string; under: string }[] = [{ value: by.value, field: '', under: '' }];
  const seen = new Set<unknown>();
  for (const { value, field, under } of open) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const name = textAt(value, ['secretName']) ?? textAt(value, ['name']);
    const namespace = textAt(value, ['namespace']) ?? by.object.namespace;
    const key = textAt(value, ['key']);
    const [kind = ''] = READS.test(under) ? ['Secret'] : [textAt(value, ['kind'])];
    const isShort = field.length <= LONGEST_FIELD;
    const isSelected = isShort && kind === 'Secret' && SELECTS.test(field) && /^[\w-]+$/.test(name ?? ''); // and no pattern
    const isRead = isShort && (READS.test(under) || NAMES.test(under) || isSelected);
    if (name !== undefined && !isRead) names.push(name);
    else if (name !== undefined && valueAt(value, ['optional']) !== true)
      references.push({ by, field, kind, name, isSelected, under, ...defined({ namespace, key }) });
    for (const [part, inner] of Object.entries(value))
      if (Array.isArray(value)) open.push({ value: inner, field: `${field}[${part}]`, under });
      else open.push({ value: inner, field: field === '' ? part : `${field}.${part}`, under: part });
  }
  return { by, references, names };
}
