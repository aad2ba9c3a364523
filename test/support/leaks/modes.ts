import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../files/temporary-folder.ts';
import { functionConfig, list } from '../resource-list.ts';
import { EXECUTABLE, runProcess } from '../run-function.ts';
import type { Position } from './position.ts';
import { type Said, secretsIn } from './said.ts';

/** What is run: the package, and what is around it. */
export type Case = Pick<Position, 'documents' | 'sessions'> & {
  readonly environment: Readonly<Record<string, string>>;
};

/** One way to start the function as a process. */
export interface Mode {
  readonly mints?: true;
  readonly run: (one: Case) => Promise<Said>;
}

const entries = ({ sessions = '[]' }: Case) => `  sessions: ${sessions}\n`;
const inputDocument = (one: Case) =>
  functionConfig(entries(one)).replace('functionConfig:\n', '').replaceAll(/^ {2}/gm, '');
const item = (document: string) => `- ${document.trimEnd().replaceAll('\n', '\n  ')}\n`;

/** As a KRM function: a ResourceList. */
async function throughList(one: Case): Promise<Said> {
  const items = one.documents.map(item);
  const config = functionConfig(entries(one));
  return throughProcess(one, { input: list(items.join(''), config), given: [...items, config] });
}

/** As kustomize's legacy plugin: the Input in a file, documents on standard input. */
async function throughPlugin(one: Case): Promise<Said> {
  const files = { 'input.yaml': inputDocument(one) };
  return throughProcess(one, { input: one.documents.join('---\n'), given: one.documents, files, argv: ['input.yaml'] });
}

/** As a command for people, in a folder with a file for each document. */
async function throughFiles(one: Case, argv: readonly string[]): Promise<Said> {
  const documents = one.documents.map((text, index) => [`package/${index}.yaml`, text] as const);
  const files = { ...Object.fromEntries(documents), 'package/input.yaml': inputDocument(one) };
  return throughProcess(one, {
    given: one.documents,
    files,
    argv: argv.map((part) => (part === 'DIR' ? 'package' : part)),
  });
}

interface Start {
  readonly input?: string;
  readonly given: readonly string[];
  readonly argv?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** Runs it where nothing else is, and collects every file that it left there. */
async function throughProcess(
  { environment }: Case,
  { input = '', given, argv = [], files = {} }: Start,
): Promise<Said> {
  const home = temporaryFolder(files);
  mkdirSync(join(home.path, 'tmp'));
  chmodSync(home.path, 0o700);
  const own = { HOME: home.path, TMPDIR: join(home.path, 'tmp') };
  const options = { input, cwd: home.path, environment: { ...own, ...environment } };
  const { exit, stdout, stderr } = await runProcess(EXECUTABLE, argv, options);
  const written = Object.entries(home.read()).filter(([name, text]) => files[name] !== text);
  home.close();
  const texts = { stdout, stderr, ...Object.fromEntries(written) };
  return { exit, texts, given, secrets: Object.values(texts).flatMap(secretsIn) };
}

const withMode = (one: Case, mode: string): Case => ({
  ...one,
  environment: { ...one.environment, STS_FUNCTION_MODE: mode },
});

/** Every way to start a process. */
export const MODES: Readonly<Record<string, Mode>> = {
  'KRM function': { mints: true, run: throughList },
  'legacy plugin': { mints: true, run: throughPlugin },
  render: { mints: true, run: (one) => throughFiles(one, ['render', 'DIR']) },
  'render -i': { mints: true, run: (one) => throughFiles(one, ['render', '-i', 'DIR']) },
  plan: { run: (one) => throughFiles(one, ['plan', 'DIR']) },
  'plan -o yaml': { run: (one) => throughFiles(one, ['plan', '-o', 'yaml', 'DIR']) },
  'plan -o json': { run: (one) => throughFiles(one, ['plan', '-o', 'json', 'DIR']) },
  'plan of a ResourceList': { run: (one) => throughList(withMode(one, 'plan')) },
  'placeholders of a ResourceList': { run: (one) => throughList(withMode(one, 'placeholder')) },
  'render --placeholder': { run: (one) => throughFiles(one, ['render', '--placeholder', 'DIR']) },
  doctor: { run: (one) => throughFiles(one, ['doctor', 'DIR']) },
  'doctor --online': { run: (one) => throughFiles(one, ['doctor', '--online', 'DIR']) },
  install: { run: (one) => throughFiles(one, ['install', '/proc/nowhere']) },
  'wrong usage': { run: (one) => throughFiles(one, ['render', '--nothing', 'DIR']) },
};
