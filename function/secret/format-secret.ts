import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { isSession, type Obtained, type RegistryToken, type Session } from '../model/hop.ts';
import type { Chain, Job, SecretForm, SecretPart } from '../model/job.ts';
import { REGISTRY_FORMATS, SESSION_FORMATS } from '../model/secret-spec.ts';
import { Sensitive } from '../model/sensitive.ts';
import { formatLogin, formatSession } from './formats.ts';

type Format = Pick<SecretForm, 'format' | 'key'>;

/** The texts of one session or login, by the keys that they have in the Secret. */
function formatPart(
  { chain, keys }: Pick<SecretPart, 'chain' | 'keys'>,
  form: Format,
  obtained: Obtained,
): (readonly [key: string, text: string])[] {
  const texts = Object.entries(formatObtained(form, obtained, chain.hops.at(-1)?.region ?? ''));
  if (keys === undefined) return texts;
  return texts.flatMap(([key, text]) => (keys[key] === undefined ? [] : [[keys[key], text] as const]));
}

/** The keys that a generator can give to an ExternalSecret; those of a session while its chain is not known. */
export function generatedKeys(chain: Chain | undefined): readonly string[] {
  return Object.keys(formatObtained({}, standIn(chain), ''));
}

/** The keys that a Secret always has, as far as they are known before its templates are rendered. */
export function keysOf(job: Pick<Job, 'parts' | 'form'>): readonly string[] {
  return keysWith(job, ({ expiration: _, ...always }) => always);
}

/** All keys that a Secret of others may get; undefined while they are not known: a template names them as it is rendered. */
export function addedKeys(job: Pick<Job, 'parts' | 'form'>): readonly string[] | undefined {
  const isNamedLater = job.form.template?.parts.some(({ target, key }) => target === 'Data' && key === undefined);
  return isNamedLater === true ? undefined : keysWith(job, (obtained) => obtained);
}

function keysWith({ parts, form }: Pick<Job, 'parts' | 'form'>, given: (obtained: Obtained) => Obtained): string[] {
  const values = parts.flatMap((part) => formatPart(part, form, given(standIn(part.chain))).map(([key]) => key));
  const { keepsValues = true, parts: templates = [] } = form.template ?? {};
  const rendered = templates.flatMap(({ target, key }) => (target === 'Data' && key !== undefined ? [key] : []));
  return [...new Set([...(keepsValues ? values : []), ...rendered])];
}

function formatObtained({ format, key }: Format, obtained: Obtained, region: string): Readonly<Record<string, string>> {
  if (isSession(obtained)) {
    const known = SESSION_FORMATS.find((one) => one === format) ?? 'keys';
    return formatSession[known](obtained, region, key);
  }
  const known = REGISTRY_FORMATS.find((one) => one === format) ?? 'keys';
  return formatLogin[known](obtained);
}

/** Looks like a session and is none: AWS's documentation keys, and a token as long as a real one. */
const SESSION: Session = {
  accessKeyId: new Sensitive('ASIAIOSFODNN7EXAMPLE'),
  secretAccessKey: new Sensitive('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  sessionToken: new Sensitive('EXAMPLETOKEN'.repeat(40)),
  expiration: new Date(2_000_000_000_000),
};

/** The same of a login. */
const LOGIN: RegistryToken = {
  username: new Sensitive('AWS'),
  password: new Sensitive('EXAMPLEPASSWORD'.repeat(100)),
  expiration: new Date(2_000_000_000_000),
};

/** Stands for what the last hop of a chain will give; for a session while the chain is not known. */
export function standIn(chain: Chain | undefined): Obtained {
  const last = chain?.hops.at(-1);
  if (last?.operation !== 'GetAuthorizationToken') return SESSION;
  if (last.request.scope === 'public') return LOGIN;
  return { ...LOGIN, proxyEndpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com' };
}

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
  const cause = say`the answer of ${who} holds characters that no key has`;
  const cure = say`Check which server ${endpoints} names`;
  return finding('STS_MALFORMED', say`cannot render the Secret of ${theObject(generator)}: ${cause}. ${cure}.`, {
    object: generator,
  });
}
