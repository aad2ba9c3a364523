import { type Finding, FindingError, finding } from '../api/finding.ts';
import { describeObject } from '../api/kinds.ts';
import type { Job, SecretPart } from '../api/plan.ts';
import { isSession, type Obtained } from '../api/session.ts';
import { formatSecret, revealed } from './format-secret.ts';

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
      const texts = Object.entries(textsOf(form, part, obtained));
      return texts.flatMap(([key, text]): [string, string][] => {
        if (part.keys === undefined) return [[key, text]];
        const written = Object.hasOwn(part.keys, key) ? part.keys[key] : undefined;
        return written === undefined ? [] : [[written, text]];
      });
    }),
  );
}

function textsOf(
  form: Job['form'],
  { generator, plan }: SecretPart,
  obtained: Obtained,
): Readonly<Record<string, string>> {
  const given = revealed(obtained, plan.hops.at(-1)?.region ?? '');
  const texts = Object.values(given).filter((value) => typeof value === 'string');
  if (!texts.every((value) => KEY_TEXT.test(value))) throw new FindingError(notKeys(generator, obtained));
  return formatSecret(form, given);
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
