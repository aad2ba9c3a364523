import {
  EXPIRATION_ANNOTATION,
  GENERATOR_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../api/annotations.ts';
import { type Finding, FindingError, finding } from '../api/finding.ts';
import type { SecretManifest } from '../api/flow.ts';
import { describeObject } from '../api/kinds.ts';
import type { Job } from '../api/plan.ts';
import type { Session } from '../api/session.ts';
import { wholeSeconds } from '../api/whole-seconds.ts';
import { formatCredentials } from './format-credentials.ts';
import { generatorMark } from './ownership.ts';
import { renewAfter } from './renew-after.ts';
import { toManifest } from './to-manifest.ts';

/** Characters of a key: printable ASCII without space. A newline in an ini file can run a program at the consumer. */
const KEY_TEXT = /^[\x21-\x7e]+$/;

/**
 * The Secret with a session, in the form that is wanted and in plain text.
 * @throws FindingError when a value holds characters that no key has.
 */
export function renderSecret(job: Job, session: Session, issuedAt: Date): SecretManifest {
  const { form, plan } = job;
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = session;
  const keys = {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    sessionToken: sessionToken.reveal(),
  };
  if (!Object.values(keys).every((value) => KEY_TEXT.test(value))) throw new FindingError(notKeys(job));
  const region = plan.hops.at(-1)?.region ?? '';
  const texts = formatCredentials(form, { ...keys, region, ...(expiration === undefined ? {} : { expiration }) });
  const annotations = {
    [GENERATOR_ANNOTATION]: generatorMark(job.generator),
    ...times(job, expiration, issuedAt),
    [SPEC_HASH_ANNOTATION]: job.specHash,
  };
  const data = Object.entries(texts).map(([key, value]) => [key, Buffer.from(value, 'latin1').toString('base64')]);
  return toManifest(job, annotations, Object.fromEntries(data));
}

function notKeys({ generator }: Job): Finding {
  const cause = 'the answer of STS holds characters that no key has';
  const cure = 'Check which server AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT names';
  return finding('STS_MALFORMED', `cannot render the Secret of ${describeObject(generator)}: ${cause}. ${cure}.`, {
    object: generator,
  });
}

function times(job: Job, expiration: Date | undefined, issuedAt: Date): Record<string, string> {
  if (expiration === undefined) return {};
  const askedSeconds = job.plan.hops.at(-1)?.request.durationSeconds ?? 0;
  const generator = generatorMark(job.generator);
  const renew = renewAfter({ issuedAt, expiration, askedSeconds, generator, renewal: job.renewal });
  return { [EXPIRATION_ANNOTATION]: wholeSeconds(expiration), [RENEW_AFTER_ANNOTATION]: wholeSeconds(renew) };
}
