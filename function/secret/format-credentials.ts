import type { Job, SecretForm } from '../api/plan.ts';
import type { SecretFormat } from '../api/secret-spec.ts';

/** What a reader of the AWS SDKs needs, as text. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration?: Date;
  readonly region: string;
}

type Format = (credentials: Credentials, key: string | undefined) => Readonly<Record<string, string>>;

/** One entry for each format: the keys of the Secret and their text. */
const FORMATS: Readonly<Record<SecretFormat, Format>> = {
  // as External Secrets' generator
  keys: ({ accessKeyId, secretAccessKey, sessionToken, expiration }) => ({
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
    session_token: sessionToken,
    ...(expiration === undefined ? {} : { expiration: String(Math.floor(expiration.getTime() / 1000)) }),
  }),
  // for `envFrom`: a process that has them never sees others
  env: ({ accessKeyId, secretAccessKey, sessionToken, region }) => ({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_REGION: region,
  }),
  // for AWS_SHARED_CREDENTIALS_FILE
  credentialsFile: ({ accessKeyId, secretAccessKey, sessionToken }, key = 'credentials') => ({
    [key]: [
      '[default]',
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
      `aws_session_token = ${sessionToken}`,
      '',
    ].join('\n'),
  }),
  // for `credential_process = cat FILE`: the SDKs read it again when it has expired
  credentialProcess: ({ accessKeyId, secretAccessKey, sessionToken, expiration }, key = 'credentials.json') => ({
    [key]: JSON.stringify({
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      ...(expiration === undefined ? {} : { Expiration: expiration.toISOString() }),
    }),
  }),
};

/** The texts of a Secret, by key. */
export function formatCredentials(form: SecretForm, credentials: Credentials): Readonly<Record<string, string>> {
  return FORMATS[form.format ?? 'keys'](credentials, form.key);
}

const NONE: Credentials = { accessKeyId: '', secretAccessKey: '', sessionToken: '', region: '' };

/** The keys that a generator can give. */
export function generatedKeys(form: SecretForm): readonly string[] {
  return Object.keys(formatCredentials(form, { ...NONE, expiration: new Date(0) }));
}

/** The keys that a Secret always has, as far as they are known before its templates are rendered. */
export function keysOf({ parts, form }: Pick<Job, 'parts' | 'form'>): readonly string[] {
  const given = Object.keys(formatCredentials(form, NONE));
  const values = parts.flatMap(({ keys }) => (keys === undefined ? given : given.flatMap((key) => keys[key] ?? [])));
  const { keepsValues = true, parts: templates = [] } = form.template ?? {};
  const rendered = templates.flatMap(({ target, key }) => (target === 'Data' && key !== undefined ? [key] : []));
  return [...new Set([...(keepsValues ? values : []), ...rendered])];
}
