import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { isGenerator } from '../model/kinds.ts';
import { nearestTo } from '../model/meant-kind.ts';
import { cached, listAt, once, textAt } from '../model/plain-data.ts';
import { locationIn } from '../repository/function-run.ts';
import { filesThrough } from '../repository/pipelines.ts';
import type { FileItem } from '../repository/read-manifests.ts';
import { compositionSteps, describeItem, type Survey } from './survey.ts';

/** What EKS reads on a ServiceAccount (aws/amazon-eks-pod-identity-webhook, README.md). */
export const ROLE = 'eks.amazonaws.com/role-arn';
const ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const MOST_SLIPS = 3;

/** What is wrong with the role that annotations give a ServiceAccount. A variable may stand for anything. */
export function checkRole(annotations: Readonly<Record<string, string>>) {
  const { [ROLE]: role } = annotations;
  if (role !== undefined) {
    if (ARN.test(role) || /[${]/.test(role)) return undefined;
    return {
      key: ROLE,
      cause: `\`${ROLE}\` must be the ARN of a role, such as "arn:aws:iam::123456789012:role/name", got ${quote(role)}`,
    };
  }
  const key = Object.keys(annotations).find((each) => nearestTo(each, [ROLE], () => MOST_SLIPS) !== undefined);
  return key === undefined ? undefined : { key, cause: `EKS reads \`${ROLE}\`, and no annotation ${quote(key)}` };
}

/** Where a generator names the ServiceAccount whose token it asks for. */
export const ACCOUNT_NAME = ['spec', 'auth', 'jwt', 'serviceAccountRef', 'name'];
/** By what a kustomization may give a role. */
const ANNOTATES = /\b(?:patch\w*|commonAnnotations|replacements|transformers|components)\b/;

/** ServiceAccounts whose role EKS, or a generator that names one, would not find. */
export function checkAccounts(survey: Survey): Finding[] {
  const { all, kustomizations } = survey.repository;
  const inSteps = compositionSteps(survey).flatMap(({ step }) => listAt(step, ['input', 'generators']));
  const generators = [...all.flatMap(({ item }) => (isGenerator(item) ? item.toJS() : [])), ...inSteps];
  const namespaces = new Map<string, Set<string | undefined>>(); // of the generators that ask for an account
  for (const generator of generators) {
    const name = textAt(generator, ACCOUNT_NAME);
    if (name === undefined) continue;
    cached(namespaces, name, () => new Set()).add(textAt(generator, ['metadata', 'namespace']));
  }
  const annotated = once(() => filesThrough(kustomizations, ({ file }) => ANNOTATES.test(file.text)));
  const lackOf = ({ item: { object, annotations }, file }: FileItem) => {
    const { name = '', namespace } = object ?? {};
    const among = namespaces.get(name);
    const isAsked = among !== undefined && (namespace === undefined || among.has(undefined) || among.has(namespace));
    if (!isAsked || ROLE in annotations || annotated().has(file.real)) return undefined;
    return { key: ROLE, cause: `a generator asks for its token, and it has no annotation \`${ROLE}\`` };
  };
  return all.flatMap((manifest) => {
    const { item, file } = manifest;
    const fault = item.kind === 'ServiceAccount' ? (checkRole(item.annotations) ?? lackOf(manifest)) : undefined;
    if (fault === undefined) return [];
    const location = locationIn(file, item, `metadata.annotations.${fault.key}`);
    const message = `${describeItem(item)} has no role of AWS: ${fault.cause}. Correct it.`;
    return [finding('RUNTIME_INCOMPLETE', message, { location })];
  });
}
