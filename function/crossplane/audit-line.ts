/** What each line of the log says of a call. */
export interface CallFacts {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  /** The engine's name for the call. */
  readonly tag: string | undefined;
}

/** A line of the log about a session, as docs/crossplane.md describes it: names and numbers alone. */
export interface AuditLine extends CallFacts {
  readonly message: 'issued a session' | 'refused a session';
  readonly secret: string;
  /** Why it was issued, or the code of what refused it. */
  readonly reason: string;
  /** AWS's error code. */
  readonly awsCode?: string | undefined;
  readonly expiration?: string | undefined;
  readonly sessions: readonly object[];
  /** SHA-256 of the Policy in force. */
  readonly policy: string | undefined;
}
