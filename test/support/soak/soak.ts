import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ci, roles } from '../accounts.ts';
import {
  type FunctionServer,
  goodRequest,
  grpcCaller,
  mutualTls,
  startNoop,
  startServer,
} from '../crossplane/start-server.ts';
import { makeIdentity, writeServerFolder } from '../make-identity.ts';
import { residentMegabytes } from '../process-use.ts';
import { startExampleSts } from '../start-example-sts.ts';
import type { EmbeddedSts, Role } from '../sts/start-sts.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type CallKind, callKinds, SLOW_ACCOUNT, SLOW_MILLISECONDS } from './calls.ts';
import { type LoadOptions, type Point, runLoad, slopeOf } from './load.ts';

/** What a process holds at one moment. */
interface ProcessFigures {
  /** Memory that is resident, in MB of 2^20 bytes. */
  readonly megabytes: number;
  /** Open file descriptors, and how many of them are sockets. */
  readonly descriptors: number;
  readonly sockets: number;
}

function figuresOf(pid: number): ProcessFigures {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((name) => target(`/proc/${pid}/fd/${name}`) ?? []);
  const sockets = links.filter((link) => link.startsWith('socket:')).length;
  return { megabytes: residentMegabytes(pid), descriptors: links.length, sockets };
}

function target(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined; // closed since it was listed
  }
}

const LOOK_EVERY_MILLISECONDS = 1000;
/** Long enough for the end of a connection to reach the server. */
const IDLE_MILLISECONDS = 8000;
const SETTLE_MILLISECONDS = 20_000;
const SLOW_ROLE = `arn:aws:iam::${SLOW_ACCOUNT}:role/deployer`;

/** How long: `minutes` are measured, after those of the warm-up. */
interface SoakLength {
  readonly warmUpMinutes: number;
  readonly minutes: number;
}

/** What a soak has found. */
export interface SoakFigures {
  /** Calls of each kind, and what went wrong, each kind of fault once. */
  readonly calls: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
  /** Idle, with all connections closed but the engine's: after the warm-up, and at the end. */
  readonly before: ProcessFigures;
  readonly after: ProcessFigures;
  /** Most descriptors under load. */
  readonly mostDescriptors: number;
  /** Memory that is resident, under load: MB per minute, and the mean. */
  readonly slope: number;
  /** The same of each third of the time: what only fills up grows ever slower. */
  readonly slopes: readonly number[];
  readonly meanMegabytes: number;
  /** Milliseconds of one call whose Secret is good, and of the function that does nothing, one after the other. */
  readonly latencies: { readonly ours: readonly Point[]; readonly noop: readonly Point[] };
  readonly seconds: number;
}

/** Runs the built executable as a server with TLS, under everything that its callers do. */
export async function soak(length: SoakLength): Promise<SoakFigures> {
  const slow: Role = { arn: SLOW_ROLE, trust: [{ principals: [ci.arn] }] };
  await using sts = await startExampleSts({ roles: [...roles, slow] });
  sts.fail({ kind: 'slow', delayMs: SLOW_MILLISECONDS, roleArn: SLOW_ROLE, times: Number.POSITIVE_INFINITY });
  // Usual ones: grpc-js takes Crossplane's, whose names are all the same, for self-signed.
  const authority = await makeIdentity({ isAuthority: true, subject: 'CN=root', serial: '01' });
  const usual = { issuer: authority, isUsual: true };
  const own = await makeIdentity({ ...usual, subject: 'CN=server', serial: '02', usages: ['serverAuth'] });
  const client = await makeIdentity({ ...usual, subject: 'CN=client', serial: '03', usages: ['clientAuth'] });
  using folder = temporaryFolder();
  writeServerFolder(own, authority.cert, folder.path);
  await using server = await startServer({ sts, certificates: folder.path });
  using noopServer = await startNoop();
  const tls = mutualTls(authority, client);
  const open = () => grpcCaller(server.port, tls);
  using engine = open();
  using ours = open();
  using noop = grpcCaller(noopServer.port);
  const good = await goodRequest(engine);
  const kinds = callKinds({ engine, connect: open, port: server.port, good });
  const beside = { ours: () => ours.call(good), noop: () => noop.call(good) };
  const figures = await measure(length, { server, sts, kinds, beside });
  const exit = await server.stop();
  if (exit !== 0) throw new Error(`the server ended with ${exit}`);
  return figures;
}

/** Looks at the server before, while and after it is called by so many kinds of callers, and by those that are measured. */
async function measure(
  { warmUpMinutes, minutes }: SoakLength,
  {
    server,
    sts,
    kinds,
    beside,
  }: { server: FunctionServer; sts: EmbeddedSts; kinds: readonly CallKind[] } & Pick<LoadOptions, 'beside'>,
): Promise<SoakFigures> {
  await runLoad(kinds, { minutes: warmUpMinutes, beside });
  const before = await settled(server.pid, sts);
  const seen: (ProcessFigures & { readonly at: number })[] = [];
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 60_000;
  const looking = setInterval(() => seen.push({ ...figuresOf(server.pid), at: elapsed() }), LOOK_EVERY_MILLISECONDS);
  const load = await runLoad(kinds, { minutes, beside });
  clearInterval(looking);
  const seconds = elapsed() * 60;
  const after = await settled(server.pid, sts, before.descriptors);
  const memory = seen.map(({ at, megabytes }): Point => [at, megabytes]);
  return {
    ...load,
    faults: new Map([...load.faults, ...faultsIn(server.stderr())]),
    before,
    after,
    mostDescriptors: Math.max(...seen.map(({ descriptors }) => descriptors)),
    slope: slopeOf(memory),
    slopes: [0, 1, 2].map((third) => slopeOf(memory.filter(([at]) => Math.floor((at * 3) / minutes) === third))),
    meanMegabytes: seen.reduce((sum, { megabytes }) => sum + megabytes, 0) / seen.length,
    seconds,
  };
}

/**
 * What is held when nobody calls, once no more than `most` descriptors are open, or time is up. Connections to STS that nobody
 * uses are ended first: there are as many as calls were ever under way together, which is chance.
 */
async function settled(pid: number, sts: EmbeddedSts, most = Number.POSITIVE_INFINITY): Promise<ProcessFigures> {
  sts.closeIdle();
  const until = performance.now() + SETTLE_MILLISECONDS;
  await delay(IDLE_MILLISECONDS);
  let figures = figuresOf(pid);
  while (figures.descriptors > most && performance.now() < until) {
    await delay(LOOK_EVERY_MILLISECONDS);
    figures = figuresOf(pid);
  }
  return figures;
}

/** Faults of the function itself that its log has. */
function faultsIn(log: string): [string, number][] {
  const lines = log.split('\n').filter((line) => line.includes('"this function has a fault"'));
  return lines.length === 0 ? [] : [[`the log says: ${lines[0]}`, lines.length]];
}
