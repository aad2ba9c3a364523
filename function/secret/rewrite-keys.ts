import type { RE2JS } from 're2js';
import { dataKey } from '../api/names.ts';
import { quote } from '../api/quote.ts';
import { replaceAll } from './replace-all.ts';

/** One step of an ExternalSecret's `rewrite`: exactly one of both. */
export interface Rewrite {
  readonly regexp?: { readonly source: string; readonly target: string } | undefined;
  readonly transform?: { readonly template: string } | undefined;
}

/** What keeps a rewrite from being done: `field` below the list of steps, empty for the whole. */
export interface RewriteFault {
  readonly field: string;
  readonly text: string;
}

type Step = (key: string) => string;

/**
 * What each key becomes, step by step. A key that becomes empty is left out, as External Secrets does; two that become one are
 * a fault, since there it is chance which value stays.
 */
export async function rewriteKeys(
  keys: readonly string[],
  rewrites: readonly Rewrite[],
): Promise<{ readonly keys: Readonly<Record<string, string>> } | { readonly faults: readonly RewriteFault[] }> {
  const read = await Promise.all(rewrites.map(readStep));
  const faults = read.flatMap((step, index) =>
    'text' in step ? [{ field: `[${index}].${step.field}`, text: step.text }] : [],
  );
  if (faults.length > 0) return { faults };
  const steps = read.flatMap((step) => ('apply' in step ? [step.apply] : []));
  const rewritten = keys.map((key) => [key, steps.reduce((made, apply) => apply(made), key)] as const);
  const kept = rewritten.filter(([, made]) => made !== '');
  const wrong = kept.flatMap(([key, made]) => checkKey(key, made));
  const twice = kept.flatMap(([key, made], index) => {
    const other = kept.slice(0, index).find(([, earlier]) => earlier === made);
    return other === undefined ? [] : [`makes ${quote(made)} of both ${quote(other[0])} and ${quote(key)}`];
  });
  const texts = [...wrong, ...twice];
  return texts.length > 0 ? { faults: texts.map((text) => ({ field: '', text })) } : { keys: Object.fromEntries(kept) };
}

function checkKey(key: string, made: string): string[] {
  const [issue] = dataKey.safeParse(made).error?.issues ?? [];
  return issue === undefined ? [] : [`makes ${quote(made)} of ${quote(key)}, which ${issue.message}`];
}

async function readStep({ regexp, transform }: Rewrite): Promise<{ apply: Step } | RewriteFault> {
  if (regexp !== undefined) return readExpression(regexp);
  return {
    field: 'transform.template',
    text: `is a template, which this version does not have: ${transform?.template}`,
  };
}

/** Loaded where somebody rewrites: it takes a fifth of a start. */
async function readExpression({
  source,
  target,
}: {
  source: string;
  target: string;
}): Promise<{ apply: Step } | RewriteFault> {
  const { RE2JS } = await import('re2js');
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(source);
  } catch {
    return { field: 'regexp.source', text: `is not an expression of Go's regexp, got ${quote(source)}` };
  }
  return { apply: (key) => replaceAll(expression, key, target) };
}
