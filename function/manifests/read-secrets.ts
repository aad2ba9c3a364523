import type * as z from 'zod';
import { configFinding, type Finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { quoted, say } from '../findings/say.ts';
import { GENERATORS } from '../generators/kinds.ts';
import { isReserved, RESERVED } from '../model/annotations.ts';
import type { SecretForm, WantedSecret } from '../model/job.ts';
import type { GeneratorKind, NamedRef } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import { labelValue, namespaceName, objectName } from '../model/schema-parts.ts';
import { FORMATS, type SecretSpec } from '../model/secret-spec.ts';

/** Formats that are one file, whose key may have another name. */
const FILES: readonly string[] = Object.values(FORMATS).flatMap((formats) =>
  Object.entries(formats).flatMap(([name, row]) => ('file' in row ? [name] : [])),
);

/** The Secrets of a generator, but for faulty ones: the default one, or those of `secrets`, with variables replaced. */
export function readSecrets(
  { kind, defaultTarget }: { readonly kind: GeneratorKind; readonly defaultTarget: NamedRef },
  entryField: string,
  secrets: readonly SecretSpec[] | undefined,
): { readonly secrets: readonly WantedSecret[]; readonly findings: readonly Finding[] } {
  if (secrets === undefined) return { secrets: [{ target: defaultTarget, form: {} }], findings: [] };
  const read = secrets.map((secret, index) => {
    const field = `${entryField}.secrets[${index}]`;
    const findings = [...checkSecret(secret, field), ...checkFormat(secret, kind, field)];
    const form = toForm(secret);
    const targets = namesOf(secret, defaultTarget).map((target) => ({ target, form, field }));
    return { secrets: findings.length === 0 ? targets : [], findings };
  });
  return { secrets: read.flatMap(({ secrets }) => secrets), findings: read.flatMap(({ findings }) => findings) };
}

function namesOf({ name, namespaces }: SecretSpec, defaultTarget: NamedRef): NamedRef[] {
  if (namespaces === undefined) return [{ ...defaultTarget, ...defined({ name }) }];
  return namespaces.map((namespace) => ({ name: name ?? defaultTarget.name, namespace }));
}

function toForm({ format, key, labels, annotations, encrypt }: SecretSpec): SecretForm {
  const notDefault = format === 'keys' ? undefined : format;
  return defined({ format: notDefault, key, labels, annotations, recipients: encrypt?.sops.age });
}

/** The checks that need the variables replaced. */
function checkSecret(secret: SecretSpec, field: string): Finding[] {
  const { name, namespaces = [], labels = {}, annotations = {}, format = 'keys', key } = secret;
  const reserved = Object.keys(annotations).filter(isReserved);
  const isTwice = new Set(namespaces).size < namespaces.length;
  const notAFile = say`must be absent with the format ${quoted(format)}: it names the file of \`${FILES.join('` or `')}\``;
  return [
    ...(name === undefined ? [] : check(objectName, name, `${field}.name`)),
    ...namespaces.flatMap((namespace, index) => check(namespaceName, namespace, `${field}.namespaces[${index}]`)),
    ...(isTwice ? [configFinding(`${field}.namespaces`, 'must not name a namespace twice')] : []),
    ...Object.entries(labels).flatMap(([label, value]) => check(labelValue, value, `${field}.labels.${quote(label)}`)),
    ...reserved.map((annotation) => configFinding(`${field}.annotations.${quote(annotation)}`, RESERVED)),
    ...(key === undefined || FILES.includes(format) ? [] : [configFinding(`${field}.key`, notAFile)]),
  ];
}

/** Refuses a format that the generator cannot fill. */
function checkFormat({ format = 'keys' }: SecretSpec, kind: GeneratorKind, field: string): Finding[] {
  const fitting = Object.keys(FORMATS[GENERATORS[kind].gives]);
  if (fitting.includes(format)) return [];
  const names = fitting.map((name) => `\`${name}\``).join(', ');
  return [configFinding(`${field}.format`, say`must be one of ${names} for ${kind}, got ${quoted(format)}`)];
}

function check(schema: z.ZodType<string>, value: string, field: string): Finding[] {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  return issue === undefined ? [] : [configFinding(field, say`${issue.message}, got ${quoted(value)}`)];
}
