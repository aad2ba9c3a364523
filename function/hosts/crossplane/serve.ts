import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { type Finding, FindingError, finding, hasErrors } from '../../api/finding.ts';
import type { ServeOptions } from '../../api/serve-options.ts';
import type { World } from '../../api/world.ts';
import { prepare } from '../../prepare.ts';
import { createWorld } from '../../world/world.ts';
import { readPolicyFile } from '../policy.ts';
import { inOurWords } from './explain.ts';
import { Flights } from './flights.ts';
import { createGrpcServer, type Handler } from './grpc-server.ts';
import { createHealthServer } from './health.ts';
import { listen } from './listen.ts';
import { createLog, type Log } from './log.ts';
import { Metrics } from './metrics.ts';
import { Pauses } from './pauses.ts';
import { Memory } from './remembered.ts';
import { type Call, runFunction, type Service } from './run-function.ts';
import { createTlsServer } from './tls.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A composite's reconcile has two minutes for all of its steps. */
const CALL_SECONDS = '30';
/** Shorter than the 30 seconds that a pod has to end. */
const DRAIN_MILLISECONDS = 25_000;

/**
 * The Crossplane function: serves until SIGTERM or SIGINT, then answers what is under way and resolves.
 * @throws FindingError when it cannot start.
 */
export async function serve(options: ServeOptions, environment: Environment): Promise<void> {
  const settings = settingsOf(options, environment);
  const real = createWorld(settings);
  const log = createLog(options.isDebug, real.now);
  const metrics = new Metrics(real.now);
  const world: World = { ...real, sts: metrics.counted(real.sts) };
  const readPolicy = () => readPolicyFile(settings);
  await checkSettings(world, readPolicy, options);
  const service: Service = {
    world,
    memory: new Memory(),
    flights: new Flights(),
    pauses: new Pauses(),
    readPolicy,
    ttlSeconds: options.ttlSeconds,
  };
  const grpc = createGrpcServer(answerWith(service, log, metrics), options.maxReceiveBytes);
  const server = createListener(options, grpc.take, log, metrics);
  let isReady = false;
  const health = createHealthServer({ isReady: () => isReady, metrics: () => metrics.text() });
  await listen(health, options.healthAddress);
  await listen(server, options.address);
  isReady = true;
  log('info', 'serving', { port: options.address.port, tls: options.certificates !== undefined });

  const stop = new AbortController();
  const signal = await Promise.race(
    (['SIGTERM', 'SIGINT'] as const).map((name) => once(process, name, { signal: stop.signal }).then(() => name)),
  );
  isReady = false;
  log('info', 'draining', { signal });
  server.close();
  await grpc.drain(DRAIN_MILLISECONDS);
  grpc.close();
  health.close();
  health.closeAllConnections();
}

/** What the operator has set, with what a server in a cluster has beside it. */
function settingsOf({ policy }: ServeOptions, environment: Environment): Environment {
  const isInCluster = environment.KUBERNETES_SERVICE_HOST !== undefined;
  return {
    ...environment,
    STS_FUNCTION_TIMEOUT: environment.STS_FUNCTION_TIMEOUT || CALL_SECONDS,
    ...(isInCluster ? { STS_FUNCTION_CLUSTER: environment.STS_FUNCTION_CLUSTER || 'in-cluster' } : {}),
    ...(policy === undefined ? {} : { STS_FUNCTION_POLICY: policy }),
  };
}

/** All that would fail every call is said once, at the start. */
async function checkSettings(world: World, readPolicy: Service['readPolicy'], options: ServeOptions): Promise<void> {
  const { policy, findings } = readPolicy();
  const prepared = await prepare({ items: [], policy, now: world.now(), ambient: world.ambient });
  const faults = [...findings, ...prepared.findings, ...checkMode(prepared.settings.mode, options)];
  const [first] = faults.filter(({ severity }) => severity === 'error');
  if (first !== undefined && hasErrors(faults)) throw new FindingError(first);
}

function checkMode(mode: string, { certificates }: ServeOptions): Finding[] {
  if (mode === 'mint' || (mode === 'placeholder' && certificates === undefined)) return [];
  const cause =
    mode === 'plan'
      ? 'a server has nobody to tell a plan'
      : 'placeholders would take the place of credentials in a cluster. They are served with --insecure alone';
  return [finding('SETTING_INVALID', `cannot use STS_FUNCTION_MODE: ${cause}.`)];
}

function createListener(
  { certificates }: ServeOptions,
  take: ReturnType<typeof createGrpcServer>['take'],
  log: Log,
  metrics: Metrics,
): Server {
  if (certificates === undefined) {
    log('warn', 'serving without TLS: whoever reaches the port gets credentials');
    return createServer((socket) => {
      socket.on('error', () => {});
      take(socket);
    });
  }
  return createTlsServer(certificates, {
    accept: take,
    refuse: (reason) => {
      metrics.refused(reason);
      log('warn', 'refused a connection', { reason });
    },
    renew: (isUsed) =>
      isUsed ? log('info', 'certificates have changed') : log('warn', 'changed certificates cannot be used yet'),
  });
}

function answerWith(service: Service, log: Log, metrics: Metrics): Handler {
  return async (request, signal) => {
    const start = performance.now();
    const tag = request.meta?.tag;
    try {
      const call = await runFunction(request, signal, service);
      const seconds = (performance.now() - start) / 1000;
      metrics.called(call, seconds);
      report(call, { tag, seconds }, log);
      return call.response;
    } catch (error) {
      // Only its class: its text may repeat what it was given.
      log('error', 'this function has a fault', {
        tag,
        class: error instanceof Error ? error.constructor.name : typeof error,
      });
      throw error;
    }
  };
}

const LEVELS = { error: 'error', warning: 'warn', info: 'debug' } as const;

function report(call: Call, facts: { tag: string | undefined; seconds: number }, log: Log): void {
  const { kind, namespace, name } = call.composite;
  const composite = { kind, namespace, name, tag: facts.tag };
  for (const { severity, code, message } of call.findings)
    log(LEVELS[severity], inOurWords(message), { code, ...composite });
  for (const { metadata } of call.made) log('info', 'issued a session', { secret: metadata.name, ...composite });
  log('debug', 'called', { outcome: call.outcome, seconds: facts.seconds, ...composite });
}
