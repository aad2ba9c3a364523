import type { Goal } from './figure.ts';

/**
 * The goals of all figures: ratios to a peer that ran in the same rounds, and sizes. A goal that gets easier needs a decision; one that is
 * not met stays, and the report says what was tried.
 */
export const GOALS = {
  /** Whole processes with one AssumeRole. */
  start: {
    scriptTimesEmptyNode: { atMost: 4 },
    oneFileTimesEmptyNode: { atMost: 1.75 },
    scriptTimesFasterThanAws: { atLeast: 3 },
    oneFileTimesFasterThanAws: { atLeast: 6 },
  },
  /** Lists whose Secrets are good or minted, beside Go. */
  items: {
    timesFasterThanGo: { atLeast: 1 },
    manyTimesFasterThanGo: { atLeast: 7 },
    timesLessMemoryThanGo: { atLeast: 3 },
  },
  /** 1,000 chains of three hops that share two. */
  chains: { scriptTimesTheBound: { atMost: 1.4 }, oneFileTimesTheBound: { atMost: 1.45 } },
  /** `plan` of 1,000 packages, beside `kustomize build`, which takes less memory than an empty process of Node.js. */
  packages: { timesKustomize: { atMost: 1 }, scriptTimesMemory: { atMost: 2.6 }, oneFileTimesMemory: { atMost: 2.2 } },
  /** A call of Crossplane whose Secret is good: milliseconds more than a function that does nothing, and MB after 100,000 calls. */
  calls: { millisecondsMore: { atMost: 0.2 }, scriptMegabytes: { atMost: 220 }, oneFileMegabytes: { atMost: 150 } },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Goal>>>>;
