import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Accounts } from './accounts.ts';
import { answerInstead, bendAnswer, bendGrant, skewed } from './faults/apply-fault.ts';
import { type Fault, FaultQueue } from './faults/fault.ts';
import { type Answer, errorAnswer, resultAnswer, valueAnswer } from './http/answer.ts';
import { readRequest, type StsRequest } from './http/read-request.ts';
import { sendAnswer } from './http/send-answer.ts';
import { uuid } from './opaque.ts';
import { getAuthorizationToken } from './operations/get-authorization-token.ts';
import { runOperation } from './operations/run-operation.ts';
import { type OpenCall, recordCall } from './recorded-call.ts';
import { Sessions } from './sessions.ts';
import { authenticate } from './signing/authenticate.ts';

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
      const request = await readRequest(incoming);
      const fault = this.faults.take(request.operation, request.parameters.get('RoleArn'));
      const call = recordCall(request, fault?.kind);
      this.calls.push(call);
      const now = skewed(this.#clock(), fault);
      const answer =
        answerInstead(fault, requestId, request.service) ??
        (await this.#answer(request, requestId, { call, fault, now }));
      if (fault?.kind === 'slow') {
        const left = fault.delayMs - (performance.now() - arrival); // the server's own work is part of its delay
        await sleep(Math.max(0, left), undefined, { signal: closing });
      }
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
