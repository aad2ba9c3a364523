import { GENERATOR_ANNOTATION, PLACEHOLDER_ANNOTATION, SPEC_HASH_ANNOTATION } from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import type { SecretManifest } from '../model/flow.ts';
import type { Job, Verdict } from '../model/job.ts';
import { DOCKER_CONFIG_KEY, keysOf } from './format-secret.ts';
import { generatorMark } from './ownership.ts';
import { DOCKER_CONFIG_TYPE, toManifest, typeOf } from './render-secret.ts';

/** Looks like no key, and is the same in every run. */
const VALUE = Buffer.from('placeholder').toString('base64');
/** API servers parse this value: it must be a Docker config. */
const DOCKER_CONFIG = Buffer.from('{"auths":{}}').toString('base64');
/** The key of the Docker config, by the Secret's type. */
const DOCKER_KEYS: Readonly<Record<string, string>> = {
  [DOCKER_CONFIG_TYPE]: DOCKER_CONFIG_KEY,
  'kubernetes.io/dockercfg': '.dockercfg',
};

/** Judges for placeholders: a placeholder is made anew, and any other Secret is kept. */
export function judgePlaceholder(_: Job, existing: KnownObject): Verdict {
  return isPlaceholder(existing) ? { do: 'issue', because: 'placeholder' } : { do: 'keep' };
}

/** A job's Secret, without credentials. It has neither times nor a spec hash, so that every `mint` run replaces it. */
export function renderPlaceholder(job: Job): SecretManifest {
  const marks = { [GENERATOR_ANNOTATION]: generatorMark(job.generator), [PLACEHOLDER_ANNOTATION]: 'true' };
  const docker = DOCKER_KEYS[typeOf(job.form)];
  const data = keysOf(job).map((key) => [key, key === docker ? DOCKER_CONFIG : VALUE] as const);
  return toManifest(job, marks, Object.fromEntries(data));
}

/** Looks at the values too: somebody may have put the annotation on credentials. */
function isPlaceholder({ annotations, data = {}, stringData }: KnownObject): boolean {
  const isMarked = annotations[PLACEHOLDER_ANNOTATION] === 'true' && annotations[SPEC_HASH_ANNOTATION] === undefined;
  const isEmpty = Object.values(data).every((value) => value === VALUE || value === DOCKER_CONFIG);
  return isMarked && stringData === undefined && isEmpty;
}
