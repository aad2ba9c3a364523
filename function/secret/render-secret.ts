import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  MERGED_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../api/annotations.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { Job, SecretForm } from '../api/job.ts';
import type { KnownObject } from '../api/known.ts';
import { stringsIn } from '../api/strings-in.ts';
import { wholeSeconds } from '../api/whole-seconds.ts';
import { loadTemplates } from './apply-template.ts';
import { generatorMark, isMadeBy } from './ownership.ts';
import { timesOf } from './times-of.ts';
import { toManifest } from './to-manifest.ts';
import { type ObtainedPart, valuesOf } from './values-of.ts';

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
    [SPEC_HASH_ANNOTATION]: job.specHash,
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
