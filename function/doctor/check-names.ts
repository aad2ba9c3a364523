import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { NEEDS_HASH_ANNOTATION } from '../model/annotations.ts';
import { asksForSecret } from '../model/kinds.ts';
import { cached, textAt } from '../model/plain-data.ts';
import { needsHash } from '../repository/kustomize-edits.ts';
import { pathsOfBuild } from '../repository/pipelines.ts';
import type { FileItem } from '../repository/read-manifests.ts';
import { namesIn } from './references.ts';
import { describeWithFile, type FoundObject, type FunctionStart, type Survey, startsIn } from './survey.ts';

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
