import { defined } from '../model/plain-data.ts';
import { REGION } from '../model/schema-parts.ts';
import { AwsError, type AwsFailure, type Environment } from '../model/world.ts';
import { proxyOf } from './agent-options.ts';

/** The form of AWS's error codes; other text is not repeated. Codes have no digits, as keys and tokens do. */
const AWS_CODE = /^[A-Za-z][A-Za-z.]{0,63}$/;
/** Names that the SDK or JavaScript gives to an error without a code, and the form of an access key ID. */
const NO_AWS_CODE = /^(?:NotFound|(?:Type|Range|Syntax|Timeout|Provider|CredentialsProvider)?Error|A[A-Z]{15,})$/;

/** An error of the SDK without its text, since messages of AWS and of the SDK may repeat the request. */
export async function toAwsError(error: unknown, signal: AbortSignal, environment: Environment): Promise<AwsError> {
  if (error instanceof AwsError) return error;
  const failure = classify(error, signal, environment);
  const region = 'host' in failure && failure.host?.split('.').find((label) => REGION.test(label));
  if (!region) return new AwsError(failure);
  const { meantRegion } = await import('./regions.ts');
  return new AwsError({ ...failure, ...defined({ meant: meantRegion(region) }) });
}

interface SdkError {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: unknown;
}

function classify(error: unknown, signal: AbortSignal, environment: Environment): AwsFailure {
  const { name, $metadata, $response } = (error ?? {}) as SdkError; // thrown values have no type
  if (signal.aborted) return { kind: 'deadline' };
  const httpStatus = $metadata?.httpStatusCode;
  // none came, or one that was cut off
  if ($response === undefined || httpStatus === undefined || httpStatus < 400)
    return connectionFailure(error, environment) ?? { kind: 'malformed' };
  const awsCode = typeof name === 'string' && AWS_CODE.test(name) && !NO_AWS_CODE.test(name) ? name : 'Unknown';
  return { kind: 'refused', awsCode, httpStatus, clockCorrected: $metadata?.clockSkewCorrected === true };
}

/** System errors of a connection. Others (ENOENT, ERR_INVALID_CHAR) are about files or settings: a retry would not help. */
const NETWORK_CODE = /^(?:ECONN\w+|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_\w+|EHOST\w+|ENET\w+|E[MN]FILE)$/;
/** Node's codes for a failed certificate check. */
const TLS_CODE =
  /^(?:ERR_TLS_CERT_\w+|ERR_SSL_\w+|\w*(?:SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|CERT_|HOSTNAME_MISMATCH)\w*)$/;

/** Why there was no response. */
type ConnectionFailure = Extract<AwsFailure, { readonly cause: string }>;

interface SystemError {
  readonly name?: unknown;
  readonly code?: unknown;
  /** That DNS was asked for. */
  readonly hostname?: string;
  /** Of the address that did not let us connect. */
  readonly port?: number;
  /** What {@link withEndpoint} has added. */
  readonly endpoint?: string;
  /** The status of the answer of a proxy, if it was one. */
  readonly statusCode?: number;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** The failed connection that a thrown value is about; undefined for other errors. */
export function connectionFailure(error: unknown, environment: Environment): ConnectionFailure | undefined {
  const proxy = proxyOf(environment);
  const { name, code, statusCode, endpoint } = Object(error) as SystemError; // thrown values have no type
  if (code === 'ERR_PROXY_TUNNEL' && proxy !== undefined) {
    const cause = statusCode ? `HTTP ${statusCode}` : 'no answer';
    return { kind: 'noTunnel', cause, proxy, httpStatus: statusCode || 504 };
  }
  const { code: cause, hostname: host, port } = systemErrorIn(error) ?? {};
  if (typeof cause === 'string' && TLS_CODE.test(cause)) return { kind: 'untrusted', cause };
  if (typeof cause !== 'string')
    return name === 'TimeoutError' ? { kind: 'unreachable', cause: 'ETIMEDOUT', ...defined({ endpoint }) } : undefined;
  // the port of an address is the endpoint's or the proxy's
  if (proxy !== undefined && port !== undefined && !endpoint?.endsWith(`:${port}`) && !/^E[MN]FILE$/.test(cause))
    return { kind: 'noTunnel', cause, proxy, httpStatus: 504 };
  return { kind: 'unreachable', cause, ...defined(cause === 'ENOTFOUND' ? { host } : { endpoint }) };
}

/** The error with the server that was asked, which Node leaves out of most: by host and port, since its URL may have a password. */
export function withEndpoint(error: unknown, { protocol, hostname, port }: URL): object {
  return Object.assign(Object(error), { endpoint: `${hostname}:${port || (protocol === 'http:' ? 80 : 443)}` });
}

/** The first error of network or TLS among an error and its causes. */
function systemErrorIn(error: unknown): SystemError | undefined {
  const { code, cause, errors } = (error ?? {}) as SystemError; // thrown values have no type
  if (typeof code === 'string' && (NETWORK_CODE.test(code) || TLS_CODE.test(code))) return error as SystemError;
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? undefined : systemErrorIn(inner);
}
