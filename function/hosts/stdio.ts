import { type Finding, FindingError, finding, hasErrors } from '../api/finding.ts';
import type { SuppliedObject } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { generate } from '../generate.ts';
import { type Orchestrator, recognise } from '../krm/orchestrator.ts';
import { decodeText } from '../krm/read-text.ts';
import { parseResourceList, type ResourceList } from '../krm/resource-list.ts';
import { lookUp } from '../look-up.ts';
import { prepare, references } from '../prepare.ts';
import { isToolOnly, Output, refuse } from './output.ts';
import { readPolicyFile } from './policy.ts';
import { supplyFromItems } from './supply.ts';

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
    return { findings, output: list === undefined ? '' : refuse(list, findings) };
  }
}

async function run(list: ResourceList, host: Orchestrator, world: World): Promise<Answer> {
  const ours = list.items.filter(isToolOnly);
  const { policy, findings: policyFindings } = readPolicyFile(world.ambient.environment);
  const prepared = await prepare({
    items: ours.map((item) => item.toJS()),
    functionConfig: list.functionConfig?.toJS(),
    policy,
    ambient: world.ambient,
  });
  const { entries, findings } = supplyFromItems(references(prepared, new Map()), list);
  const known = new Map<string, SuppliedObject | null>(entries);
  const output = new Output(list, host, prepared.jobs);
  const checked = { ...prepared, findings: [...policyFindings, ...prepared.findings, ...findings, ...output.findings] };
  const found = await lookUp(checked, references(checked, known), world);
  for (const [key, object] of found.entries) known.set(key, object);
  const settled = { ...checked, findings: [...checked.findings, ...found.findings] };
  const outcome = await generate(settled, known, world, (secret) => output.add(secret));
  return {
    findings: outcome.findings,
    output: hasErrors(outcome.findings) ? refuse(list, outcome.findings) : output.accept(outcome.findings),
  };
}

/** Only the class of an unexpected error is named: its message may repeat what it was given. */
function internal(error: unknown): Finding {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return finding('INTERNAL', `cannot finish: this function has a fault (${name}). Please report it.`);
}
