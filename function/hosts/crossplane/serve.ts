import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { ServeOptions } from '../../api/serve-options.ts';
import type { Environment, World } from '../../api/world.ts';
import { loadSts } from '../../world/sts.ts';
import { createWorld } from '../../world/world.ts';
import type { Service } from './call.ts';
import type { Ended } from './end-call.ts';
import { inOurWords } from './explain.ts';
import { createGrpcServer, type Handler } from './grpc-server.ts';
import { createHealthServer } from './health.ts';
import { listen } from './listen.ts';
import { createLog, type Log } from './log.ts';
import { newShared } from './make-secrets.ts';
import { Metrics } from './metrics.ts';
import { runFunction } from './run-function.ts';
import { checkStart, settingsOf } from './serve-settings.ts';
import { createTlsServer, type TlsEvents } from './tls.ts';
import { watchPolicy } from './watch-policy.ts';

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
  const world: World = { ...real, sts: metrics.counted(real.sts), ecr: metrics.countedEcr(real.ecr) };
  const warnings = await checkStart(world, options);
  await Promise.all([loadSts(), world.ambient.region()]);
  const readPolicy = watchPolicy(settings, log, metrics);
  const service: Service = { ...newShared(world), ttlSeconds: options.ttlSeconds, readPolicy };
  const grpc = createGrpcServer(answerWith(service, log, metrics), options.maxReceiveBytes);
  const server = createListener(options, grpc.take, log, metrics, real.now);
  let isReady = false;
  const health = createHealthServer({ isReady: () => isReady, metrics: () => metrics.text() });
  const healthPort = await listen(health, options.healthAddress);
  const port = await listen(server, options.address);
  for (const { code, message } of warnings) log('warn', message, { code });
  readPolicy();
  isReady = true;
  log('info', 'serving', { port, healthPort, tls: options.certificates !== undefined });

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

function createListener(
  { certificates }: ServeOptions,
  take: ReturnType<typeof createGrpcServer>['take'],
  log: Log,
  metrics: Metrics,
  now: () => Date,
): Server {
  if (certificates === undefined) {
    log('warn', 'serving without TLS: whoever reaches the port gets credentials');
    return createServer((socket) => {
      socket.on('error', () => {});
      take(socket);
    });
  }
  const events: TlsEvents = {
    accept: take,
    refuse: (reason, code) => {
      metrics.refused(reason);
      log('warn', 'refused a connection', { reason, code });
    },
    end: (reason) => {
      metrics.ended(reason);
      log('warn', 'ended a connection', { reason });
    },
    renew: () => log('info', 'certificates have changed'),
    keep: (cause) => log('warn', 'changed certificates cannot be used yet: the former ones stay', { cause }),
  };
  return createTlsServer(certificates, events, now);
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

function report(call: Ended, facts: { tag: string | undefined; seconds: number }, log: Log): void {
  const { kind, namespace, name } = call.composite;
  const composite = { kind, namespace, name, tag: facts.tag };
  for (const { severity, code, message } of call.findings)
    log(LEVELS[severity], inOurWords(message), { code, ...composite });
  for (const { metadata } of call.made) log('info', 'issued a session', { secret: metadata.name, ...composite });
  log('debug', 'called', { outcome: call.outcome, seconds: facts.seconds, ...composite });
}
