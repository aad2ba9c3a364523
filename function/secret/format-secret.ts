import { STS } from '../chain/operations/operation.ts';
import { finalHop } from '../chain/operations/operations.ts';
import type { Issuance } from '../chain/run-chain.ts';
import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import type { Credentials, CredentialTypes, Route } from '../model/hop.ts';
import type { Job, SecretForm, SecretPart } from '../model/job.ts';
import { FORMATS, type FormatOf } from '../model/secret-spec.ts';
import { Sensitive } from '../model/sensitive.ts';

/** Makes the values of a Secret, by key. `key`: that of the one file, for a format that is one. */
type Format<G extends keyof CredentialTypes> = (
  credentials: CredentialTypes[G],
  where: { readonly region: string; readonly key: string },
) => Readonly<Record<string, string>>;

/** What is known of a type of credentials. */
interface CredentialsRow<G extends keyof CredentialTypes> {
  /** An example with a value for each field that there may be. */
  readonly example: CredentialTypes[G];
  readonly formats: { readonly [Name in FormatOf<G>]: Format<G> };
}

const session: CredentialsRow<'session'> = {
  // the keys of AWS's documentation, and a token as long as a real one
  example: {
    accessKeyId: new Sensitive('ASIAIOSFODNN7EXAMPLE'),
    secretAccessKey: new Sensitive('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
    sessionToken: new Sensitive('EXAMPLETOKEN'.repeat(40)),
    expiration: new Date(2_000_000_000_000),
  },
  formats: {
    // as External Secrets' generator
    keys: ({ accessKeyId, secretAccessKey, sessionToken, expiration }) => ({
      access_key_id: accessKeyId.reveal(),
      secret_access_key: secretAccessKey.reveal(),
      session_token: sessionToken.reveal(),
      ...(expiration === undefined ? {} : { expiration: unixSeconds(expiration) }),
    }),
    // for `envFrom`: a running process never sees renewed ones
    env: ({ accessKeyId, secretAccessKey, sessionToken }, { region }) => ({
      AWS_ACCESS_KEY_ID: accessKeyId.reveal(),
      AWS_SECRET_ACCESS_KEY: secretAccessKey.reveal(),
      AWS_SESSION_TOKEN: sessionToken.reveal(),
      AWS_REGION: region,
    }),
    // for AWS_SHARED_CREDENTIALS_FILE
    credentialsFile: ({ accessKeyId, secretAccessKey, sessionToken }, { key }) => ({
      [key]: [
        '[default]',
        `aws_access_key_id = ${accessKeyId.reveal()}`,
        `aws_secret_access_key = ${secretAccessKey.reveal()}`,
        `aws_session_token = ${sessionToken.reveal()}`,
        '',
      ].join('\n'),
    }),
    // for `credential_process = cat FILE`: the SDKs read it again when it has expired
    credentialProcess: ({ accessKeyId, secretAccessKey, sessionToken, expiration }, { key }) => ({
      [key]: JSON.stringify({
        Version: 1,
        AccessKeyId: accessKeyId.reveal(),
        SecretAccessKey: secretAccessKey.reveal(),
        SessionToken: sessionToken.reveal(),
        ...(expiration === undefined ? {} : { Expiration: expiration.toISOString() }),
      }),
    }),
  },
};

/** The registry of all public images. */
const PUBLIC_REGISTRY = 'public.ecr.aws';

/** The key that Kubernetes wants in a Secret that `imagePullSecrets` may name. */
export const DOCKER_CONFIG_KEY = '.dockerconfigjson';

const login: CredentialsRow<'login'> = {
  example: {
    username: new Sensitive('AWS'),
    password: new Sensitive('EXAMPLEPASSWORD'.repeat(100)),
    proxyEndpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    expiration: new Date(2_000_000_000_000),
  },
  formats: {
    // as External Secrets' generator
    keys: ({ username, password, proxyEndpoint, expiration }) => ({
      username: username.reveal(),
      password: password.reveal(),
      ...(proxyEndpoint === undefined ? {} : { proxy_endpoint: proxyEndpoint }),
      ...(expiration === undefined ? {} : { expires_at: unixSeconds(expiration) }),
    }),
    // for imagePullSecrets, and as ~/.docker/config.json
    dockerConfigJson: ({ proxyEndpoint, ...credentials }) => {
      const registry = proxyEndpoint === undefined ? PUBLIC_REGISTRY : new URL(proxyEndpoint).host;
      const [username, password] = [credentials.username.reveal(), credentials.password.reveal()];
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      return { [DOCKER_CONFIG_KEY]: JSON.stringify({ auths: { [registry]: { username, password, auth } } }) };
    },
  },
};

function unixSeconds(date: Date): string {
  return String(Math.floor(date.getTime() / 1000));
}

const CREDENTIALS: { readonly [G in keyof CredentialTypes]: CredentialsRow<G> } = { session, login };

/**
 * The values of a part's credentials, by the keys that they have in the Secret. Without a part, for an ExternalSecret whose generator is not
 * found yet, they are a session's. A format
 * that the credentials do not have was refused when the manifest was read.
 */
function formatPart(
  part: (Route & Pick<SecretPart, 'dataKeys'>) | undefined,
  { format = 'keys', key }: Pick<SecretForm, 'format' | 'key'>,
  credentials: Credentials,
): (readonly [key: string, text: string])[] {
  const final = finalHop(part);
  const { dataKeys } = part ?? {};
  const gives = final?.row.gives ?? 'session';
  const write = (CREDENTIALS[gives].formats as Readonly<Record<string, Format<keyof CredentialTypes>>>)[format]; // `credentials` is what it gives
  if (write === undefined) throw new Error('a format was planned that what is given has not');
  const { file = '' } = (FORMATS[gives] as Readonly<Record<string, { readonly file?: string }>>)[format] ?? {};
  const texts = Object.entries(write(credentials, { region: final?.hop.region ?? '', key: key ?? file }));
  if (dataKeys === undefined) return texts;
  return texts.flatMap(([name, text]) => (dataKeys[name] === undefined ? [] : [[dataKeys[name], text] as const]));
}

/** The keys that a generator can give to an ExternalSecret; those of a session while its chain is not known. */
export function generatedKeys(route: Route | undefined): readonly string[] {
  return formatPart(route, {}, exampleOf(route)).map(([key]) => key);
}

/** The keys that a Secret always has, as far as they are known before its templates are rendered. */
export function keysOf(job: Pick<Job, 'parts' | 'form'>): readonly string[] {
  return keysWith(job, ({ expiration: _, ...always }) => always);
}

/** All keys that a job may add to a Secret that others made; undefined if a template names keys only when rendered. */
export function addedKeys(job: Pick<Job, 'parts' | 'form'>): readonly string[] | undefined {
  const isNamedLater = job.form.template?.templates.some(({ target, key }) => target === 'Data' && key === undefined);
  return isNamedLater === true ? undefined : keysWith(job, (credentials) => credentials);
}

function keysWith(
  { parts, form }: Pick<Job, 'parts' | 'form'>,
  select: (credentials: Credentials) => Credentials,
): string[] {
  const values = parts.flatMap((part) => formatPart(part, form, select(exampleOf(part))).map(([key]) => key));
  const { keepsValues = true } = form.template ?? {};
  return [...new Set([...(keepsValues ? values : []), ...renderedKeys(form)])];
}

/** The keys that a template gives values to, as far as they are known before it is rendered. */
export function renderedKeys({ template }: Pick<SecretForm, 'template'>): readonly string[] {
  return (template?.templates ?? []).flatMap(({ target, key }) =>
    target === 'Data' && key !== undefined ? [key] : [],
  );
}

/** An example of what a chain will give: a session, while the chain is not known. */
export function exampleOf(route: Route | undefined): Credentials {
  const final = finalHop(route);
  const example = { ...CREDENTIALS[final?.row.gives ?? 'session'].example };
  for (const field of final?.row.lacks?.(final.hop.request) ?? []) Reflect.deleteProperty(example, field);
  return example;
}

/** What stands for each credential in a placeholder: it looks like no key, and is the same in every run. */
export const STAND_IN = 'placeholder';

/** What a chain will give, with {@link STAND_IN} for each credential. */
export function standInOf(route: Route): Credentials {
  const fields = Object.entries(exampleOf(route));
  return Object.fromEntries(
    fields.map(([name, value]) => [name, value instanceof Sensitive ? new Sensitive(STAND_IN) : value]),
  ) as unknown as Credentials; // the same fields
}

/** Characters of a credential: printable ASCII without space. A newline could add a program to an ini file. */
const CREDENTIAL_TEXT = /^[\x21-\x7e]+$/;

/** A part, and the session or login that was issued for it. */
export interface PartIssuance extends Issuance {
  readonly part: SecretPart;
}

/**
 * The values of a Secret's sessions and logins, by their keys in it. Those of a later part win.
 * @throws FindingError when a value holds characters that no credential has.
 */
export function valuesOf(
  { form }: Pick<Job, 'form'>,
  parts: readonly Pick<PartIssuance, 'part' | 'credentials'>[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { part, credentials } of parts) {
    const texts = Object.values(credentials).map((value) => (value instanceof Sensitive ? value.reveal() : value));
    // an expiration is a Date
    if (texts.some((text) => typeof text === 'string' && !CREDENTIAL_TEXT.test(text)))
      throw new FindingError(notCredentials(part));
    for (const [key, text] of formatPart(part, form, credentials)) values.set(key, text);
  }
  return values;
}

function notCredentials({ generator, ...hops }: SecretPart): Finding {
  const final = finalHop(hops);
  const { name, endpoints } = final === undefined ? STS : final.row.service(final.hop.request);
  const cause = say`the answer of ${name} holds characters that no key has`;
  const start = say`cannot render the Secret of ${theObject(generator)}`;
  return finding('STS_MALFORMED', say`${start}: ${cause}. Check which server ${endpoints} names.`, {
    object: generator,
  });
}
