import { isSeq, parseAllDocuments, parseDocument } from 'yaml';

const PREFIX = 'sts.fn.crossplane.io';

/** A Secret of ours as a test reads it. */
export interface EmittedSecret {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Our Secrets among the items of a ResourceList, or among the documents of a stream. */
export function emittedSecrets(text: string): EmittedSecret[] {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as { items?: unknown[] });
  const objects = documents.flatMap((document) => document.items ?? [document]);
  return objects.filter(isOurs);
}

/** The value of a key, decoded. */
export function reveal(secret: EmittedSecret, key: string): string {
  return Buffer.from(secret.data[key] ?? '', 'base64').toString();
}

/**
 * The text with everything that differs from run to run replaced by its name: the values, their hash, and the two times. What they
 * hold is checked elsewhere; here only that they are there.
 */
export function normalise(text: string): string {
  return text
    .replaceAll(/^(\s+)\.(dockerconfigjson): [A-Za-z0-9+/]+=*$/gm, '$1.$2: <$2>')
    .replaceAll(/^(\s+)(username|password|proxy_endpoint|expires_at): [A-Za-z0-9+/]+=*$/gm, '$1$2: <$2>')
    .replaceAll(/^(\s+)(access_key_id|secret_access_key|session_token|expiration): [A-Za-z0-9+/]+=*$/gm, '$1$2: <$2>')
    .replaceAll(/(sts\.fn\.crossplane\.io\/(expiration|renew-after)): "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g, '$1: <$2>')
    .replaceAll(/(sts\.fn\.crossplane\.io\/data-hash): v1-[0-9a-f]{32}/g, '$1: <data-hash>')
    .replaceAll(/("sts\.fn\.crossplane\.io\/data-hash"):"v1-[0-9a-f]{32}"/g, '$1:"<data-hash>"')
    .replaceAll(/"(access_key_id|secret_access_key|session_token|expiration)":"[A-Za-z0-9+/]+=*"/g, '"$1":"<$1>"')
    .replaceAll(
      /("sts\.fn\.crossplane\.io\/(expiration|renew-after)"):"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g,
      '$1:"<$2>"',
    );
}

/** What a run says on standard error, but for the warning that every run has whose Secrets go into files. */
export function withoutPlaintextWarning(stderr: string): string {
  return stderr.replace(/^warning: (?:\S+: )?credentials of Secret .* go into files .*\n/m, '');
}

/** One of the `results` of a ResourceList. */
export interface Result {
  readonly severity: string;
  readonly message: string;
  readonly resourceRef?: { readonly name: string };
  readonly field?: { readonly path: string };
  readonly file?: { readonly path: string };
  readonly tags: { readonly code: string };
}

/** `results` of a ResourceList. */
export function resultsOf(text: string): Result[] {
  const document = parseDocument(text);
  const results = document.get('results');
  return isSeq(results) ? (results.toJS(document) as Result[]) : [];
}

/** The line of standard error that says the same as a result. */
export function lineOf({ severity, message, file, tags }: Result): string {
  return `${severity}: ${file === undefined ? '' : `${file.path}: `}${message} [${tags.code}]`;
}

function isOurs(object: unknown): object is EmittedSecret {
  const { kind, metadata } = (object ?? {}) as { kind?: string; metadata?: { annotations?: Record<string, string> } };
  return kind === 'Secret' && `${PREFIX}/generator` in (metadata?.annotations ?? {});
}
