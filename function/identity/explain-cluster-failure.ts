import type { Code } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { shellWord } from '../findings/quote.ts';
import { type ObjectRef, quoted, type Sayable, say, theObject } from '../findings/say.ts';
import { type Cluster, describeCluster } from '../model/schema-parts.ts';
import type { ClusterFailure } from '../model/world.ts';

/** What an API server was asked for. */
export interface ClusterQuestion {
  readonly cluster: Cluster;
  readonly generator: ObjectRef;
  /** Secret, ServiceAccount, ConfigMap or generator. */
  readonly object: ObjectRef;
  /** The verb as RBAC names it. */
  readonly verb: 'get' | 'create';
  readonly resource: string;
}

/** Names the object that was asked for. If the API server cannot be used at all, names only that, so it is shown once. */
export function explainClusterFailure(question: ClusterQuestion, failure: ClusterFailure): Finding {
  const { cluster, generator, object, verb, resource } = question;
  const server = describeCluster(cluster);
  const what = resource === 'serviceaccounts/token' ? 'get a token of' : 'read';
  const start = say`cannot ${what} ${theObject(object)} for ${theObject(generator)} from ${server}`;
  const about = (code: Code, text: Sayable) => finding(code, say`${start}: ${text}.`, { object: generator });
  switch (failure.kind) {
    case 'forbidden':
      return about(
        'CLUSTER_FORBIDDEN',
        say`RBAC does not let the caller ${verb} ${resource}. ${roleToApply(question)}`,
      );
    case 'absent':
      return about('REFERENCE_MISSING', say`the cluster has no such ${object.kind}. Apply it, or correct the name`);
    case 'answered':
      return about(
        'CLUSTER_UNAVAILABLE',
        say`the API server answers with HTTP ${failure.httpStatus}. Run again, and look at its audit log if it stays`,
      );
    default:
      return finding('CLUSTER_UNAVAILABLE', say`cannot ask ${server}: ${connectionCause(cluster, failure)}.`);
  }
}

function roleToApply({ object, verb, resource }: ClusterQuestion): Sayable {
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '""';
  const rule = say`{apiGroups: [${group ?? ''}], resources: [${resource}], resourceNames: [${object.name}], verbs: [${verb}]}`;
  const role = object.namespace === undefined ? 'ClusterRole' : say`Role in namespace ${quoted(object.namespace)}`;
  return say`Bind the caller to a ${role} with the rule ${rule}`;
}

type ConnectionFailure = Exclude<ClusterFailure, { kind: 'forbidden' | 'absent' | 'answered' }>;

function connectionCause({ context }: Cluster, failure: ConnectionFailure): Sayable {
  switch (failure.kind) {
    case 'unauthenticated':
      return say`it does not know the caller (HTTP 401). ${context === undefined ? "Check that the pod's ServiceAccount is still there" : 'Renew the credentials of the context'}`;
    case 'unreachable':
      return say`the API server was not reached${failure.endpoint ? say` at ${quoted(failure.endpoint)}` : ''} (${failure.cause}). Check the network and proxy settings`;
    case 'noTunnel':
      return say`the proxy ${quoted(failure.proxy)} makes no way to it (${failure.cause}). Let it pass, or put the host into NO_PROXY`;
    case 'untrusted':
      return say`the API server's certificate is not trusted (${failure.cause}). ${context === undefined ? "Check the authority that is mounted beside the pod's token" : 'Correct `certificate-authority` in the kubeconfig'}`;
    case 'deadline':
      return 'there was no answer within STS_FUNCTION_TIMEOUT. Check the network and proxy settings, or raise it';
    case 'malformed':
      return 'the answer is not one of an API server. Check `server` in the kubeconfig';
    case 'unusable':
      return UNUSABLE[failure.cause](context);
  }
}

const UNUSABLE: Readonly<
  Record<Extract<ClusterFailure, { kind: 'unusable' }>['cause'], (context?: string) => Sayable>
> = {
  noKubeconfig: () => 'there is no kubeconfig. Set KUBECONFIG to its path',
  noContext: (context) =>
    say`the kubeconfig has no context ${quoted(context ?? '')}, or not the cluster that it names. Correct the name, or set KUBECONFIG`,
  noPod: () => 'this process does not run in a pod (KUBERNETES_SERVICE_HOST is not set). Name a context instead',
  noHttps: () => 'its `server` is not an https URL, and tokens are not sent in the clear. Correct the kubeconfig',
  noCredentials: (context) =>
    context === undefined
      ? "token and certificate of the pod's ServiceAccount cannot be read. Let the pod mount them (`automountServiceAccountToken`)"
      : say`the kubeconfig gives no credentials: a file or program that it names fails. See why with \`kubectl --context ${shellWord(context)} auth whoami\``,
};
