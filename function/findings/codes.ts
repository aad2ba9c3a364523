/** `error` fails the run, `warning` never changes the exit code; `info` is what was asked for, a plan. */
export type Severity = 'error' | 'warning' | 'info';

/** What a code means to a run. A flag that is absent is false. */
interface Meaning {
  readonly severity: Severity;
  /** No change in the cluster corrects it: a composite whose step is refused says these first. */
  readonly needsAuthor?: true;
  /** It may be gone in the next run: until then a valid Secret is kept. */
  readonly isTransient?: true;
  /** A request failed, and would fail again if repeated at once: a server waits for a while. */
  readonly pausesRequests?: true;
  /** It ends the reading of a text, however that is read. */
  readonly isFinal?: true;
  /** A warning of `plan`, since another machine may run it, and an error of `doctor`. */
  readonly isErrorHere?: true;
}

/** Every code a finding can have. What each means to people, and what to do about it, is in explanations.ts. */
const TABLE = {
  USAGE_INVALID: { severity: 'error' },
  INPUT_UNREADABLE: { severity: 'error' },
  OUTPUT_UNWRITABLE: { severity: 'error' },
  FILE_UNWRITABLE: { severity: 'error' },
  FILE_WRITTEN: { severity: 'info' },
  INSTALL_FAILED: { severity: 'error' },
  GENERATOR_NONE: { severity: 'warning' },
  GENERATOR_UNUSED: { severity: 'warning' },
  TEMPLATE_LEFT_OUT: { severity: 'warning' },
  SETTING_INVALID: { severity: 'error', needsAuthor: true },
  SETTING_UNKNOWN: { severity: 'warning' },
  ENDPOINT_UNENCRYPTED: { severity: 'warning' },
  FUNCTION_CONFIG_INVALID: { severity: 'error', needsAuthor: true },
  FUNCTION_CONFIG_WITHOUT_EFFECT: { severity: 'warning' },
  INPUT_UNUSED: { severity: 'warning' },
  PATCH_UNUSED: { severity: 'warning' },
  PIPELINES_NESTED: { severity: 'warning', isErrorHere: true },
  HOST_NEEDED: { severity: 'error' },
  REGION_UNKNOWN: { severity: 'warning' },
  POLICY_UNUSED: { severity: 'warning' },
  REFRESHED_TOO_LATE: { severity: 'warning' },
  TEMPLATE_INVALID: { severity: 'error' },
  FIELD_IGNORED: { severity: 'info' },
  VALUE_MISSING: { severity: 'error' },
  VALUE_INVALID: { severity: 'error' },
  SPEC_INVALID: { severity: 'error', needsAuthor: true },
  LIMIT_EXCEEDED: { severity: 'error', needsAuthor: true, isFinal: true },
  CHAINED_DURATION: { severity: 'warning' },
  NOT_GRANTED: { severity: 'error', needsAuthor: true },
  LABEL_MISMATCH: { severity: 'error' },
  SESSION_UNUSED: { severity: 'warning' },
  TARGET_CONFLICT: { severity: 'error', needsAuthor: true },
  TARGET_NOT_OURS: { severity: 'error' },
  SECRET_CHANGED: { severity: 'error' },
  GENERATOR_GONE: { severity: 'warning' },
  TARGET_NOT_REPLACEABLE: { severity: 'error' },
  REFERENCE_MISSING: { severity: 'error', isTransient: true },
  CLUSTER_OFF: { severity: 'error', needsAuthor: true },
  CLUSTER_FORBIDDEN: { severity: 'error' },
  CLUSTER_UNAVAILABLE: { severity: 'error' },
  TOKEN_REFUSED: { severity: 'error' },
  SECRET_SEALED: { severity: 'error', isTransient: true },
  CREDENTIAL_MALFORMED: { severity: 'error', isTransient: true },
  TOKEN_MISSING: { severity: 'error', isTransient: true },
  NO_CREDENTIALS: { severity: 'error' },
  KEYS_TEMPORARY: { severity: 'error', isTransient: true },
  CREDENTIALS_REFUSED: { severity: 'error', pausesRequests: true },
  OTHER_ACCOUNT: { severity: 'error', pausesRequests: true },
  HOP_DENIED: { severity: 'error', pausesRequests: true },
  HOP_REFUSED: { severity: 'error', pausesRequests: true },
  RENEWAL_FAILED: { severity: 'warning', pausesRequests: true },
  RATE_LIMITED: { severity: 'error' },
  STS_UNAVAILABLE: { severity: 'error', pausesRequests: true },
  STS_MALFORMED: { severity: 'error', pausesRequests: true },
  PLAN: { severity: 'info' },
  PLAINTEXT: { severity: 'warning' },
  PLACEHOLDERS: { severity: 'warning' },
  CLOCK_WRONG: { severity: 'warning' },
  DEADLINE_PASSED: { severity: 'error', pausesRequests: true, isFinal: true },
  FUNCTION_NOT_STARTED: { severity: 'error' },
  COMMAND_NOT_UNDERSTOOD: { severity: 'warning' },
  FUNCTION_NOT_FOUND: { severity: 'error', isErrorHere: true },
  FUNCTION_IN_CONTAINER: { severity: 'warning' },
  GENERATOR_APPLIED: { severity: 'warning' },
  SECRET_DUPLICATED: { severity: 'error' },
  SECRET_NOT_RENAMED: { severity: 'warning' },
  SECRET_ROLLS_OUT: { severity: 'warning' },
  CREDENTIALS_KEPT: { severity: 'error' },
  POLICY_ABSENT: { severity: 'warning' },
  PERMISSION_ABSENT: { severity: 'warning' },
  JOB_UNSAFE: { severity: 'warning' },
  RUNTIME_INCOMPLETE: { severity: 'warning' },
  INTERNAL: { severity: 'error', needsAuthor: true },
} as const satisfies Readonly<Record<string, Meaning>>;

/** The closed union of codes. */
export type Code = keyof typeof TABLE;

export const CODES: Readonly<Record<Code, Meaning>> = TABLE;

export function isCode(text: string): text is Code {
  return Object.hasOwn(TABLE, text);
}
