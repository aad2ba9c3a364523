import type { Writer } from './budget.ts';
import { evaluatePipe, type Run, variable } from './evaluate.ts';
import type { Pipe } from './parse-pipe.ts';
import type { Control, Node } from './parse-template.ts';
import { formatValue } from './printf.ts';
import { Refusal } from './template-error.ts';
import { int, isDict, isInteger, isList, isTrue, sortedEntries, typeName, type Value } from './value.ts';

/** How the rendering of nodes ended early. */
type EarlyEnd = 'break' | 'continue' | undefined;
/** An iteration of `range`; over an integer there is no index. */
type Iteration = readonly [index: Value, element: Value];

/** Renders nodes in order, up to a `break` or `continue`. */
export function renderNodes(run: Run, writer: Writer, dot: Value, nodes: readonly Node[]): EarlyEnd {
  for (const node of nodes) {
    run.offset = node.offset;
    run.budget.step();
    switch (node.type) {
      case 'text':
        writer.write(node.bytes);
        break;
      case 'action':
        renderAction(run, writer, dot, node.pipe);
        break;
      case 'break':
      case 'continue':
        return node.type;
      default: {
        const count = run.variables.length;
        const earlyEnd =
          node.type === 'range' ? renderRange(run, writer, dot, node) : renderBranch(run, writer, dot, node);
        run.variables.length = count;
        if (earlyEnd !== undefined) return earlyEnd;
      }
    }
  }
  return undefined;
}

function renderAction(run: Run, writer: Writer, dot: Value, pipe: Pipe): void {
  const value = evaluatePipe(run, dot, pipe);
  if (pipe.variables.length > 0) return;
  if (value === undefined) writer.write('<no value>');
  else formatValue(writer, value);
}

function renderBranch(run: Run, writer: Writer, dot: Value, { type, pipe, body, otherwise }: Control): EarlyEnd {
  const value = evaluatePipe(run, dot, pipe);
  return isTrue(value)
    ? renderNodes(run, writer, type === 'with' ? value : dot, body)
    : renderNodes(run, writer, dot, otherwise);
}

function renderRange(run: Run, writer: Writer, dot: Value, { offset, pipe, body, otherwise }: Control): EarlyEnd {
  const value = evaluatePipe(run, dot, pipe);
  if (isInteger(value) && pipe.variables.length > 1)
    throw new Refusal('`range` over a number has one variable at most');
  const count = run.variables.length;
  let hasTurns = false;
  for (const turn of turnsOf(run, value)) {
    hasTurns = true;
    run.offset = offset;
    run.budget.step();
    setVariables(run, pipe, turn);
    const earlyEnd = renderNodes(run, writer, turn[1], body);
    run.variables.length = count;
    if (earlyEnd === 'break') break;
  }
  if (hasTurns) return undefined;
  const earlyEnd = renderNodes(run, writer, dot, otherwise);
  return earlyEnd === 'break' ? undefined : earlyEnd; // as in Go: `break` ends this `range`, `continue` is one of the outer `range`
}

function* turnsOf(run: Run, value: Value): Generator<Iteration> {
  if (value === undefined) return;
  if (isInteger(value)) {
    for (let turn = 0n; turn < value.value; turn += 1n) yield [undefined, { kind: value.kind, value: turn }];
  } else if (isList(value)) {
    for (const [index, item] of value.items.entries()) yield [int(index), item];
  } else if (isDict(value)) {
    yield* sortedEntries(value, run.budget);
  } else {
    throw new Refusal(`\`range\` over ${typeName(value)}`);
  }
}

/** Sets the variables of `range`: one is the element; of two, the first is the index. Declared ones are last in `run.variables`. */
function setVariables(run: Run, { variables, isAssignment }: Pipe, [index, element]: Iteration): void {
  const values = variables.length > 1 ? [index, element] : [element];
  for (const [at, name] of variables.entries()) {
    const target = isAssignment ? variable(run, name) : run.variables.at(at - variables.length);
    if (target !== undefined) target.value = values[at];
  }
}
