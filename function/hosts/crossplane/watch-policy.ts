import type { Environment } from '../../api/world.ts';
import { type PolicyFile, readPolicyFile } from '../policy.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Reads the operator's Policy as it is now, for each call anew; says at first which one it is, and whenever it is another. */
export function watchPolicy(environment: Environment, log: Log, metrics: Pick<Metrics, 'policy'>): () => PolicyFile {
  const file = environment.STS_FUNCTION_POLICY;
  let known: string | undefined | null = null; // nothing was said yet
  return () => {
    const read = readPolicyFile(environment);
    if (read.digest === known) return read;
    known = read.digest;
    metrics.policy(known);
    if (file === undefined) log('warn', 'no Policy holds: `allow` of each Composition is the only limit');
    else if (known === undefined) log('error', 'the Policy cannot be used, so every call is refused', { file });
    else log('info', 'a Policy holds', { file, sha256: known });
    return read;
  };
}
