import type { SecretTemplate, TemplatePart } from '../api/secret-template.ts';
import { collect, type Made } from './collect-made.ts';
import { parseTexts } from './parse-texts.ts';

/** What is wrong with a template, or with what it gives: never a value, nor a part of one. */
export class PartFault extends Error {
  /** Path of the template in its ExternalSecret. */
  readonly field: string;

  constructor(field: string, text: string) {
    super(text);
    this.field = field;
  }
}

/** The engine, large, and loaded where there is a template; and what the templates of one Secret may take together. */
async function loadEngine() {
  const [{ parseTemplate }, { renderBytes, sharedBudget }, { TemplateFault }] = await Promise.all([
    import('./template/parse-template.ts'),
    import('./template/render-template.ts'),
    import('./template/template-fault.ts'),
  ]);
  return { parseTemplate, renderBytes, TemplateFault, budget: sharedBudget() };
}

/**
 * What an ExternalSecret's template makes of the values: data, labels and annotations. Templates that are not read yet are left
 * out.
 * @throws PartFault
 */
export async function applyTemplate(
  { keepsValues, parts }: SecretTemplate,
  values: ReadonlyMap<string, string>,
): Promise<Made> {
  const engine = await loadEngine();
  const given = Object.fromEntries(values);
  const kept = keepsValues ? [...values].map(([key, value]) => [key, Buffer.from(value)] as const) : [];
  const bytes = kept.reduce((sum, [, { length }]) => sum + length, 0);
  const made: Made = { data: new Map(kept), labels: new Map(), annotations: new Map(), bytes };
  for (const part of parts) if ('text' in part) applyPart(part, given, made, engine);
  return made;
}

function applyPart(
  part: Extract<TemplatePart, { readonly text: string }>,
  given: Readonly<Record<string, string>>,
  made: Made,
  { parseTemplate, renderBytes, TemplateFault, budget }: Awaited<ReturnType<typeof loadEngine>>,
): void {
  let bytes: Buffer;
  try {
    bytes = Buffer.from(renderBytes(parseTemplate(part.text), given, budget));
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    const where = `cannot be rendered: line ${error.line}, column ${error.column}`;
    throw new PartFault(part.field, part.isSecret === true ? where : `${where}: ${error.reason}`);
  }
  const entries = part.key === undefined ? parseTexts(bytes) : ([[part.key, bytes]] as const);
  if (entries === undefined) throw new PartFault(part.field, 'gives no keys and values as YAML, all of them strings');
  for (const [key, value] of entries) {
    const fault = collect(made, part.target, key, value);
    if (fault !== undefined) throw new PartFault(part.field, fault);
  }
}
