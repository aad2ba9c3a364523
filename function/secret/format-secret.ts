import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { isSession, type Obtained, type RegistryToken, type Session } from '../model/hop.ts';
import type { Chain, Job, SecretForm, SecretPart } from '../model/job.ts';
import { REGISTRY_FORMATS, type RegistryFormat, SESSION_FORMATS, type SessionFormat } from '../model/secret-spec.ts';
import { Sensitive } from '../model/sensitive.ts';

type Format = (session: Session, region: string, key: string | undefined) => Readonly<Record<string, string>>;

/** The values of a session's Secret by key, for each format. `key`: the file's key, where the format is a file. */
const SESSION_TEXTS: Readonly<Record<SessionFormat, Format>> = {
  // as External Secrets' generator
  keys: ({ accessKeyId, secretAccessKey, sessionToken, expiration }) => ({
    access_key_id: accessKeyId.reveal(),
    secret_access_key: secretAccessKey.reveal(),
    session_token: sessionToken.reveal(),
    ...(expiration === undefined ? {} : { expiration: String(Math.floor(expiration.getTime() / 1000)) }),
  }),
  // for `envFrom`: a running process never sees renewed ones
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

/** The registry of all public images. */
const PUBLIC_REGISTRY = 'public.ecr.aws';

/** The key that Kubernetes wants in a Secret that `imagePullSecrets` may name. */
export const DOCKER_CONFIG_KEY = '.dockerconfigjson';

/** The texts of a Secret with a login, by key, in each format. */
const LOGIN_TEXTS: Readonly<Record<RegistryFormat, (login: RegistryToken) => Readonly<Record<string, string>>>> = {
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

/** The texts of one session or login, by the keys that they have in the Secret. */
function formatPart(
  { chain, dataKeys }: { readonly chain: Chain | undefined; readonly dataKeys?: SecretPart['dataKeys'] },
  { format, key }: Pick<SecretForm, 'format' | 'key'>,
  obtained: Obtained,
): (readonly [key: string, text: string])[] {
  const region = chain?.hops.at(-1)?.region ?? '';
  const texts = Object.entries(
    isSession(obtained)
      ? SESSION_TEXTS[SESSION_FORMATS.find((one) => one === format) ?? 'keys'](obtained, region, key)
      : LOGIN_TEXTS[REGISTRY_FORMATS.find((one) => one === format) ?? 'keys'](obtained),
  );
  if (dataKeys === undefined) return texts;
  return texts.flatMap(([name, text]) => (dataKeys[name] === undefined ? [] : [[dataKeys[name], text] as const]));
}

/** The keys that a generator can give to an ExternalSecret; those of a session while its chain is not known. */
export function generatedKeys(chain: Chain | undefined): readonly string[] {
  return formatPart({ chain }, {}, exampleOf(chain)).map(([key]) => key);
}

/** The keys that a Secret always has, as far as they are known before its templates are rendered. */
export function keysOf(job: Pick<Job, 'parts' | 'form'>): readonly string[] {
  return keysWith(job, ({ expiration: _, ...always }) => always);
}

/** All keys that a job may add to a Secret that others made; undefined if a template names keys only when rendered. */
export function addedKeys(job: Pick<Job, 'parts' | 'form'>): readonly string[] | undefined {
  const isNamedLater = job.form.template?.parts.some(({ target, key }) => target === 'Data' && key === undefined);
  return isNamedLater === true ? undefined : keysWith(job, (obtained) => obtained);
}

function keysWith({ parts, form }: Pick<Job, 'parts' | 'form'>, given: (obtained: Obtained) => Obtained): string[] {
  const values = parts.flatMap((part) => formatPart(part, form, given(exampleOf(part.chain))).map(([key]) => key));
  const { keepsValues = true, parts: templates = [] } = form.template ?? {};
  const rendered = templates.flatMap(({ target, key }) => (target === 'Data' && key !== undefined ? [key] : []));
  return [...new Set([...(keepsValues ? values : []), ...rendered])];
}

/** A sample session: the keys of AWS's documentation, and a token as long as a real one. */
const SESSION: Session = {
  accessKeyId: new Sensitive('ASIAIOSFODNN7EXAMPLE'),
  secretAccessKey: new Sensitive('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  sessionToken: new Sensitive('EXAMPLETOKEN'.repeat(40)),
  expiration: new Date(2_000_000_000_000),
};

/** A sample login. */
const LOGIN: RegistryToken = {
  username: new Sensitive('AWS'),
  password: new Sensitive('EXAMPLEPASSWORD'.repeat(100)),
  expiration: new Date(2_000_000_000_000),
};

/** An example of what the last hop of a chain will give: a session, while the chain is not known. */
export function exampleOf(chain: Chain | undefined): Obtained {
  const last = chain?.hops.at(-1);
  if (last?.operation !== 'GetAuthorizationToken') return SESSION;
  if (last.request.scope === 'public') return LOGIN;
  return { ...LOGIN, proxyEndpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com' };
}

/** Characters of a key: printable ASCII without space. A newline could add a line to an ini file that runs a program. */
const KEY_TEXT = /^[\x21-\x7e]+$/;

/** A part, and its session or login. */
export interface ObtainedPart {
  readonly part: SecretPart;
  readonly obtained: Obtained;
  /** When it was asked for. */
  readonly issuedAt: Date;
}

/**
 * The values of a Secret's sessions and logins, by their keys in it. Those of a later part win.
 * @throws FindingError when a value holds characters that no key has.
 */
export function valuesOf({ form }: Pick<Job, 'form'>, parts: readonly ObtainedPart[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { part, obtained } of parts) {
    const texts = Object.values(obtained).map((value) => (value instanceof Sensitive ? value.reveal() : value));
    // an expiration is a Date
    if (texts.some((text) => typeof text === 'string' && !KEY_TEXT.test(text)))
      throw new FindingError(notKeys(part.generator, obtained));
    for (const [key, text] of formatPart(part, form, obtained)) values.set(key, text);
  }
  return values;
}

function notKeys(generator: SecretPart['generator'], obtained: Obtained): Finding {
  const [who, endpoints] = isSession(obtained)
    ? ['STS', 'AWS_ENDPOINT_URL_STS or AWS_STS_ENDPOINT']
    : ['the registry', 'AWS_ENDPOINT_URL_ECR or AWS_ECR_ENDPOINT'];
  const cause = say`the answer of ${who} holds characters that no key has`;
  const start = say`cannot render the Secret of ${theObject(generator)}`;
  return finding('STS_MALFORMED', say`${start}: ${cause}. Check which server ${endpoints} names.`, {
    object: generator,
  });
}
