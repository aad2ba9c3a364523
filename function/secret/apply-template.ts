import { FindingError, fieldFinding } from '../api/finding.ts';
import type { ObjectRef } from '../api/kinds.ts';
import type { SecretTemplate } from '../api/secret-template.ts';
import { collect, type Made } from './collect-made.ts';
import type { newCompiler } from './compile-template.ts';
import { parseTexts } from './parse-texts.ts';

/**
 * What an ExternalSecret's template makes of the values: data, labels and annotations. Templates that are not read yet are left
 * out.
 * @throws FindingError that says what is wrong with a template, or with what it gives: never a value, nor a part of one
 */
export type ApplyTemplate = (object: ObjectRef, template: SecretTemplate, values: ReadonlyMap<string, string>) => Made;

/** What renders templates: they are in a part of the program that most runs do not load. */
export async function loadTemplates(): Promise<ApplyTemplate> {
  const { newCompiler } = await import('./compile-template.ts');
  return (object, template, values) => applyTemplate(newCompiler(), object, template, values);
}

function applyTemplate(
  compile: ReturnType<typeof newCompiler>,
  object: ObjectRef,
  { keepsValues, parts }: SecretTemplate,
  values: ReadonlyMap<string, string>,
): Made {
  const data = Object.fromEntries(values);
  const kept = keepsValues ? [...values].map(([key, value]) => [key, Buffer.from(value)] as const) : [];
  const bytes = kept.reduce((sum, [, { length }]) => sum + length, 0);
  const made: Made = { data: new Map(kept), labels: new Map(), annotations: new Map(), bytes };
  for (const part of parts) {
    if (!('text' in part)) continue;
    const { target, key, field, ...written } = part;
    const refuse = (text: string) => new FindingError(fieldFinding('TEMPLATE_INVALID', { object, field }, text));
    const rendered = compile({ code: 'TEMPLATE_INVALID', object, field, ...written }).toBytes(data);
    const entries = key === undefined ? parseTexts(rendered) : ([[key, rendered]] as const);
    if (entries === undefined) throw refuse('must give a YAML object whose values are all strings');
    for (const [name, value] of entries) {
      const fault = collect(made, target, name, value);
      if (fault !== undefined) throw refuse(fault);
    }
  }
  return made;
}
