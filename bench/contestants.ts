import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ci } from '../test/support/accounts.ts';
import { realProgram, requirePrograms } from '../test/support/hosts/real-programs.ts';
import { ROOT, SCRIPT } from '../test/support/run-function.ts';
import type { Contestant } from './in-turn.ts';

/** What `npm run build:executable` makes. */
export const ONE_FILE = join(ROOT, 'dist/bin/function-sts-assume-role');

const GO_NOOP = realProgram('go-noop');
const GO_REFERENCE = realProgram('go-reference');
const AWS = realProgram('aws');

/** @throws Error when a peer is not built: `npm run bench` builds them. */
export function requirePeers(): void {
  requirePrograms([ONE_FILE, GO_NOOP, GO_REFERENCE, AWS]);
}

export const script: Contestant = { name: 'script build', command: [SCRIPT] };
export const oneFile: Contestant = { name: 'one file', command: [ONE_FILE] };
export const emptyNode: Contestant = { name: 'empty Node.js process', command: [process.execPath, '-e', '0'] };
export const goNoop: Contestant = { name: 'Go functions SDK, doing nothing', command: [GO_NOOP] };
export const goReference: Contestant = { name: 'Go reference', command: [GO_REFERENCE] };

/** Python itself, not the shell script that finds it. */
export function awsCli(...argv: readonly string[]): Contestant {
  const python = join(dirname(realpathSync(AWS)), 'venv/bin/python');
  return { name: `\`aws ${argv.slice(0, 2).join(' ')}\``, command: [python, '-m', 'awscli', ...argv] };
}

/** What all who ask the STS at `url` are given; the variable for the endpoint is one that every SDK of AWS reads. */
export function askingEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_STS: url,
    AWS_ACCESS_KEY_ID: ci.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
  };
}
