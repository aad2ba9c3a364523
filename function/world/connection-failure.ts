/** System errors of a connection. Others (ENOENT, ERR_INVALID_CHAR) are about files or settings: trying again is no cure. */
const NETWORK_CODE = /^(?:ECONN\w+|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_\w+|EHOST\w+|ENET\w+|E[MN]FILE)$/;
/** How Node names a failed certificate check. */
const TLS_CODE =
  /^(?:ERR_TLS_CERT_\w+|ERR_SSL_\w+|\w*(?:SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|CERT_|HOSTNAME_MISMATCH)\w*)$/;

/** Why there was no answer. `cause` is a code of the system or of Node. */
export interface ConnectionFailure {
  readonly kind: 'unreachable' | 'untrusted';
  readonly cause: string;
}

interface SystemError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** What a thrown value says of a connection; undefined when it is about something else. */
export function connectionFailure(error: unknown): ConnectionFailure | undefined {
  const cause = systemCode(error);
  if (cause !== undefined) return { kind: TLS_CODE.test(cause) ? 'untrusted' : 'unreachable', cause };
  const { name } = (error ?? {}) as SystemError; // thrown values have no type
  return name === 'TimeoutError' ? { kind: 'unreachable', cause: 'ETIMEDOUT' } : undefined;
}

function systemCode(error: unknown): string | undefined {
  const { code, cause, errors } = (error ?? {}) as SystemError; // thrown values have no type
  if (typeof code === 'string' && (NETWORK_CODE.test(code) || TLS_CODE.test(code))) return code;
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? undefined : systemCode(inner);
}
