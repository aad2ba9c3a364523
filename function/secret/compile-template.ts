import { FindingError, fieldFinding } from '../findings/finding.ts';
import { detail, firstOf, named, say } from '../findings/say.ts';
import {
  Budget,
  charge,
  parseTemplate,
  renderBytes,
  renderText,
  type TemplateData,
  TemplateError,
} from '../gotemplate/gotemplate.ts';
import type { Reference } from '../model/identity.ts';
import { type LoopLimits, WorkBudget } from '../model/run-limits.ts';

/** A template's text, and where it stands. */
interface WrittenTemplate extends Reference {
  readonly code: 'SPEC_INVALID' | 'TEMPLATE_INVALID';
  readonly text: string;
  /** It was read in a Secret: messages do not repeat it. */
  readonly isSecret?: boolean;
}

/** Further keys are not told. */
const MOST_KEYS = 10;

/**
 * Compiles templates, which together are one part of what is left. Each can be rendered many times. Both steps throw FindingError.
 * Importers load this file on demand: the engine is large, and most runs have no template.
 */
export function newCompiler({ work, throwIfExpired }: LoopLimits) {
  const budget = new Budget({ work: new WorkBudget(work), throwIfExpired });
  return ({ code, text, isSecret = false, ...at }: WrittenTemplate) => {
    const orRefuse = <T>(action: () => T, data?: TemplateData): T => {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        const where = `line ${error.line}, column ${error.column}`;
        const pieces = isSecret ? '' : error.message.slice(where.length);
        const keys = error.reason.startsWith('there is no key') ? Object.keys(data ?? {}) : [];
        const list = keys.length > 0 ? say`; known here: ${firstOf(keys, MOST_KEYS, named, ', ')}` : '';
        throw new FindingError(fieldFinding(code, at, say`cannot be rendered: ${where}${detail(pieces)}${list}`));
      }
    };
    const template = orRefuse(() => parseTemplate(text, budget));
    return {
      toBytes: (data: TemplateData) => orRefuse(() => renderBytes(template, data, budget), data),
      /** Charges what else is done with its result. */
      charge: (bytes: number) => orRefuse(() => charge(template, bytes, budget)),
      toText: (data: TemplateData) => orRefuse(() => renderText(template, data, budget), data),
    };
  };
}
