import { quote } from '../findings/quote.ts';
import { describeObject, type ObjectRef } from '../findings/say.ts';
import type { NamedRef } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { cached, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { filesThrough, type PipelineFile } from '../repository/pipelines.ts';
import { mayBeOne } from './references.ts';
import { type FoundObject, filesGiven, objectsOf, type Survey } from './survey.ts';

/** What somebody does with objects of the core group, as RBAC judges it. A `name` of "" has none yet; without one it may be any. */
export interface Act extends Partial<NamedRef> {
  readonly verb: string;
  readonly resource: string;
}

/** So many Roles, and as many bindings, are looked at, and so many rules and subjects of each; of an account with more bindings nothing is said. */
const [MOST, MOST_BOUND] = [200, 20];
/** ClusterRoles that every cluster has. */
const BUILT_IN = /^(?:view|edit|admin|cluster-admin|system:.*)$/;
export const RBAC = 'rbac.authorization.k8s.io';

/** True where a rule allows a verb on a resource of the core group, whatever its name is. */
export function may(rule: unknown, resource: string, verb: string): boolean {
  const has = (list: string, ...words: readonly string[]) =>
    [...words, '*'].some((each) => listAt(rule, [list]).includes(each));
  return has('apiGroups', '') && has('resources', resource, resource.replace(/^.*(?=\/)/, '*')) && has('verbs', verb);
}

const ROLES = new WeakMap<Survey, ReturnType<typeof rolesIn>>();

function rolesIn(survey: Survey) {
  const alsoOfClusters = (kind: string) =>
    [kind, `Cluster${kind}`].flatMap((each) => objectsOf(survey, RBAC, each).slice(0, MOST));
  const bindings = alsoOfClusters('RoleBinding');
  const arePassing = (files: ReadonlySet<string>) =>
    [...bindings, ...[...roles.values()].flat()].some(({ file }) => files.has(file.real));
  const isOfRights = ({ file }: PipelineFile) => /\bRole|\brules\b|\bsubjects\b/.test(file.text);
  const roles = Map.groupBy(alsoOfClusters('Role'), ({ object }) => object.name);
  const near = new Map<string, boolean>();
  return {
    roles,
    isNearRole: (name: string) => cached(near, name, () => [...roles.keys()].some((each) => isSlip(name, each))),
    bindings,
    /** The roles for a resource, and the bindings of an account. */
    byResource: new Map<string, readonly FoundObject[]>(),
    boundTo: new Map<string, readonly FoundObject[]>(),
    /** A kustomization may give all of them another namespace, and patches other rules. */
    isMoved: arePassing(filesGiven(survey, 'namespace')),
    isPatched: arePassing(filesThrough(survey.repository.kustomizations, isOfRights)),
  };
}

/** True for a word that is another, perhaps misspelt. */
export const isNearly = (word: string, meant: string) => word === meant || isSlip(word, meant);

/** The Roles with a rule for a resource, perhaps misspelt. */
export function rolesFor(survey: Survey, resource: string): readonly FoundObject[] {
  const [plain = ''] = resource.split('/');
  const isMeant = (word: unknown) => typeof word === 'string' && isNearly(word.split('/')[0] ?? '', plain);
  const hasRule = ({ value }: FoundObject) =>
    listAt(value, ['rules']).some((rule) => listAt(rule, ['resources']).slice(0, MOST).some(isMeant));
  const { roles, byResource } = cached(ROLES, survey, rolesIn);
  return cached(byResource, plain, () => [...roles.values()].flat().filter(hasRule));
}

/** Whether a binding of such a Role has such a subject. */
export function hasBinding(survey: Survey, resource: string, isSo: (subject: unknown) => boolean): boolean {
  const names = rolesFor(survey, resource).map(({ object }) => object.name);
  return cached(ROLES, survey, rolesIn).bindings.some(({ value }) => {
    const role = textAt(value, ['roleRef', 'name']) ?? '';
    return names.some((name) => isNearly(role, name)) && listAt(value, ['subjects']).slice(0, MOST).some(isSo);
  });
}

/** Why no Role of these manifests lets a ServiceAccount do something. Undefined where one does, or another repository may have it. */
export function lackOfRight(
  survey: Survey,
  account: NamedRef,
  act: Act,
): { readonly by?: FoundObject; readonly cause: string } | undefined {
  const { roles, bindings, boundTo, isNearRole, isMoved, isPatched } = cached(ROLES, survey, rolesIn);
  const isIn = (first: string | undefined, second: string | undefined) => isMoved || mayBeOne(first, second);
  if (isPatched) return undefined;
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  const isAccount = (subject: unknown) =>
    textAt(subject, ['kind']) === 'Group' ||
    textAt(subject, ['name']) === user ||
    textAt(subject, ['name'])?.includes('{') || // filled in elsewhere
    (textAt(subject, ['kind']) === 'ServiceAccount' &&
      textAt(subject, ['name']) === account.name &&
      isIn(textAt(subject, ['namespace']), account.namespace));
  const isWide = ({ kind }: ObjectRef) => kind.startsWith('Cluster');
  const bound = cached(boundTo, JSON.stringify(account), () =>
    bindings.filter(({ value }) => listAt(value, ['subjects']).slice(0, MOST).some(isAccount)),
  );
  if (bound.length > MOST_BOUND) return undefined;
  const there = bound.filter(({ object }) => isWide(object) || isIn(object.namespace, act.namespace));
  const bindingsWithRoles = there.map((by) => {
    const [kind, name = ''] = [textAt(by.value, ['roleRef', 'kind']), textAt(by.value, ['roleRef', 'name'])];
    const isRole = ({ object }: FoundObject) =>
      object.kind === kind && (isWide(object) || isIn(object.namespace, by.object.namespace));
    return { by, kind, name, role: BUILT_IN.test(name) ? undefined : roles.get(name)?.find(isRole) };
  });
  const allows = (rule: unknown) => {
    const names = listAt(rule, ['resourceNames']);
    const isNamed = names.length === 0 || act.name === undefined || names.includes(act.name);
    return isNamed && may(rule, act.resource, act.verb);
  };
  const mayAllow = ({ role }: (typeof bindingsWithRoles)[number]) => {
    const rules = listAt(role?.value, ['rules']);
    return rules.length > MOST || valueAt(role?.value, ['aggregationRule']) !== undefined || rules.some(allows);
  };
  if (bindingsWithRoles.some(mayAllow)) return undefined;
  const isOther = ({ role, kind, name }: (typeof bindingsWithRoles)[number]) =>
    role === undefined && (BUILT_IN.test(name) || (!roles.has(name) && !isNearRole(name))) && kind !== undefined;
  if (bindingsWithRoles.some(isOther)) return undefined; // a Role of a cluster, or of another repository
  const [first] = bindingsWithRoles;
  if (first?.role !== undefined)
    return { by: first.role, cause: `${describeObject(first.role.object)} does not let it` };
  if (first !== undefined)
    return {
      by: first.by,
      cause: `${describeObject(first.by.object)} names ${/^(?:Cluster)?Role$/.test(first.kind ?? '') ? first.kind : 'role'} ${quote(first.name)}, which is not here`,
    };
  const [elsewhere] = bound;
  return elsewhere === undefined
    ? { cause: 'no RoleBinding here has it as a subject' }
    : { by: elsewhere, cause: `${describeObject(elsewhere.object)} is for another namespace` };
}
