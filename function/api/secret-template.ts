import { coreObject, type NamedRef, type ObjectRef } from './kinds.ts';

/** A template, as text or by reference. */
type TemplateText =
  | {
      readonly text: string;
      /** It was read in a Secret: messages do not repeat it. */
      readonly isSecret?: boolean;
    }
  /** One key of a ConfigMap or Secret: its text is not known before it was read. */
  | { readonly from: TemplateOrigin };

/** A key of an object that has a template. */
export type TemplateOrigin = NamedRef & { readonly kind: 'ConfigMap' | 'Secret'; readonly key: string };

/** One template of an ExternalSecret. With a `key` it gives one value; without, keys and values as YAML. */
export type TemplatePart = TemplateText & {
  /** Where what it gives goes. */
  readonly target: 'Data' | 'Labels' | 'Annotations';
  readonly key?: string;
  /** Its path in the ExternalSecret, for messages. */
  readonly field: string;
};

/** What an ExternalSecret's template makes of the values of its generators. */
export interface SecretTemplate {
  /** Whether those values are in the Secret beside what templates give. */
  readonly keepsValues: boolean;
  /** In order: a later one wins. */
  readonly parts: readonly TemplatePart[];
}

/** The object that a template is in. */
export function originObject(from: TemplateOrigin): ObjectRef {
  return coreObject(from.kind, from);
}
