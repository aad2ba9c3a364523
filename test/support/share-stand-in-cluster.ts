import { beforeEach } from '@jest/globals';
import { forAllTests } from './for-each-test.ts';
import { type Cluster, startCluster } from './stand-in-cluster.ts';

/** One for all tests of a file, to each of which it is new: what it was asked and what it will answer is of the test alone. */
export function shareCluster(): Cluster {
  const cluster = forAllTests(startCluster);
  beforeEach(() => cluster.forget());
  return cluster;
}
