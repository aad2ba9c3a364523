import { type Finding, FindingError, fieldFinding, finding } from '../findings/finding.ts';
import { type ObjectRef, type Sayable, say, theField, theObject } from '../findings/say.ts';
import { isReserved, RESERVED } from '../model/annotations.ts';
import type { Credentials } from '../model/hop.ts';
import type { Job } from '../model/job.ts';
import { parseBounded } from '../model/parse-bounded.ts';
import { decodeUtf8 } from '../model/plain-data.ts';
import type { LoopLimits } from '../model/run-limits.ts';
import { dataKey, labelValue, qualifiedName } from '../model/schema-parts.ts';
import type { SecretTemplate, SingleTemplate } from '../model/secret-spec.ts';
import type { newCompiler } from './compile-template.ts';
import { exampleOf, valuesOf } from './format-secret.ts';

/**
 * What an ExternalSecret's template makes of the values: data, labels and annotations. Templates that are not read yet are left
 * out.
 * @throws FindingError that says what is wrong with a template, or with what it gives: never a value, nor a part of one
 */
export type ApplyTemplate = (
  limits: LoopLimits,
  object: ObjectRef,
  template: SecretTemplate,
  values: ReadonlyMap<string, string>,
) => TemplateResult;

/** Loads what renders templates: a part of the program that most runs do not need. */
export async function loadTemplates(): Promise<ApplyTemplate> {
  const { newCompiler } = await import('./compile-template.ts');
  return (limits, object, template, values) => applyTemplate(newCompiler(limits), object, template, values);
}

/** What a template gives is in the Secret, in its base64 and in the output. */
const COPIES = 4;

function applyTemplate(
  compile: ReturnType<typeof newCompiler>,
  object: ObjectRef,
  { keepsValues, templates }: SecretTemplate,
  values: ReadonlyMap<string, string>,
): TemplateResult {
  const data = Object.fromEntries(values);
  const kept = keepsValues ? [...values].map(([key, value]) => [key, Buffer.from(value)] as const) : [];
  const bytes = kept.reduce((sum, [, { length }]) => sum + length, 0);
  const made: TemplateResult = { data: new Map(kept), labels: new Map(), annotations: new Map(), bytes };
  for (const template of templates) {
    if (!('text' in template)) continue;
    const { target, key, field, ...rest } = template;
    const refuse = (text: Sayable) => new FindingError(fieldFinding('TEMPLATE_INVALID', { object, field }, text));
    const { toBytes, charge } = compile({ code: 'TEMPLATE_INVALID', object, field, ...rest });
    const rendered = toBytes(data);
    charge(rendered.length * COPIES);
    const entries = key === undefined ? parseTexts(rendered, charge) : ([[key, rendered]] as const);
    if (entries === undefined) throw refuse('must give a YAML object whose values are all strings');
    for (const [name, value] of entries) {
      const fault = collect(made, target, name, value);
      if (fault !== undefined) throw refuse(fault);
    }
  }
  return made;
}

/** What is wrong with a job's template, and with what it gives. Renders it with an example of each session, before a real one is asked for. */
export function tryTemplate(
  job: Pick<Job, 'requester' | 'parts' | 'form'>,
  applyTemplate: ApplyTemplate,
  limits: LoopLimits,
): Finding[] {
  const { requester, parts, form } = job;
  if (form.template === undefined) return [];
  const examples = parts.map((part) => ({ part, credentials: exampleOf(part) }));
  try {
    const values = valuesOf({ form }, examples);
    const { data } = applyTemplate(limits, requester, form.template, values);
    const texts = [...data.values()].map((bytes) => Buffer.from(bytes).toString());
    const session = examples.find(({ credentials }) => 'sessionToken' in credentials); // all are alike
    const causes = [
      ...(texts.some((text) => isLeftOver(text, values)) ? [LEFT_OVER] : []),
      ...(lacksToken(texts, session?.credentials) ? [WITHOUT_TOKEN] : []),
    ];
    return causes.map((cause) => {
      const field = 'spec.target.template';
      const message = say`the Secret of ${theObject(requester)} is of no use: ${theField(field)} ${cause}.`;
      return { ...finding('TEMPLATE_INVALID', message, { object: requester, field }), severity: 'warning' };
    });
  } catch (error) {
    limits.throwIfExpired(); // that the time is up is no fault of the template
    if (error instanceof FindingError) return [error.finding];
    throw error;
  }
}

