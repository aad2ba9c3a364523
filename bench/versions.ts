import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { realProgram } from '../test/support/hosts/real-programs.ts';
import { ROOT } from '../test/support/run-function.ts';
import { awsCli } from './contestants.ts';

const PEERS_MODULES = [
  ['go-noop', 'github.com/kptdev/krm-functions-sdk/go/fn'],
  ['go-reference', 'sigs.k8s.io/kustomize/kyaml'],
  ['go-reference', 'github.com/aws/aws-sdk-go-v2/service/sts'],
] as const;

/** Where and with what the figures were measured, as one sentence; Go's modules as the programs themselves say. */
export function versions(): string {
  const modules = PEERS_MODULES.map(([program, name]) => `${name} ${builtWith(program, name)}`);
  const packages = ['@grpc/grpc-js', 'bun'].map((name) => `${name} ${installed(name)}`);
  const taking = [`Node.js ${process.versions.node}`, ...packages, goVersion(), ...modules, awsVersion()];
  return `${availableParallelism()} cores, ${taking.join(', ')}`;
}

function installed(name: string): string {
  const text = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function builtWith(program: string, module: string): string {
  const lines = output('go', ['version', '-m', realProgram(program)]).split('\n');
  return lines.find((line) => line.includes(`\t${module}\t`))?.split('\t')[3] ?? 'of unknown version';
}

function goVersion(): string {
  const [, version = ''] = /: go(\S+)/.exec(output('go', ['version', realProgram('go-reference')])) ?? [];
  return `Go ${version}`;
}

/** `aws-cli/1.2.3 Python/3.11.7 …`: its start depends on Python too. */
function awsVersion(): string {
  const [program, ...argv] = awsCli('--version').command;
  return output(program, argv).split(' ').slice(0, 2).join(' with ').replaceAll('/', ' ');
}

function output(program: string, argv: readonly string[]): string {
  return execFileSync(program, argv, { encoding: 'utf8', timeout: 60_000 });
}
