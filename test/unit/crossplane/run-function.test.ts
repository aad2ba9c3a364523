import { setImmediate } from 'node:timers/promises';
import { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { expect, test } from '@jest/globals';
import { runFunction } from '../../../function/crossplane/run-function.ts';
import { type IssueResult, newService } from '../../../function/crossplane/shared-state.ts';
import { NO_POLICY } from '../../../function/hosts/policy.ts';
import { SingleFlight } from '../../../function/model/single-flight.ts';
import { reconcile, request, verdictOf } from '../../support/crossplane/request.ts';
import { fakeWorld } from '../../support/world/fake-world.ts';

/** Tells of each caller. */
class Watched extends SingleFlight<IssueResult> {
  readonly callers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  #joined = 0;

  override join(...parameters: Parameters<SingleFlight<IssueResult>['join']>): Promise<IssueResult> {
    this.callers[this.#joined]?.resolve();
    this.#joined += 1;
    return super.join(...parameters);
  }
}

test('a session that two calls wait for is not lost with the call that came first', async () => {
  const { sts, ...others } = fakeWorld();
  const answer = Promise.withResolvers<void>();
  const client: typeof sts.client = async (options) => {
    const real = await sts.client(options);
    return {
      ...real,
      async assumeRole(...parameters) {
        await answer.promise;
        return real.assumeRole(...parameters);
      },
    };
  };
  const world = { ...others, sts: { client } };
  const singleFlight = new Watched();
  const service = { ...newService({ world, maxTtlSeconds: 60, readPolicy: () => NO_POLICY }), singleFlight };
  const call = (signal: AbortSignal) =>
    reconcile(async (parts) => {
      const decoded = { ...RunFunctionRequest.fromPartial(parts), hasLostKey: false };
      return (await runFunction(decoded, signal, service)).response;
    }, request());
  const leaving = new AbortController();
  const first = call(leaving.signal).catch(() => {});
  await singleFlight.callers[0].promise;
  const waiting = new AbortController().signal;
  const second = call(waiting);
  await singleFlight.callers[1].promise;
  const [begun, turn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const takeTurn = service.turns.of({ namespace: 'other', kind: 'Workspace' }, () => waiting);
  const held = takeTurn(() => {
    begun.resolve();
    return turn.promise;
  });
  await begun.promise;
  leaving.abort();
  answer.resolve();
  for (let times = 0; times < 50; times += 1) await setImmediate(); // a turn for the new Secret is waited for
  turn.resolve();
  expect(verdictOf((await second).response)?.reason).toBe('Available');
  expect(world.calls).toHaveLength(1);
  await Promise.all([first, held]);
});
