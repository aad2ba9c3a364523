import { Budget, Writer } from './budget.ts';
import { type ByteString, toByteString, toBytes, toText } from './byte-string.ts';
import type { Run } from './evaluate.ts';
import type { Template } from './nodes.ts';
import { renderNodes } from './render-nodes.ts';
import { Refusal, TemplateFault } from './template-fault.ts';
import type { Dict } from './value.ts';

/** The texts a template is given: a Secret's keys and values. */
export type TemplateData = Readonly<Record<string, string>>;

/**
 * The text that a template makes of the data, as External Secrets does: `text/template` with `missingkey=error`.
 * @throws TemplateFault also when the result is no UTF-8, which `renderBytes` gives
 */
export function renderTemplate(template: Template, data: TemplateData, budget = new Budget()): string {
  const text = toText(render(template, data, budget));
  if (text === undefined) throw new TemplateFault('the result is not UTF-8', template.source, 0);
  return text;
}

/**
 * The same as bytes, which need not be text: `b64dec` decodes anything, and `trunc` cuts characters.
 * @throws TemplateFault
 */
export function renderBytes(template: Template, data: TemplateData, budget = new Budget()): Uint8Array {
  return toBytes(render(template, data, budget));
}

function render({ source, nodes }: Template, data: TemplateData, budget: Budget): ByteString {
  const dot = toDict(data);
  const writer = new Writer(budget);
  const run: Run = { budget, variables: [{ name: '$', value: dot }], offset: 0 };
  try {
    renderNodes(run, writer, dot, nodes);
  } catch (error) {
    throw error instanceof Refusal ? new TemplateFault(error.message, source, run.offset) : error;
  }
  return writer.toString();
}

function toDict(data: TemplateData): Dict {
  const entries = Object.entries(data).map(([key, value]) => [toByteString(key), toByteString(value)] as const);
  return { kind: 'map', of: 'string', entries: new Map(entries) };
}
