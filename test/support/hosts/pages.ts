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

/** Text of a page under a heading, up to the next one of its rank. */
function sectionOf(page: string, heading: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const outside = text.replaceAll(FENCED, (block) => block.replaceAll(/[^\n]/g, ' '));
  const headings = [...outside.matchAll(/^(#+) (.+)$/gm)].map(([, rank = '', title], at, all) => ({
    rank: rank.length,
    title,
    index: all[at]?.index ?? 0,
  }));
  const at = headings.findIndex(({ title }) => title === heading);
  const found = headings[at];
  if (found === undefined) throw new Error(`${page} has no heading "${heading}"`);
  return text.slice(found.index, headings.slice(at + 1).find(({ rank }) => rank <= found.rank)?.index);
}

/** The scripts under a heading, in order, also those that do not run with the rest of the page. */
export function scriptsUnder(page: string, heading: string): string[] {
  return some(
    pageBlocks(sectionOf(page, heading)).map(({ script }) => script),
    `a script under "${heading}" of ${page}`,
  );
}

/** The blocks of YAML under a heading, in order. */
export function yamlUnder(page: string, heading: string): string[] {
  const blocks = [...sectionOf(page, heading).matchAll(FENCED)].filter(({ groups }) => groups?.label === 'yaml');
  const bodies = blocks.map(({ groups: { body = '', indent = '' } = {} }) =>
    body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
  return some(bodies, `YAML under "${heading}" of ${page}`);
}

/** The files under a heading: the text before each block of YAML names one, as `FOLDER/NAME`. */
export function filesUnder(page: string, heading: string): Record<string, string> {
  const named = sectionOf(page, heading).matchAll(
    /^(?:.+\n)*?.*?`(?<name>[\w.]+\/[\w.-]+)`(?:.*\n)+?\n```yaml\n(?<body>[\s\S]*?)^```$/gm,
  );
  const files = [...named].map(({ groups: { name = '', body = '' } = {} }): [string, string] => [name, body]);
  return Object.fromEntries(some(files, `a file under "${heading}" of ${page}`));
}

function some<T>(found: T[], what: string): T[] {
  if (found.length === 0) throw new Error(`there is no longer ${what}`);
  return found;
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
