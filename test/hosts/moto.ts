import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { STSClient } from '@aws-sdk/client-sts';
import aws4 from 'aws4';
import { XMLParser } from 'fast-xml-parser';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { freePort } from '../support/listen.ts';
import { isAnswered, startProcess } from '../support/start-process.ts';
import type { Keys } from '../support/sts/testing/ask.ts';

/** An answer as it was on the wire. */
interface RawAnswer {
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

/** Starts the real moto, the STS that AWS's Python users test with, on a free loopback port. */
export async function startMoto() {
  requirePrograms([realProgram('moto_server')]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { stop } = await startProcess(realProgram('moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    isReady: () => isAnswered(port, '/moto-api/data.json'),
    stopMilliseconds: 5000,
  });
  return {
    url,
    /** One call of IAM's query API; the answer's `…Result` element. */
    iam: (action: string, parameters: Record<string, string>) => askIam(url, action, parameters),
    /** From here on moto verifies signatures, policies and trust. */
    demandAuthentication: async () => {
      const headers = { 'content-type': 'text/plain' };
      const response = await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', headers, body: '0' });
      if (!response.ok) throw new Error(`moto refuses to demand authentication: ${response.status}`);
    },
    close: stop,
  };
}

async function askIam(
  url: string,
  action: string,
  parameters: Record<string, string>,
): Promise<Record<string, Record<string, string>>> {
  const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString();
  const anyKeys: Keys = { accessKeyId: 'AKIASETUPSETUPSETUPS', secretAccessKey: 'set-up' };
  const { host } = new URL(url);
  const signed = aws4.sign(
    { method: 'POST', path: '/', host, service: 'iam', region: 'us-east-1', body },
    { ...anyKeys },
  );
  const { Authorization, 'X-Amz-Date': date, 'Content-Type': type } = signed.headers ?? {};
  const headers = { authorization: String(Authorization), 'x-amz-date': String(date), 'content-type': String(type) };
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`moto's IAM refuses ${action}: ${response.status}`);
  return new XMLParser().parse(text)[`${action}Response`]?.[`${action}Result`];
}
