import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { faultOf } from '../clients/fault.ts';
import { loadSts } from '../clients/sts.ts';
import { createWorld } from '../clients/world.ts';
import { type Finding, FindingError, finding, hasErrors, messageOf } from '../findings/finding.ts';
import { visibleJson } from '../findings/quote.ts';
import { quoted, say } from '../findings/say.ts';
import { checkSettings, NO_POLICY, type PolicyFile, readPolicyFile } from '../hosts/policy.ts';
import { attempt } from '../model/plain-data.ts';
import { MOST_FAULTS_OF_AN_OBJECT } from '../model/run-limits.ts';
import type { Address, ServeOptions } from '../model/tasks.ts';
import type { Environment, World } from '../model/world.ts';
import { cutFindings } from '../planner/cut-findings.ts';
import { checkPolicy } from '../planner/draft.ts';
import { PURPOSES, type Purpose } from '../planner/purposes.ts';
import { UnreadableRequest } from './decode-request.ts';
import { OPERATOR } from './explain.ts';
import { createGrpcServer, type GrpcServer, type Handler } from './grpc-server.ts';
import { createHealthServer, Metrics } from './metrics.ts';
import { runFunction } from './run-function.ts';
import { newService, type Service } from './shared-state.ts';
import { createTlsServer, type TlsEvents } from './tls.ts';
import { TurnMissed } from './turns.ts';

/** V8 lets what is left after a collection grow by half, instead of several times (docs/decisions/052-a-server-collects-early.md). */
const COLLECTS_EARLY = '--heap-growing-percent=50';
/** V8 rejects a compile cache of other flags: it is read before this flag is set, and written after it is set back. */
const COLLECTS_AS_BEFORE = '--heap-growing-percent=0';

/** Shorter than a pod's grace period of 30 seconds. */
const DRAIN_MILLISECONDS = 25_000;

/**
 * The Crossplane function: serves until SIGTERM or SIGINT, then answers the calls under way and resolves.
 * @throws FindingError when it cannot start.
 */
export async function serve(options: ServeOptions, environment: Environment): Promise<void> {
  const ownEnvironment = serverEnvironment(options, environment);
  const real = createWorld(ownEnvironment);
  const log = createLog(options.isDebug, real.now);
  const metrics = new Metrics(real.now);
  const world: World = { ...real, ...metrics.withCounts(real) };
  const warnings = await checkStart(world, options);
  await Promise.all([loadSts(), world.ambient.region()]); // so that the first call does not wait for them
  const currentPolicy = watchPolicy(world, log, metrics);
  const service = newService({ world, maxTtlSeconds: options.maxTtlSeconds, currentPolicy }, (line) => {
    metrics.audited(line);
    const { event, ...facts } = line;
    log(event === 'issued a session' ? 'info' : 'warn', event, facts);
  });
  const grpc = createGrpcServer(createHandler(service, log, metrics), options.maxReceiveBytes);
  const { certificates } = options;
  const server =
    certificates === undefined
      ? createPlainServer(grpc.take, log)
      : createTlsServer(certificates, eventsFor(grpc.take, log, metrics), real.now);
  let isReady = false;
  const health = createHealthServer(() => isReady, metrics, currentPolicy);
  const healthPort = await listen(health, options.healthAddress);
  const port = await listen(server, options.address);
  for (const finding of warnings) log('warn', messageOf(finding), { code: finding.code });
  currentPolicy(); // logs its digest
  setFlagsFromString(COLLECTS_EARLY);
  isReady = true;
  log('info', 'serving', { port, healthPort, tls: certificates !== undefined });

  const listening = new AbortController();
  const signal = await Promise.race(
    (['SIGTERM', 'SIGINT'] as const).map((name) => once(process, name, { signal: listening.signal }).then(() => name)),
  );
  listening.abort(); // whichever comes next ends the process at once
  isReady = false;
  log('info', 'draining', { signal });
  server.close();
  await grpc.drain(DRAIN_MILLISECONDS);
  grpc.close();
  health.close();
  health.closeAllConnections();
  setFlagsFromString(COLLECTS_AS_BEFORE);
}

function createPlainServer(take: GrpcServer['take'], log: Log): Server {
  log('warn', 'serving without TLS: anyone who reaches the port gets credentials');
  return createServer((socket) => {
    socket.on('error', () => {});
    take(socket);
  });
}

function eventsFor(accept: GrpcServer['take'], log: Log, metrics: Metrics): TlsEvents {
  return {
    accept,
    refuse: (reason, code) => {
      metrics.tlsRefused.inc({ reason });
      log('warn', 'refused a connection', { reason, code });
    },
    end: (reason) => {
      metrics.tlsEnded.inc({ reason });
      log('warn', 'ended a connection', { reason });
    },
    renew: () => log('info', 'certificates have changed'),
    keep: (cause) => log('warn', 'changed certificates cannot be used yet: the former ones stay', { cause }),
  };
}

const LEVELS = { error: 'error', warning: 'warn', info: 'debug' } as const;

