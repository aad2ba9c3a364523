/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How `serve` was started. */
export interface ServeOptions {
  /** Absent: no TLS, by --insecure. */
  readonly certificates?: string;
  readonly address: Address;
  readonly healthAddress: Address;
  readonly ttlSeconds: number;
  readonly maxReceiveBytes: number;
  readonly policy?: string;
  readonly isDebug: boolean;
}
