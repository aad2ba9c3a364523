import {
  EXPIRATION_ANNOTATION,
  FORCE_SYNC_ANNOTATION,
  GENERATOR_ANNOTATION,
  MERGED_ANNOTATION,
  OWN_ANNOTATIONS,
  othersIn,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import type { Job, SecretForm, WantedSecret } from '../model/job.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { defined, stringsIn, unlessEmpty, wholeSeconds } from '../model/plain-data.ts';
import type { LoopLimits } from '../model/run-limits.ts';
import type { SecretTemplate, SingleTemplate } from '../model/secret-spec.ts';
import type { World } from '../model/world.ts';
import { type ApplyTemplate, loadTemplates } from './apply-template.ts';
import { encrypt } from './encryption.ts';
import { DOCKER_CONFIG_KEY, type PartIssuance, valuesOf } from './format-secret.ts';
import { withDataHash } from './hashes.ts';
import { generatorMark, isMadeBy } from './ownership.ts';
import { newTimes } from './renewal.ts';

/**
 * The Secret of a job as it is to be written: in its form, encrypted where that names recipients, and with a digest of its data.
 * `existing` is the one that is there already; where it is added to, only what is added is rendered.
 * @throws FindingError when a value holds what no Secret may have.
 */
export async function renderSecret(
  job: Job,
  issuances: readonly PartIssuance[],
  existing: KnownObject | null,
  { now, limits }: Pick<World, 'now'> & { readonly limits: LoopLimits },
): Promise<SecretManifest> {
  const { template, recipients, merge } = job.form;
  const values = valuesOf(job, issuances);
  const made = template && (await loadTemplates())(limits, job.requester, template, values);
  const data = made?.data ?? new Map([...values].map(([key, text]) => [key, Buffer.from(text)]));
  const form = made === undefined ? job.form : withRendered(job.form, made);
  const isMerged = merge !== undefined && existing !== null && !isMadeBy(job.requester, existing);
  const times = newTimes(issuances);
  const ours = {
    [GENERATOR_ANNOTATION]: generatorMark(job.requester),
    ...(times && {
      [EXPIRATION_ANNOTATION]: wholeSeconds(times.expiration),
      [RENEW_AFTER_ANNOTATION]: wholeSeconds(times.renewAfter),
    }),
    [SPEC_HASH_ANNOTATION]: job.specHash(),
    ...(job.forceSync === undefined ? {} : { [FORCE_SYNC_ANNOTATION]: job.forceSync }),
    ...(isMerged ? { [MERGED_ANNOTATION]: 'true' } : {}),
  };
  const encoded = [...data].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')] as const);
  const plain = toManifest({ ...job, form }, ours, Object.fromEntries(encoded));
  const secret = recipients === undefined ? plain : await encrypt(plain, recipients, now());
  if (merge === undefined || existing === null) return withDataHash(secret, job);
  return withDataHash({ ...secret, type: form.type ?? existing.type ?? secret.type }, job, existing); // their type stays
}

/** A form with the labels and annotations that its templates gave. */
export function withRendered(form: SecretForm, { labels, annotations }: ReturnType<ApplyTemplate>): SecretForm {
  const renderedLabels = labels.size === 0 ? {} : { labels: Object.fromEntries(labels) };
  return { ...form, ...renderedLabels, annotations: Object.fromEntries(annotations) };
}

/** Type of a Secret that `imagePullSecrets` may name. */
const DOCKER_CONFIG_TYPE = 'kubernetes.io/dockerconfigjson';

/** The keys that API servers ask of a type (kubernetes/kubernetes, v1.36.0, pkg/apis/core/validation/validation.go, ValidateSecret). */
export const KEYS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  [DOCKER_CONFIG_TYPE]: [DOCKER_CONFIG_KEY],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/basic-auth': ['username'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

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
 * The existing Secret as this function wrote it: our annotations, the form's labels and annotations, and the data, without
 * metadata that others added. For a host that must return in each run what is to stay.
 */
export function keepSecret(secret: Pick<WantedSecret, 'target' | 'form'>, existing: KnownObject): SecretManifest {
  const { annotations, data } = existing;
  const { template } = secret.form;
  const form = template === undefined ? secret.form : { ...secret.form, ...renderedIn(existing, template) };
  return toManifest({ ...secret, form }, only(annotations, OWN_ANNOTATIONS), stringsIn(data));
}

/** The labels and annotations that templates once made, from the Secret: their session is gone. */
function renderedIn({ labels = {}, annotations }: KnownObject, template: SecretTemplate): SecretForm {
  return defined({
    labels: unlessEmpty(madeBy(template, 'Labels', labels)),
    annotations: madeBy(template, 'Annotations', annotations),
  });
}

/** Those whose names the templates have. If a template makes names too, all that no tool reserves may be its own. */
function madeBy(
  { templates }: SecretTemplate,
  target: SingleTemplate['target'],
  record: Readonly<Record<string, string>>,
): Record<string, string> {
  const some = templates.filter((template) => template.target === target);
  const others = some.some(({ key }) => key === undefined) ? othersIn(record) : {};
  const names = some.flatMap(({ key }) => key ?? []);
  return { ...others, ...only(record, names) };
}

function only(record: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  const kept = new Set(names);
  return Object.fromEntries(Object.entries(record).filter(([name]) => kept.has(name)));
}
