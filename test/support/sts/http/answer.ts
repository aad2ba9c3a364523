import { AwsError, type AwsFailure } from '../aws-error.ts';
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

export function resultAnswer(operation: string, result: XmlElement, requestId: string): HttpAnswer {
  return xmlAnswer(200, 'ok', resultXml(operation, result, requestId), requestId);
}

export function failureAnswer(failure: AwsFailure, requestId: string): HttpAnswer {
  return xmlAnswer(failure.status, failure.code, errorXml(failure, requestId), requestId);
}

/** Whatever was thrown, as AWS would say it; an error of our own never shows its text. */
export function errorAnswer(error: unknown, requestId: string): HttpAnswer {
  const known = error instanceof AwsError ? error : internalFailure();
  const answer = failureAnswer(known, requestId);
  return known.code === 'MethodNotAllowed' ? { ...answer, headers: { ...answer.headers, allow: 'POST' } } : answer;
}

export function internalFailure(): AwsError {
  return new AwsError('InternalFailure', 'The request processing has failed because of an unknown error.');
}
