import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../run-function.ts';

/** A ```sh block of a page. */
export interface Block {
  /** Line of the fence, from 1. */
  readonly line: number;
  readonly script: string;
  /** Why the block is not run; absent: it is run. */
  readonly notRun?: string;
}

const FENCED =
  /(?:^[ \t]*<!-- not run: (?<notRun>.+) -->\n)?^(?<indent>[ \t]*)(?<fence>`{3,}|~{3,})(?<label>.*)\n(?<body>[\s\S]*?)^[ \t]*\k<fence>[`~]*[ \t]*$/gm;

/** Labels with which a shell block would not be taken for one. */
const OTHER_SHELL = /^(?:bash|shell|zsh|fish|ksh|console|terminal|shell-session)$/i;

/**
 * The ```sh blocks of a page of Markdown, indented ones too. `<!-- not run: REASON -->` on the line above a fence takes its
 * block out.
 * @throws Error with the line, for what looks like such a block and would not be taken for one.
 */
export function pageBlocks(page: string): Block[] {
  const outside = page.replaceAll(FENCED, (block) => block.replaceAll(/[^\n]/g, ' '));
  refuse(page, /^[ \t]*(?:```|~~~)/m.exec(outside)?.index, 'this fence has no end');
  refuse(page, /^[ \t]*<!-- not run/m.exec(outside)?.index, '`not run: REASON` must be right above a ```sh fence');
  return [...page.matchAll(FENCED)].flatMap(({ index, groups = {} }) => {
    const { notRun, indent = '', body = '' } = groups;
    const label = groups.label?.trim() ?? '';
    if (OTHER_SHELL.test(label)) refuse(page, index, 'a shell block must be labelled `sh`, so that it is run');
    if (label !== 'sh') {
      if (notRun !== undefined) refuse(page, index, '`not run: REASON` must be right above a ```sh fence');
      return [];
    }
    const line = lineOf(page, index) + (notRun === undefined ? 0 : 1);
    const script = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    return [{ line, script, ...(notRun === undefined ? {} : { notRun }) }];
  });
}

function refuse(page: string, index: number | undefined, cause: string): void {
  if (index !== undefined) throw new Error(`line ${lineOf(page, index)}: ${cause}`);
}

function lineOf(page: string, index: number): number {
  return page.slice(0, index).split('\n').length;
}

/** The Secret that an example's page promises, with `<key>` for what differs from run to run. */
export function promisedSecret(example: string): string {
  return promisedYaml(`examples/${example}/README.md`, 'apiVersion: v1');
}

/** The first block of YAML on a page that begins so. */
export function promisedYaml(page: string, beginning: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const found = blocks.find((block) => block.startsWith(beginning));
  if (found === undefined) throw new Error(`${page} shows no YAML that begins with ${beginning}`);
  return found;
}

/** What an example's page says to type. */
interface ExampleCommands {
  /** The blocks that make its Secret, in order. */
  readonly scripts: readonly string[];
  /** The block that the page says is refused. */
  readonly refused: string | undefined;
}

export function exampleCommands(example: string): ExampleCommands {
  const blocks = pageBlocks(pageOf(example));
  const isRefused = ({ notRun }: (typeof blocks)[number]) => notRun?.startsWith('it is refused') ?? false;
  return {
    scripts: blocks.filter((block) => !isRefused(block)).map(({ script }) => script),
    refused: blocks.find(isRefused)?.script,
  };
}

/** The messages on an example's page: its blocks of plain text. */
export function promisedMessages(example: string): string[] {
  return [...pageOf(example).matchAll(/^```text\n(.*?)^```$/gms)].map(([, text = '']) => text.trimEnd());
}

function pageOf(example: string): string {
  return readFileSync(join(ROOT, 'examples', example, 'README.md'), 'utf8');
}
