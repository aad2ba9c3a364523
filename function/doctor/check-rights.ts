import type { Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { defined, hasText, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { ACCOUNT_NAME } from './check-accounts.ts';
import { NAMESPACE } from './check-mounted.ts';
import { ACCOUNT, unreliable } from './check-runtimes.ts';
import { hasBinding, isNearly, lackOfRight, may, RBAC, rolesFor } from './rights.ts';
import { compositionSteps, type FoundObject, objectsOf, type Survey } from './survey.ts';

const VERBS = ['get', 'list', 'watch'];
/** So many names are compared with as many. */
const MOST = 200;
/** So many ServiceAccounts of servers. */
const MOST_SERVERS = 5;

/** Crossplane reads a namespace's labels with rights of its own, which it takes from ClusterRoles with its label. */
export function checkRights(survey: Survey): Finding[] {
  const roles = objectsOf(survey, RBAC, 'ClusterRole');
  const rules = roles.flatMap(({ value }) =>
    textAt(value, ['metadata', 'labels', AGGREGATED]) === 'true' ? listAt(value, ['rules']) : [],
  );
  if (VERBS.every((verb) => rules.some((rule) => may(rule, 'namespaces', verb)))) return [];
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

/**
 * A server makes tokens of ServiceAccounts with rights of its own. Where nothing here is nearly for it, another repository has them: but not
 * where the ServiceAccount is here, and no such right of anybody.
 */
export function checkTokens(survey: Survey, configs: readonly FoundObject[]): Finding[] {
  const { all, kustomizations } = survey.repository;
  const names = [...new Set(configs.flatMap(({ value }) => textAt(value, [...ACCOUNT, 'name']) ?? []))].slice(
    0,
    MOST_SERVERS,
  );
  const [first = ''] = names;
  const isNear = (subject: unknown) =>
    textAt(subject, ['namespace']) === NAMESPACE ||
    names.some((name) => isNearly(textAt(subject, ['name']) ?? '', name));
  const isLacking = rolesFor(survey, TOKENS).length === 0;
  if (first === '' || !(isLacking || hasBinding(survey, TOKENS, isNear))) return [];
  const places = [kustomizations.map(({ value }) => value), all.map(({ item }) => item.object)];
  const isUsual = hasText(places, (text) => text === NAMESPACE);
  const accounts = Map.groupBy(all, ({ item }) => `${item.kind} ${item.object?.name}`);
  const asking = compositionSteps(survey)
    .values()
    .flatMap((each) =>
      listAt(each.step, ['input', 'generators']).map((generator, index) => ({ ...each, generator, index })),
    )
    .filter(({ generator }) => textAt(generator, ACCOUNT_NAME) !== undefined);
  const servers = names.map((name) => ({ name, ...(isUsual && { namespace: NAMESPACE }) }));
  return [...asking.take(MOST)].flatMap(({ generator, index, what, locationOf }) => {
    const name = textAt(generator, ACCOUNT_NAME) ?? '$';
    const [account, another] = accounts.get(`ServiceAccount ${name}`) ?? [];
    const accountNamespace = another === undefined ? account?.item.object?.namespace : undefined;
    const namespace = textAt(generator, ['metadata', 'namespace']) ?? accountNamespace;
    const act = { verb: 'create', resource: TOKENS, name, ...defined({ namespace }) };
    const isElsewhere = isLacking && (account === undefined || another !== undefined);
    const lacks =
      name.includes('$') || isElsewhere ? [undefined] : servers.map((server) => lackOfRight(survey, server, act));
    const [lack] = lacks.includes(undefined) ? [] : lacks;
    if (lack === undefined) return [];
    const cause = `the function runs as ServiceAccount ${quote(first)}, which may not make tokens of ServiceAccount ${quote(name)}: ${lack.cause}`;
    const location = lack.by?.locationOf() ?? locationOf(`input.generators[${index}].${ACCOUNT_NAME.join('.')}`);
    return [unreliable(what, location, cause, 'Correct that (docs/crossplane.md)')];
  });
}

const TOKENS = 'serviceaccounts/token';
/** Where a generator names a ServiceAccount. */
