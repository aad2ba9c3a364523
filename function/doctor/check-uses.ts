import { dirname } from 'node:path';
import type { RunResult } from '../files/answer-files.ts';
import type { Code } from '../findings/codes.ts';
import { hasErrors, type SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import type { Item } from '../krm/item.ts';
import { GENERATOR_ANNOTATION, NEEDS_HASH_ANNOTATION } from '../model/annotations.ts';
import { objectKey, secretObject } from '../model/kinds.ts';
import { cached, hasText, listAt, once, textAt } from '../model/plain-data.ts';
import type { FilePath } from '../repository/find-files.ts';
import { isBelow, locationIn } from '../repository/function-run.ts';
import { renamed } from '../repository/metadata-change.ts';
import { filesThrough, newBuilds, type PipelineFile } from '../repository/pipelines.ts';
import { addedKeys } from '../secret/format-secret.ts';
import { typeOf } from '../secret/render-secret.ts';
import { mayBeOne, type NamesIn, type Reference } from './references.ts';
import type { FoundObject, Survey } from './survey.ts';
import { faultOfVariables } from './variables.ts';

/** So many uses are told of, and so many Secrets of one name compared. */
const MOST = 200;

/** A fault of what reads a Secret. */
interface BadUse extends Pick<Reference, 'by' | 'field'> {
  readonly code: Code;
  readonly message: string;
}

/**
 * What reads a Secret that is made here, and finds it under another name, in another namespace alone, without a key, or of another type, or
 * reads it only as a pod starts. Only of Secrets that nothing else may make or change.
 */
export function checkUses(read: readonly NamesIn[], survey: Survey, ran: readonly RunResult[]): BadUse[] {
  if (ran.some(({ draft, findings }) => draft === undefined || hasErrors(findings))) return []; // it may make more
  const made = madeSecrets(read, survey, ran);
  const uses = read.values().flatMap(({ references }) => references.filter(({ kind }) => kind === 'Secret'));
  const bad = uses.flatMap((use): BadUse[] => {
    const lack = lackFor(use, made);
    const text = lack ?? stalenessOf(use, made);
    const code = lack === undefined ? 'REFRESHED_TOO_LATE' : 'REFERENCE_MISSING';
    const { by, field } = use;
    return text === undefined ? [] : [{ by, field, code, message: `${describeObject(by.object)} ${text}.` }];
  });
  return [...bad.take(MOST)]; // one by one, since each may list very many keys
}

const setOf = (keys: readonly string[] | undefined) => keys && new Set(keys);
const placeKey = ({ real }: FilePath, { line }: SourceLocation) => JSON.stringify([real, line]);

type MadeSecrets = ReturnType<typeof madeSecrets>;

/** The Secrets that are made here by the names that they have in the end, and what else may make, move or copy one. */
function madeSecrets(read: readonly NamesIn[], { repository, scripts }: Survey, ran: readonly RunResult[]) {
  const made = ran.flatMap(({ run: { after, folder, byKey, doubts = [] }, draft }) =>
    (draft?.jobs ?? []).map((job) => ({
      ...{
        job,
        ...job.form,
        folder,
        byKey,
        end: renamed(job.target, after.change),
        keys: once(() => setOf(addedKeys(job))),
      },
      isSure: after.edits.length + doubts.length === 0 && job.form.merge === undefined,
    })),
  );
  const kept = made.filter(({ job, end, isSure }) => isSure && end.name === job.target.name); // kustomize renames what reads the others
  const askers = kept.flatMap(({ job }) =>
    [job.requester, ...job.parts.map(({ generator }) => generator)].map((by) => ({ by, job })),
  );
  const places = made.flatMap(({ job: { requester, parts }, byKey }) =>
    [requester, ...parts.map(({ generator }) => generator)].flatMap((by) =>
      (byKey.get(objectKey(by)) ?? []).map(({ file, item }) => placeKey(file, locationIn(file, item, 'kind'))),
    ),
  );
  const ours = new Set(places); // by their places: overlays give them other names
  const mayMake = ({ object, file, locationOf }: FoundObject) =>
    !WORKLOADS.test(object.apiVersion) && !ours.has(placeKey(file, locationOf('kind')));
  const isOther = ({ kind, annotations }: Item) => kind === 'Secret' && !(GENERATOR_ANNOTATION in annotations);
  const isMoving = ({ file }: PipelineFile) => file.text.includes('amespace');
  const moved = filesThrough(repository.kustomizations, isMoving);
  const moving = repository.kptfiles.filter(isMoving).map(({ file }) => dirname(file.real));
  const mayMoveAll = read.some(
    ({ by: { object, value } }) =>
      DEPLOYS.test(object.apiVersion) && hasText(value, (text, isKey) => isKey && MOVING.test(text)),
  );
  return {
    byName: Map.groupBy(made, ({ end }) => end.name),
    /** The first by the name of what asks for one, and by the Secret's namespace too. */
    byAsker: new Map(
      askers.toReversed().flatMap((asker) => {
        const keys = [undefined, asker.job.target.namespace].map((namespace) => askerKey(asker.by.name, namespace));
        return keys.map((key) => [key, asker]);
      }),
    ),
    /** Names of which something else may make a Secret. */
    others: new Set([
      ...read.flatMap(({ by, names }) => (mayMake(by) ? names : [])),
      ...repository.all.flatMap(({ item }) => (isOther(item) ? (item.object?.name ?? []) : [])),
    ]),
    mayMove: (file: FilePath) =>
      mayMoveAll || moved.has(file.real) || moving.some((folder) => isBelow(folder, file.real)),
    /** Whether pods may be started anew. */
    restarts: once(() => hasText([scripts, read.map(({ by }) => by.value)], (text) => RESTARTS.test(text))),
    buildOf: newBuilds(repository.kustomizations),
  };
}

const askerKey = (name: string, namespace: string | undefined) => JSON.stringify([name, namespace]);

/** Why a Secret is not there, or not as it is read, and what to do. */
function lackFor(use: Reference, { byName, byAsker, others, mayMove, buildOf }: MadeSecrets): string | undefined {
  const { by, name, namespace, isSelected, isOptional, under, keys } = use;
  const all = byName.get(name) ?? [];
  if (isSelected || others.has(name) || all.length > MOST || !all.every(({ isSure }) => isSure)) return undefined;
  const asker = all.length > 0 ? undefined : byAsker.get(askerKey(name, namespace));
  if (asker !== undefined && !isOptional)
    return `names Secret ${quote(name)}, which is not there: that of ${describeObject(asker.by)} is called ${quote(asker.job.target.name)}. Correct it`;
  const near = all.filter(({ end }) => mayBeOne(end.namespace, namespace));
  const elsewhere = all[0]?.end.namespace;
  const isCopied = all.some(({ labels, annotations }) => labels ?? annotations); // perhaps, by what reads them
  if (near.length === 0 && elsewhere !== undefined && !mayMove(by.file) && !isCopied && !isOptional)
    return `names Secret ${quote(name)}, which is made in namespace ${quote(elsewhere)} alone. Give both the same namespace`;
  const lackingIn = (secret: (typeof near)[number]) => keys.find((key) => secret.keys()?.has(key) === false);
  const holders = new Set(near.filter((secret) => lackingIn(secret) === undefined));
  const isBuilt = (folder: string) => buildOf(folder).paths.has(by.file.real);
  const without = near.find((each) => !holders.has(each) && (holders.size === 0 || isBuilt(each.folder)));
  if (without !== undefined && ![...holders].some(({ folder }) => folder === without.folder))
    return `reads key ${quote(lackingIn(without) ?? '')} of ${describeObject(secretObject(without.end))}, which has only ${listed(without.keys() ?? new Set())}. Correct it`;
  if (near.length > 0 && under === 'imagePullSecrets' && !near.some(({ job }) => PULL_TYPES.includes(typeOf(job.form))))
    return `pulls images with Secret ${quote(name)}, which has another type. Make it with \`format: dockerConfigJson\`, or give its template the type ${PULL_TYPES[0]}`;
  const [only, another] = near;
  return only && another === undefined ? faultOfVariables(use, only.keys() ?? new Set()) : undefined;
}

/** The first of some keys, and how many more there are. */
function listed(keys: ReadonlySet<string>): string {
  const first = [...keys.values().take(MOST_KEYS)].map(quote).join(', ');
  return keys.size > MOST_KEYS ? `${first} and ${keys.size - MOST_KEYS} more` : first;
}
const MOST_KEYS = 20;

/** Why what reads a Secret keeps an old session of it, and what to do. */
function stalenessOf({ by, name, field, under }: Reference, { byName, others, restarts }: MadeSecrets) {
  const [made] = byName.get(name) ?? [];
  const isLasting = /^(?:Deployment|StatefulSet|DaemonSet)$/.test(by.object.kind);
  if (!isLasting || made === undefined || others.has(name)) return undefined;
  if (NEEDS_HASH_ANNOTATION in made.job.annotations || restarts()) return undefined;
  const how = isVariable(under, field) ? 'a variable' : mountsPart(by, field) ? '`subPath`' : undefined;
  return (
    how &&
    `does not see new sessions in Secret ${quote(name)}: ${how} keeps what it is as a pod starts. Mount the whole Secret (docs/formats.md)`
  );
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
      return new Set(
        mounts.flatMap((mount) =>
          textAt(mount, ['subPath']) || textAt(mount, ['subPathExpr']) ? [textAt(mount, ['name'])] : [],
        ),
      );
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
/** Fields by which these give all that they apply another namespace. */
const MOVING = /^(?:targetNamespace|kustomize|plugin|helm|patches)$/;
/** What makes no Secret, whatever it names. */
const WORKLOADS = /^(?:apps|batch|rbac\.authorization\.k8s\.io)\/|^v1$/;
