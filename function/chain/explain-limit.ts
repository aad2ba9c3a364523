import { type Finding, fieldFinding } from '../findings/finding.ts';
import { quoted, type Sayable, say } from '../findings/say.ts';
import type { WrittenAt } from '../model/written-hop.ts';

/** The finding of one field. `value`: what stands there; a variable left in it is named instead. */
export function limitFinding(at: WrittenAt, text: Sayable, value?: unknown): Finding {
  const [variable] =
    /\$(?:\{[^{}]{1,120}\}|\([\w.-]{1,120}\))|\{\{[^{}]{1,120}\}\}/.exec(typeof value === 'string' ? value : '') ?? [];
  if (variable === undefined) return fieldFinding('SPEC_INVALID', at, text);
  const literal = variable.startsWith('{')
    ? say`still has ${quoted(variable)}, a template's variable; plan or render what Helm makes of it`
    : variable.startsWith('${')
      ? say`still has ${quoted(variable)}, a variable of Flux or envsubst; plan or render that program's output, or write the generator in an Input with \`vars\``
      : say`still has ${quoted(variable)}, which nothing has replaced; write its value, or ${quoted(`\${${variable.slice(2, -1)}}`)} in an Input with \`vars\``;
  return fieldFinding('VALUE_MISSING', at, literal);
}
