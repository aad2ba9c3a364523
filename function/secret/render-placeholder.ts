import { GENERATOR_ANNOTATION, PLACEHOLDER_ANNOTATION, SPEC_HASH_ANNOTATION } from '../model/annotations.ts';
import type { SecretManifest } from '../model/flow.ts';
import type { Job } from '../model/job.ts';
import type { KnownObject } from '../model/known.ts';
import type { Verdict } from '../model/verdict.ts';
import { DOCKER_CONFIG_KEY, keysOf } from './format-secret.ts';
import { generatorMark } from './ownership.ts';
import { DOCKER_CONFIG_TYPE, toManifest, typeOf } from './render-secret.ts';

/** Looks like no key, and is the same in every run. */
const VALUE = toBase64('placeholder');
/** An API server reads this one: it must be a document of Docker's. */
const DOCKER_CONFIG = toBase64('{"auths":{}}');
/** The key under which it reads one, by the Secret's type. */
const DOCKER_KEYS: Readonly<Record<string, string>> = {
  [DOCKER_CONFIG_TYPE]: DOCKER_CONFIG_KEY,
  'kubernetes.io/dockercfg': '.dockercfg',
};

/** What a run that makes placeholders does about a Secret: makes one that is missing, and replaces its own. */
export function judgePlaceholder(existing: KnownObject | null): Verdict {
  if (existing === null) return { do: 'issue', because: 'absent' };
  return isPlaceholder(existing) ? { do: 'issue', because: 'placeholder' } : { do: 'keep' };
}

/** The Secret of a job without credentials. It has neither times nor a spec-hash, so that every run that mints replaces it. */
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

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
