import { connect } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { applied, composite, generator, input, type Parts, request, verdictOf } from '../crossplane/request.ts';
import type { GrpcCaller } from '../crossplane/start-server.ts';

/** The account whose role STS gives after {@link SLOW_MILLISECONDS}: long after who asked has gone, on a slow machine too. */
export const SLOW_ACCOUNT = '444444444444';
export const SLOW_MILLISECONDS = 20_000;
const PATIENCE_MILLISECONDS = 100;

const CANCELLED = 1;
const CONDITION_FALSE = 3;
const FATAL = 1;
/** Composites that take turns: a cluster has some, and each is reconciled again and again. */
const COMPOSITES = 100;
/** A composite gets one session a minute for long, so that those that get one take their turns after that. */
const REST_MILLISECONDS = 61_000;

/** One kind of call: it rejects when the answer is not what it has to be. */
export interface CallKind {
  readonly name: string;
  /** How many of {@link CALLS_OF_A_TURN} it is. */
  readonly share: number;
  readonly run: (turn: number) => Promise<void>;
}

/** What the calls are made with. */
export interface Connections {
  /** The engine's connection, which stays. */
  readonly engine: GrpcCaller;
  /** A new one. */
  readonly connect: () => GrpcCaller;
  readonly port: number;
  /** A request whose Secret is good. */
  readonly good: Parts;
}

/** Everything that an engine, its composites and their authors do to a function. */
export function callKinds({ engine, connect: open, port, good }: Connections): readonly CallKind[] {
  const last = new Map<number, unknown>();
  const rested = new Resting();
  return [
    { name: 'a Secret that is good', share: 40, run: async () => void expectSecret(await engine.call(good)) },
    {
      name: 'a new session, then the Secret as the engine shows it',
      share: 20,
      run: async () => {
        const number = rested.next();
        const xr = one(number);
        const first = await engine.call(asks(xr));
        const [key, secret] = expectSecret(first);
        if (isDeepStrictEqual(secret, last.get(number))) throw new Error('an old session was given again');
        last.set(number, secret);
        const again = await engine.call(
          request({ xr, observedResources: { [key]: applied(secret, xr.metadata.uid) } }),
        );
        const [, kept] = expectSecret(again);
        if (!isDeepStrictEqual((kept as Data).data, (secret as Data).data))
          throw new Error('a good Secret was replaced');
      },
    },
    {
      name: 'a role that is denied',
      share: 12,
      run: async (turn) => expectReason(await engine.call(asks(one(turn % COMPOSITES, '555555555555'))), 'HopDenied'),
    },
    {
      name: 'an account that is none',
      share: 6,
      run: async (turn) => expectReason(await engine.call(asks(one(turn % COMPOSITES, 'nobody'))), 'ValueInvalid'),
    },
    {
      name: 'a wrong input',
      share: 6,
      run: async () => {
        const wrong = input({ generators: [generator({ region: 5, rol: 'x' })] });
        const { results } = await engine.call({ ...asks(one(0)), input: wrong });
        if (!results.some(({ severity }) => severity === FATAL)) throw new Error('a wrong input was taken');
      },
    },
    {
      name: 'a new connection',
      share: 10,
      run: async () => {
        using caller = open();
        expectSecret(await caller.call(good));
      },
    },
    { name: 'a client without a certificate', share: 3, run: () => expectRefused(port) },
    {
      name: '3 MB of what others want',
      share: 1,
      run: async () => {
        const resource = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'x'.repeat(3 << 20) } };
        const response = await engine.call({ ...good, desired: { resources: { large: { resource } } } });
        if (response.desired?.resources.large?.resource?.data.a.length !== 3 << 20)
          throw new Error('bytes are missing');
      },
    },
    {
      name: 'a call that is cancelled',
      share: 2,
      run: (turn) => expectCancelled(engine, asks(one(turn % COMPOSITES, SLOW_ACCOUNT))),
    },
  ];
}

interface Data {
  readonly data: unknown;
}

/** Numbers of composites that had their last session long enough ago; new ones where all had theirs a moment ago. */
class Resting {
  readonly #waiting: { readonly number: number; readonly since: number }[] = [];
  #most = 0;

  next(): number {
    const now = performance.now();
    const [first] = this.#waiting;
    const isRested = first !== undefined && now - first.since > REST_MILLISECONDS;
    if (isRested) this.#waiting.shift();
    const number = isRested ? first.number : this.#most++;
    this.#waiting.push({ number, since: now });
    return number;
  }
}

function one(number: number, accountID = '123456789012') {
  const uid = `0b6d9f4e-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return composite({ metadata: { name: `acme-${accountID}-${number}`, uid }, spec: { accountID } });
}

/** A request that was answered before, so that the target was looked for: it is not there. */
function asks(xr: ReturnType<typeof composite>): Parts {
  return request({ xr, requiredResources: { [`Secret/team-a/${xr.metadata.name}-deployer`]: { items: [] } } });
}

function expectSecret(response: RunFunctionResponse): [key: string, secret: unknown] {
  const [found] = Object.entries(response.desired?.resources ?? {}).filter(
    ([, { resource }]) => resource?.kind === 'Secret',
  );
  if (found === undefined) throw new Error(`no Secret: ${verdictOf(response)?.reason ?? response.results[0]?.message}`);
  return [found[0], found[1].resource];
}

function expectReason(response: RunFunctionResponse, reason: string): void {
  const verdict = verdictOf(response);
  if (verdict?.status !== CONDITION_FALSE || verdict.reason !== reason)
    throw new Error(`${verdict?.reason ?? 'no condition'} instead of ${reason}`);
}

async function expectCancelled(engine: GrpcCaller, asked: Parts): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const code = await engine.call(asked, { signal }).then(
    () => undefined,
    (error: { code?: number }) => error.code,
  );
  if (code !== CANCELLED) throw new Error(`gRPC's ${code} instead of a cancelled call`);
}

function expectRefused(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    socket.setTimeout(10_000, () => socket.destroy(new Error('not refused')));
    socket.on('error', (error: NodeJS.ErrnoException) => (error.message === 'not refused' ? reject(error) : undefined));
    socket.on('close', () => resolve());
    socket.resume();
  });
}
