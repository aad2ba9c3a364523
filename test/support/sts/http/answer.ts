import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { XMLBuilder } from 'fast-xml-parser';
import { AwsError, type AwsFailure } from '../aws-error.ts';
import type { Service } from './request.ts';

export type XmlElement = { readonly [name: string]: XmlElement | string | number | undefined };

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const builder = new XMLBuilder({ format: true, ignoreAttributes: false, attributeNamePrefix: '@' });

/** Control characters that no XML document may hold, not even escaped. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function resultXml(operation: string, result: XmlElement, requestId: string): string {
  return build({
    [`${operation}Response`]: {
      '@xmlns': NAMESPACE,
      [`${operation}Result`]: result,
      ResponseMetadata: { RequestId: requestId },
    },
  });
}

function errorXml({ code, status, message }: AwsFailure, requestId: string): string {
  const Type = status < 500 ? 'Sender' : 'Receiver';
  return build({
    ErrorResponse: { '@xmlns': NAMESPACE, Error: { Type, Code: code, Message: message }, RequestId: requestId },
  });
}

/** The bare body that S3-like servers send: no wrapper, no namespace, a message only sometimes. */
export function bareErrorXml(code: string, message: string | undefined): string {
  return build({ Error: { Code: code, Message: message } });
}

function build(document: XmlElement): string {
  return builder.build(printable(document));
}

function printable(element: XmlElement): XmlElement {
  const children = Object.entries(element).filter(([, child]) => child !== undefined);
  return Object.fromEntries(
    children.map(([name, child]) => [
      name,
      typeof child === 'object' ? printable(child) : String(child).replace(NOT_XML, '\u{FFFD}'),
    ]),
  );
}

/** How the JSON services name what STS has other codes for. */
const CODES: Readonly<Record<string, string>> = {
  AccessDenied: 'AccessDeniedException',
  ExpiredToken: 'ExpiredTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  InvalidAction: 'UnknownOperationException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  Throttling: 'ThrottlingException',
};

/** A failure in the words of a JSON service. */
function inJson({ code, status, message }: AwsFailure): AwsFailure {
  const own = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  return { code: own ?? code, status: status === 403 ? 400 : status, message };
}

function errorJson({ code, message }: AwsFailure): string {
  return JSON.stringify({ __type: code, message });
}

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

/** The Date header tells the server's own clock: SDKs correct theirs by it. */
export function sendAnswer(outgoing: ServerResponse, answer: Answer, now: Date): void {
  if (answer.kind === 'reset') {
    outgoing.destroy();
    return;
  }
  const { status, headers, dated = true, delivery = 'whole' } = answer;
  const body = Buffer.from(answer.body);
  outgoing.sendDate = dated;
  const date = dated ? { date: now.toUTCString() } : {};
  outgoing.writeHead(status, { ...headers, ...date, 'content-length': body.length });
  if (delivery === 'whole') outgoing.end(body);
  else if (delivery === 'cut') outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
  else drip(outgoing, body, delivery.everyMs);
}

/** Until the last byte, or until either side closes the connection. */
function drip(outgoing: ServerResponse, body: Buffer, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent === body.length) outgoing.end();
    else outgoing.write(body.subarray(sent, sent + 1));
    sent += 1;
  }, everyMs);
  outgoing.once('close', () => clearInterval(timer));
}

/** Bytes that are not HTTP: there is no response object yet, so the answer goes straight to the socket. */
export function refuseConnection(socket: Duplex, requestId: string): void {
  if (!socket.writable) return;
  const { status, headers, body } = failureAnswer(new AwsError('MalformedInput', 'This is not HTTP'), requestId);
  const all = { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} Bad Request`, ...lines, '', body].join('\r\n'));
}
