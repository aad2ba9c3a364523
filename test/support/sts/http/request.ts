import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AwsError } from '../aws-error.ts';

/** Never recorded and never quoted in a message. */
const SECRET_PARAMETERS = ['WebIdentityToken', 'TokenCode', 'SAMLAssertion'];
const MALFORMED_PERCENT = /%(?![0-9A-Fa-f]{2})/;

/** The parameters of one query-protocol request, lists included (`Tags.member.1.Key`). */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** Reads a form-encoded body. Throws MalformedInput for bytes or escapes that are no text. */
  static parse(body: Buffer): Parameters {
    const values = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(decode(body))) {
      if (values.has(name)) throw new AwsError('MalformedInput', `Parameter ${name} is given twice`);
      values.set(name, value);
    }
    return new Parameters(values);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** The members of a list in the order of their numbers; each is read with its own relative names. */
  list(name: string): Parameters[] {
    const members = new Map<number, Map<string, string>>();
    for (const [key, value] of this.#values) {
      const [, list, number, field = ''] = /^(\w+)\.member\.(\d+)(?:\.(\w+))?$/.exec(key) ?? [];
      if (list !== name) continue;
      const member = members.get(Number(number)) ?? new Map<string, string>();
      members.set(Number(number), member.set(field, value));
    }
    const numbers = [...members.keys()].sort((a, b) => a - b);
    return numbers.map((number) => new Parameters(members.get(number) ?? new Map()));
  }

  /** The members of a list of plain texts. */
  texts(name: string): string[] {
    return this.list(name).map((member) => member.get('') ?? '');
  }

  /** What may be shown: all but the protocol's own two and secrets. */
  recordable(): Record<string, string> {
    const hidden = new Set(['Action', 'Version', ...SECRET_PARAMETERS]);
    return Object.fromEntries([...this.#values].filter(([name]) => !hidden.has(name)));
  }
}

function decode(body: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (!MALFORMED_PERCENT.test(text)) return text;
  } catch {
    // Not UTF-8: the same answer.
  }
  throw new AwsError('MalformedInput', 'The request body is not form-encoded text');
}

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
export async function readRunRequest(incoming: IncomingMessage): Promise<StsRequest> {
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
