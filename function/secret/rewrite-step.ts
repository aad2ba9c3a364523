import { quote } from '../api/quote.ts';
import { replaceAll } from './replace-all.ts';

/** One step of an ExternalSecret's `rewrite`: exactly one of both. */
export interface Rewrite {
  readonly regexp?: { readonly source: string; readonly target: string } | undefined;
  readonly transform?: { readonly template: string } | undefined;
}

/** What keeps a step from being done. `field` is below the list of steps. */
export class StepFault extends Error {
  readonly field: string;

  constructor(field: string, text: string) {
    super(text);
    this.field = field;
  }
}

/** What a key becomes. */
export type Step = (key: string) => string;

/**
 * What a step makes of a key. The step throws StepFault as well: a template may know what to do with one key and not with another.
 * @throws StepFault
 */
export async function readStep({ regexp, transform }: Rewrite, field: string): Promise<Step> {
  if (regexp !== undefined) return readExpression(regexp, `${field}.regexp.source`);
  return readTransform(transform?.template ?? '', `${field}.transform.template`);
}

/** Loaded where somebody rewrites: most runs do not. */
async function readExpression({ source, target }: { source: string; target: string }, field: string): Promise<Step> {
  const { RE2JS, RE2JSSyntaxException } = await import('re2js');
  try {
    const expression = RE2JS.compile(source);
    return (key) => replaceAll(expression, key, target);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new StepFault(field, `is not an expression of Go's regexp, got ${quote(source)}`);
  }
}

/** Its text is the manifest's own, and a key is no secret: both may be in a message. */
async function readTransform(template: string, field: string): Promise<Step> {
  const [{ parseTemplate }, { renderTemplate, sharedBudget }, { TemplateFault }] = await Promise.all([
    import('./template/parse-template.ts'),
    import('./template/render-template.ts'),
    import('./template/template-fault.ts'),
  ]);
  const orRefuse = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      throw new StepFault(field, `cannot be rendered: line ${error.line}, column ${error.column}: ${error.reason}`);
    }
  };
  const parsed = orRefuse(() => parseTemplate(template));
  const budget = sharedBudget(); // for all keys
  return (value) => orRefuse(() => renderTemplate(parsed, { value }, budget));
}
