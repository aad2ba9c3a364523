import type { FaultKind } from './faults/fault.ts';
import type { StsRequest } from './http/read-request.ts';

/** What the server remembers of one request, in the order of arrival. Nothing secret is in it. */
export interface RecordedCall {
  /** Empty when the request named none. */
  readonly operation: string;
  /** As on the wire (`Tags.member.1.Key`), without web identity tokens and MFA codes. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Who signed, once the signature was found good. */
  readonly callerArn: string | undefined;
  /** The key that the request claims to be signed with, and the region of its credential scope. */
  readonly accessKeyId: string | undefined;
  readonly region: string | undefined;
  /** Absent for STS. */
  readonly service?: 'ecr' | 'ecr-public';
  /** `ok`, an AWS error code, `ConnectionReset`, `HTTP n` for the fault `answer`, or `pending` until that is decided. */
  readonly outcome: string;
  /** The fault on demand that was used up for this call. */
  readonly fault: FaultKind | undefined;
}

/** The same while the call is being answered. */
export type OpenCall = { -readonly [Key in keyof RecordedCall]: RecordedCall[Key] };

export function recordCall(request: StsRequest, fault: FaultKind | undefined): OpenCall {
  const [, accessKeyId, region] =
    /Credential=([^/,\s]+)\/[^/]*\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
  return {
    operation: request.operation,
    parameters: request.parameters.recordable(),
    callerArn: undefined,
    accessKeyId,
    region,
    ...(request.service === 'sts' ? {} : { service: request.service }),
    outcome: 'pending',
    fault,
  };
}
