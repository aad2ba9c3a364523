import { configFinding, type Finding, finding } from '../../api/finding.ts';
import { VARIABLE_TYPES } from '../../api/input.ts';
import { isRecord } from '../../api/is-record.ts';
import { quote } from '../../api/quote.ts';
import { valueAt } from '../../api/value-at.ts';
import { readFieldPath } from './field-path.ts';

/** Where variables take their values from. */
export interface VariableSources {
  readonly composite: unknown;
  /** Labels of the composite's namespace; null when there is no such namespace, or the composite has none. */
  readonly namespaceLabels: Readonly<Record<string, unknown>> | null;
}

type Written = Readonly<Record<string, unknown>>;

/** True when a variable of the Input is a label of the composite's namespace, so that the namespace has to be seen. */
export function wantsNamespace(variables: unknown): boolean {
  return entriesOf(variables).some(([, variable]) => Object.hasOwn(variable, 'namespaceLabel'));
}

/**
 * The `vars` of an Input with the values that come from the composite and its namespace: what is left is the Input of every
 * host. `waits`: a value that is not there yet, or not of its type. That is the composite's matter, not the Composition's.
 */
export function resolveVariables(
  variables: unknown,
  sources: VariableSources,
): { readonly variables: unknown; readonly faults: readonly Finding[]; readonly waits: readonly Finding[] } {
  const faults: Finding[] = [];
  const waits: Finding[] = [];
  const resolved = new Map(Object.entries(isRecord(variables) ? variables : {}));
  for (const [name, written] of entriesOf(variables)) {
    const source = sourceOf(name, written, sources);
    if (source === undefined) continue;
    const { fromFieldPath: _, namespaceLabel: __, ...others } = written;
    if ('severity' in source) {
      faults.push(source);
      resolved.set(name, { ...others, value: '' });
      continue;
    }
    const wait = judge(name, written.type, source);
    if (wait !== undefined) waits.push(wait);
    resolved.set(name, { ...others, value: wait === undefined ? source.value : '' });
  }
  return { variables: isRecord(variables) ? Object.fromEntries(resolved) : variables, faults, waits };
}

interface Source {
  /** In words, for messages. */
  readonly text: string;
  readonly value: unknown;
}

/** Undefined for a variable with a value of its own. */
function sourceOf(name: string, written: Written, sources: VariableSources): Source | Finding | undefined {
  const given = ['value', 'fromFieldPath', 'namespaceLabel'].filter((key) => Object.hasOwn(written, key));
  const key = given.find((one) => one !== 'value');
  if (key === undefined) return undefined;
  if (given.length > 1)
    return configFinding(`vars.${name}`, 'must have only one of `value`, `fromFieldPath`, `namespaceLabel`');
  const where = written[key];
  if (typeof where !== 'string' || where === '')
    return configFinding(`vars.${name}.${key}`, 'must be a string in quotes');
  if (key === 'namespaceLabel') {
    const labels = sources.namespaceLabels ?? {};
    return {
      text: `label ${quote(where)} of the composite's namespace`,
      value: Object.hasOwn(labels, where) ? labels[where] : undefined,
    };
  }
  const path = readFieldPath(where);
  if (path === undefined)
    return configFinding(`vars.${name}.fromFieldPath`, `must be a path such as "spec.accountID", got ${quote(where)}`);
  return { text: `\`${where}\` of the composite`, value: valueAt(sources.composite, path) };
}

/** Why a value cannot be used yet. A type that is none is the Composition's fault, which the Input's own check says. */
function judge(name: string, type: unknown, { text, value }: Source): Finding | undefined {
  const start = `cannot use variable ${quote(name)}: ${text}`;
  if (value === undefined || value === null || value === '')
    return finding('VALUE_MISSING', `${start} is not there. Set it.`, { field: `vars.${name}` });
  if (typeof type !== 'string' || !Object.hasOwn(VARIABLE_TYPES, type)) return undefined;
  const { pattern, means } = VARIABLE_TYPES[type as keyof typeof VARIABLE_TYPES]; // it is one of its keys
  if (typeof value === 'string' && pattern.test(value)) return undefined;
  return finding('VALUE_INVALID', `${start} must be ${means}, as a string. Correct it.`, { field: `vars.${name}` });
}

function entriesOf(variables: unknown): [string, Written][] {
  if (!isRecord(variables)) return [];
  return Object.entries(variables).filter((entry): entry is [string, Written] => isRecord(entry[1]));
}
