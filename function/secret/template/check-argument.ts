import type { Parameter } from './functions/define.ts';
import type { Operand } from './nodes.ts';
import type { NumberConstant } from './number-constant.ts';
import { Refusal } from './template-fault.ts';
import { int, isDict, isInteger, typeName, type Value } from './value.ts';

const GO_TYPES: Readonly<Record<Parameter, string>> = {
  any: 'a value',
  string: 'a string',
  int: 'an int',
  bool: 'a bool',
  dict: 'a map[string]interface {}',
};

/**
 * A value as an argument (text/template, validateType).
 * @throws Refusal when its type is another one
 */
export function checkArgument(value: Value, parameter: Parameter, called: string): unknown {
  switch (parameter) {
    case 'any':
      return value;
    case 'string':
    case 'bool':
      if (typeof value === (parameter === 'bool' ? 'boolean' : 'string')) return value;
      break;
    case 'int':
      if (isInteger(value) && value.kind === 'int') return Number(value.value);
      break;
    case 'dict':
      if (value === undefined) return { kind: 'map', of: 'any', entries: new Map() }; // nil is a map too
      if (isDict(value) && value.of === 'any') return value;
      break;
  }
  throw new Refusal(`\`${called}\` takes ${GO_TYPES[parameter]}, got ${typeName(value)}`);
}

/** A number where any value will do. */
export function valueOfNumber({ integer, float, isFloat }: NumberConstant): Value {
  if (isFloat) return float;
  if (integer === undefined) throw new Refusal('a number is too large for an int');
  return int(integer);
}

/** A constant as an argument: a number is an int where one is wanted, even as `1.0`. */
export function constantArgument(constant: Operand, parameter: Parameter, called: string): unknown {
  if (constant.type === 'nil') {
    if (parameter === 'any' || parameter === 'dict') return checkArgument(undefined, parameter, called);
  } else if (constant.type === 'number') {
    if (parameter === 'any') return valueOfNumber(constant.value);
    if (parameter === 'int' && constant.value.integer !== undefined) return Number(constant.value.integer);
  } else if (constant.type === 'string' || constant.type === 'bool') {
    return checkArgument(constant.value, parameter, called);
  }
  throw new Refusal(`\`${called}\` takes ${GO_TYPES[parameter]}, got another constant`);
}
