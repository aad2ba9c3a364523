import { type Finding, FindingError, hasErrors } from '../api/finding.ts';
import type { World } from '../api/world.ts';
import { type Orchestrator, recognise } from '../krm/orchestrator.ts';
import { decodeText } from '../krm/read-text.ts';
import { parseResourceList, type ResourceList } from '../krm/resource-list.ts';
import { toResult } from '../krm/results.ts';
import { type Changes, printItem, writeResourceList } from '../krm/write-resource-list.ts';
import { Output } from './output.ts';
import { internalFault, runStory } from './run-story.ts';

/** What a run of the function gives its host. */
export interface Answer {
  /** The ResourceList to write; empty when none was read. */
  readonly output: string;
  readonly findings: readonly Finding[];
}

/**
 * The KRM function: a ResourceList in, a ResourceList out. After an error the items go out as they came in, with results
 * and without a Secret of this run. Never throws.
 */
export async function answerResourceList(bytes: Uint8Array, world: World): Promise<Answer> {
  let list: ResourceList | undefined;
  try {
    list = parseResourceList(decodeText(bytes));
    const host = recognise(list);
    return await run(list, host, world);
  } catch (error) {
    const findings = [error instanceof FindingError ? error.finding : internalFault(error)];
    return { findings, output: list === undefined ? '' : unchanged(list, findings) };
  }
}

async function run(list: ResourceList, host: Orchestrator, world: World): Promise<Answer> {
  const listed = {
    ...list,
    print: (object: object) => printItem(list, object),
    write: (changes: Changes) => writeResourceList(list, changes),
  };
  const told = await runStory(list, (prepared) => new Output(listed, host, prepared), world);
  const { prepared, outcome, destination, warnings } = told;
  if (hasErrors(outcome.findings) || prepared.settings.mode === 'plan')
    return { findings: outcome.findings, output: unchanged(list, outcome.findings) };
  const all = [...outcome.findings, ...warnings];
  return { findings: all, output: destination.accept(all) };
}

/** The input with results and nothing else. */
function unchanged(list: ResourceList, findings: readonly Finding[]): string {
  return writeResourceList(list, { edits: [], appended: [], results: findings.map(toResult) });
}
