import { isReserved } from '../api/annotations.ts';
import type { ExternalSecretSpec } from '../api/external-secret.ts';
import type { NamedRef } from '../api/kinds.ts';
import type { SecretForm } from '../api/plan.ts';
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
    ...mergeOf(creationPolicy),
    ...(immutable === true ? { immutable } : {}),
    ...(template
      ? fromTemplate(template, object)
      : { ...nonEmpty({ labels }), ...nonEmpty({ annotations: copied(annotations) }) }),
  };
}

function mergeOf(policy: Target['creationPolicy']): Pick<SecretForm, 'merge'> {
  if (policy === 'Merge') return { merge: 'required' };
  return policy === 'CreateOrMerge' ? { merge: 'allowed' } : {};
}

/** All annotations go on to the Secret but those that are about the ExternalSecret: its file, who applied it, what we are told. */
function copied(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !isReserved(name) && name !== LAST_APPLIED));
}

function nonEmpty<T extends Readonly<Record<string, object>>>(part: T): Partial<T> {
  return Object.values(part).every((record) => Object.keys(record).length === 0) ? {} : part;
}

/** With a template, only its own labels and annotations are the Secret's. */
function fromTemplate(template: Template, { namespace }: NamedRef): SecretForm {
  const { type, metadata, mergePolicy, data, templateFrom } = template;
  const isEmpty = Object.keys(data ?? {}).length === 0 && (templateFrom ?? []).length === 0;
  const made: SecretTemplate = {
    keepsValues: mergePolicy === 'Merge' || isEmpty,
    parts: [
      ...(templateFrom ?? []).flatMap((from, index) =>
        partsOf(from, `spec.target.template.templateFrom[${index}]`, namespace),
      ),
      ...textsOf(data, 'Data', 'spec.target.template.data'),
      ...textsOf(metadata?.labels, 'Labels', 'spec.target.template.metadata.labels'),
      ...textsOf(metadata?.annotations, 'Annotations', 'spec.target.template.metadata.annotations'),
    ],
  };
  return {
    ...(type === undefined ? {} : { type }),
    ...(metadata?.finalizers ? { finalizers: metadata.finalizers } : {}),
    template: made,
  };
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
  const [kind, { name, items }] =
    configMap === undefined
      ? (['Secret', secret ?? { name: '', items: [] }] as const)
      : (['ConfigMap', configMap] as const);
  return items.map(({ key, templateAs }, index) => ({
    target,
    ...(templateAs === 'KeysAndValues' ? {} : { key }),
    from: { kind, name, key, ...(namespace === undefined ? {} : { namespace }) },
    field: `${field}.${kind === 'Secret' ? 'secret' : 'configMap'}.items[${index}]`,
  }));
}
