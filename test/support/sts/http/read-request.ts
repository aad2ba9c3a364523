import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AwsError } from '../aws-error.ts';
import { Parameters } from './parameters.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** As a signature's scope names it. */
export type Service = 'sts' | 'ecr' | 'ecr-public';

/** What the JSON services call themselves in x-amz-target. */
const TARGETS: Readonly<Record<string, Service>> = {
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
  SpencerFrontendService: 'ecr-public',
};

/** One HTTP request, read to its end. */
export interface StsRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whose protocol it speaks: STS has form parameters and XML, the registries have JSON. */
  readonly service: Service;
  /** The Action parameter, or that of the x-amz-target header; empty when there is none. */
  readonly operation: string;
  readonly parameters: Parameters;
}

/** Throws MethodNotAllowed, RequestEntityTooLarge or MalformedInput. */
export async function readRequest(incoming: IncomingMessage): Promise<StsRequest> {
  const { method = '', url: path = '/', headers } = incoming;
  if (method !== 'POST') throw new AwsError('MethodNotAllowed', `Method ${method} is not allowed, use POST`);
  const body = await readBody(incoming);
  const [prefix = '', target = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const json = Object.hasOwn(TARGETS, prefix) ? TARGETS[prefix] : undefined;
  if (json !== undefined)
    return { method, path, headers, body, parameters: new Parameters(new Map()), service: json, operation: target };
  const isForm = FORM.test(headers['content-type'] ?? '');
  const parameters = isForm ? Parameters.parse(body) : new Parameters(new Map());
  return { method, path, headers, body, parameters, service: 'sts', operation: parameters.get('Action') ?? '' };
}

/** Reads to the end in any case, since a client that is still sending does not see an early answer. */
async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) throw new AwsError('RequestEntityTooLarge', `Body exceeds ${MAX_BODY_BYTES} bytes`);
  return Buffer.concat(chunks);
}
