import { readStep } from '../crossplane/read-step.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { describeObject, type Reader, toldBy } from '../findings/say.ts';
import type { RunRequest } from '../model/flow.ts';
import { isInput } from '../model/kinds.ts';
import { cached, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { WorkBudget } from '../model/run-limits.ts';
import type { VARIABLE_TYPES } from '../model/schema-parts.ts';
import type { World } from '../model/world.ts';
import { draft } from '../planner/draft.ts';
import { compositionSteps, type Survey } from './survey.ts';

/** Faults of an Input itself, and of the generators in it. Others depend on the composite. */
const FAULTS: readonly Finding['code'][] = ['FUNCTION_CONFIG_INVALID', 'SPEC_INVALID', 'LIMIT_EXCEEDED'];

/** The Inputs in steps of Compositions, as a server reads them. */
export async function checkCompositions(survey: Survey, world: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  const shared = { deadline: survey.deadline, work: new WorkBudget() };
  const cache = new Map<unknown, ReturnType<typeof faultsOf>>(); // aliases may repeat an input
  for (const { step, isFirst, name, location } of compositionSteps(survey)) {
    const where = `${name} of ${location}`;
    if (isFirst && isInput(Object(valueAt(step, ['input']))) && listAt(step, ['input', 'generators']).length === 0)
      findings.push(noGeneratorsFinding(where));
    const words: Partial<Reader> = {
      options: `the input of ${where}`,
      object: (object) => `${describeObject(object)} in ${where}`,
    };
    survey.deadline.throwIfExpired();
    const faults = await cached(cache, valueAt(step, ['input']), (input) => faultsOf(input, world, shared));
    findings.push(...faults.map((fault) => ({ ...fault, words: toldBy(fault.words, words) })));
  }
  return findings;
}

/** The warning for a first step; a later one may work on generators that an earlier one desires. */
function noGeneratorsFinding(where: string): Finding {
  const cause = 'it has no `generators`, and no step comes before it that could desire one';
  const cure = 'Add `generators`, or move the step behind the one that has them';
  return finding('GENERATOR_NONE', `${where} makes no Secret: ${cause}. ${cure}.`);
}

async function faultsOf(
  input: unknown,
  { ambient }: World,
  shared: Pick<RunRequest, 'deadline' | 'work'>,
): Promise<readonly Finding[]> {
  const { faults } = readInput(input);
  const { functionConfig } = readInput(withExampleValues(input));
  const owner = { prefix: 'composite-', values: new Map([['composite', 'composite']]) };
  const drafted = await draft({ items: [], functionConfig, owner, ambient, ...shared });
  const all = [...faults, ...drafted.findings].filter(
    ({ code, field }) => FAULTS.includes(code) && field !== 'metadata.namespace', // that is the composite's
  );
  const ofInput = all.filter(
    ({ code, field = '' }) => code === 'FUNCTION_CONFIG_INVALID' && !field.startsWith('generators'),
  );
  return ofInput.length > 0 ? ofInput : all; // generators have no values of an Input that cannot be read
}

/** The step of an unknown composite without a namespace. */
function readInput(input: unknown) {
  const composite = { apiVersion: 'v1', kind: 'Composite', name: 'composite', manifest: {}, uid: '', isLegacy: false };
  const request = { input: isRecord(input) ? input : {}, desired: undefined };
  return readStep({ request, composite, requiredObject: () => null });
}

/** A value of each type, in place of what the composite or its namespace has. */
const VALUES: Readonly<Record<keyof typeof VARIABLE_TYPES, string>> = {
  accountID: '123456789012',
  region: 'eu-west-1',
  dnsLabel: 'example',
  roleName: 'example',
};

function withExampleValues(input: unknown): unknown {
  const vars = valueAt(input, ['vars']);
  if (!isRecord(vars) || !isRecord(input)) return input;
  const values = Object.entries(vars).map(([name, written]) => {
    if (!isRecord(written) || !('fromFieldPath' in written || 'namespaceLabel' in written)) return [name, written];
    const { fromFieldPath: _, namespaceLabel: __, ...others } = written;
    return [name, { ...others, value: textAt(VALUES, [textAt(written, ['type']) ?? '']) ?? 'example' }];
  });
  return { ...input, vars: Object.fromEntries(values) as unknown };
}
