import { type Finding, hasErrors } from '../findings/finding.ts';
import { decodeText } from '../krm/parse-yaml.ts';
import { looksLikeGeneration } from '../krm/places.ts';
import {
  type Changes,
  parseResourceList,
  printItem,
  type ResourceList,
  toResult,
  writeResourceList,
} from '../krm/resource-list.ts';
import type { Answer } from '../model/flow.ts';
import { Deadline } from '../model/run-limits.ts';
import type { World } from '../model/world.ts';
import { Output } from './output.ts';
import { run, toFinding } from './run.ts';

/**
 * The KRM function: a ResourceList in, a ResourceList out. After an error the output is the input with results and without a Secret of
 * this run; nothing, if the input is no ResourceList. Never throws.
 */
export async function answerResourceList(bytes: Uint8Array, world: World): Promise<Answer> {
  const deadline = new Deadline(world.ambient.environment);
  let list: ResourceList | undefined;
  try {
    list = parseResourceList(decodeText(bytes), () => deadline.check());
    return await answer(list, world, deadline);
  } catch (error) {
    const findings = [toFinding(error)];
    return { findings, output: list === undefined ? '' : unchanged(list, findings) };
  }
}

async function answer(list: ResourceList, world: World, deadline: Deadline): Promise<Answer> {
  const isGeneration = looksLikeGeneration(list);
  const listed = {
    ...list,
    print: (object: object) => printItem(list, object),
    write: (changes: Changes) => writeResourceList(list, changes),
  };
  const ran = await run(list, (drafted) => new Output(listed, isGeneration, drafted), world, deadline);
  const { draft, outcome, destination, warnings } = ran;
  const { findings } = outcome;
  if (hasErrors(findings) || draft.settings.mode === 'plan') return { findings, output: unchanged(list, findings) };
  const all = [...findings, ...warnings];
  return { findings: all, output: destination.accept(all) };
}

/** The input with results. */
function unchanged(list: ResourceList, findings: readonly Finding[]): string {
  return writeResourceList(list, { edits: [], appended: [], results: findings.map(toResult) });
}
