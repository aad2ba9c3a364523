import type { Budget } from './budget.ts';
import { Refusal, shown } from './template-fault.ts';
import type { Value } from './value.ts';

/** What a rendering has at a place. */
export interface Run {
  readonly budget: Budget;
  /** Innermost last: Go looks for a name from the end, and so do we. */
  readonly variables: { readonly name: string; value: Value }[];
  /** Where we are in the source, for faults. */
  offset: number;
}

/** The innermost variable of this name. It may be unknown although the parser saw it: `or true ($x := 1)` never declares. */
export function variable(run: Run, name: string): Run['variables'][number] {
  const index = run.variables.findLastIndex((known) => known.name === name);
  run.budget.read(run.variables.length - index);
  const found = run.variables[index];
  if (found === undefined) throw new Refusal(`variable ${shown(name)} has no value yet`);
  return found;
}
