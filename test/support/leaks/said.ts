import { type EmittedSecret, emittedSecrets } from '../emitted.ts';

/** What a run left behind, wherever it is. */
export interface Said {
  /** Of a process; of a server, whether it gave a Secret (0) or not (1). */
  readonly exit: number | null;
  /** By where it is: standard error, a file, an answer. */
  readonly texts: Readonly<Record<string, string>>;
  /** Texts that came from the caller, and that go back to him as they are. */
  readonly given: readonly string[];
  readonly secrets: readonly EmittedSecret[];
}

/** Keys whose values are no secrets. */
const PUBLIC_KEYS = ['expiration', 'expires_at', 'proxy_endpoint', 'username'];

/** Each text without what was given, and without each value of the Secrets that were asked for, once. */
export function residue({ texts, given, secrets }: Said): Record<string, string> {
  const values = secrets.flatMap(({ data }) => Object.values(data));
  const isAskedFor = (text: string) => values.length > 0 && text.includes('kind: Secret') && !text.startsWith('error:');
  return Object.fromEntries(
    Object.entries(texts).map(([where, text]) => {
      const without = [...given, ...(isAskedFor(text) ? values : [])];
      return [where, without.reduce((rest, one) => rest.replace(one, () => ''), text)];
    }),
  );
}

/** What the Secrets that were asked for hold, as canaries: nothing of it is to be anywhere else. */
export function emittedCanaries(secrets: readonly EmittedSecret[]): Record<string, string> {
  const entries = secrets.flatMap(({ data }) => Object.entries(data));
  const secret = entries.filter(([key, value]) => !PUBLIC_KEYS.includes(key) && value.length > 16);
  return Object.fromEntries(secret.map(([key, value]) => [`emitted ${key}`, Buffer.from(value, 'base64').toString()]));
}

/** Our Secrets in a text; none in one that is no YAML. */
export function secretsIn(text: string): EmittedSecret[] {
  return text.includes('kind: Secret') ? emittedSecrets(text) : [];
}
