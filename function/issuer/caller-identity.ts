import { explainNoCaller } from '../chain/explain-failure.ts';
import { withRetries } from '../chain/retry.ts';
import type { Finding } from '../findings/finding.ts';
import type { Caller, World } from '../model/world.ts';

/** Calls GetCallerIdentity with the SDK's default chain, with retries. Gives the caller, or a finding that explains the failure. */
export async function getCallerIdentity(
  signal: AbortSignal,
  world: Pick<World, 'sts' | 'sleep' | 'random'>,
): Promise<{ readonly caller: Caller } | { readonly finding: Finding }> {
  const client = await world.sts.client({});
  try {
    return { caller: await withRetries(() => client.getCallerIdentity(signal), { ...world, signal }) };
  } catch (error) {
    return { finding: explainNoCaller(error, "the SDK's default chain") };
  }
}
