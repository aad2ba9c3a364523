import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ci, ciEnvironment, roles } from '../accounts.ts';
import { CLEAN_ENVIRONMENT, type Ended, EXECUTABLE, ROOT, runProcess } from '../run-function.ts';
import { type EmbeddedSts, type RecordedCall, type StsOptions, startSts } from '../sts/start-sts.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { HOSTS_BIN, realProgram, requirePrograms } from './real-programs.ts';

const PROGRAMS = ['kpt', 'kustomize'] as const;

/** One of the real programs that `test/hosts/install.sh` builds. */
type Program = (typeof PROGRAMS)[number];

/** What the tests of one file work on: an STS, temporary folders, and the real programs. */
export interface Bench {
  readonly sts: EmbeddedSts;
  /** Reaches the STS with the keys of `ci`; PATH finds the built function and the real programs first. */
  readonly environment: Readonly<Record<string, string>>;
  /** A new folder with these files. */
  folder(files?: Readonly<Record<string, string>>): Promise<string>;
  /** A new copy of a folder of `examples/`, without its page: hosts that write another folder leave it out. */
  example(name: string): Promise<string>;
  /** Runs a program in `cwd` to its end. */
  run(program: Program | 'bash', argv: readonly string[], options: RunOptions): Promise<Ended>;
  /** The calls of STS that were made during `action`. */
  callsOf(action: () => Promise<unknown>): Promise<readonly RecordedCall[]>;
  /** Ends the STS and deletes the folders. */
  close(): Promise<void>;
}

/** Where and how a program runs. */
interface RunOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds?: number;
}

/** What a bench has besides the user `ci`, and the roles of the examples and tests. */
interface BenchOptions extends Pick<StsOptions, 'roles' | 'identityProviders'> {
  readonly environment?: Readonly<Record<string, string>>;
  /** Real programs that are needed beside kpt and kustomize. */
  readonly programs?: readonly string[];
}

/**
 * Opens a bench.
 * @throws Error naming the command to run, when a program or the built function is missing: such a test never passes.
 */
export async function openBench(more: BenchOptions = {}): Promise<Bench> {
  requirePrograms([...[...PROGRAMS, ...(more.programs ?? [])].map(realProgram), EXECUTABLE]);
  const root = await mkdtemp(join(tmpdir(), 'sts-hosts-'));
  const { identityProviders = [] } = more;
  const sts = await startSts({ users: [ci], roles: [...roles, ...(more.roles ?? [])], identityProviders });
  const environment = {
    PATH: [dirname(EXECUTABLE), HOSTS_BIN, CLEAN_ENVIRONMENT.PATH].join(delimiter),
    HOME: root,
    ...ciEnvironment(sts.url),
    ...more.environment,
  };
  return {
    sts,
    environment,
    folder: async (files) => temporaryFolder(files, root).path,
    example: async (name) => {
      const folder = await mkdtemp(join(root, 'example-'));
      await cp(join(ROOT, 'examples', name), folder, { recursive: true, filter: (file) => !file.endsWith('.md') });
      return folder;
    },
    run: (program, argv, options) =>
      runProcess(program === 'bash' ? program : realProgram(program), argv, {
        ...options,
        environment: { ...environment, ...options.environment },
      }),
    callsOf: async (action) => {
      const before = sts.calls.length;
      await action();
      return sts.calls.slice(before);
    },
    close: async () => {
      await sts.close();
      await rm(root, { recursive: true });
    },
  };
}

/**
 * A function in place of the real one: it starts that one with its own standard input and output, and ends it without warning
 * after DELAY seconds. Without DELAY it is the real one.
 */
export const KILLER = `#!/bin/bash
[[ -n $DELAY ]] || exec function-sts-assume-role
function-sts-assume-role <&0 &
sleep "$DELAY"
kill -9 $!
wait $!
`;

/** Moments of a run whose STS does not answer for two seconds. */
export const MOMENTS_MILLISECONDS = [0, 50, 100, 150, 250, 350] as const;
