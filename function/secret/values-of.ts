import { type Finding, FindingError, finding } from '../api/finding.ts';
import type { Job, SecretPart } from '../api/job.ts';
import { describeObject } from '../api/kinds.ts';
import { Sensitive } from '../api/sensitive.ts';
import { isSession, type Obtained } from '../api/session.ts';
import { formatPart } from './format-secret.ts';

/** Characters of a key: printable ASCII without space. A newline in an ini file can run a program at the consumer. */
const KEY_TEXT = /^[\x21-\x7e]+$/;

/** What a part of a Secret was given. */
export interface ObtainedPart {
  readonly part: SecretPart;
  readonly obtained: Obtained;
  /** When it was asked for. */
  readonly issuedAt: Date;
}

/**
 * The values of a Secret's sessions and logins by their keys in it: those of a later part win.
 * @throws FindingError when a value holds characters that no key has.
 */
export function valuesOf({ form }: Pick<Job, 'form'>, parts: readonly ObtainedPart[]): ReadonlyMap<string, string> {
  return new Map(
    parts.flatMap(({ part, obtained }) => {
      if (!Object.values(obtained).every(isKeyText)) throw new FindingError(notKeys(part.generator, obtained));
      return formatPart(part, form, obtained);
    }),
  );
}

/** True for what is no text as well: a time. */
function isKeyText(value: unknown): boolean {
  const text = value instanceof Sensitive ? value.reveal() : value;
  return typeof text !== 'string' || KEY_TEXT.test(text);
}

function notKeys(generator: SecretPart['generator'], obtained: Obtained): Finding {
  const [who, endpoints] = isSession(obtained)
    ? ['STS', 'AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT']
    : ['the registry', 'AWS_ENDPOINT_URL_ECR or AWS_ECR_ENDPOINT'];
  const cause = `the answer of ${who} holds characters that no key has`;
  const cure = `Check which server ${endpoints} names`;
  return finding('STS_MALFORMED', `cannot render the Secret of ${describeObject(generator)}: ${cause}. ${cure}.`, {
    object: generator,
  });
}
