import type { Budget } from '../budget.ts';
import type { ByteString } from '../byte-string.ts';
import type { Dict, Value } from '../value.ts';

/** The types of parameters. As in Go no argument is converted, not even an int64 to an int: other types are errors. */
interface Parameters {
  readonly any: Value;
  readonly string: ByteString;
  readonly int: number;
  readonly bool: boolean;
  /** `map[string]interface {}`: neither the template's data nor another map of strings. */
  readonly dict: Dict;
}
export type Parameter = keyof Parameters;

/** A function of templates. */
export interface TemplateFunction {
  readonly takes: readonly Parameter[];
  /** True when more values of any type may follow. */
  readonly takesMore: boolean;
  /** @throws Refusal whose reason contains no value */
  run(values: readonly Value[], budget: Budget): Value;
}

/** Functions of one family by name, in the order of the documentation. */
export type Functions = Readonly<Record<string, TemplateFunction>>;

type Typed<P extends readonly Parameter[]> = { readonly [K in keyof P]: Parameters[P[K]] };

/** A function with these parameters and no more. */
export function define<const P extends readonly Parameter[]>(
  takes: P,
  run: (values: Typed<P>, budget: Budget) => Value,
): TemplateFunction {
  // its caller has checked the values against `takes`
  return { takes, takesMore: false, run: (values, budget) => run(values as unknown as Typed<P>, budget) };
}

/** A function with these parameters, and any values after them. */
export function defineWithMore<const P extends readonly Parameter[]>(
  takes: P,
  run: (values: Typed<P>, more: readonly Value[], budget: Budget) => Value,
): TemplateFunction {
  return {
    takes,
    takesMore: true,
    run: (values, budget) => run(values as unknown as Typed<P>, values.slice(takes.length), budget), // as above
  };
}
