import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Accounts } from './accounts.ts';
import { authenticate } from './authenticate.ts';
import { answerInstead, bendAnswer, bendGrant, type Fault, type FaultKind, FaultQueue, skewed } from './faults.ts';
import { type Answer, errorAnswer, resultAnswer, sendAnswer, valueAnswer } from './http/answer.ts';
import { readRunRequest, type StsRequest } from './http/request.ts';
import { getAuthorizationToken } from './operations/get-authorization-token.ts';
import { runOperation } from './operations/run-operation.ts';
import { Sessions, uuid } from './sessions.ts';

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
  /** As the answer has it. */
  readonly requestId: string;
}

/** The same while the call is being answered. */
type OpenCall = { -readonly [Key in keyof RecordedCall]: RecordedCall[Key] };

function recordCall(request: StsRequest, requestId: string, fault: FaultKind | undefined): OpenCall {
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
    requestId,
  };
}

/** The service behind the socket: it reads a request, meets a fault or not, answers, and remembers the call. */
export class StsService {
  readonly calls: OpenCall[] = [];
  readonly faults = new FaultQueue();
  readonly sessions = new Sessions();
  readonly #accounts: Accounts;
  readonly #clock: () => Date;
  #requests = 0;

  constructor(accounts: Accounts, clock: () => Date) {
    this.#accounts = accounts;
    this.#clock = clock;
  }

  nextRequestId(): string {
    this.#requests += 1;
    return uuid('request', this.#requests);
  }

  /** Never rejects. `closing` ends the wait of slow answers. */
  async serve(incoming: IncomingMessage, outgoing: ServerResponse, closing: AbortSignal): Promise<void> {
    const requestId = this.nextRequestId();
    const arrival = performance.now();
    try {
      const request = await readRunRequest(incoming);
      const fault = this.faults.take(request.operation, request.parameters.get('RoleArn'));
      const call = recordCall(request, requestId, fault?.kind);
      this.calls.push(call);
      const now = skewed(this.#clock(), fault);
      const answer =
        answerInstead(fault, requestId, request.service) ??
        (await this.#answer(request, requestId, { call, fault, now }));
      if (fault?.kind === 'slow') {
        const left = fault.delayMs - (performance.now() - arrival); // the server's own work is part of its delay
        await sleep(Math.max(0, left), undefined, { signal: closing });
      }
      if (fault?.kind === 'held') await Promise.race([fault.until, once(closing, 'abort')]);
      call.outcome = answer.outcome;
      sendAnswer(outgoing, answer, now);
    } catch (error) {
      sendAnswer(outgoing, errorAnswer(error, requestId), this.#clock());
    }
  }

  async #answer(
    request: StsRequest,
    requestId: string,
    { call, fault, now }: { call: OpenCall; fault: Fault | undefined; now: Date },
  ): Promise<Answer> {
    try {
      if (request.service !== 'sts')
        return bendAnswer(valueAnswer(this.#askRegistry(request, call, now), requestId), fault);
      const result = await runOperation(request, {
        accounts: this.#accounts,
        sessions: this.sessions,
        now,
        issue: (grant) => this.sessions.issue(bendGrant(grant, fault), now),
        onCaller: (caller) => {
          call.callerArn = caller.arn;
        },
      });
      return bendAnswer(resultAnswer(request.operation, result, requestId), fault);
    } catch (error) {
      return bendAnswer(errorAnswer(error, requestId, request.service), fault);
    }
  }

  #askRegistry(request: StsRequest, call: OpenCall, now: Date): object {
    const caller = authenticate(request, { accounts: this.#accounts, sessions: this.sessions, now });
    call.callerArn = caller.arn;
    return getAuthorizationToken(request, caller, { now, region: call.region ?? '' });
  }
}
