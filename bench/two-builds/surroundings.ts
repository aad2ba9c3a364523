import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import timers from 'node:timers/promises';

/**
 * What a build that runs in this process has in place of the machine: a clock that stands still but where it sleeps, no chance,
 * streams that are remembered, an end that is no end, and a folder with what is in `/run` and `/var/run`.
 */
export interface Surroundings {
  setClock(milliseconds: number): void;
  /** Runs the build's entry with `input` on standard input, until it would end the process or `until` resolves. */
  run(given: Started, until?: (stderr: () => string) => Promise<unknown>): Promise<Ended>;
}

interface Started {
  readonly dist: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: string | Uint8Array;
  readonly cwd: string;
}

interface Ended {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

const HANG_MILLISECONDS = 30_000;
const STARTED_WITH = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
const SLEEP_MILLISECONDS = 2;
const require = createRequire(import.meta.url);

/** Changes this process for good. Not before whatever needs the real ones, such as certificates, is made. */
export function takeOver(folder: string): Surroundings {
  const clock = fixClock();
  fixChance();
  redirect(folder);
  let open: { stdout: Buffer[]; stderr: Buffer[]; input: Buffer; at: number; end: (code: number) => void } | undefined;
  const readSync = fs.readSync as (...all: unknown[]) => number;
  const writeSync = fs.writeSync as (...all: unknown[]) => number;
  Object.assign(fs, {
    readSync: (descriptor: number, buffer: Buffer, ...rest: unknown[]) => {
      if (descriptor !== 0 || open === undefined) return readSync(descriptor, buffer, ...rest);
      const [given] = rest;
      const offset = typeof given === 'number' ? given : ((given as { offset?: number } | undefined)?.offset ?? 0);
      const count = open.input.copy(buffer, offset, open.at);
      open.at += count;
      return count;
    },
    writeSync: (descriptor: number, data: string | Uint8Array, ...rest: unknown[]) => {
      if (descriptor > 2 || open === undefined) return writeSync(descriptor, data, ...rest);
      const [from = 0, length] = rest as [number?, number?];
      const bytes =
        typeof data === 'string' ? Buffer.from(data) : Buffer.from(data).subarray(from, length && from + length);
      (descriptor === 1 ? open.stdout : open.stderr).push(bytes);
      return bytes.length;
    },
  });
  for (const name of ['stdout', 'stderr'] as const) {
    const write = process[name].write.bind(process[name]) as (data: string | Uint8Array) => boolean;
    process[name].write = (data: string | Uint8Array) => {
      if (open === undefined) return write(data);
      open[name].push(Buffer.from(data as Uint8Array)); // a string too
      return true;
    };
  }
  // node would let what was begun go on: it has nothing left to say
  process.exit = ((code: number) => open?.end(code)) as typeof process.exit;
  Object.assign(process, { execve: undefined });
  syncBuiltinESMExports();
  return {
    setClock: (milliseconds) => {
      clock.now = milliseconds;
      clock.settings += 1;
    },
    run: async ({ dist, argv, environment, input, cwd }, until) => {
      for (const name of Object.keys(process.env)) delete process.env[name];
      const set = Object.entries({ ...STARTED_WITH, ...environment }).filter(([, value]) => value !== undefined);
      Object.assign(process.env, Object.fromEntries(set));
      process.argv = [process.execPath, join(dist, 'function-sts-assume-role'), ...argv];
      process.chdir(cwd);
      const listeners = (['uncaughtException', 'unhandledRejection'] as const).map(
        (name) => [name, process.listeners(name)] as const,
      );
      const exit = Promise.withResolvers<number | string>();
      const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      open = { ...streams, input: Buffer.from(input as Uint8Array), at: 0, end: exit.resolve };
      const timer = setTimeout(() => exit.resolve('it hangs'), HANG_MILLISECONDS);
      const stderr = () => Buffer.concat(streams.stderr).toString();
      const main = join(dist, 'main.cjs');
      try {
        delete require.cache[main];
        require(main);
        await Promise.race([exit.promise, ...(until === undefined ? [] : [until(stderr)])]);
        if (until !== undefined) process.emit('SIGTERM'); // as a server ends
        const code = await exit.promise;
        return { exit: code, stdout: Buffer.concat(streams.stdout).toString(), stderr: stderr() };
      } finally {
        clearTimeout(timer);
        open = undefined;
        for (const name of ['SIGTERM', 'SIGINT', 'error']) process.removeAllListeners(name);
        for (const [name, before] of listeners) {
          process.removeAllListeners(name);
          for (const one of before) process.on(name, one as () => void);
        }
      }
    },
  };
}

/** Sleeping is over at once, and moves the clock to its end: not that of whatever a former run left behind. */
function fixClock(): { now: number; settings: number } {
  const clock = { now: Date.now(), settings: 0 };
  const Real = Date;
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, type) => Reflect.construct(target, given.length === 0 ? [clock.now] : given, type),
    get: (target, name) => (name === 'now' ? () => clock.now : Reflect.get(target, name)),
  });
  const sleep = timers.setTimeout;
  Object.assign(timers, {
    setTimeout: async (milliseconds: number, ...rest: [unknown?, object?]) => {
      const [end, settings] = [clock.now + milliseconds, clock.settings];
      const value = await sleep(Math.min(milliseconds, SLEEP_MILLISECONDS), ...rest);
      if (settings === clock.settings) clock.now = Math.max(clock.now, end);
      return value;
    },
  });
  return clock;
}

/** What is encrypted is the same each time, whatever was encrypted before it. */
function fixChance(): void {
  Math.random = () => 0.5;
  Object.assign(crypto, { randomBytes: (size: number) => Buffer.alloc(size, 7) });
  const fill = <T extends ArrayBufferView>(view: T): T => {
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(7);
    return view;
  };
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: fill });
}

function redirect(folder: string): void {
  const moved = (path: unknown) =>
    typeof path === 'string' && /^\/(?:var\/)?run\//.test(path) ? `${folder}${path.replace(/^\/var/, '')}` : path;
  for (const owner of [fs, fs.promises] as unknown as Record<string, (...all: unknown[]) => unknown>[]) {
    for (const name of ['open', 'openSync', 'readFile', 'readFileSync', 'stat', 'statSync', 'existsSync']) {
      const real = owner[name];
      if (real !== undefined) owner[name] = (path, ...rest) => real.call(owner, moved(path), ...rest);
    }
  }
}
