import { type Finding, finding } from '../api/finding.ts';
import type { Request } from '../api/flow.ts';
import { isGenerator, objectKey } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { readFunctionConfig } from './read-function-config.ts';
import { type ReadGenerator, readGenerator } from './read-generator.ts';
import { valueAt } from './value-at.ts';

/** Every generator of a request, each once, and what is wrong before any of them is planned. */
export interface ReadRequest {
  readonly generators: readonly ReadGenerator[];
  readonly findings: readonly Finding[];
}

/**
 * Reads functionConfig and items. A generator that is the functionConfig is often an item too (kustomize's generators,
 * kpt's `configPath`): it is one generator, and the item counts, since earlier functions of a pipeline may have changed it.
 */
export function readRequest({ items, functionConfig }: Pick<Request, 'items' | 'functionConfig'>): ReadRequest {
  const config = readFunctionConfig(functionConfig);
  const fromItems = items.filter(isGeneratorManifest).flatMap((item) => readGenerator(item) ?? []);
  const fromConfig = config.generators.filter(isGeneratorManifest).flatMap((manifest) => readGenerator(manifest) ?? []);
  const isItem = ({ object }: ReadGenerator) => fromItems.some((item) => objectKey(item.object) === objectKey(object));
  const added = isGeneratorManifest(functionConfig) ? fromConfig.filter((generator) => !isItem(generator)) : fromConfig;
  const unused = items.flatMap((item) => unusedInput(item, functionConfig));
  return { generators: [...fromItems, ...added], findings: [...config.findings, ...unused] };
}

function isGeneratorManifest(manifest: unknown): boolean {
  return isGenerator({ apiVersion: valueAt(manifest, ['apiVersion']), kind: valueAt(manifest, ['kind']) });
}

function unusedInput(item: unknown, functionConfig: unknown): Finding[] {
  if (isGeneratorManifest(item)) return [];
  const name = valueAt(item, ['metadata', 'name']);
  if (valueAt(functionConfig, ['kind']) === 'Input' && valueAt(functionConfig, ['metadata', 'name']) === name)
    return [];
  const message = `cannot use Input ${quote(String(name))}: it is among the items, but not the functionConfig. Name it there, or remove it.`;
  return [finding('INPUT_UNUSED', message)];
}
