import { IGNORE_ANNOTATION } from '../api/annotations.ts';
import { type Finding, FindingError, finding, hasErrors } from '../api/finding.ts';
import type { Emitted, Outcome, Prepared, SecretManifest } from '../api/flow.ts';
import { describeObject, isGenerator, isInput, objectKey, secretKey } from '../api/kinds.ts';
import type { SuppliedObject } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { generate } from '../generate.ts';
import { deleteAnnotations, type Edit, isEditable, markLocalConfig, renewSecret } from '../krm/edit-item.ts';
import { GENERATOR_OPTION_ANNOTATIONS, type Orchestrator, recognise } from '../krm/orchestrator.ts';
import { type Placed, placeSecret } from '../krm/place-secret.ts';
import { decodeText } from '../krm/read-text.ts';
import { findItems, type Item, parseResourceList, type ResourceList } from '../krm/resource-list.ts';
import { toResult } from '../krm/results.ts';
import { writeResourceList } from '../krm/write-resource-list.ts';
import { lookUp } from '../look-up.ts';
import { prepare, references } from '../prepare.ts';
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
    const { secrets, findings } = await run(list, host, world);
    return { findings, output: hasErrors(findings) ? refuse(list, findings) : accept(list, host, secrets, findings) };
  } catch (error) {
    const findings = [error instanceof FindingError ? error.finding : internal(error)];
    return { findings, output: list === undefined ? '' : refuse(list, findings) };
  }
}

async function run(list: ResourceList, host: Orchestrator, world: World): Promise<Outcome> {
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
  const fixed = checkEditable(list, host, prepared);
  const checked = { ...prepared, findings: [...policyFindings, ...prepared.findings, ...findings, ...fixed] };
  const found = await lookUp(checked, references(checked, known), world);
  for (const [key, object] of found.entries) known.set(key, object);
  return generate({ ...checked, findings: [...checked.findings, ...found.findings] }, known, world);
}

/** What will have to be rewritten must be rewritable: known before anything is done. */
function checkEditable(list: ResourceList, host: Orchestrator, { jobs }: Prepared): Finding[] {
  const targets = jobs.flatMap(({ target }) => findItems(list, secretKey(target)));
  return [...targets, ...consumed(list, host).map(({ item }) => item)].flatMap((item) => {
    if (isEditable(list, item) || item.object === undefined) return [];
    const cause = 'anchors or aliases tie its YAML to other objects';
    const message = `cannot rewrite ${describeObject(item.object)}: ${cause}. Write it without them, or delete it.`;
    return [finding('TARGET_NOT_REPLACEABLE', message, { object: item.object })];
  });
}

/** The input with Secrets renewed in place or appended, and with what kustomize must not act on twice taken out of its sight. */
function accept(
  list: ResourceList,
  host: Orchestrator,
  secrets: readonly Emitted[],
  findings: readonly Finding[],
): string {
  const edits = consumed(list, host).map(({ edit }) => edit());
  const appended: SecretManifest[] = [];
  const places: Placed[] = [...list.items];
  for (const { generator, annotations, secret } of secrets) {
    const [source = list.functionConfig] = findItems(list, objectKey(generator));
    const [existing] = findItems(list, secretKey(secret.metadata));
    if (existing !== undefined) {
      edits.push(renewSecret(list, existing, secret));
      continue;
    }
    const placed = placeSecret(secret, { file: source, options: annotations }, host, places);
    appended.push(placed);
    places.push(placed.metadata);
  }
  return writeResourceList(list, { edits, appended, results: findings.map(toResult) });
}

/**
 * Items that kustomize must not act on once their Secret is there: a transformer's would reach a cluster that may not know
 * their kind; a generator's options are the Secret's now, and kustomize would look for another object to merge it into.
 */
function consumed(list: ResourceList, host: Orchestrator): { item: Item; edit: () => Edit }[] {
  if (host === 'kustomizeTransformer') {
    return list.items
      .filter((item) => isToolOnly(item) && item.annotations[IGNORE_ANNOTATION] !== 'true')
      .map((item) => ({ item, edit: () => markLocalConfig(list, item) }));
  }
  const names = GENERATOR_OPTION_ANNOTATIONS;
  const hasOptions = ({ annotations }: Item) => names.some((name) => annotations[name] !== undefined);
  if (host === 'kpt') return [];
  return list.items.filter(hasOptions).map((item) => ({ item, edit: () => deleteAnnotations(list, item, names) }));
}

/** Our own kinds: under kustomize they would reach a cluster that may not know them. */
function isToolOnly(item: Item): boolean {
  return isGenerator(item) || isInput(item);
}

function refuse(list: ResourceList, findings: readonly Finding[]): string {
  return writeResourceList(list, { edits: [], appended: [], results: findings.map(toResult) });
}

/** Only the class of an unexpected error is named: its message may repeat what it was given. */
function internal(error: unknown): Finding {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return finding('INTERNAL', `cannot finish: this function has a fault (${name}). Please report it.`);
}
