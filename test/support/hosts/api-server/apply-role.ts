import { parseAllDocuments, stringify } from 'yaml';
import { until } from '../../process/until.ts';
import { promisedYaml } from '../pages/example-page.ts';
import type { ApiServer } from './start-api-server.ts';

const IN_FORCE_WITHIN_SECONDS = 10;

/** A rule of the page: one verb on one resource. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly [resource: string];
  readonly resourceNames: readonly string[];
  readonly verbs: readonly [verb: string];
}

/** A Role or a RoleBinding. */
interface RbacObject {
  readonly metadata: object;
  readonly rules?: readonly Rule[];
  readonly subjects?: readonly object[];
}

/** What a test changes of the page's Role. */
export interface RoleChoice {
  readonly namespace: string;
  /** Resource of the rule that is left out. */
  readonly without?: string;
  /** Secrets instead of the page's. */
  readonly secrets?: readonly string[];
  /** Whom it is bound to besides the page's user `ci`. */
  readonly subject?: object;
}

/** Applies the Role that docs/cluster.md shows, and waits until the server goes by it. */
export async function applyRole(
  { kubectl }: Pick<ApiServer, 'kubectl'>,
  { namespace, without, secrets, subject }: RoleChoice,
): Promise<void> {
  const named = (rule: Rule): Rule =>
    rule.resources[0] === 'secrets' && secrets !== undefined ? { ...rule, resourceNames: secrets } : rule;
  const objects = promisedRole().map(({ metadata, rules, subjects, ...others }) => ({
    ...others,
    metadata: { ...metadata, namespace },
    ...(rules && { rules: rules.filter(({ resources: [resource] }) => resource !== without).map(named) }),
    ...(subjects && { subjects: subject === undefined ? subjects : [...subjects, subject] }),
  }));
  await kubectl(['apply', '-f', '-'], objects.map((object) => stringify(object)).join('---\n'));
  for (const rule of objects.flatMap(({ rules = [] }) => rules)) await untilInForce(kubectl, namespace, rule);
}

/** The rules of the page's Role. */
export function promisedRules(): Rule[] {
  return promisedRole().flatMap(({ rules = [] }) => rules);
}

/** The page's Role and its binding. */
function promisedRole(): RbacObject[] {
  const documents = parseAllDocuments(promisedYaml('docs/cluster.md', 'apiVersion: rbac'));
  return documents.map((document) => document.toJS() as RbacObject);
}

/** The server's authorizer learns of a Role a moment after it is written. */
async function untilInForce(kubectl: ApiServer['kubectl'], namespace: string, rule: Rule): Promise<void> {
  const [resource = '', subresource] = rule.resources[0].split('/');
  const flags = ['--as=ci', `--namespace=${namespace}`, ...(subresource ? [`--subresource=${subresource}`] : [])];
  for (const name of rule.resourceNames) {
    const question = ['auth', 'can-i', rule.verbs[0], `${resource}/${name}`, ...flags];
    await until(`the Role of ${namespace} to be in force`, IN_FORCE_WITHIN_SECONDS, () => kubectl(question));
  }
}
