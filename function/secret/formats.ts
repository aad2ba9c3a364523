import type { RegistryToken, Session } from '../model/hop.ts';
import type { RegistryFormat, SessionFormat } from '../model/secret-spec.ts';

type Format = (session: Session, region: string, key: string | undefined) => Readonly<Record<string, string>>;

/** The texts of a Secret with a session, by key, in each format; `key` is that of the file, where the format is one. */
export const formatSession: Readonly<Record<SessionFormat, Format>> = {
  // as External Secrets' generator
  keys: ({ accessKeyId, secretAccessKey, sessionToken, expiration }) => ({
    access_key_id: accessKeyId.reveal(),
    secret_access_key: secretAccessKey.reveal(),
    session_token: sessionToken.reveal(),
    ...(expiration === undefined ? {} : { expiration: String(Math.floor(expiration.getTime() / 1000)) }),
  }),
  // for `envFrom`: a process that has them never sees others
  env: ({ accessKeyId, secretAccessKey, sessionToken }, region) => ({
    AWS_ACCESS_KEY_ID: accessKeyId.reveal(),
    AWS_SECRET_ACCESS_KEY: secretAccessKey.reveal(),
    AWS_SESSION_TOKEN: sessionToken.reveal(),
    AWS_REGION: region,
  }),
  // for AWS_SHARED_CREDENTIALS_FILE
  credentialsFile: ({ accessKeyId, secretAccessKey, sessionToken }, _, key = 'credentials') => ({
    [key]: [
      '[default]',
      `aws_access_key_id = ${accessKeyId.reveal()}`,
      `aws_secret_access_key = ${secretAccessKey.reveal()}`,
      `aws_session_token = ${sessionToken.reveal()}`,
      '',
    ].join('\n'),
  }),
  // for `credential_process = cat FILE`: the SDKs read it again when it has expired
  credentialProcess: ({ accessKeyId, secretAccessKey, sessionToken, expiration }, _, key = 'credentials.json') => ({
    [key]: JSON.stringify({
      Version: 1,
      AccessKeyId: accessKeyId.reveal(),
      SecretAccessKey: secretAccessKey.reveal(),
      SessionToken: sessionToken.reveal(),
      ...(expiration === undefined ? {} : { Expiration: expiration.toISOString() }),
    }),
  }),
};

/** Where public images are, whoever asks. */
const PUBLIC_REGISTRY = 'public.ecr.aws';

/** The key that Kubernetes wants in a Secret that `imagePullSecrets` may name. */
export const DOCKER_CONFIG_KEY = '.dockerconfigjson';

/** The texts of a Secret with a login, by key, in each format. */
export const formatLogin: Readonly<Record<RegistryFormat, (login: RegistryToken) => Readonly<Record<string, string>>>> =
  {
    // as External Secrets' generator
    keys: ({ username, password, proxyEndpoint, expiration }) => ({
      username: username.reveal(),
      password: password.reveal(),
      ...(proxyEndpoint === undefined ? {} : { proxy_endpoint: proxyEndpoint }),
      ...(expiration === undefined ? {} : { expires_at: String(Math.floor(expiration.getTime() / 1000)) }),
    }),
    // for imagePullSecrets, and as ~/.docker/config.json
    dockerConfigJson: ({ proxyEndpoint, ...login }) => {
      const registry = proxyEndpoint === undefined ? PUBLIC_REGISTRY : new URL(proxyEndpoint).host;
      const [username, password] = [login.username.reveal(), login.password.reveal()];
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      return { [DOCKER_CONFIG_KEY]: JSON.stringify({ auths: { [registry]: { username, password, auth } } }) };
    },
  };