/** Answers calls, counts them, and writes what the operator has to know to the log. */
function createHandler(service: Service, log: Log, metrics: Metrics): Handler {
  return async (request, signal) => {
    const start = performance.now();
    const { tag } = request;
    try {
      const result = await runFunction(request, signal, service);
      const seconds = (performance.now() - start) / 1000;
      metrics.called(result, seconds);
      const { findings } = result;
      for (const finding of findings.length > MOST_FAULTS_OF_AN_OBJECT ? cutFindings(findings) : findings)
        log(LEVELS[finding.severity], messageOf(finding, OPERATOR), { code: finding.code, ...result.facts });
      log('debug', 'called', { outcome: result.outcome, seconds, ...result.facts });
      return result.response;
    } catch (error) {
      if (error instanceof UnreadableRequest) {
        log('warn', 'a request cannot be read', { tag });
        throw error;
      }
      const { name, frames } = faultOf(error);
      const hasMissedTurn = error instanceof TurnMissed;
      metrics.unanswered(hasMissedTurn ? 'late' : 'fault');
      if (hasMissedTurn) log('warn', 'the time of a call was over', { tag });
      else log('error', 'this function has a fault', { tag, class: name, frames });
      throw error;
    }
  };
}

/**
 * Listens, and resolves to the port. For port 0 the system chooses a free one.
 * @throws FindingError when the server cannot listen, as on a port in use.
 */
async function listen(server: Server, { host, port }: Address): Promise<number> {
  // without a host Node takes IPv6 and IPv4, or IPv4 alone where there is no other
  server.listen(host === '::' ? { port } : { host, port });
  try {
    await once(server, 'listening');
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : port;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException; // of the system
    const where = quoted(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
    const cure = code === 'EADDRINUSE' ? 'End what listens there, or choose another' : 'Choose another address';
    throw new FindingError(finding('SETTING_INVALID', say`cannot listen on ${where}: ${code}. ${cure}.`));
  }
}

/** Further fields of a line: names and numbers, never a value from a Secret, a token or an answer of STS. */
type Facts = Readonly<Record<string, string | number | boolean | readonly (string | object)[] | null | undefined>>;

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line. */
type Log = (level: Level, message: string, facts?: Facts) => void;

/** A log that writes each line as JSON to standard error. */
function createLog(isDebug: boolean, now: () => Date): Log {
  return (level, message, facts = {}) => {
    if (level === 'debug' && !isDebug) return;
    const line = visibleJson(JSON.stringify({ time: now().toISOString(), level, message, ...facts }));
    attempt(() => writeSync(2, `${line}\n`)); // standard error may be closed; calls are still served
  };
}

/** A composite's reconcile has two minutes for all its steps. */
const CALL_SECONDS = '30';

/** The operator's settings, with defaults for a server: its timeout, and its own cluster if it runs in a pod. */
function serverEnvironment({ policy }: ServeOptions, environment: Environment): Environment {
  const isInCluster = environment.KUBERNETES_SERVICE_HOST !== undefined;
  return {
    ...environment,
    STS_FUNCTION_TIMEOUT: environment.STS_FUNCTION_TIMEOUT ?? CALL_SECONDS,
    ...(isInCluster ? { STS_FUNCTION_CLUSTER: environment.STS_FUNCTION_CLUSTER ?? 'in-cluster' } : {}),
    ...(policy === undefined ? {} : { STS_FUNCTION_POLICY: policy }),
  };
}

/**
 * Findings about the environment, reported once at the start instead of in every call.
 * @throws FindingError when every call would fail.
 */
async function checkStart(world: World, options: ServeOptions): Promise<readonly Finding[]> {
  const { settings, findings } = await checkSettings(world);
  const faults = [...findings, ...checkPurpose(PURPOSES[settings.purposeName], options)];
  const first = faults.find(({ severity }) => severity === 'error');
  if (first !== undefined) throw new FindingError(first);
  return faults;
}

function checkPurpose({ mints, acts }: Purpose, { certificates }: ServeOptions): Finding[] {
  if (mints || (acts && certificates === undefined)) return [];
  const cause = acts
    ? 'placeholders would replace credentials in a cluster. Serve them with --insecure only'
    : 'a server cannot show a plan. Use the command `plan`';
  return [finding('SETTING_INVALID', say`cannot use STS_FUNCTION_MODE: ${cause}.`)];
}

/** Gives a function that reads the operator's Policy from its file, and tells log and metric, at first and whenever it has changed. */
function watchPolicy({ ambient }: World, log: Log, metrics: Pick<Metrics, 'policy'>): () => PolicyFile {
  const file = ambient.environment.STS_FUNCTION_POLICY;
  let formerFile: PolicyFile | undefined; // nothing was logged yet
  return () => {
    const read = file ? readPolicyFile(file, formerFile) : NO_POLICY;
    const isSame = formerFile !== undefined && formerFile.digest === read.digest;
    formerFile = read;
    if (isSame) return read;
    const isUsable = !hasErrors([...read.findings, ...checkPolicy(read, ambient)]);
    const digest = isUsable ? read.digest : undefined;
    metrics.policy(digest);
    if (file === undefined) log('warn', 'no Policy holds: `allow` of each Composition is the only limit');
    else if (digest === undefined) log('error', 'the Policy cannot be used, so every call is refused', { file });
    else log('info', 'read the Policy', { file, sha256: digest });
    return read;
  };
}
