import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../run-function.ts';
import { pageBlocks } from './page-blocks.ts';

/** What an example's page says to type. */
export interface ExampleCommands {
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
