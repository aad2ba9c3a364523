import { GENERATOR_ANNOTATION, PLACEHOLDER_ANNOTATION, SPEC_HASH_ANNOTATION } from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import { type Job, KEPT, type Verdict } from '../model/job.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { attempt, succeeds } from '../model/plain-data.ts';
import type { LoopLimits } from '../model/run-limits.ts';
import type { ApplyTemplate } from './apply-template.ts';
import { keysOf, STAND_IN, standInOf, valuesOf } from './format-secret.ts';
import { generatorMark } from './ownership.ts';
import { KEYS_OF_TYPE, toManifest, typeOf, withRendered } from './render-secret.ts';

const VALUE = Buffer.from(STAND_IN).toString('base64');
/** API servers parse this value: it must be a Docker config. */
const DOCKER_CONFIG = Buffer.from('{"auths":{}}').toString('base64');
/** Judges for placeholders: a placeholder is made anew, and any other Secret is kept. */
export function judgePlaceholder(job: Job, existing: KnownObject): Verdict {
  return isPlaceholder(job, existing) ? { do: 'issue', because: 'placeholder' } : KEPT;
}

/**
 * A job's Secret, without credentials: its templates are rendered with stand-ins. It has neither times nor a spec hash, so that every `mint`
 * run replaces it.
 */
export function renderPlaceholder(
  job: Job,
  applyTemplate: ApplyTemplate | undefined,
  limits: LoopLimits,
): SecretManifest {
  const { form, requester } = job;
  const { template } = form;
  const marks = { [GENERATOR_ANNOTATION]: generatorMark(requester), [PLACEHOLDER_ANNOTATION]: 'true' };
  const standIns = job.parts.map((part) => ({ part, credentials: standInOf(part) }));
  // one that the examples of its draft fit may want longer ones
  const made = template && attempt(() => applyTemplate?.(limits, requester, template, valuesOf(job, standIns)));
  limits.throwIfExpired();
  const typeKeys = KEYS_OF_TYPE[typeOf(form)] ?? [];
  const isUnread = template?.templates.some(({ target, key }) => target === 'Data' && key === undefined) === true;
  const names = [...keysOf(job), ...(isUnread ? typeKeys : [])];
  const isDocker = (key: string) => /^\.docker/.test(key) && typeKeys.includes(key);
  const rendered = [...(made?.data ?? [])].map(([key, bytes]) => [key, Buffer.from(bytes)] as const);
  const isFit = ([key, value]: (typeof rendered)[number]) =>
    !isDocker(key) || succeeds(() => JSON.parse(String(value)));
  const data = {
    ...Object.fromEntries(names.map((key) => [key, isDocker(key) ? DOCKER_CONFIG : VALUE])),
    ...Object.fromEntries(rendered.filter(isFit).map(([key, value]) => [key, value.toString('base64')])),
  };
  return toManifest({ ...job, form: made === undefined ? form : withRendered(form, made) }, marks, data);
}

/**
 * Looks at values too where no template makes them: somebody may have put the annotation on credentials. One without spec hash is of no
 * session that a run would keep.
 */
function isPlaceholder({ form }: Job, { annotations, data = {}, stringData }: KnownObject): boolean {
  const isMarked = annotations[PLACEHOLDER_ANNOTATION] === 'true' && annotations[SPEC_HASH_ANNOTATION] === undefined;
  const isEmpty = Object.values(data).every((value) => value === VALUE || value === DOCKER_CONFIG);
  return isMarked && stringData === undefined && (isEmpty || form.template !== undefined);
}
