import { FindingError, fieldFinding } from '../../api/finding.ts';
import type { ObjectRef } from '../../api/kinds.ts';
import { Budget } from './budget.ts';
import { parseTemplate } from './parse-template.ts';
import { renderBytes, renderTemplate, type TemplateData } from './render-template.ts';
import { TemplateFault } from './template-fault.ts';

/** Characters of all templates of one Secret: reading them takes time too. */
const TOGETHER_MAX_LENGTH = 2 * 1024 * 1024;

/** A template's text, and where it stands. */
interface WrittenTemplate {
  readonly code: 'SPEC_INVALID' | 'TEMPLATE_INVALID';
  readonly object: ObjectRef;
  readonly field: string;
  readonly text: string;
  /** It was read in a Secret: messages do not repeat it. */
  readonly isSecret?: boolean;
}

/**
 * Compiles templates that together may take as much as one; each can then be rendered as often as one likes, and throws
 * FindingError like its compilation. Whoever needs it loads it then: the engine is large, and most runs have no template.
 */
export function newCompiler() {
  const budget = new Budget();
  let length = 0;
  return ({ code, text, isSecret = false, ...at }: WrittenTemplate) => {
    const orRefuse = <T>(action: () => T): T => {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof TemplateFault)) throw error;
        const where = `line ${error.line}, column ${error.column}`;
        throw new FindingError(fieldFinding(code, at, `cannot be rendered: ${isSecret ? where : error.message}`));
      }
    };
    length += text.length;
    const template = orRefuse(() => {
      if (length <= TOGETHER_MAX_LENGTH) return parseTemplate(text);
      throw new TemplateFault(`it and those before it are longer than ${TOGETHER_MAX_LENGTH} characters`, text, 0);
    });
    return {
      toBytes: (data: TemplateData) => orRefuse(() => renderBytes(template, data, budget)),
      toText: (data: TemplateData) => orRefuse(() => renderTemplate(template, data, budget)),
    };
  };
}
