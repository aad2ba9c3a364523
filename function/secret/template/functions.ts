import { collections } from './functions/collections.ts';
import { comparison } from './functions/comparison.ts';
import { defaults } from './functions/defaults.ts';
import type { Functions, TemplateFunction } from './functions/define.ts';
import { encoding } from './functions/encoding.ts';
import { numbers } from './functions/numbers.ts';
import { printing } from './functions/printing.ts';
import { text } from './functions/text.ts';

/** All functions by family, as docs/templates.md lists them. */
export const FAMILIES: Readonly<Record<string, Functions>> = {
  text,
  printing,
  encoding,
  comparison,
  defaults,
  numbers,
  collections,
};

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(Object.values(FAMILIES).flatMap(Object.entries));

/** A function that is supported. */
export function findFunction(name: string): TemplateFunction | undefined {
  return FUNCTIONS.get(name);
}
