import type { RegistryFormat } from '../api/secret-spec.ts';

/** What whoever pulls images needs, as text. */
export interface Login {
  readonly username: string;
  readonly password: string;
  /** URL of the registry; absent for the public ones. */
  readonly proxyEndpoint?: string;
  readonly expiration?: Date;
}

/** Where public images are, whoever asks. */
const PUBLIC_REGISTRY = 'public.ecr.aws';

/** The key that Kubernetes wants in a Secret of this type. */
const DOCKER_CONFIG_KEY = '.dockerconfigjson';

const FORMATS: Readonly<Record<RegistryFormat, (login: Login) => Readonly<Record<string, string>>>> = {
  // as External Secrets' generator
  keys: ({ username, password, proxyEndpoint, expiration }) => ({
    username,
    password,
    ...(proxyEndpoint === undefined ? {} : { proxy_endpoint: proxyEndpoint }),
    ...(expiration === undefined ? {} : { expires_at: String(Math.floor(expiration.getTime() / 1000)) }),
  }),
  // for imagePullSecrets, and as ~/.docker/config.json
  dockerConfigJson: ({ username, password, proxyEndpoint }) => {
    const registry = proxyEndpoint === undefined ? PUBLIC_REGISTRY : new URL(proxyEndpoint).host;
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    return { [DOCKER_CONFIG_KEY]: JSON.stringify({ auths: { [registry]: { username, password, auth } } }) };
  },
};

/** The texts of a Secret with a login, by key. */
export function formatLogin(format: RegistryFormat, login: Login): Readonly<Record<string, string>> {
  return FORMATS[format](login);
}
