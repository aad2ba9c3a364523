import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import type { Item } from '../krm/item.ts';
import { NEEDS_HASH_ANNOTATION } from '../model/annotations.ts';
import { asksForSecret } from '../model/kinds.ts';
import { cached, defined, textAt, valueAt } from '../model/plain-data.ts';
import { isBelow } from '../repository/function-run.ts';
import { isSelected } from '../repository/kpt-sent.ts';
import { locationOfField, needsHash } from '../repository/kustomize-edits.ts';
import { pathsOfBuild } from '../repository/pipelines.ts';
import type { FileItem } from '../repository/read-manifests.ts';
import { namesIn } from './references.ts';
import { describeWithFile, type FoundObject, type FunctionStart, type Survey, startsIn, stepsIn } from './survey.ts';

/**
 * kustomize renames what generators make, but not what transformers make, since these run last (kubernetes-sigs/kustomize,
 * kustomize/v5.8.1, api/internal/target/kusttarget.go, runTransformers).
 */
export function checkNames(survey: Survey): Finding[] {
  const byFile = Map.groupBy(survey.others, ({ file }) => file.real);
  const read = (kustomization: FunctionStart['kustomization']) => {
    const paths = pathsOfBuild(kustomization, survey.kustomizations);
    const specs = paths.flatMap(survey.repository.at).filter(({ item }) => asksForSecret(item));
    const renamed = specs.filter(({ item }) => textAt(item.toJS(), ['spec', 'target', 'name']) === undefined);
    const names = new Set(renamed.map(({ item }) => item.object?.name));
    const isReader = (by: FoundObject) =>
      namesIn(by).references.some(({ kind, name }) => kind === 'Secret' && names.has(name));
    return { specs, isRead: paths.some((path) => byFile.get(path)?.some(isReader)) };
  };
  const builds = new Map<FunctionStart['kustomization'], ReturnType<typeof read>>(); // one may start very many
  return startsIn(survey).flatMap((start) => {
    if (start.list === 'generators') return checkHash(start);
    const { specs, isRead } = cached(builds, start.kustomization, read);
    return [...(isRead ? checkRenamed(start) : []), ...specs.flatMap(checkSpec)];
  });
}

/** Each build issues a session, so each build gives the Secret another hash and name. */
function checkHash({ what, config: { item, file } }: FunctionStart): Finding[] {
  if (!needsHash(item.annotations)) return [];
  const cause = `\`${NEEDS_HASH_ANNOTATION}\` gives it another name with each session, so each build rolls out every workload that uses it`;
  const message = `the Secret of ${what} in ${quote(file.shown)} does not keep its name: ${cause}. Remove the annotation if you do not want that.`;
  return [finding('SECRET_ROLLS_OUT', message)];
}

function checkRenamed({ kustomization: { value, file } }: FunctionStart): Finding[] {
  const set = ['namePrefix', 'nameSuffix'].filter((field) => textAt(value, [field]));
  if (set.length === 0) return [];
  const fields = set.map((field) => `\`${field}\``).join(' and ');
  const cause = `kustomize applies ${fields} before it starts the transformer`;
  const message = `references to a transformer's Secrets are not renamed: ${cause}. Start the function under \`generators\`, or put ${fields} into a kustomization that includes this one.`;
  return [finding('SECRET_NOT_RENAMED', message, { location: { file: file.shown } })];
}

function checkSpec(spec: FileItem): Finding[] {
  if (!needsHash(spec.item.annotations)) return [];
  const message = `the Secret of ${describeWithFile(spec)} gets no hash: kustomize adds hashes before it starts transformers. Start the function under \`generators\`, or remove \`${NEEDS_HASH_ANNOTATION}\`.`;
  return [finding('SECRET_NOT_RENAMED', message)];
}

/** Selectors that keep existing Secrets from the function, which then cannot renew them. */
export function checkSelectors(survey: Survey): Finding[] {
  return stepsIn(survey).flatMap((step) => {
    const { kptfile, field, value } = step;
    const specs = survey.repository.at(dirname(kptfile.file.real)).filter(({ item }) => asksForSecret(item));
    const sent = specs.filter(({ item }) => isSelected(item, step)).map(({ item }) => secretOf(item));
    const secrets = sent.length === 0 ? [NAMELESS] : sent;
    const key = ['selectors', 'exclude'].find((part) => {
      const selector = { value: { [part]: valueAt(value, [part]) } };
      return secrets.some((secret) => !isSelected(secret, selector));
    });
    if (key === undefined) return [];
    const cure = key === 'selectors' ? 'Add `- kind: Secret` to it, or remove it' : 'Stop excluding Secrets';
    const message = `cannot renew Secrets of ${quote(kptfile.file.shown)}: \`${field}.${key}\` hides them from the function, so each \`kpt fn render\` adds another Secret. ${cure}.`;
    return [finding('SECRET_DUPLICATED', message)];
  });
}

const MOVES = /\/set-namespace(?:[:@]|$)/;
/** So many are compared with as many starts. */
const MOST = 200;

/** Steps that give Secrets another namespace when they are made: the next render finds their generators there too, and other marks. */
export function checkMoves(survey: Survey): Finding[] {
  const moves = stepsIn(survey, (how) => how !== undefined && 'image' in how && MOVES.test(how.image))
    .values()
    .flatMap(({ kptfile, field, value }) => {
      const namespace = textAt(value, ['configMap', 'namespace']);
      return namespace === undefined || placeOf(field) < 0 ? [] : [{ kptfile, field, namespace }];
    })
    .take(MOST);
  const starts = stepsIn(survey)
    .slice(0, MOST)
    .map(({ kptfile, field }) => {
      const specs = survey.repository.at(dirname(kptfile.file.real)).filter(({ item }) => asksForSecret(item));
      return { kptfile, field, namespaces: new Set(specs.map(({ item }) => item.object?.namespace)) };
    });
  return [...moves].flatMap(({ kptfile, field, namespace }) => {
    const folder = dirname(kptfile.file.real);
    const isMoved = (start: (typeof starts)[number]) => {
      const isSame = start.kptfile === kptfile;
      const isLater = isSame ? placeOf(field) > placeOf(start.field) : isBelow(folder, start.kptfile.file.real);
      return isLater && placeOf(start.field) >= 0 && start.namespaces.values().some((each) => each !== namespace);
    };
    if (!starts.some(isMoved)) return [];
    const location = locationOfField(kptfile, field);
    const message = `\`${field}\` moves Secrets and their generators behind this function, so the next \`kpt fn render\` takes them for another generator's. Set namespaces before it.`;
    return [{ ...finding('TARGET_NOT_OURS', message, { location }), severity: 'warning' as const }];
  });
}

/** Which mutator a step is, and -1 for a validator. */
const placeOf = (field: string) => Number(/^pipeline\.mutators\[(\d+)\]$/.exec(field)?.[1] ?? -1);

const SECRET = { apiVersion: 'v1', kind: 'Secret' } as const;
const NAMELESS = { ...SECRET, object: undefined, toJS: () => undefined };

/** The Secret of a spec, as selectors see it: its labels are taken for those of the spec. */
function secretOf({ object, toJS }: Item) {
  const name = textAt(toJS(), ['spec', 'target', 'name']) ?? object?.name ?? '';
  return { ...SECRET, toJS, object: { ...SECRET, ...defined({ namespace: object?.namespace }), name } };
}
