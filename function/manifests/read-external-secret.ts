import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, say, theField, theObject } from '../findings/say.ts';
import { FORCE_SYNC_REQUEST, isReserved } from '../model/annotations.ts';
import type { SecretForm } from '../model/job.ts';
import { identify, type NamedRef } from '../model/kinds.ts';
import { defined, listAt, partsOf, textAt, unlessEmpty, valueAt } from '../model/plain-data.ts';
import type { SecretTemplate, SingleTemplate } from '../model/secret-spec.ts';
import { CONSUMED_KINDS, type ExternalSecretSpec, externalSecret } from './external-secret.ts';
import { inNamespace } from './generator-catalogue.ts';
import {
  type FieldFault,
  faultFinding,
  firstFaults,
  type Metadata,
  metadataOf,
  readBySchema,
  typeSlip,
} from './read-manifest.ts';

/** An ExternalSecret as read: `spec` is present when it has no fault. */
export interface ReadExternalSecret extends Metadata {
  readonly object: ObjectRef;
  readonly spec?: ExternalSecretSpec;
  readonly findings: readonly Finding[];
}

/** Reads an ExternalSecret that names a generator of ours. `isOurs` tells those from others. */
export function readExternalSecret(manifest: unknown, isOurs: (ref: unknown) => boolean): ReadExternalSecret {
  const object = identify(manifest);
  const read = { object, ...metadataOf(manifest) };
  const mixed = checkParts(valueAt(manifest, ['spec']), isOurs);
  const { data, faults } = mixed.length > 0 ? { faults: firstFaults(mixed) } : readBySchema(externalSecret(), manifest);
  const all = data === undefined ? faults : checkPolicies(data.spec);
  if (data !== undefined && all.length === 0) return { ...read, spec: data.spec, findings: [] };
  return { ...read, findings: all.map((fault) => faultFinding('SPEC_INVALID', fault, object)) };
}

/** Refuses the pairs that External Secrets' webhook refuses. */
function checkPolicies({ target }: ExternalSecretSpec): FieldFault[] {
  const { creationPolicy = 'Owner', deletionPolicy = 'Retain' } = target ?? {};
  const isRefused =
    (deletionPolicy === 'Delete' && ['Merge', 'None', 'CreateOrMerge'].includes(creationPolicy)) ||
    (deletionPolicy === 'Merge' && creationPolicy === 'None');
  const text = say`must not be "${deletionPolicy}" where ${theField('spec.target.creationPolicy')} is "${creationPolicy}"`;
  return isRefused ? [{ field: 'spec.target.deletionPolicy', text }] : [];
}

/** Notes for `plan` about the fields of an ExternalSecret that somebody set and that have no effect here. */
export function ignoredFields({ object, spec }: ReadExternalSecret): Finding[] {
  const { target, refreshPolicy, secretStoreRef, syncWindows } = spec ?? {};
  const { deletionPolicy = 'Retain' } = target ?? {};
  const cluster = 'it is for the operator in a cluster';
  const fields = [
    { field: 'spec.refreshPolicy', isSet: refreshPolicy !== undefined, why: 'a session is renewed before it ends' },
    { field: 'spec.secretStoreRef', isSet: secretStoreRef !== undefined, why: 'no value comes from a store' },
    { field: 'spec.syncWindows', isSet: syncWindows !== undefined, why: cluster },
    { field: 'spec.target.deletionPolicy', isSet: deletionPolicy !== 'Retain', why: 'a generator never runs dry' },
  ];
  return fields
    .filter(({ isSet }) => isSet)
    .map(({ field, why }) => {
      const message = say`${theField(field)} of ${theObject(object)} has no effect: ${why}.`;
      return finding('FIELD_IGNORED', message, { object, field });
    });
}

type Target = NonNullable<ExternalSecretSpec['target']>;
type Template = NonNullable<Target['template']>;
type TemplateFrom = NonNullable<Template['templateFrom']>[number];

/** kubectl's copy of the ExternalSecret as it was applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What the Secret of an ExternalSecret looks like. */
export function formOf({ target }: ExternalSecretSpec, read: ReadExternalSecret): SecretForm {
  const { object, labels, annotations } = read;
  const { creationPolicy, immutable, template } = target ?? {};
  return {
    ...defined({ merge: mergeOf(creationPolicy), immutable: immutable || undefined }),
    ...(template
      ? fromTemplate(template, object)
      : defined({ labels: unlessEmpty(labels), annotations: unlessEmpty(copied(annotations)) })),
  };
}

function mergeOf(policy: Target['creationPolicy']): SecretForm['merge'] | undefined {
  if (policy === 'Merge') return 'required';
  return policy === 'CreateOrMerge' ? 'allowed' : undefined;
}

