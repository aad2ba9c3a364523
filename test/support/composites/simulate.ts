import { Metrics } from '../../../function/crossplane/metrics.ts';
import { runFunction } from '../../../function/crossplane/run-function.ts';
import { newService, type Service } from '../../../function/crossplane/shared-state.ts';
import { NO_POLICY, type PolicyFile } from '../../../function/hosts/policy.ts';
import { EXPIRATION_ANNOTATION } from '../../../function/model/annotations.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import { AwsError, type StsClient, type World } from '../../../function/model/world.ts';
import { applied, composite, generator, input, request, sent } from '../crossplane/request.ts';
import { fakeWorld } from '../world/fake-world.ts';

/** Hours of many composites behind one hub, with a clock of their own: real calls of the function, and an STS that only counts. */
export interface Simulation {
  readonly composites: number;
  readonly hours: number;
  /** Processes of the function; the engine's calls go to any of them. */
  readonly replicas?: number;
  /** Seconds at which all processes start anew, without what they kept. */
  readonly restarts?: readonly number[];
  /** Requests that STS takes in a second; beyond them it throttles. */
  readonly quota?: (second: number) => number;
  /** How many seconds the function's clock is ahead of STS's. */
  readonly clockError?: (second: number) => number;
  /** Whether STS denies the roles behind the hub. */
  readonly isDenied?: (second: number) => boolean;
  /** Whether the engine calls for a composite; it looks again soon. */
  readonly isCalled?: (second: number, composite: number) => boolean;
  readonly policy?: (second: number) => PolicyFile;
  /** Whether who scrapes finds the processes. */
  readonly isScraped?: (second: number) => boolean;
  /** Gets what each process tells of itself, every {@link SCRAPED_EVERY} seconds. */
  readonly scrape?: (texts: ReadonlyMap<string, string>) => void;
}

export interface SimulationResult {
  readonly calls: number;
  readonly hubCalls: number;
  readonly roleCalls: number;
  readonly throttled: number;
  /** Sessions in the busiest minute after the first round, as a part of all composites. */
  readonly busiestMinute: number;
  /** Of the first sessions, which were made in one minute, the largest part that was renewed in one minute. */
  readonly mostTogether: number;
  /** Seconds that the former session still had at the latest renewal; negative: it had ended. */
  readonly latestRenewal: number;
  /** Renewed sessions by how many minutes the former one still had. */
  readonly renewalsByMinutesLeft: ReadonlyMap<number, number>;
  /** Composites without a Secret, or with one that has ended, at the end. */
  readonly without: number;
}

const HUB = 'arn:aws:iam::111111111111:role/hub';
/** All composites are made within so many seconds. */
const MADE_WITHIN = 60;
export const START = Date.UTC(2026, 0, 1);
const HOUR = 3600;
/** After a change the engine applies the Secret and reconciles again. */
const APPLIED_AFTER = 2;
/** How long it takes an engine that did not call to look again. */
const LOOKS_AGAIN_AFTER = 10;
export const SCRAPED_EVERY = 30;
/** The engine's timer is that much off, either way. */
const TIMER_ERROR = 0.1;

