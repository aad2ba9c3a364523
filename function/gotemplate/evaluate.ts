import type { Budget } from './budget.ts';
import { type ByteString, toLossyText } from './byte-string.ts';
import type { NumberConstant } from './constants.ts';
import type { Parameter, TemplateFunction } from './functions/define.ts';
import type { Call, Command, Operand, Pipe } from './parse-pipe.ts';
import { Refusal, shown } from './template-error.ts';
import { int, isDict, isInteger, isTrue, lengthOf, typeName, type Value } from './value.ts';

/** The state of a rendering. */
export interface Run {
  readonly budget: Budget;
  /** Innermost last: a name is searched from the end, as in Go. */
  readonly variables: { readonly name: string; value: Value }[];
  /** The current position in the source, for faults. */
  offset: number;
}

/** The innermost variable of this name. The parser cannot check that it exists: `or true ($x := 1)` never declares `$x`. */
export function variable(run: Run, name: string): Run['variables'][number] {
  const index = run.variables.findLastIndex((candidate) => candidate.name === name);
  run.budget.read(run.variables.length - index);
  const binding = run.variables[index];
  if (binding === undefined) throw new Refusal(`variable ${shown(name)} has no value yet`);
  return binding;
}

/** The result of the previous command in a pipeline: one value, which may be undefined; empty for the first command. */
type PipeInput = readonly [] | readonly [Value];

/** Where a pipeline is evaluated. */
interface Scope {
  readonly run: Run;
  readonly dot: Value;
}

/** The value of a pipeline. Its caller removes the variables that it declares. */
export function evaluatePipe(run: Run, dot: Value, pipe: Pipe): Value {
  const scope = { run, dot };
  let input: PipeInput = [];
  // the nil of a list or map becomes no value at all
  for (const command of pipe.commands) input = [evaluateCommand(scope, command, input) ?? undefined];
  const [value] = input;
  for (const name of pipe.variables)
    if (pipe.isAssignment) variable(run, name).value = value;
    else run.variables.push({ name, value });
  return value;
}

function evaluateCommand(scope: Scope, { first, rest }: Command, input: PipeInput): Value {
  scope.run.offset = first.offset;
  scope.run.budget.step();
  if (first.type === 'function') return call(scope, first, rest, input);
  if (rest.length + input.length > 0) throw new Refusal('only functions take arguments');
  return evaluateOperand(scope, first);
}

function evaluateOperand(scope: Scope, operand: Operand): Value {
  const { run, dot } = scope;
  run.offset = operand.offset;
  run.budget.step();
  switch (operand.type) {
    case 'dot':
      return dot;
    case 'nil': // as an argument it is a constant
      throw new Refusal('`nil` is not a command');
    case 'bool':
    case 'string':
      return operand.value;
    case 'number':
      return valueOfNumber(operand.value);
    case 'field':
      return fieldsOf(run, dot, operand.fields);
    case 'variable':
      return fieldsOf(run, variable(run, operand.name).value, operand.fields);
    case 'chain':
      return fieldsOf(run, evaluateOperand(scope, operand.of), operand.fields);
    case 'function':
      return call(scope, operand, [], []);
    case 'pipe':
      return evaluatePipe(run, dot, operand);
  }
}

/** The value of fields behind each other. A missing key is an error (`missingkey=error`), whose message has only the key, text of the template. */
function fieldsOf({ budget }: Run, from: Value, fields: readonly ByteString[]): Value {
  if (fields.length > 1) budget.values(fields.length); // the step is for one
  return fields.reduce((value, field) => {
    if (isDict(value) && value.entries.has(field)) return value.entries.get(field);
    const name = `"${shown(toLossyText(field, budget))}"`;
    throw new Refusal(isDict(value) ? `there is no key ${name}` : `${typeName(value)} has no field ${name}`);
  }, from);
}

function call(scope: Scope, { name, called }: Call, operands: readonly Operand[], input: PipeInput): Value {
  const { run } = scope;
  const { offset } = run;
  checkCount(name, called, operands.length + input.length);
  if (name === 'and' || name === 'or') return decide(scope, name, operands, input);
  const parameterAt = (index: number) => called.takes[index] ?? 'any';
  const values = operands.map((operand, index) => argument(scope, operand, parameterAt(index), name));
  run.offset = offset;
  values.push(...input.map((value) => checkArgument(value, parameterAt(operands.length), name)));
  for (const value of values) if (typeof value === 'string') run.budget.read(value.length);
  const result = called.run(values as Value[], run.budget); // numbers for int, as `takes` says
  if (typeof result === 'string') run.budget.write(result.length);
  else run.budget.read(lengthOf(result) ?? 0);
  return result;
}

function checkCount(name: string, { takes, takesMore }: TemplateFunction, count: number): void {
  if (count === takes.length || (count > takes.length && takesMore)) return;
  const arity = `${takesMore ? 'at least ' : ''}${takes.length} value${takes.length === 1 ? '' : 's'}`;
  throw new Refusal(`\`${name}\` takes ${arity}, got ${count}`);
}

/** `and` and `or` give the value that decides, and do not evaluate the following ones. */
function decide(scope: Scope, name: 'and' | 'or', operands: readonly Operand[], input: PipeInput): Value {
  let value: Value;
  for (const operand of operands) {
    value = argument(scope, operand, 'any', name) as Value; // any value
    if (isTrue(value) === (name === 'or')) return value;
  }
  return input.length === 0 ? value : input[0];
}

function argument(scope: Scope, operand: Operand, parameter: Parameter, called: string): unknown {
  const isConstant = ['bool', 'string', 'number', 'nil'].includes(operand.type);
  if (!isConstant) return checkArgument(evaluateOperand(scope, operand), parameter, called);
  scope.run.offset = operand.offset;
  scope.run.budget.step();
  return constantArgument(operand, parameter, called);
}

const GO_TYPES: Readonly<Record<Parameter, string>> = {
  any: 'a value',
  string: 'a string',
  int: 'an int',
  bool: 'a bool',
  dict: 'a map[string]interface {}',
};

/**
 * Checks a value as an argument (Go, text/template, exec.go, validateType).
 * @throws Refusal when it has another type
 */
function checkArgument(value: Value, parameter: Parameter, called: string): unknown {
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

/** A number as an argument of any type. */
function valueOfNumber({ integer, float, isFloat }: NumberConstant): Value {
  if (isFloat) return float;
  if (integer === undefined) throw new Refusal('a number is too large for an int');
  return int(integer);
}

/** A constant as an argument. `1.0` is accepted for an int. */
function constantArgument(constant: Operand, parameter: Parameter, called: string): unknown {
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
