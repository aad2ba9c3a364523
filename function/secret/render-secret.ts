import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  MERGED_ANNOTATION,
  OWN_ANNOTATIONS,
  othersIn,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../model/annotations.ts';
import { wholeSeconds } from '../model/duration.ts';
import type { SecretManifest } from '../model/flow.ts';
import type { Job, SecretForm, WantedSecret } from '../model/job.ts';
import type { KnownObject } from '../model/known.ts';
import { stringsIn } from '../model/plain-data.ts';
import type { SecretTemplate, TemplatePart } from '../model/secret-spec.ts';
import { loadTemplates } from './apply-template.ts';
import { type ObtainedPart, valuesOf } from './format-secret.ts';
import { generatorMark, isMadeBy } from './ownership.ts';
import { timesOf } from './times-of.ts';

/**
 * The Secret with its sessions, in the form that is wanted and in plain text. `existing` is the one that is there already.
 * @throws FindingError when a value holds what no Secret may have.
 */
export async function renderSecret(
  job: Job,
  obtained: readonly ObtainedPart[],
  existing: KnownObject | null,
): Promise<SecretManifest> {
  const isMerged = job.form.merge !== undefined && existing !== null && !isMadeBy(job.generator, existing);
  const times = timesOf(
    obtained.map(({ part, issuedAt, obtained: { expiration } }) => ({ part, issuedAt, expiration })),
  );
  const ours = {
    [GENERATOR_ANNOTATION]: generatorMark(job.generator),
    ...(times === undefined
      ? {}
      : {
          [EXPIRATION_ANNOTATION]: wholeSeconds(times.expiration),
          [RENEW_AFTER_ANNOTATION]: wholeSeconds(times.renewAfter),
        }),
    [SPEC_HASH_ANNOTATION]: job.specHash(),
    ...(isMerged ? { [MERGED_ANNOTATION]: 'true' } : {}),
  };
  const { form, data } = await contentOf(job, valuesOf(job, obtained));
  const encoded = [...data].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')] as const);
  const secret = toManifest({ ...job, form }, ours, Object.fromEntries(encoded));
  return form.merge === undefined || existing === null ? secret : mergeInto(existing, secret, form);
}

/** The values as they are, or what a template makes of them: of labels and annotations as well. */
async function contentOf(
  { form, generator }: Job,
  values: ReadonlyMap<string, string>,
): Promise<{ readonly form: SecretForm; readonly data: ReadonlyMap<string, Uint8Array> }> {
  const { template } = form;
  if (template === undefined)
    return { form, data: new Map([...values].map(([key, text]) => [key, Buffer.from(text)])) };
  const applyTemplate = await loadTemplates();
  const { data, labels, annotations } = applyTemplate(generator, template, values);
  const given = labels.size === 0 ? {} : { labels: Object.fromEntries(labels) };
  return { form: { ...form, ...given, annotations: Object.fromEntries(annotations) }, data };
}

/** A Secret added to the one that is there: its other keys stay, and its type unless the form has one. */
function mergeInto(
  { data, stringData, type = 'Opaque' }: KnownObject,
  secret: SecretManifest,
  form: SecretForm,
): SecretManifest {
  const texts = Object.entries(stringsIn(stringData)).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    ...secret,
    type: form.type ?? type,
    data: { ...stringsIn(data), ...Object.fromEntries(texts), ...secret.data },
  };
}

/** Type of a Secret that `imagePullSecrets` may name. */
export const DOCKER_CONFIG_TYPE = 'kubernetes.io/dockerconfigjson';

/** A Secret in its form, with annotations of ours and data in base64. */
export function toManifest(
  { target, form }: Pick<WantedSecret, 'target' | 'form'>,
  ours: Readonly<Record<string, string>>,
  data: SecretManifest['data'],
): SecretManifest {
  const { labels, annotations, finalizers, immutable } = form;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...target,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, ...ours },
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    type: typeOf(form),
    ...(immutable === undefined ? {} : { immutable }),
    data,
  };
}

/** The type of a Secret of this form. */
export function typeOf({ type, format }: SecretForm): string {
  return type ?? (format === 'dockerConfigJson' ? DOCKER_CONFIG_TYPE : 'Opaque');
}

/**
 * The Secret of a job as it is, in the form in which it was emitted: our annotations, those of its form, its labels and its
 * data, and nothing that others added. For a host that has to say again in each run what is to stay.
 */
export function keepSecret(secret: Pick<WantedSecret, 'target' | 'form'>, existing: KnownObject): SecretManifest {
  const { annotations, data } = existing;
  const { template } = secret.form;
  const form = template === undefined ? secret.form : { ...secret.form, ...renderedIn(existing, template) };
  return toManifest({ ...secret, form }, only(annotations, OWN_ANNOTATIONS), stringsIn(data));
}

/** What templates made of a session that is not at hand any more. */
function renderedIn({ labels = {}, annotations }: KnownObject, template: SecretTemplate): SecretForm {
  const kept = madeBy(template, 'Labels', labels);
  return {
    ...(Object.keys(kept).length === 0 ? {} : { labels: kept }),
    annotations: madeBy(template, 'Annotations', annotations),
  };
}

/** By name. Where a template gives the names as well, whatever is not an orchestrator's may be its own. */
function madeBy(
  { parts }: SecretTemplate,
  target: TemplatePart['target'],
  record: Readonly<Record<string, string>>,
): Record<string, string> {
  const some = parts.filter((part) => part.target === target);
  const others = some.some(({ key }) => key === undefined) ? othersIn(record) : {};
  return {
    ...others,
    ...only(
      record,
      some.flatMap(({ key }) => key ?? []),
    ),
  };
}

function only(record: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}
