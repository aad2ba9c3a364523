import type { Chain, Job, SecretForm, SecretPart } from '../api/job.ts';
import { REGISTRY_FORMATS, SESSION_FORMATS } from '../api/secret-spec.ts';
import { isSession, type Obtained } from '../api/session.ts';
import { formatLogin } from './format-login.ts';
import { formatSession } from './format-session.ts';
import { standIn } from './stand-in.ts';

type Format = Pick<SecretForm, 'format' | 'key'>;

/** The texts of one session or login, by the keys that they have in the Secret. */
export function formatPart(
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
