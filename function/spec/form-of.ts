import { isReserved } from '../api/annotations.ts';
import { defined } from '../api/defined.ts';
import type { ExternalSecretSpec } from '../api/external-secret.ts';
import type { SecretForm } from '../api/job.ts';
import type { NamedRef } from '../api/kinds.ts';
import type { SecretTemplate, TemplatePart } from '../api/secret-template.ts';
import type { ReadExternalSecret } from './read-external-secret.ts';

type Target = NonNullable<ExternalSecretSpec['target']>;
type Template = NonNullable<Target['template']>;
type TemplateFrom = NonNullable<Template['templateFrom']>[number];

/** What kubectl notes on the ExternalSecret about the ExternalSecret. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What the Secret of an ExternalSecret looks like. */
export function formOf(
  { target }: ExternalSecretSpec,
  { object, labels, annotations }: ReadExternalSecret,
): SecretForm {
  const { creationPolicy, immutable, template } = target ?? {};
  return {
    ...defined({ merge: mergeOf(creationPolicy), immutable: immutable || undefined }),
    ...(template
      ? fromTemplate(template, object)
      : defined({ labels: nonEmpty(labels), annotations: nonEmpty(copied(annotations)) })),
  };
}

function mergeOf(policy: Target['creationPolicy']): SecretForm['merge'] | undefined {
  if (policy === 'Merge') return 'required';
  return policy === 'CreateOrMerge' ? 'allowed' : undefined;
}

/** All annotations go on to the Secret but those that are about the ExternalSecret: its file, who applied it, what we are told. */
function copied(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !isReserved(name) && name !== LAST_APPLIED));
}

function nonEmpty<T extends object>(record: T): T | undefined {
  return Object.keys(record).length === 0 ? undefined : record;
}

/** With a template, only its own labels and annotations are the Secret's. */
function fromTemplate(template: Template, { namespace }: NamedRef): SecretForm {
  const { type, metadata, mergePolicy, data, templateFrom } = template;
  const isEmpty = !nonEmpty(data ?? {}) && !nonEmpty(templateFrom ?? []);
  const path = 'spec.target.template';
  const made: SecretTemplate = {
    keepsValues: mergePolicy === 'Merge' || isEmpty,
    parts: [
      ...(templateFrom ?? []).flatMap((from, index) => partsOf(from, `${path}.templateFrom[${index}]`, namespace)),
      ...textsOf(data, 'Data', `${path}.data`),
      ...textsOf(metadata?.labels, 'Labels', `${path}.metadata.labels`),
      ...textsOf(metadata?.annotations, 'Annotations', `${path}.metadata.annotations`),
    ],
  };
  return defined({ type, finalizers: metadata?.finalizers ?? undefined, template: made });
}

function textsOf(
  texts: Readonly<Record<string, string>> | null | undefined,
  target: TemplatePart['target'],
  field: string,
): TemplatePart[] {
  return Object.entries(texts ?? {}).map(([key, text]) => ({ target, key, text, field: `${field}.${key}` }));
}

function partsOf(
  { configMap, secret, literal, target = 'Data' }: TemplateFrom,
  field: string,
  namespace: string | undefined,
): TemplatePart[] {
  if (literal !== undefined) return [{ target, text: literal, field: `${field}.literal` }];
  const kind = configMap === undefined ? 'Secret' : 'ConfigMap';
  const { name = '', items = [] } = configMap ?? secret ?? {};
  return items.map(({ key, templateAs }, index) => ({
    target,
    ...(templateAs === 'KeysAndValues' ? {} : { key }),
    from: defined({ kind, name, key, namespace }),
    field: `${field}.${kind === 'Secret' ? 'secret' : 'configMap'}.items[${index}]`,
  }));
}
