import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  GetCallerIdentityCommand,
  STSClient,
  STSServiceException,
} from '@aws-sdk/client-sts';
import aws4 from 'aws4';
import { XMLParser } from 'fast-xml-parser';
import { type EmittedSecret, reveal } from '../../emitted.ts';

/** Keys as a user has them, or as an answer of the server carries them. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The real SDK, one attempt, signing with these keys; its clock may be off. */
export function clientOf(url: string, credentials: Keys, systemClockOffset = 0): STSClient {
  return new STSClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1, systemClockOffset });
}

export function assumeRole(url: string, keys: Keys, input: Partial<AssumeRoleCommandInput>) {
  return clientOf(url, keys).send(new AssumeRoleCommand({ RoleArn: undefined, RoleSessionName: 'me', ...input }));
}

/** The keys inside an answer's `Credentials`. */
export function keysOf(answer: { Credentials?: Credentials | undefined }): Keys {
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error('the answer has no credentials');
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** `ok`, or the refusal in one line: `CODE STATUS: MESSAGE`. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (!(error instanceof STSServiceException)) throw error;
    return `${error.name} ${error.$metadata.httpStatusCode}: ${error.message}`;
  }
}

/** A request signed by hand, for what the SDK would never send. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Signing {
  readonly keys?: Keys;
  readonly region?: string;
  readonly service?: string;
  readonly date?: Date;
  readonly path?: string;
  /** More headers, signed too. */
  readonly headers?: Record<string, string>;
  /** Headers that are sent but left out of the signature. */
  readonly unsigned?: readonly string[];
}

/** GetCallerIdentity, the smallest request there is, signed as told. */
export function signedRequest(url: string, signing: Signing): RawRequest {
  const { keys, region = 'eu-west-1', service = 'sts', date = new Date(), path = '/', unsigned = [] } = signing;
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const headers: Record<string, string> = {
    host: new URL(url).host,
    'content-type': 'application/x-www-form-urlencoded',
    'x-amz-date': date.toISOString().replace(/[-:]|\.\d{3}/g, ''),
    ...(keys?.sessionToken && { 'x-amz-security-token': keys.sessionToken }),
    ...signing.headers,
  };
  if (!keys) return { method: 'POST', path, headers, body };
  const toSign = {
    ...{ method: 'POST', path, body, region, service, headers, doNotModifyHeaders: true },
    extraHeadersToInclude: Object.fromEntries(Object.keys(headers).map((name) => [name, true])),
    extraHeadersToIgnore: Object.fromEntries(unsigned.map((name) => [name, true])),
  };
  for (const name of unsigned) delete toSign.extraHeadersToInclude[name];
  const signer = new aws4.RequestSigner(toSign, { ...keys });
  signer.datetime = headers['x-amz-date'] ?? '';
  return { method: 'POST', path, body, headers: { ...headers, authorization: signer.authHeader() } };
}

/** Sends anything and returns the answer, its error as `CODE STATUS: MESSAGE`. */
export async function send(url: string, request: Partial<RawRequest>) {
  const { method = 'POST', path = '/', headers = {}, body } = request;
  const { host: _, ...others } = headers;
  const response = await fetch(url + path, { method, headers: others, ...(body !== undefined && { body }) });
  const text = await response.text();
  const error = new XMLParser({ parseTagValue: false }).parse(text).ErrorResponse?.Error;
  const outcome = error ? `${error.Code} ${response.status}: ${error.Message}` : 'ok';
  return { status: response.status, headers: response.headers, text, outcome };
}

/** Who an STS says one is with the session in a Secret: it can be used. */
export async function callerOf(url: string, secret: EmittedSecret): Promise<string | undefined> {
  const client = clientOf(url, {
    accessKeyId: reveal(secret, 'access_key_id'),
    secretAccessKey: reveal(secret, 'secret_access_key'),
    sessionToken: reveal(secret, 'session_token'),
  });
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  return Arn;
}
