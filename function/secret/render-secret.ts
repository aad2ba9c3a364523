import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  MERGED_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../api/annotations.ts';
import { FindingError } from '../api/finding.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { Job, SecretForm } from '../api/plan.ts';
import type { SuppliedObject } from '../api/supplied.ts';
import { wholeSeconds } from '../api/whole-seconds.ts';
import { applyTemplate, PartFault } from './apply-template.ts';
import { mergeInto } from './merge-into.ts';
import { generatorMark, isMadeBy } from './ownership.ts';
import { type Lifespan, timesOf } from './times-of.ts';
import { toManifest } from './to-manifest.ts';
import { explainPart } from './try-template.ts';
import { type ObtainedPart, valuesOf } from './values-of.ts';

/**
 * The Secret with its sessions, in the form that is wanted and in plain text. `existing` is the one that is there already.
 * @throws FindingError when a value holds what no Secret may have.
 */
export async function renderSecret(
  job: Job,
  obtained: readonly ObtainedPart[],
  existing: SuppliedObject | null,
): Promise<SecretManifest> {
  const isMerged = job.form.merge !== undefined && existing !== null && !isMadeBy(job.generator, existing);
  const ours = {
    [GENERATOR_ANNOTATION]: generatorMark(job.generator),
    ...times(obtained),
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
  try {
    const { data, labels, annotations } = await applyTemplate(template, values);
    const metadata = { ...(labels.size === 0 ? {} : { labels: Object.fromEntries(labels) }) };
    return { form: { ...form, ...metadata, annotations: Object.fromEntries(annotations) }, data };
  } catch (error) {
    throw error instanceof PartFault ? new FindingError(explainPart(generator, error)) : error;
  }
}

/** None where STS did not say when a session ends. */
function times(obtained: readonly ObtainedPart[]): Record<string, string> {
  const lives = obtained.flatMap(({ part, issuedAt, obtained: { expiration } }): Lifespan[] =>
    expiration === undefined ? [] : [{ part, issuedAt, expiration }],
  );
  const said = lives.length < obtained.length ? undefined : timesOf(lives);
  if (said === undefined) return {};
  return {
    [EXPIRATION_ANNOTATION]: wholeSeconds(said.expiration),
    [RENEW_AFTER_ANNOTATION]: wholeSeconds(said.renewAfter),
  };
}
