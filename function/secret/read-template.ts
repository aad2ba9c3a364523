import { type Finding, fieldFinding } from '../api/finding.ts';
import { configMapObject, describeObject, type ObjectRef, objectKey, secretObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import type { SecretTemplate, TemplatePart } from '../api/secret-template.ts';
import { type Supplied, suppliedObject } from '../api/supplied.ts';

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

type Origin = Extract<TemplatePart, { readonly from: unknown }>['from'];
interface TextFault {
  readonly code: 'REFERENCE_MISSING' | 'SECRET_SEALED' | 'TEMPLATE_INVALID';
  readonly text: string;
}

function readText(from: Origin, supplied: Supplied): string | TextFault {
  const object = from.kind === 'Secret' ? secretObject(from) : configMapObject(from);
  const what = `key ${quote(from.key)} of ${describeObject(object)}`;
  const found = suppliedObject(supplied, objectKey(object));
  if (found === null)
    return { code: 'REFERENCE_MISSING', text: `names ${describeObject(object)}, which is not there; add it` };
  const plain = own(found.stringData, from.key);
  const value = plain ?? own(found.data, from.key);
  if (found.isSealed === true) {
    const text = `names ${describeObject(object)}, which is encrypted by SOPS; set SOPS_AGE_KEY or SOPS_AGE_KEY_FILE to open it`;
    return { code: 'SECRET_SEALED', text };
  }
  if (value === undefined) return { code: 'REFERENCE_MISSING', text: `names ${what}, which is not there; add it` };
  const text =
    typeof value !== 'string' ? undefined : from.kind === 'Secret' && plain === undefined ? decode(value) : value;
  return text ?? { code: 'TEMPLATE_INVALID', text: `names ${what}, which is no text` };
}

function own(record: Readonly<Record<string, unknown>> | undefined, key: string): unknown {
  return record !== undefined && Object.hasOwn(record, key) ? (record[key] ?? undefined) : undefined;
}

/** Undefined for what is not base64 of UTF-8, as a value that SOPS encrypted. */
function decode(value: string): string | undefined {
  const compact = value.replaceAll(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(compact, 'base64'));
  } catch {
    return undefined;
  }
}
