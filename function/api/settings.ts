import type { Cluster } from './cluster.ts';

/** How a run behaves, from the environment. */
export interface Settings {
  /** `mint`: sessions of STS. `placeholder`: Secrets without credentials, for a preview; `plan`: words
   * about what would be done. Neither asks anybody for anything. */
  readonly mode: 'mint' | 'placeholder' | 'plan';
  /** Where the output of a host goes, as the operator says; absent: nobody knows. */
  readonly output?: 'files' | 'stream';
  /** The STS endpoint of every hop; absent: AWS's own for the region. */
  readonly stsEndpoint?: string;
  /** The operator's choice of a cluster; absent: the Input's, or none. */
  readonly cluster?: Cluster;
  /** Requests to STS at the same time. */
  readonly concurrency: number;
}
