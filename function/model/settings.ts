import type { Cluster } from './schema-parts.ts';

/**
 * What a run may be for: `mint` issues sessions, `placeholder` makes Secrets without credentials, and `preview` says what would be done.
 * The last two call nobody. Each stands beside the value of STS_FUNCTION_MODE that chooses it.
 */
export const PURPOSE_OF_MODE = { mint: 'mint', placeholder: 'placeholder', plan: 'preview' } as const;

/** How a run behaves, from the environment. */
export interface Settings {
  readonly purposeName: (typeof PURPOSE_OF_MODE)[keyof typeof PURPOSE_OF_MODE];
  /** Where the output of a host goes, as the operator says; absent: nobody knows. */
  readonly output?: 'files' | 'stream';
  /** The STS endpoint of every hop; absent: AWS's own for the region. */
  readonly stsEndpoint?: string;
  /** True with such an endpoint: a test server may be asked, not AWS. */
  readonly hasCustomEndpoint: boolean;
  /** The operator's choice of a cluster; absent: the Input's, or none. */
  readonly cluster?: Cluster;
  /** Requests to STS at the same time. */
  readonly concurrency: number;
}
