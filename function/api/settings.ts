/** How a run behaves, from the environment. */
export interface Settings {
  /** The STS endpoint of every hop; absent: AWS's own for the region. */
  readonly stsEndpoint?: string;
  /** Requests to STS at the same time. */
  readonly concurrency: number;
  /** Bound on the whole run. */
  readonly timeoutMilliseconds: number;
}
