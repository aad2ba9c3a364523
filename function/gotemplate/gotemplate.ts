/**
 * Go's `text/template` with functions of sprig, as External Secrets runs it: a template gives the same bytes, or is refused.
 * README.md beside this file says what there is of it, and how it differs. Nothing else of this folder is for others.
 */

import { Budget, Writer } from './budget.ts';
import { type ByteString, toByteString, toBytes, toText } from './byte-string.ts';
import type { Run } from './evaluate.ts';
import type { Template } from './parse-template.ts';
import { renderNodes } from './render-nodes.ts';
import { Refusal, TemplateError } from './template-error.ts';

export { Budget } from './budget.ts';
export { FAMILIES } from './functions.ts';
export { parseTemplate, type Template } from './parse-template.ts';
export { TemplateError, type TemplateErrorCode } from './template-error.ts';

/** The data of a template: texts by key. */
export type TemplateData = Readonly<Record<string, string>>;

/**
 * Renders a template with data: `text/template` with `missingkey=error`, as External Secrets runs it
 * (external-secrets/external-secrets, runtime/template/v2/template.go).
 * @throws TemplateError also for a result that is no UTF-8, for which there is {@link renderBytes}
 */
export function renderText(template: Template, data: TemplateData, budget = new Budget()): string {
  const text = toText(render(template, data, budget));
  if (text === undefined) throw new TemplateError('failed', 'the result is not UTF-8', template.source, 0);
  return text;
}

/**
 * The same as bytes, which need not be text: `b64dec` decodes anything, and `trunc` cuts characters.
 * @throws TemplateError
 */
export function renderBytes(template: Template, data: TemplateData, budget = new Budget()): Uint8Array {
  return toBytes(render(template, data, budget));
}

/**
 * Charges work that is done elsewhere with what a template gave.
 * @throws TemplateError
 */
export function charge({ source }: Template, bytes: number, budget: Budget): void {
  orRefuse(
    source,
    () => 0,
    () => budget.read(bytes),
  );
}

function render({ source, nodes }: Template, data: TemplateData, budget: Budget): ByteString {
  const entries = Object.entries(data).map(([key, value]) => [toByteString(key), toByteString(value)] as const);
  const dot = { kind: 'map', of: 'string', entries: new Map(entries) } as const;
  const writer = new Writer(budget);
  const run: Run = { budget, variables: [{ name: '$', value: dot }], offset: 0 };
  orRefuse(
    source,
    () => run.offset,
    () => renderNodes(run, writer, dot, nodes),
  );
  return writer.toString();
}

/** Adds the position to a refusal. */
function orRefuse(source: string, offset: () => number, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new TemplateError(error.code ?? 'failed', error.message, source, offset());
  }
}
