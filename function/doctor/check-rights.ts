import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { isSlip } from '../model/meant-kind.ts';
import { distinct, hasText, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { NAMESPACE } from './check-mounted.ts';
import { ACCOUNT, inManifest, unreliable } from './check-runtimes.ts';
import { compositionSteps, type FoundObject, objectsOf, type Survey } from './survey.ts';

const VERBS = ['get', 'list', 'watch'];
/** So many names are compared with as many. */
const MOST = 200;
const RBAC = 'rbac.authorization.k8s.io';

function has(rule: unknown, list: string, names: readonly string[]): boolean {
  const all = listAt(rule, [list]);
  return all.includes('*') || names.every((name) => all.includes(name));
}

/** Crossplane reads a namespace's labels with rights of its own, which it takes from ClusterRoles with its label. */
export function checkRights(survey: Survey): Finding[] {
  const roles = objectsOf(survey, RBAC, 'ClusterRole');
  const mayRead = (rule: unknown) =>
    has(rule, 'apiGroups', ['']) && has(rule, 'resources', ['namespaces']) && has(rule, 'verbs', VERBS);
  const isTaken = ({ value }: FoundObject) =>
    textAt(value, ['metadata', 'labels', AGGREGATED]) === 'true' && listAt(value, ['rules']).some(mayRead);
  if (roles.some(isTaken)) return [];
  return compositionSteps(survey).flatMap(({ step, what, locationOf }) => {
    const variables = valueAt(step, ['input', 'vars']);
    const [name] =
      Object.entries(isRecord(variables) ? variables : {}).find(
        ([, variable]) => textAt(variable, ['namespaceLabel']) !== undefined,
      ) ?? [];
    if (name === undefined) return [];
    const cause = `it reads a label of the namespace, and no ClusterRole with the label \`${AGGREGATED}: "true"\` may ${VERBS.join(', ')} namespaces`;
    const location = locationOf(`input.vars.${name}.namespaceLabel`);
    return [unreliable(what, location, cause, 'Add examples/crossplane/in-a-cluster/read-namespaces.yaml')];
  });
}

const AGGREGATED = 'rbac.crossplane.io/aggregate-to-crossplane';

/** A server makes tokens of ServiceAccounts with rights of its own. Where nothing here binds it, another repository may. */
export function checkTokens(survey: Survey, configs: readonly FoundObject[]): Finding[] {
  const { all, kustomizations } = survey.repository;
  const bothKinds = (kind: string) => [kind, `Cluster${kind}`].flatMap((each) => objectsOf(survey, RBAC, each));
  const makesTokens = (rule: unknown) =>
    has(rule, 'resources', ['serviceaccounts/token']) && has(rule, 'verbs', ['create']);
  const rulesOf = ({ value }: FoundObject) => listAt(value, ['rules']).filter(makesTokens);
  const roles = Map.groupBy(
    bothKinds('Role').filter((role) => rulesOf(role).length > 0),
    ({ object }) => object.name,
  );
  const subjects = bothKinds('RoleBinding').flatMap((binding) => {
    const boundRoles = roles.get(textAt(binding.value, ['roleRef', 'name']) ?? '') ?? [];
    const listed = boundRoles.length === 0 ? [] : listAt(binding.value, ['subjects']);
    return listed.map((subject, index) => ({
      binding,
      boundRoles,
      name: textAt(subject, ['name']) ?? '',
      subject,
      index,
    }));
  });
  const accounts = new Set(configs.flatMap(({ value }) => textAt(value, [...ACCOUNT, 'name']) ?? []));
  const places = [kustomizations.map(({ value }) => value), all.map(({ item }) => item.object)];
  const isUsual = roles.size > 0 && hasText(places, (text) => text === NAMESPACE);
  const bound = subjects.filter(
    ({ name, subject }) => accounts.has(name) && (!isUsual || textAt(subject, ['namespace']) === NAMESPACE),
  );
  const few = [...accounts].slice(0, MOST);
  const others = bound.length > 0 ? [] : distinct(subjects, ({ name }) => name);
  const same = others.find(({ name }) => accounts.has(name));
  const near = same ?? others.slice(0, MOST).find(({ name }) => few.some((account) => isSlip(name, account)));
  if (near !== undefined) {
    const where = isUsual ? ` in ${quote(NAMESPACE)}` : '';
    const cause = `Crossplane starts the function with ServiceAccount ${quote(few[0] ?? '')}${where}, which is no subject`;
    return [inManifest(near.binding, `subjects[${near.index}]`, cause, 'Correct the subject')];
  }
  const rules = [...new Set(bound.map(({ boundRoles }) => boundRoles))].flat().flatMap(rulesOf);
  const lists = rules.map((rule) => listAt(rule, ['resourceNames']));
  const names = new Set(lists.flat());
  if (lists.length === 0 || lists.some(({ length }) => length === 0)) return [];
  return compositionSteps(survey).flatMap(({ step, what, locationOf }) =>
    listAt(step, ['input', 'generators']).flatMap((generator, index) => {
      const name = textAt(generator, REF) ?? '$';
      if (name.includes('$') || names.has(name)) return [];
      const cause = `it makes tokens of ServiceAccount ${quote(name)}, and no role that the function has lists that in \`resourceNames\``;
      const location = locationOf(`input.generators[${index}].${REF.join('.')}`);
      return [unreliable(what, location, cause, 'Add it there, or correct the name')];
    }),
  );
}

/** Where a generator names a ServiceAccount. */
const REF = ['spec', 'auth', 'jwt', 'serviceAccountRef', 'name'];
