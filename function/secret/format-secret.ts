import type { Job, Plan, SecretForm } from '../api/plan.ts';
import { REGISTRY_FORMATS, SESSION_FORMATS } from '../api/secret-spec.ts';
import { isSession, type Obtained } from '../api/session.ts';
import { type Credentials, formatCredentials } from './format-credentials.ts';
import { formatLogin, type Login } from './format-login.ts';

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

/** The texts of a Secret with one session or login, by key. */
export function formatSecret(
  form: Pick<SecretForm, 'format' | 'key'>,
  given: Credentials | Login,
): Readonly<Record<string, string>> {
  if ('username' in given) return formatLogin(REGISTRY_FORMATS.find((one) => one === form.format) ?? 'keys', given);
  return formatCredentials(SESSION_FORMATS.find((one) => one === form.format) ?? 'keys', given, form.key);
}

const NO_CREDENTIALS: Credentials = { accessKeyId: '', secretAccessKey: '', sessionToken: '', region: '' };
const NO_LOGIN: Login = { username: '', password: '' };

/** The keys that a generator can give to an ExternalSecret; those of a session while its plan is not known. */
export function generatedKeys(plan: Plan | undefined): readonly string[] {
  return Object.keys(formatSecret({}, { ...nothing(plan), expiration: new Date(0) }));
}

/** The keys that a Secret always has, as far as they are known before its templates are rendered. */
export function keysOf({ parts, form }: Pick<Job, 'parts' | 'form'>): readonly string[] {
  const values = parts.flatMap(({ plan, keys }) => {
    const given = Object.keys(formatSecret(form, nothing(plan)));
    return keys === undefined ? given : given.flatMap((key) => keys[key] ?? []);
  });
  const { keepsValues = true, parts: templates = [] } = form.template ?? {};
  const rendered = templates.flatMap(({ target, key }) => (target === 'Data' && key !== undefined ? [key] : []));
  return [...new Set([...(keepsValues ? values : []), ...rendered])];
}

/** Whether the last hop gives a session or a login, and of which registry. */
function nothing(plan: Plan | undefined): Credentials | Login {
  const last = plan?.hops.at(-1);
  if (last?.operation !== 'GetAuthorizationToken') return NO_CREDENTIALS;
  return last.request.scope === 'public' ? NO_LOGIN : { ...NO_LOGIN, proxyEndpoint: 'https://registry.invalid' };
}
