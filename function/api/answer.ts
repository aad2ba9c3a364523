import type { Finding } from './finding.ts';

/** What a run says: `output` on standard output, whole, and findings on standard error. */
export interface Answer {
  /** Empty where there is nothing that may be used: after an error only a ResourceList that was read goes out again. */
  readonly output: string;
  readonly findings: readonly Finding[];
}
