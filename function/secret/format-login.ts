import type { RegistryFormat } from '../api/secret-spec.ts';
import type { RegistryToken } from '../api/session.ts';

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
