import { awsCodeOf, explainFailure } from '../chain/explain-failure.ts';
import { AttemptsError, withRetries } from '../chain/retry.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { say } from '../findings/say.ts';
import { AwsError, type Caller, type World } from '../model/world.ts';

/** Calls GetCallerIdentity with the SDK's default chain, with retries. Gives the caller, or a finding that explains the failure. */
export async function getCallerIdentity(
  signal: AbortSignal,
  world: Pick<World, 'sts' | 'sleep' | 'random'>,
): Promise<{ readonly caller: Caller } | { readonly finding: Finding }> {
  const client = await world.sts.client({});
  try {
    return { caller: await withRetries(() => client.caller(signal), { ...world, signal }) };
  } catch (error) {
    if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
    const [code, cause, advice] = explainFailure(error.last.failure, error.attempts);
    const message = say`cannot ask who the SDK's default chain is (sts:GetCallerIdentity): ${cause}. ${advice}.`;
    return { finding: finding(code, message, awsCodeOf(error.last.failure)) };
  }
}
