import { AwsError, type AwsFailure } from '../aws-error.ts';
import { errorJson, inJson } from './json.ts';
import type { Service } from './read-request.ts';
import { errorXml, resultXml, type XmlElement } from './xml.ts';

/** An HTTP answer, or the connection cut instead of one. */
export type Answer = HttpAnswer | { readonly kind: 'reset'; readonly outcome: 'ConnectionReset' };

export interface HttpAnswer {
  readonly kind: 'http';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the Date header is sent; default true. */
  readonly dated?: boolean;
  /** How the body is sent: whole, until its middle, or byte by byte. */
  readonly delivery?: 'whole' | 'cut' | { readonly everyMs: number };
  /** For the record: `ok`, the AWS error code, or `HTTP` and the status. */
  readonly outcome: string;
}

export function xmlAnswer(status: number, outcome: string, body: string, requestId: string): HttpAnswer {
  const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
  return { kind: 'http', status, headers, body, outcome };
}

function jsonAnswer(status: number, outcome: string, body: string, requestId: string): HttpAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId };
  return { kind: 'http', status, headers, body, outcome };
}

/** What a JSON service answers. */
export function valueAnswer(value: object, requestId: string): HttpAnswer {
  return jsonAnswer(200, 'ok', JSON.stringify(value), requestId);
}

export function resultAnswer(operation: string, result: XmlElement, requestId: string): HttpAnswer {
  return xmlAnswer(200, 'ok', resultXml(operation, result, requestId), requestId);
}

export function failureAnswer(failure: AwsFailure, requestId: string, service: Service = 'sts'): HttpAnswer {
  if (service !== 'sts') {
    const own = inJson(failure);
    return jsonAnswer(own.status, own.code, errorJson(own), requestId);
  }
  return xmlAnswer(failure.status, failure.code, errorXml(failure, requestId), requestId);
}

/** Whatever was thrown, as AWS would say it; an error of our own never shows its text. */
export function errorAnswer(error: unknown, requestId: string, service: Service = 'sts'): HttpAnswer {
  const known = error instanceof AwsError ? error : internalFailure();
  const answer = failureAnswer(known, requestId, service);
  return known.code === 'MethodNotAllowed' ? { ...answer, headers: { ...answer.headers, allow: 'POST' } } : answer;
}

export function internalFailure(): AwsError {
  return new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.');
}
