import type { Job } from '../api/plan.ts';
import { REGISTRY_FORMATS, SESSION_FORMATS } from '../api/secret-spec.ts';
import { isSession, type Obtained } from '../api/session.ts';
import { type Credentials, formatCredentials } from './format-credentials.ts';
import { formatLogin, type Login } from './format-login.ts';

/** What decides how a Secret is written: its form, and whether the last hop gives a session or a login. */
type Formatted = Pick<Job, 'form' | 'plan'>;

/** What the last hop gave, as text. */
export function revealed(obtained: Obtained, region: string): Credentials | Login {
  const { expiration } = obtained;
  const end = expiration === undefined ? {} : { expiration };
  if (isSession(obtained)) {
    const { accessKeyId, secretAccessKey, sessionToken } = obtained;
    return {
      accessKeyId: accessKeyId.reveal(),
      secretAccessKey: secretAccessKey.reveal(),
      sessionToken: sessionToken.reveal(),
      region,
      ...end,
    };
  }
  const { username, password, proxyEndpoint } = obtained;
  const url = proxyEndpoint === undefined ? {} : { proxyEndpoint };
  return { username: username.reveal(), password: password.reveal(), ...url, ...end };
}

/** The texts of a Secret, by key. */
export function formatSecret(
  { form }: Pick<Job, 'form'>,
  given: Credentials | Login,
): Readonly<Record<string, string>> {
  if ('username' in given) return formatLogin(REGISTRY_FORMATS.find((one) => one === form.format) ?? 'keys', given);
  return formatCredentials(SESSION_FORMATS.find((one) => one === form.format) ?? 'keys', given, form.key);
}

const NO_CREDENTIALS: Credentials = { accessKeyId: '', secretAccessKey: '', sessionToken: '', region: '' };
const NO_LOGIN: Login = { username: '', password: '' };

/** The keys that a Secret of this job always has. */
export function keysOf({ form, plan }: Formatted): readonly string[] {
  return Object.keys(formatSecret({ form }, nothing(plan)));
}

function nothing({ hops }: Formatted['plan']): Credentials | Login {
  const last = hops.at(-1);
  if (last?.operation !== 'GetAuthorizationToken') return NO_CREDENTIALS;
  return last.request.scope === 'public' ? NO_LOGIN : { ...NO_LOGIN, proxyEndpoint: 'https://registry.invalid' };
}
