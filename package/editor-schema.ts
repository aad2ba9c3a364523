import * as z from 'zod';

/** A document of ours as editors know it: a JSON Schema that underlines what the function would refuse, as far as one can say that. */
export function editorSchema(title: string, document: z.ZodType): string {
  const { $schema, ...schema } = z.toJSONSchema(document, { io: 'input', unrepresentable: 'any' });
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`;
}
