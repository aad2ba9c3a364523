import { parseAllDocuments, stringify } from 'yaml';
import { runFunction } from '../run-function.ts';
import { until } from '../start-process.ts';
import type { RecordedCall, Role } from '../sts/start-sts.ts';
import { type ApiServer, type AuditedRequest, CLUSTER_ISSUER, startApiServer } from './api-server.ts';
import { generator } from './manifests.ts';
import { promisedYaml } from './pages.ts';
import { startHosts } from './start-hosts.ts';

/** The role of the ServiceAccount `deployer` in the namespace `team-a`, and of no other. */
export const TEAM_ROLE = 'arn:aws:iam::111111111111:role/team-a';
/** A role of any ServiceAccount of the cluster, for any audience. */
export const ANY_ROLE = 'arn:aws:iam::111111111111:role/any';
/** Behind both: a hub that asks for an external ID. */
export const HUB_ROLE = 'arn:aws:iam::111111111111:role/platform';
export const EXTERNAL_ID = 'd3b07384d113';
/** Behind the hub. */
export const PRODUCTION_ROLE = 'arn:aws:iam::222222222222:role/production';

const team = {
  federated: CLUSTER_ISSUER,
  subject: 'system:serviceaccount:team-a:deployer',
  audience: 'sts.amazonaws.com',
};

/** The roles of the tests with a cluster. */
export const clusterRoles: readonly Role[] = [
  { arn: TEAM_ROLE, trust: [team] },
  { arn: ANY_ROLE, trust: [{ federated: CLUSTER_ISSUER }] },
  { arn: HUB_ROLE, trust: [{ principals: [TEAM_ROLE, ANY_ROLE], externalID: EXTERNAL_ID }] },
  { arn: PRODUCTION_ROLE, trust: [{ principals: [HUB_ROLE] }] },
];

/** A generator `team-a/production` with the token of the ServiceAccount `deployer`. */
export function production(choice: Parameters<typeof generator>[0] = {}): string {
  return generator({
    name: 'production',
    namespace: 'team-a',
    roleArn: PRODUCTION_ROLE,
    serviceAccountRef: { name: 'deployer' },
    ...choice,
  });
}

/** `sessions` of an Input that put the hub in front of it, with the external ID that is in a Secret. */
export const VIA_HUB = [{ via: [{ role: HUB_ROLE, externalIDFrom: { name: 'external-id', key: 'id' } }] }];

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
interface RoleChoice {
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

/** What a namespace holds. */
interface NamespaceChoice extends RoleChoice {
  /** Annotations of its ServiceAccount `deployer`. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Its Secrets, by name. */
  readonly contents?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Makes a namespace with the ServiceAccount `deployer`, Secrets, and the Role of docs/cluster.md for the user `ci`. */
export async function addNamespace(server: Pick<ApiServer, 'kubectl'>, choice: NamespaceChoice): Promise<void> {
  const { namespace, annotations, contents = {} } = choice;
  const objects = [
    { kind: 'Namespace', metadata: { name: namespace } },
    { kind: 'ServiceAccount', metadata: { name: 'deployer', namespace, annotations } },
    ...Object.entries(contents).map(([name, stringData]) => ({
      kind: 'Secret',
      metadata: { name, namespace },
      stringData,
    })),
  ];
  const manifests = objects.map((object) => stringify({ apiVersion: 'v1', ...object }));
  await server.kubectl(['apply', '-f', '-'], manifests.join('---\n'));
  await applyRole(server, choice);
}

/**
 * The real programs with a real API server, whose tokens their STS checks with the server's own keys. It is empty; the environment
 * has a kubeconfig and no keys of AWS.
 */
export async function startHostsWithCluster() {
  const server = await startApiServer();
  const starting = startHosts({
    roles: clusterRoles,
    identityProviders: [server.identityProvider],
    environment: { KUBECONFIG: server.kubeconfig, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
  });
  const hosts = await starting.catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return {
    ...hosts,
    server,
    /** Runs the built function on a ResourceList. */
    runFunction: (list: string, environment?: Readonly<Record<string, string>>) =>
      runFunction(list, { environment: { ...hosts.environment, ...environment } }),
    /** What was asked during `action`, a line each; of the API server sorted, since several are asked at the same time. */
    asked: async (action: () => Promise<unknown>) => {
      let requests: AuditedRequest[] = [];
      const calls = await hosts.callsOf(async () => {
        requests = await server.requestsOf(action);
      });
      return { sts: calls.map(callLine), cluster: requests.map(requestLine).toSorted() };
    },
    close: async () => {
      await hosts.close();
      await server.close();
    },
  };
}

/** `OPERATION ROLE EXTERNAL-ID OUTCOME` */
function callLine({ operation, parameters: { RoleArn, ExternalId }, outcome }: RecordedCall): string {
  return [operation, RoleArn, ExternalId, outcome].filter((part) => part !== undefined).join(' ');
}

/** `USER VERB RESOURCE NAMESPACE/NAME STATUS` */
function requestLine({ user, verb, resource, namespace, name, status }: AuditedRequest): string {
  return `${user} ${verb} ${resource} ${namespace}/${name} ${status}`;
}
