import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { STSClient } from '@aws-sdk/client-sts';
import { XMLParser } from 'fast-xml-parser';

/** An answer as it was on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Keeps what the SDK reads; the SDK reads the same. */
export function recordAnswers(client: STSClient): RawAnswer[] {
  const answers: RawAnswer[] = [];
  const { requestHandler } = client.config;
  const handle = requestHandler.handle.bind(requestHandler);
  requestHandler.handle = async (...request) => {
    const { response } = await handle(...request);
    const body = await text(response.body);
    answers.push({ status: response.statusCode, headers: response.headers, body });
    response.body = Readable.from([Buffer.from(body)]);
    return { response };
  };
  return answers;
}

/**
 * The shape of an answer, one line a fact: status, the headers that clients rely on, the XML namespace, and each
 * element's path with the format of its value. Values that two servers can agree on (ARNs, codes) stay as they are.
 */
export function shapeOf({ status, headers, body }: RawAnswer): string[] {
  const document = parser.parse(body);
  const dated = Date.parse(headers.date ?? '') > 0 ? 'Date: a date' : 'no Date';
  return [
    `status: ${status}`,
    `content-type: ${headers['content-type']?.split(';')[0]}`,
    `x-amzn-requestid: ${formatOf(headers['x-amzn-requestid'])}`,
    `date: ${dated}`,
    ...elements(document, ''),
  ];
}

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false });

function elements(element: unknown, path: string): string[] {
  if (typeof element !== 'object' || element === null) return [`${path}: ${formatOf(String(element))}`];
  return Object.entries(element)
    .flatMap(([name, child]) => elements(child, path === '' ? name : `${path}/${name}`))
    .sort();
}

const FORMATS: readonly [format: string, pattern: RegExp][] = [
  ['a UUID', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['52 characters', /^[A-Za-z0-9]{52}$/],
  ['ASIA + 16', /^ASIA[A-Z0-9]{16}$/],
  ['AIDA + 17', /^AIDA[A-Z0-9]{17}$/],
  ['AROA + 17 : me', /^AROA[A-Z0-9]{17}:me$/],
  ['a time in whole seconds', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/],
  ['a time in microseconds', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/],
  ['40 of base64', /^[\w+/]{40}$/],
  ['a long token', /^[\w+/]{200,}={0,2}$/],
];

function formatOf(value: string | undefined): string {
  if (value === undefined) return 'none';
  return FORMATS.find(([, pattern]) => pattern.test(value))?.[0] ?? value;
}
