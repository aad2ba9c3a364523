import { type Finding, fieldFinding } from '../findings/finding.ts';
import { named, type ObjectRef, type Sayable, say, theObject } from '../findings/say.ts';
import { type KnownObject, type NeedAnswers, objectIn } from '../model/answers.ts';
import type { Reference } from '../model/identity.ts';
import { coreObject, objectKey } from '../model/kinds.ts';
import { cached, decodeStrictBase64, decodeUtf8, valueAt } from '../model/plain-data.ts';
import type { SecretTemplate, SingleTemplate, TemplateOrigin } from '../model/secret-spec.ts';

/** The template with the texts that other objects hold, and what is wrong with those objects. */
export function readTemplate(generator: ObjectRef, template: SecretTemplate, answers: NeedAnswers) {
  const findings: Finding[] = [];
  const templates = template.templates.flatMap((single): SingleTemplate[] => {
    if (!('from' in single)) return [single];
    const { from, ...others } = single;
    const text = readText(from, answers, { object: generator, field: single.field });
    if (typeof text === 'string') return [{ ...others, text, ...(from.kind === 'Secret' ? { isSecret: true } : {}) }];
    findings.push(text);
    return [];
  });
  return { template: { ...template, templates }, findings };
}

function readText(from: TemplateOrigin, answers: NeedAnswers, at: Reference): string | Finding {
  const object = coreObject(from.kind, from);
  const refuse = (code: Finding['code'], what: Sayable) => fieldFinding(code, at, say`names ${what}`);
  const answer = objectIn(answers, objectKey(object));
  if (answer === null) return refuse('REFERENCE_MISSING', say`${theObject(object)}, which is not there; add it`);
  const what = say`key ${named(from.key)} of ${theObject(object)}`;
  const plain = valueAt(answer.stringData, [from.key]);
  const value = plain ?? valueAt(answer.data, [from.key]) ?? undefined; // null is no value
  if (value === undefined) return refuse('REFERENCE_MISSING', say`${what}, which is not there; add it`);
  const text = from.kind === 'Secret' && value !== plain ? decodedIn(answer, from.key, value) : value;
  if (typeof text !== 'string') return refuse('TEMPLATE_INVALID', say`${what}, which is no text`);
  return text.startsWith('ENC[AES256_GCM,') ? refuse('SECRET_SEALED', say`${what}, which SOPS encrypted`) : text;
}

const DECODED = new WeakMap<KnownObject, Map<string, string | undefined>>();

/** Very many templates may name one value: it is decoded once, and they share the text. */
function decodedIn(answer: KnownObject, key: string, value: unknown): string | undefined {
  const texts = cached(DECODED, answer, () => new Map<string, string | undefined>());
  return cached(texts, key, () => decode(value));
}

/** Undefined for what is not base64 of UTF-8, such as a value that SOPS encrypted. */
function decode(value: unknown): string | undefined {
  const bytes = typeof value === 'string' ? decodeStrictBase64(value) : undefined;
  return bytes === undefined ? undefined : decodeUtf8(bytes);
}