/** The annotations that the Secret gets: all but those about the ExternalSecret itself (file, kubectl's copy, options of ours). */
function copied(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const isCopied = (name: string) => !isReserved(name) && name !== LAST_APPLIED && name !== FORCE_SYNC_REQUEST;
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => isCopied(name)));
}

/** The form that a template gives: the Secret has only the template's labels and annotations then. */
function fromTemplate(template: Template, { namespace }: NamedRef): SecretForm {
  const { type, metadata, mergePolicy, data, templateFrom } = template;
  const isEmpty = !unlessEmpty(data ?? {}) && !unlessEmpty(templateFrom ?? []);
  const path = 'spec.target.template';
  const made: SecretTemplate = {
    keepsValues: mergePolicy === 'Merge' || isEmpty,
    templates: [
      ...(templateFrom ?? []).flatMap((from, index) => templatesOf(from, `${path}.templateFrom[${index}]`, namespace)),
      ...textsOf(data, 'Data', `${path}.data`),
      ...textsOf(metadata?.labels, 'Labels', `${path}.metadata.labels`),
      ...textsOf(metadata?.annotations, 'Annotations', `${path}.metadata.annotations`),
    ],
  };
  return defined({ type, finalizers: metadata?.finalizers ?? undefined, template: made });
}

function textsOf(texts: Template['data'], target: SingleTemplate['target'], field: string): SingleTemplate[] {
  return Object.entries(texts ?? {}).map(([key, text]) => ({ target, key, text, field: `${field}.${key}` }));
}

function templatesOf(from: TemplateFrom, field: string, namespace: string | undefined): SingleTemplate[] {
  const { configMap, secret, literal, target = 'Data' } = from;
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

/** Where an entry names what is in a store. */
const STORES = [['extract'], ['find'], ['sourceRef', 'storeRef']];

/** Every `generatorRef` of an ExternalSecret's `spec`, as it is written. */
export function generatorRefs(spec: unknown): readonly Pick<WrittenEntry, 'refField' | 'ref'>[] {
  return ['dataFrom', 'data'].flatMap((list) => entriesOf(spec, list)).filter(({ ref }) => ref !== undefined);
}

/**
 * True where something in `spec` names a generator of ours. One that is no `generatorRef` of an entry is in a wrong place. The `manifest` of
 * `target` is left out: it may be of any kind.
 */
export function namesGenerator(spec: unknown, isOurs: (ref: unknown) => boolean): boolean {
  const { target, ...others } = Object(spec);
  const { manifest: _, ...targetFields } = Object(target);
  return partsOf(others, targetFields).some(
    (part) => CONSUMED_KINDS.includes(textAt(part, ['kind']) ?? '') && isOurs(part),
  );
}

/**
 * Refuses entries that this function cannot fill, in an ExternalSecret that names a generator of ours too: values from a store, and
 * generators of other kinds. A Secret without them would look complete.
 */
export function checkParts(spec: unknown, isOurs: (ref: unknown) => boolean): FieldFault[] {
  const generatorField = generatorRefs(spec).find(({ ref }) => isOurs(ref))?.refField ?? 'spec.dataFrom';
  const alone = say`; move it to another ExternalSecret than \`${generatorField}\``;
  const fromStore = (field: string) => ({ field, text: say`comes from a store${alone}` });
  const fromData = entriesOf(spec, 'data').map(({ field, ref, refField }) => {
    const text = say`is not read by External Secrets there; name it in ${theField('spec.dataFrom')}`;
    return isOurs(ref) ? { field: refField, text } : fromStore(field);
  });
  const fromOthers = entriesOf(spec, 'dataFrom').flatMap(({ entry, field, ref, refField }): FieldFault[] => {
    if (ref !== undefined && !isOurs(ref))
      return [{ field: refField, text: say`names a generator that this function does not have${alone}` }];
    const slip = typeSlip(inNamespace(ref, {}));
    if (slip !== undefined) return [{ field: `${refField}.${slip.field}`, text: slip.text }];
    const stores = STORES.filter((path) => (valueAt(entry, path) ?? undefined) !== undefined);
    return stores.map((path) => fromStore(`${field}.${path.join('.')}`));
  });
  return [...fromData, ...fromOthers];
}

type WrittenEntry = ReturnType<typeof entriesOf>[number];

/** The entries of a list, and what each has as its `generatorRef`; null is none. */
function entriesOf(spec: unknown, list: string) {
  return listAt(spec, [list]).map((entry, index) => {
    const field = `spec.${list}[${index}]`;
    const ref = valueAt(entry, ['sourceRef', 'generatorRef']) ?? undefined;
    return { entry, field, ref, refField: `${field}.sourceRef.generatorRef` };
  });
}
