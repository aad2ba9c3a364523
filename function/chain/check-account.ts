import { type Finding, FindingError, finding } from '../findings/finding.ts';
import { quoted, say, theObject } from '../findings/say.ts';
import { hopsOf, isExchange, type Keys } from '../model/hop.ts';
import type { SecretPart } from '../model/job.ts';
import { explainNoCaller } from './explain-failure.ts';
import type { Signer } from './operations/operation.ts';
import { withRetries } from './retry.ts';
import { type ChainContext, identityKey } from './run-chain.ts';

/** A generator and its chain. Its entry expects the caller of the first hop to be in one account. */
type Expecting = Pick<SecretPart, 'generator' | 'chain' | 'after'>;

/**
 * Asks STS whose keys sign the first hop. For a token see {@link checkTokenAccount}.
 * @throws FindingError when the keys are of another account. The message does not name it, since it is from an answer of STS.
 */
export async function checkAccount(
  part: Expecting,
  expected: string,
  firstSigner: Signer,
  context: ChainContext,
): Promise<void> {
  if (firstSigner.token !== undefined) return;
  const { generator, chain } = part;
  const ticket = { key: identityKey(chain, context.stsEndpoint), signal: context.signal, keeps: () => true };
  const call = context.sessionCache.accounts.join(ticket, (signal) => ask(firstSigner.keys, { ...context, signal }));
  const account = await call.catch((error: unknown) => {
    throw new FindingError(explainNoCaller(error, say`the caller of ${theObject(generator)}`, generator));
  });
  if (account !== expected) throw new FindingError(otherAccount(part, expected));
}

/** Checks the account of the role that a token is exchanged for, which needs no call. */
export function checkTokenAccount(part: Expecting, expected: string): Finding[] {
  const [first] = hopsOf(part);
  if (first === undefined || !isExchange(first) || first.request.roleArn.split(':')[4] === expected) return [];
  return [otherAccount(part, expected)];
}

function otherAccount({ generator, chain }: Expecting, expected: string): Finding {
  const cause = say`the identity from ${chain.identity.name} is not of account ${quoted(expected)}, as \`expectAccount\` wants`;
  const message = say`cannot use ${theObject(generator)}: ${cause}. Use other credentials, or correct \`expectAccount\`.`;
  return finding('OTHER_ACCOUNT', message, { object: generator });
}

/** Asks in the operator's region: if a manifest's region does not exist, the failure says nothing about the keys. */
async function ask(keys: Keys | undefined, context: ChainContext): Promise<string> {
  const client = await context.sts.client(keys === undefined ? {} : { credentials: keys });
  const { account } = await withRetries(() => client.getCallerIdentity(context.signal), context);
  return account;
}
