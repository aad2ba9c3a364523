import { cp, mkdtemp } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { ciEnvironment, roles } from '../accounts.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, ROOT, runProcess } from '../run-function.ts';
import { startExampleSts } from '../start-example-sts.ts';
import type { StsOptions } from '../sts/start-sts.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { HOSTS_BIN, realProgram, requirePrograms } from './real-programs.ts';

const PROGRAMS = ['kpt', 'kustomize'] as const;

/** {@link startHosts} */
export type Hosts = Awaited<ReturnType<typeof startHosts>>;

/** Where and how a program runs. */
interface RunOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds?: number;
}

/** What there is besides the user `ci`, and the roles of the examples and tests. */
interface HostsOptions extends Pick<StsOptions, 'roles' | 'identityProviders'> {
  readonly environment?: Readonly<Record<string, string>>;
  /** Real programs that are needed beside kpt and kustomize. */
  readonly programs?: readonly string[];
}

/**
 * What runs the real programs: with an STS, and in temporary folders.
 * @throws Error naming the command to run, when a program or the built function is missing: such a test never passes.
 */
export async function startHosts(more: HostsOptions = {}) {
  requirePrograms([...[...PROGRAMS, ...(more.programs ?? [])].map(realProgram), EXECUTABLE]);
  const root = temporaryFolder();
  const { identityProviders = [] } = more;
  const sts = await startExampleSts({ roles: [...roles, ...(more.roles ?? [])], identityProviders });
  /** Reaches the STS with the keys of `ci`; PATH finds the built function and the real programs first. */
  const environment: Readonly<Record<string, string>> = {
    PATH: [dirname(EXECUTABLE), HOSTS_BIN, CLEAN_ENVIRONMENT.PATH].join(delimiter),
    HOME: root.path,
    ...ciEnvironment(sts.url),
    ...more.environment,
  };
  return {
    sts,
    environment,
    /** A new folder with these files. */
    folder: async (files?: Readonly<Record<string, string>>) => temporaryFolder(files, root.path).path,
    /** A new copy of a folder of `examples/`, without its page: hosts that write another folder leave it out. */
    example: async (name: string) => {
      const folder = await mkdtemp(join(root.path, 'example-'));
      await cp(join(ROOT, 'examples', name), folder, { recursive: true, filter: (file) => !file.endsWith('.md') });
      return folder;
    },
    /** Runs a program in `cwd` to its end. */
    run: (program: (typeof PROGRAMS)[number] | 'bash', argv: readonly string[], options: RunOptions) =>
      runProcess(program === 'bash' ? program : realProgram(program), argv, {
        ...options,
        environment: { ...environment, ...options.environment },
      }),
    /** The calls of STS that were made during `action`. */
    callsOf: async (action: () => Promise<unknown>) => {
      const before = sts.calls.length;
      await action();
      return sts.calls.slice(before);
    },
    close: async () => {
      await sts.close();
      root.close();
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

/** Moments of a run whose STS does not answer. */
export const MOMENTS_MILLISECONDS = [0, 50, 100, 150, 250, 350] as const;