export async function simulate({
  composites,
  hours,
  replicas = 1,
  restarts = [],
  quota = () => Number.POSITIVE_INFINITY,
  clockError = () => 0,
  isDenied = () => false,
  isCalled = () => true,
  policy = () => NO_POLICY,
  isScraped = () => true,
  scrape,
}: Simulation): Promise<SimulationResult> {
  const random = numbers(composites);
  const sim = { second: 0, taken: 0, hubCalls: 0, roleCalls: 0, throttled: 0, calls: 0 };
  const assumeRole: StsClient['assumeRole'] = async ({ roleArn, durationSeconds }) => {
    sim.taken += 1;
    if (sim.taken > quota(sim.second)) {
      sim.throttled += 1;
      throw new AwsError({ kind: 'refused', awsCode: 'Throttling', httpStatus: 400, clockCorrected: false });
    }
    if (roleArn !== HUB && isDenied(sim.second))
      throw new AwsError({ kind: 'refused', awsCode: 'AccessDenied', httpStatus: 403, clockCorrected: false });
    if (roleArn === HUB) sim.hubCalls += 1;
    else sim.roleCalls += 1;
    const [accessKeyId, secretAccessKey, sessionToken] = ['ASIA', 'secret', 'token'].map(
      (text) => new Sensitive(`${text}${sim.hubCalls + sim.roleCalls}`),
    ) as [Sensitive, Sensitive, Sensitive];
    return {
      accessKeyId,
      secretAccessKey,
      sessionToken,
      expiration: new Date(START + 1000 * (sim.second + durationSeconds)),
    };
  };
  const base = fakeWorld();
  const client: StsClient = { ...(await base.sts.client({})), assumeRole };
  const world: World = {
    ...base,
    sts: { client: async () => client },
    now: () => new Date(START + 1000 * (sim.second + clockError(sim.second))),
    sleep: async () => {},
    random,
  };
  const clock = { now: () => 1000 * sim.second };
  let starts = 0;
  const start = () =>
    Array.from({ length: replicas }, () => {
      const metrics = new Metrics(world.now);
      const currentPolicy = () => policy(sim.second);
      const service = newService(
        { world: { ...world, ...metrics.withCounts(world) }, maxTtlSeconds: 300, currentPolicy },
        (line) => metrics.audited(line),
        clock,
      );
      return { name: `10.0.0.${++starts}:8080`, service, metrics };
    });
  let processes = start();
  const due = new Map<number, number[]>();
  const call = (number: number, second: number) => {
    const at = Math.floor(second);
    due.set(at, [...(due.get(at) ?? []), number]);
  };
  for (let number = 0; number < composites; number += 1) call(number, (number * MADE_WITHIN) / composites);
  const secrets = new Map<number, { resource: object; made: number; expires: number }>();
  const renewals: { readonly made: number; readonly renewed: number; readonly left: number }[] = [];
  for (; sim.second < hours * HOUR; sim.second += 1) {
    sim.taken = 0;
    if (restarts.includes(sim.second)) processes = start();
    if (scrape !== undefined && sim.second % SCRAPED_EVERY === 0)
      scrape(await textsOf(isScraped(sim.second) ? processes : [], policy(sim.second)));
    for (const number of due.get(sim.second) ?? []) {
      if (!isCalled(sim.second, number)) {
        call(number, sim.second + LOOKS_AGAIN_AFTER);
        continue;
      }
      sim.calls += 1;
      const { service, metrics } = processes[Math.floor(random() * replicas)] as Process;
      const before = secrets.get(number);
      const result = await runFunction(requestOf(number, before?.resource), new AbortController().signal, service);
      metrics.called(result, 0);
      const { response } = result;
      const [{ resource = undefined } = {}] = Object.values(response.desired?.resources ?? {});
      const expires = secondOf(resource);
      const isNew = resource !== undefined && expires !== before?.expires;
      if (isNew) {
        if (before) renewals.push({ made: before.made, renewed: sim.second, left: before.expires - sim.second });
        secrets.set(number, { resource, made: sim.second, expires });
      }
      const seconds = (response.meta?.ttl?.seconds ?? 60) * (1 + TIMER_ERROR * (2 * random() - 1));
      call(number, sim.second + (isNew ? APPLIED_AFTER : Math.max(1, seconds)));
    }
    due.delete(sim.second);
  }
  const lasting = [...secrets.values()].filter(({ expires }) => expires > sim.second).length;
  const { calls, hubCalls, roleCalls, throttled } = sim;
  return {
    ...{ calls, hubCalls, roleCalls, throttled },
    ...figuresOf(renewals, composites),
    without: composites - lasting,
  };
}

function figuresOf(renewals: readonly { made: number; renewed: number; left: number }[], composites: number) {
  const minute = (second: number) => Math.floor(second / 60);
  const perMinute = Map.groupBy(renewals, ({ renewed }) => minute(renewed));
  const first = renewals.filter(({ made }) => made <= MADE_WITHIN);
  const together = largest(Map.groupBy(first, ({ renewed }) => minute(renewed)).values());
  const byLeft = Map.groupBy(renewals, ({ left }) => minute(left));
  return {
    busiestMinute: largest(perMinute.values()) / composites,
    mostTogether: together / Math.max(1, first.length),
    latestRenewal: renewals.reduce((least, { left }) => Math.min(least, left), Number.POSITIVE_INFINITY),
    renewalsByMinutesLeft: new Map([...byLeft].map(([left, all]) => [left, all.length])),
  };
}

/** A process of the function, by where it answers. */
interface Process {
  readonly name: string;
  readonly service: Service;
  readonly metrics: Metrics;
}

/** What each has at /metrics: the server reads the Policy for each scrape. */
async function textsOf(processes: readonly Process[], { digest }: PolicyFile): Promise<ReadonlyMap<string, string>> {
  const texts = processes.map(async ({ name, metrics }) => {
    metrics.policy(digest);
    return [name, await metrics.text()] as const;
  });
  return new Map(await Promise.all(texts));
}

const largest = (groups: Iterable<readonly unknown[]>) => Math.max(0, ...Array.from(groups, ({ length }) => length));

function requestOf(number: number, secret: object | undefined): Parameters<typeof runFunction>[0] {
  const name = `acme-${number}`;
  const uid = `uid-${number}`;
  const target = `${name}-deployer`;
  const parts = request({
    xr: composite({ metadata: { name, namespace: `team-${number % 100}`, uid } }),
    input: input({
      generators: [generator({ role: 'arn:aws:iam::222222222222:role/spoke' })],
      ...{ vars: {}, allow: [{}], sessions: [{ via: [HUB] }] },
    }),
    observedResources: secret === undefined ? {} : { [target]: applied(secret, uid) },
    requiredResources: { [`Secret/team-${number % 100}/${target}`]: { items: [] } },
  });
  return sent(parts);
}

/** When a Secret's session ends, in seconds since the start. */
function secondOf(secret: object | undefined): number {
  const annotations = (secret as { metadata?: { annotations?: Record<string, string> } } | undefined)?.metadata
    ?.annotations;
  return (Date.parse(annotations?.[EXPIRATION_ANNOTATION] ?? '') - START) / 1000;
}

/** Numbers from 0 to 1, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
