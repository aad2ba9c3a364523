import { type Ended, runFunction } from '../run-function.ts';
import type { RecordedCall } from '../sts/start-sts.ts';
import type { AuditedRequest } from './api-server/audit-log.ts';
import { type ApiServer, startApiServer } from './api-server/start-api-server.ts';
import { clusterRoles } from './cluster-roles.ts';
import { type Bench, openBench } from './open-bench.ts';

/** A bench with a real API server, whose tokens its STS checks with the server's own keys. */
export interface ClusterBench extends Bench {
  readonly server: ApiServer;
  /** Runs the built function on a ResourceList. */
  runFunction(list: string, environment?: Readonly<Record<string, string>>): Promise<Ended>;
  /** What was asked of STS and of the API server during `action`, a line each. */
  asked(action: () => Promise<unknown>): Promise<Asked>;
}

interface Asked {
  /** `OPERATION ROLE EXTERNAL-ID OUTCOME` */
  readonly sts: readonly string[];
  /** `USER VERB RESOURCE NAMESPACE/NAME STATUS`, sorted: several are asked at the same time. */
  readonly cluster: readonly string[];
}

/** Opens it with an empty cluster. The environment has a kubeconfig and no keys of AWS. */
export async function openClusterBench(): Promise<ClusterBench> {
  const server = await startApiServer();
  try {
    const bench = await openBench({
      roles: clusterRoles,
      identityProviders: [server.identityProvider],
      environment: { KUBECONFIG: server.kubeconfig, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    });
    return {
      ...bench,
      server,
      runFunction: (list, environment) => runFunction(list, { environment: { ...bench.environment, ...environment } }),
      asked: async (action) => {
        let requests: AuditedRequest[] = [];
        const calls = await bench.callsOf(async () => {
          requests = await server.requestsOf(action);
        });
        return { sts: calls.map(callLine), cluster: requests.map(requestLine).toSorted() };
      },
      close: async () => {
        await bench.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function callLine({ operation, parameters: { RoleArn, ExternalId }, outcome }: RecordedCall): string {
  return [operation, RoleArn, ExternalId, outcome].filter((part) => part !== undefined).join(' ');
}

function requestLine({ user, verb, resource, namespace, name, status }: AuditedRequest): string {
  return `${user} ${verb} ${resource} ${namespace}/${name} ${status}`;
}
