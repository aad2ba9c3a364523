import { Help } from 'commander';
import { CODES, type Code } from '../findings/codes.ts';
import { EXPLANATIONS } from '../findings/explanations.ts';
import { HELP_COLUMNS } from './help-texts.ts';

/** What docs/errors.md says of a code, for a screen. */
export function explainCode(code: Code): string {
  const { means, cure, causes } = EXPLANATIONS[code];
  const paragraphs = [
    `${code} (${CODES[code].severity})`,
    means,
    cure,
    ...causes.map((cause, at) => `${at + 1}. ${cause}`),
  ];
  return `${paragraphs.map((text) => new Help().boxWrap(text, HELP_COLUMNS)).join('\n\n')}\n`;
}
