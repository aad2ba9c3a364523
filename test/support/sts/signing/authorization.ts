import { AwsError } from '../aws-error.ts';

/** The parts of `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly scope: { readonly date: string; readonly region: string; readonly service: string; readonly term: string };
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const REQUIRED = ['Credential', 'Signature', 'SignedHeaders'] as const;

/** Throws MissingAuthenticationToken without the header, IncompleteSignature when it cannot be read. */
export function parseAuthorization(header: string | undefined): Authorization {
  if (!header) throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token');
  const [algorithm, ...rest] = header.split(' ');
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm', expected ${ALGORITHM}.`);
  const fields = parseFields(rest.join(' '));
  const missing = REQUIRED.filter((name) => !fields.get(name));
  if (missing.length > 0) {
    throw incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '));
  }
  return {
    ...parseCredential(fields.get('Credential') ?? ''),
    signedHeaders: (fields.get('SignedHeaders') ?? '').split(';'),
    signature: fields.get('Signature') ?? '',
  };
}

function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, name, value] = /^\s*(\w+)=(\S+)\s*$/.exec(pair) ?? [];
    if (!name || !value) throw incomplete('A key=value pair in the Authorization header is not valid.');
    fields.set(name, value);
  }
  return fields;
}

function parseCredential(credential: string): Pick<Authorization, 'accessKeyId' | 'scope'> {
  const parts = credential.split('/');
  const [accessKeyId, date, region, service, term] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service || !term) {
    throw incomplete('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.');
  }
  return { accessKeyId, scope: { date, region, service, term } };
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignature', message);
}
