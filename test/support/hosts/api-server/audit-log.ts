import { readFile } from 'node:fs/promises';

/** A request that the API server answered. */
export interface AuditedRequest {
  readonly user: string;
  readonly verb: string;
  /** `secrets`, `serviceaccounts/token`; a path where no resource was asked for. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly status: number;
  /** What was sent. */
  readonly body: unknown;
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: { resource: string; subresource?: string; namespace?: string; name?: string };
  readonly responseStatus?: { readonly code: number };
  readonly requestObject?: unknown;
}

/** Every request with its body, except the server's own. */
export const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ["system:apiserver"]
- level: Request
`;

/** The requests of an audit log, in the order of their answers. */
export async function readAuditLog(file: string): Promise<AuditedRequest[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => toRequest(JSON.parse(line)));
}

function toRequest({ user, verb, requestURI, objectRef, responseStatus, requestObject }: AuditEvent): AuditedRequest {
  const { resource, subresource, namespace, name } = objectRef ?? { resource: requestURI };
  return {
    user: user.username,
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    status: responseStatus?.code ?? 0,
    body: requestObject,
  };
}
