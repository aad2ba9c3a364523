import * as z from 'zod';
import { viaHop } from '../function/model/written-hop.ts';

/** A document of ours as editors know it: a JSON Schema that underlines what the function would refuse, as far as one can say that. */
export function editorSchema(title: string, document: z.ZodType): string {
  const { $schema, ...schema } = z.toJSONSchema(document, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== viaHop()) return;
      const hop = { ...jsonSchema };
      for (const name of Object.keys(hop)) delete jsonSchema[name];
      jsonSchema.anyOf = [{ type: 'string', description: "A role's ARN." }, hop]; // zod shows what a string becomes
    },
  });
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`;
}
