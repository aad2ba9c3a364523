import { GENERATOR_ANNOTATION } from '../api/annotations.ts';
import { type Finding, FindingError, finding, hasErrors } from '../api/finding.ts';
import type { OwnedSecret } from '../api/flow.ts';
import type { World } from '../api/world.ts';
import { checkPlaintext } from '../check-plaintext.ts';
import { generate } from '../generate.ts';
import type { Item } from '../krm/item.ts';
import { type Orchestrator, recognise } from '../krm/orchestrator.ts';
import { decodeText } from '../krm/read-text.ts';
import { parseResourceList, type ResourceList } from '../krm/resource-list.ts';
import { prepare } from '../prepare.ts';
import { isToolOnly, Output, unchanged } from './output.ts';
import { readPolicyFile } from './policy.ts';
import { supply } from './supply.ts';

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
    const findings = [error instanceof FindingError ? error.finding : internal(error)];
    return { findings, output: list === undefined ? '' : unchanged(list, findings) };
  }
}

async function run(list: ResourceList, host: Orchestrator, world: World): Promise<Answer> {
  const ours = list.items.filter(isToolOnly);
  const { policy, findings: policyFindings } = readPolicyFile(world.ambient.environment);
  const prepared = await prepare({
    items: ours.map((item) => item.toJS()),
    owned: list.items.flatMap(toOwned),
    functionConfig: list.functionConfig?.toJS(),
    policy,
    now: world.now(),
    ambient: world.ambient,
  });
  const output = new Output(list, host, prepared.jobs);
  const plaintext = checkPlaintext(prepared, output.files);
  const refusals = plaintext.filter(({ severity }) => severity === 'error');
  const { supplied, findings } = await supply(
    { ...prepared, findings: [...policyFindings, ...prepared.findings, ...output.findings, ...refusals] },
    list,
    world,
  );
  const outcome = await generate({ ...prepared, findings }, supplied, world, (secret) => output.add(secret));
  if (hasErrors(outcome.findings) || prepared.settings.mode === 'plan')
    return { findings: outcome.findings, output: unchanged(list, outcome.findings) };
  const all = [...outcome.findings, ...plaintext]; // a run that fails writes no file
  return { findings: all, output: output.accept(all) };
}

function toOwned({ object, annotations }: Item): OwnedSecret[] {
  const mark = annotations[GENERATOR_ANNOTATION];
  const isOwned = object?.kind === 'Secret' && object.apiVersion === 'v1' && mark !== undefined;
  return isOwned ? [{ object, mark }] : [];
}

/** Only the class of an unexpected error is named: its message may repeat what it was given. */
function internal(error: unknown): Finding {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return finding('INTERNAL', `cannot finish: this function has a fault (${name}). Please report it.`);
}
