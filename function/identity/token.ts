import { configFinding, type Finding, FindingError, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { type ObjectRef, type Sayable, say, theObject } from '../findings/say.ts';
import { type TokenFault, tokenFaultIn } from '../model/answers.ts';
import type { Demand } from '../model/grant.ts';
import type { Identity, TokenNeed } from '../model/identity.ts';
import { Sensitive } from '../model/sensitive.ts';
import type { Ambient } from '../model/world.ts';
import { mustBeAbsent } from './source.ts';

/** What is particular about a token that the process was given. */
interface TokenOrigin {
  /** What identifies it in hashes, its source first. */
  readonly hashed: { readonly source: string; readonly [field: string]: string };
  /** Where it comes from, as messages say it after "from". */
  readonly from: Sayable;
  readonly description: Sayable;
  readonly demands: readonly Demand[];
  /** The text, for one request, or why there is none. */
  read(ambient: Ambient, signal: AbortSignal): Promise<string | TokenFault>;
  /** Tells without a request why it cannot be had; absent: `read` is called for this. */
  probe?: TokenNeed['probe'];
}

/** An identity that is a token, exchanged for a session in the first hop. */
export function tokenIdentity(origin: TokenOrigin): Identity {
  const { hashed, from, description, demands } = origin;
  const read = async (ambient: Ambient, signal: AbortSignal) => checked(await origin.read(ambient, signal));
  const probe: TokenNeed['probe'] = async (ambient, signal) => {
    const token = await read(ambient, signal);
    return token instanceof Sensitive ? null : token;
  };
  const need = { key: JSON.stringify(['token', hashed]), probe: origin.probe ?? probe };
  return {
    source: hashed.source,
    name: quote(hashed.source),
    hashed,
    reads: [],
    demands,
    isRoleReadLater: false,
    describe: () => description,
    mayBeSession: () => false, // the exchange is unsigned, and later hops are checked as chained hops
    refusals: ({ needsLongTermKeys, entryField }) =>
      needsLongTermKeys ? [configFinding(`${entryField}.identity`, mustBeAbsent(' for an STSSessionToken'))] : [],
    read({ generator, answers }) {
      const fault = tokenFaultIn(answers, need.key);
      return { faults: fault === undefined ? [] : [explain(generator, from, fault)] };
    },
    token: {
      operation: 'AssumeRoleWithWebIdentity',
      need,
      async take(generator, { ambient, signal }) {
        const token = await read(ambient, signal);
        if (token instanceof Sensitive) return token;
        throw new FindingError(explain(generator, from, token));
      },
    },
  };
}

/** A token that is not there. `text`: the cause, a full stop, and what to do. */
export function missing(text: string): TokenFault {
  return { code: 'TOKEN_MISSING', text };
}

/** "Minimum length of 4. Maximum length of 20000." (AssumeRoleWithWebIdentity, WebIdentityToken) */
const TOKEN = /^[\x21-\x7e]{4,20000}$/;

/** White space around a token is no part of it: editors and shells add a newline. */
function checked(text: string | TokenFault): Sensitive | TokenFault {
  if (typeof text !== 'string') return text;
  const token = text.trim();
  return TOKEN.test(token) ? new Sensitive(token) : missing('its text is no token. Check the program that writes it');
}

/** The finding for a token, without a byte of what was read. */
function explain(generator: ObjectRef, from: Sayable, { code, text }: TokenFault): Finding {
  const message = say`cannot get a token for ${theObject(generator)} from ${from}: ${text}.`;
  return finding(code, message, { object: generator });
}
