import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { quoted, say, theObject } from '../findings/say.ts';
import { isExchange, type Keys } from '../model/hop.ts';
import type { SecretPart } from '../model/job.ts';
import { AwsError } from '../model/world.ts';
import { explainFailure } from './explain-failure.ts';
import { AttemptsError, withRetries } from './retry.ts';
import { type Base, type ChainWorld, identityKey } from './run-chain.ts';

/**
 * Checks whose keys they are before the first hop. For a token see {@link checkTokenAccount}.
 * @throws FindingError when they are of another account than expected, which is not named: STS said it.
 */
export async function checkAccount(
  part: Pick<SecretPart, 'generator' | 'chain' | 'expectAccount'>,
  base: Base,
  world: ChainWorld,
): Promise<void> {
  const { generator, chain, expectAccount } = part;
  if (expectAccount === undefined || base.token !== undefined) return;
  const account = await callerAccount(generator, chain, base.keys, world);
  if (account !== expectAccount) throw new FindingError(otherAccount(part, expectAccount));
}

/** Checks the account of the role that a token is for, which needs no call. */
export function checkTokenAccount(part: Pick<SecretPart, 'generator' | 'chain' | 'expectAccount'>): Finding[] {
  const { chain, expectAccount } = part;
  const [first] = chain.hops;
  if (expectAccount === undefined || first === undefined || !isExchange(first)) return [];
  return first.request.roleArn.split(':')[4] === expectAccount ? [] : [otherAccount(part, expectAccount)];
}

function otherAccount({ generator, chain }: Pick<SecretPart, 'generator' | 'chain'>, expectAccount: string): Finding {
  const cause = say`the identity from ${chain.identity.name} is not of account ${quoted(expectAccount)}, as \`expectAccount\` wants`;
  const message = say`cannot use ${theObject(generator)}: ${cause}. Use other credentials, or correct \`expectAccount\`.`;
  return finding('OTHER_ACCOUNT', message, { object: generator });
}

async function callerAccount(
  generator: SecretPart['generator'],
  chain: SecretPart['chain'],
  keys: Keys | undefined,
  world: ChainWorld,
): Promise<string> {
  const signedBy = identityKey(chain, world.endpoint);
  const asked = world.accounts.get(signedBy) ?? ask(keys, world);
  world.accounts.set(signedBy, asked);
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof AttemptsError && error.last instanceof AwsError)) throw error;
    const [code, cause, advice] = explainFailure(error.last.failure, error.attempts);
    const message = say`cannot ask who the caller of ${theObject(generator)} is (sts:GetCallerIdentity): ${cause}. ${advice}.`;
    throw new FindingError(finding(code, message, { object: generator }));
  }
}

/** Where the operator's identity is asked for, whatever region a manifest has: one that is nowhere says nothing of the keys. */
async function ask(keys: Keys | undefined, world: ChainWorld): Promise<string> {
  const client = await world.sts.client(keys === undefined ? {} : { credentials: keys });
  const { account } = await withRetries(() => client.caller(world.signal), world);
  return account;
}
