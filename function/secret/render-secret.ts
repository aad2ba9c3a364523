import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../api/annotations.ts';
import { type Finding, FindingError, finding } from '../api/finding.ts';
import type { SecretManifest } from '../api/flow.ts';
import { lifetimeOf } from '../api/hop.ts';
import { describeObject } from '../api/kinds.ts';
import type { Job } from '../api/plan.ts';
import { isSession, type Obtained } from '../api/session.ts';
import { wholeSeconds } from '../api/whole-seconds.ts';
import { formatSecret, revealed } from './format-secret.ts';
import { generatorMark } from './ownership.ts';
import { renewAfter } from './renew-after.ts';
import { toManifest } from './to-manifest.ts';

/** Characters of a key: printable ASCII without space. A newline in an ini file can run a program at the consumer. */
const KEY_TEXT = /^[\x21-\x7e]+$/;

/**
 * The Secret with a session or a login, in the form that is wanted and in plain text.
 * @throws FindingError when a value holds characters that no key has.
 */
export function renderSecret(job: Job, obtained: Obtained, issuedAt: Date): SecretManifest {
  const given = revealed(obtained, job.plan.hops.at(-1)?.region ?? '');
  const texts = Object.values(given).filter((value) => typeof value === 'string');
  if (!texts.every((value) => KEY_TEXT.test(value))) throw new FindingError(notKeys(job, obtained));
  const annotations = {
    [GENERATOR_ANNOTATION]: generatorMark(job.generator),
    ...times(job, obtained.expiration, issuedAt),
    [SPEC_HASH_ANNOTATION]: job.specHash,
  };
  const data = Object.entries(formatSecret(job, given)).map(([key, value]) => [
    key,
    Buffer.from(value, 'latin1').toString('base64'),
  ]);
  return toManifest(job, annotations, Object.fromEntries(data));
}

function notKeys({ generator }: Job, obtained: Obtained): Finding {
  const [who, endpoints] = isSession(obtained)
    ? ['STS', 'AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT']
    : ['the registry', 'AWS_ENDPOINT_URL_ECR or AWS_ECR_ENDPOINT'];
  const cause = `the answer of ${who} holds characters that no key has`;
  const cure = `Check which server ${endpoints} names`;
  return finding('STS_MALFORMED', `cannot render the Secret of ${describeObject(generator)}: ${cause}. ${cure}.`, {
    object: generator,
  });
}

function times(job: Job, expiration: Date | undefined, issuedAt: Date): Record<string, string> {
  if (expiration === undefined) return {};
  const askedSeconds = lifetimeOf(job.plan);
  const generator = generatorMark(job.generator);
  const renew = renewAfter({ issuedAt, expiration, askedSeconds, generator, renewal: job.renewal });
  return { [EXPIRATION_ANNOTATION]: wholeSeconds(expiration), [RENEW_AFTER_ANNOTATION]: wholeSeconds(renew) };
}