const LEFT_OVER = 'writes `{{ }}` with the name of a value, as after the escape of Helm. Write `{{ .KEY }}` alone';
const WITHOUT_TOKEN =
  'writes both keys without their session token, so AWS refuses them. Write `{{ .session_token }}` too';

/** True for a text with a template for one of the values. */
function isLeftOver(text: string, values: ReadonlyMap<string, string>): boolean {
  return text.matchAll(/\{\{-? *\.(\w+)/g).some(([, name = '']) => values.has(name));
}

/** True where texts have both keys of an example, and no part of its token, as it is or in base64: the token repeats itself. */
function lacksToken(texts: readonly string[], credentials: Credentials | undefined): boolean {
  if (credentials === undefined || !('sessionToken' in credentials)) return false;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const parts = [0, 1, 2].map((start) => sessionToken.reveal().slice(start, start + 12));
  const forms = parts.flatMap((part) => [part, Buffer.from(part).toString('base64')]);
  const hasAny = (some: readonly string[]) => texts.some((text) => some.some((form) => text.includes(form)));
  return hasAny([accessKeyId.reveal()]) && hasAny([secretAccessKey.reveal()]) && !hasAny(forms);
}

/** What templates give. */
interface TemplateResult {
  readonly data: Map<string, Uint8Array>;
  readonly labels: Map<string, string>;
  readonly annotations: Map<string, string>;
  /** Length of all data. */
  bytes: number;
}

/** API servers refuse a Secret with more. */
const DATA_MAX_BYTES = 1024 * 1024;
/** Characters that end a line or move a cursor where somebody prints them. */
const CONTROL = /(?![\t\n])\p{Cc}|[\u2028\u2029]/u;

/** Adds one value; it replaces an earlier one of its name. Returns what is wrong with it, never a byte of it. */
function collect(
  made: TemplateResult,
  target: SingleTemplate['target'],
  key: string,
  value: Uint8Array,
): Sayable | undefined {
  const { data, labels, annotations } = made;
  if (target === 'Data') {
    if (!dataKey.safeParse(key).success) return 'gives a key that no Secret can have';
    made.bytes += value.length - (data.get(key)?.length ?? 0);
    data.set(key, value);
    return made.bytes > DATA_MAX_BYTES ? 'makes the Secret larger than 1 MiB' : undefined;
  }
  const what = target === 'Labels' ? 'label' : 'annotation';
  if (!qualifiedName.safeParse(key).success) return say`gives a name that no ${what} can have`;
  if (isReserved(key)) return say`sets ${target === 'Labels' ? 'a label' : 'an annotation'} that ${RESERVED}`;
  const text = decodeUtf8(value);
  if (target === 'Labels') {
    if (text === undefined || !labelValue.safeParse(text).success) return 'gives a value that no label can have';
    labels.set(key, text);
    return undefined;
  }
  if (text === undefined || CONTROL.test(text)) return 'gives an annotation with control characters';
  annotations.set(key, text);
  return undefined;
}

/** Keys and values of YAML 1.1, as External Secrets reads it: strings, null an empty one. Undefined for other texts. */
function parseTexts(bytes: Uint8Array, charge: (bytes: number) => void): (readonly [string, Uint8Array])[] | undefined {
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parse(text, charge);
  if (value === null) return [];
  if (!(value instanceof Map)) return undefined;
  const entries = [...(value as Map<unknown, unknown>)].map(([key, text]) => [String(key), text ?? ''] as const);
  if (!entries.every(([, text]) => typeof text === 'string')) return undefined;
  return entries.map(([key, text]) => [key, Buffer.from(String(text))] as const);
}

function parse(text: string, charge: (bytes: number) => void): unknown {
  try {
    return parseBounded(text, { version: '1.1', merge: true }, charge).toJS({ mapAsMap: true });
  } catch (error) {
    if (error instanceof FindingError) throw error;
    return undefined; // no YAML, or too much
  }
}
