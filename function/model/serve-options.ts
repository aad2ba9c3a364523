/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How `serve` was started. */
export interface ServeOptions {
  /** Absent: without TLS, which somebody asked for. */
  readonly certificates?: string;
  readonly address: Address;
  readonly healthAddress: Address;
  readonly ttlSeconds: number;
  readonly maxReceiveBytes: number;
  readonly policy?: string;
  readonly isDebug: boolean;
}
