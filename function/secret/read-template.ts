import { type Finding, fieldFinding } from '../api/finding.ts';
import { describeObject, type ObjectRef, objectKey } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { originObject, type SecretTemplate, type TemplateOrigin, type TemplatePart } from '../api/secret-template.ts';
import { decodeStrictBase64 } from '../api/strict-base64.ts';
import { type Supplied, suppliedObject } from '../api/supplied.ts';
import { valueAt } from '../api/value-at.ts';

/** The template with all its texts, and what is wrong with where they are. */
export function readTemplate(
  generator: ObjectRef,
  template: SecretTemplate,
  supplied: Supplied,
): { readonly template: SecretTemplate; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const parts = template.parts.flatMap((part): TemplatePart[] => {
    if (!('from' in part)) return [part];
    const text = readText(part.from, supplied);
    if (typeof text === 'string') {
      const { from, ...others } = part;
      return [{ ...others, text, ...(from.kind === 'Secret' ? { isSecret: true } : {}) }];
    }
    findings.push(fieldFinding(text.code, { object: generator, field: part.field }, text.text));
    return [];
  });
  return { template: { ...template, parts }, findings };
}

interface TextFault {
  readonly code: 'REFERENCE_MISSING' | 'SECRET_SEALED' | 'TEMPLATE_INVALID';
  readonly text: string;
}

function readText(from: TemplateOrigin, supplied: Supplied): string | TextFault {
  const object = originObject(from);
  const what = `key ${quote(from.key)} of ${describeObject(object)}`;
  const found = suppliedObject(supplied, objectKey(object));
  if (found === null)
    return { code: 'REFERENCE_MISSING', text: `names ${describeObject(object)}, which is not there; add it` };
  const plain = valueAt(found.stringData, [from.key]) ?? undefined;
  const value = plain ?? valueAt(found.data, [from.key]) ?? undefined; // null is no value
  if (found.isSealed === true) {
    const text = `names ${describeObject(object)}, which is encrypted by SOPS; set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE to open it`;
    return { code: 'SECRET_SEALED', text };
  }
  if (value === undefined) return { code: 'REFERENCE_MISSING', text: `names ${what}, which is not there; add it` };
  const text =
    typeof value !== 'string' ? undefined : from.kind === 'Secret' && plain === undefined ? decode(value) : value;
  return text ?? { code: 'TEMPLATE_INVALID', text: `names ${what}, which is no text` };
}

/** Undefined for what is not base64 of UTF-8, as a value that SOPS encrypted. */
function decode(value: string): string | undefined {
  const bytes = decodeStrictBase64(value);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
