import { Help } from 'commander';
import { CODES, type Code } from '../findings/codes.ts';
import { AREAS, EXPLANATIONS } from '../findings/explanations.ts';
import { quote } from '../findings/quote.ts';
import { nearestTo } from '../model/meant-kind.ts';
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
  return `${paragraphs.map(wrap).join('\n\n')}\n`;
}

const wrap = (text: string) => new Help().boxWrap(text, HELP_COLUMNS);

/** All codes, by what somebody sees. */
export function listCodes(): string {
  const areas = Object.entries(AREAS).map(([area, codes]) => `${area}:\n${wrap(codes)}\n`);
  return `${areas.join('\n')}\n\`help CODE\` explains one.\n`;
}

export function noSuchCode(code: string): string {
  const meant = nearestTo(code, Object.keys(CODES), (length) => Math.floor(length / 3));
  const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`;
  return `cannot explain ${quote(code)}: there is no such code.${hint} Standard output has all codes.`;
}
