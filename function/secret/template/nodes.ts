import type { ByteString } from './byte-string.ts';
import type { TemplateFunction } from './functions/define.ts';
import type { NumberConstant } from './number-constant.ts';

/** Each has the offset in the source, for faults. */
interface Placed {
  readonly offset: number;
}

/** A parsed template, to be rendered as often as one likes. */
export interface Template {
  readonly source: string;
  readonly nodes: readonly Node[];
}

export type Node =
  | (Placed & { readonly type: 'text'; readonly bytes: ByteString })
  | (Placed & { readonly type: 'action'; readonly pipe: Pipe })
  | (Placed & { readonly type: 'break' | 'continue' })
  | Control;

export interface Control extends Placed {
  readonly type: 'if' | 'with' | 'range';
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  /** Of `else`; empty when there is none. */
  readonly otherwise: readonly Node[];
}

/** `$a, $b := command | command`. */
export interface Pipe extends Placed {
  readonly type: 'pipe';
  readonly commands: readonly Command[];
  readonly variables: readonly string[];
  /** True for `=`: the variables are there already. */
  readonly isAssignment: boolean;
}

/** A first operand, and what it is given if it is a function. */
export interface Command {
  readonly first: Operand;
  readonly rest: readonly Operand[];
}

/** A function; what it is given stands behind it in its command. */
export interface Call extends Placed {
  readonly type: 'function';
  readonly name: string;
  readonly called: TemplateFunction;
}

export type Operand =
  | (Placed & { readonly type: 'dot' | 'nil' })
  | (Placed & { readonly type: 'bool'; readonly value: boolean })
  | (Placed & { readonly type: 'string'; readonly value: ByteString })
  | (Placed & { readonly type: 'number'; readonly value: NumberConstant })
  | (Placed & { readonly type: 'field'; readonly fields: readonly ByteString[] })
  | (Placed & { readonly type: 'variable'; readonly name: string; readonly fields: readonly ByteString[] })
  | Call
  | (Placed & { readonly type: 'chain'; readonly of: Operand; readonly fields: readonly ByteString[] })
  | Pipe;
