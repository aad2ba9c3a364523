import aws4 from 'aws4';
import { XMLParser } from 'fast-xml-parser';
import type { Keys } from './ask.ts';

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
