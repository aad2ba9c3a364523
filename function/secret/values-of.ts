import { type Finding, FindingError, finding } from '../api/finding.ts';
import { describeObject } from '../api/kinds.ts';
import type { Job, SecretPart } from '../api/plan.ts';
import type { Session } from '../api/session.ts';
import { formatCredentials } from './format-credentials.ts';

/** Characters of a key: printable ASCII without space. A newline in an ini file can run a program at the consumer. */
const KEY_TEXT = /^[\x21-\x7e]+$/;

/** What a part of a Secret was given. */
export interface Obtained {
  readonly part: SecretPart;
  readonly session: Session;
  readonly issuedAt: Date;
}

/**
 * The values of a Secret's sessions by their keys in it: those of a later part win.
 * @throws FindingError when a value holds characters that no key has.
 */
export function valuesOf({ form }: Pick<Job, 'form'>, obtained: readonly Obtained[]): ReadonlyMap<string, string> {
  return new Map(
    obtained.flatMap(({ part, session }) => {
      const texts = Object.entries(textsOf(form, part, session));
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
  { accessKeyId, secretAccessKey, sessionToken, expiration }: Session,
): Readonly<Record<string, string>> {
  const keys = {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    sessionToken: sessionToken.reveal(),
  };
  if (!Object.values(keys).every((value) => KEY_TEXT.test(value))) throw new FindingError(notKeys(generator));
  const region = plan.hops.at(-1)?.region ?? '';
  return formatCredentials(form, { ...keys, region, ...(expiration === undefined ? {} : { expiration }) });
}

function notKeys(generator: SecretPart['generator']): Finding {
  const cause = 'the answer of STS holds characters that no key has';
  const cure = 'Check which server AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT names';
  return finding('STS_MALFORMED', `cannot render the Secret of ${describeObject(generator)}: ${cause}. ${cure}.`, {
    object: generator,
  });
}
