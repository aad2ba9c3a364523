import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { copyRepository } from '../../support/hosts/copy-repository.ts';
import { scriptsUnder } from '../../support/hosts/pages.ts';
import type { Hosts } from '../../support/hosts/start-hosts.ts';
import { CLEAN_ENVIRONMENT, type Ended } from '../../support/run-function.ts';

const STEP_MILLISECONDS = 300_000;

/**
 * A new user in a fresh clone, with an empty home and this environment beside that of the hosts. Everything typed is taken from pages,
 * as in one shell: what a block exports holds for the next. Each begins in the clone.
 */
export async function startJourney(hosts: Hosts, environment: Readonly<Record<string, string>> = {}) {
  const [clone, home, shell] = await Promise.all([hosts.folder(), hosts.folder(), hosts.folder()]);
  await copyRepository(clone);
  const state = join(shell, 'state');
  /** PATH has the programs of the hosts, and not yet the function. */
  const PATH = `${join(clone, '.hosts/bin')}:${CLEAN_ENVIRONMENT.PATH}`;

  const tries = (script: string): Promise<Ended> =>
    hosts.run(
      'bash',
      [
        '-euo',
        'pipefail',
        '-c',
        `[[ ! -e ${state} ]] || { . ${state}; cd ${clone}; }\n${script}\ndeclare -px >${state}`,
      ],
      {
        cwd: clone,
        environment: { HOME: home, PATH, ...environment },
        timeoutMilliseconds: STEP_MILLISECONDS,
      },
    );

  /** Types a script, which has to end well. */
  async function types(script: string): Promise<string> {
    const { exit, stdout, stderr } = await tries(script);
    if (exit !== 0) throw new Error(`ended with ${exit}:\n${script}\n${stderr}\n${stdout}`);
    return stdout;
  }

  return {
    clone,
    tries,
    types,
    /** Does what the page says to install the function. */
    installs: async () => {
      for (const script of scriptsUnder('docs/install.md', 'From source')) await types(script);
    },
    /** Writes files, by their path in the clone. */
    writes: async (files: Readonly<Record<string, string>>) => {
      for (const [file, text] of Object.entries(files)) {
        await mkdir(dirname(join(clone, file)), { recursive: true });
        await writeFile(join(clone, file), text);
      }
    },
    /** Changes a text in a file that has it. */
    edits: async (file: string, from: string, to: string) => {
      const text = await readFile(join(clone, file), 'utf8');
      expect(text).toContain(from);
      await writeFile(
        join(clone, file),
        text.replace(from, () => to),
      );
    },
    /** Types what was refused, and reads what `help` says of the message's code. */
    isRefused: async (script: string) => {
      const { exit, stdout, stderr } = await tries(script);
      const said = stdout + stderr;
      const [message = '', code = ''] = /error: (?:.(?!error: ))*?\[([A-Z_]+)\]/s.exec(said) ?? [];
      expect({ exit, said }).toMatchObject({ exit: 1, said: expect.stringContaining(`[${code || 'CODE'}]`) });
      const help = await types(`function-sts-assume-role help ${code}`);
      return { message, code, help: help.replaceAll(/\s+/g, ' ') };
    },
  };
}
