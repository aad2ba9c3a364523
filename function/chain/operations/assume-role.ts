import { createHash } from 'node:crypto';
import { quoted, say } from '../../findings/say.ts';
import type { NamedRef } from '../../model/kinds.ts';
import type { HopSpec } from '../../model/written-hop.ts';
import { DENIED_ADVICE } from '../advice.ts';
import { checkHop, type LimitFault, SESSION_NAME_MAX } from '../limits.ts';
import { type Operation, STS } from './operation.ts';

/** What both operations have in common that assume a role. */
const common = {
  gives: 'session',
  limits: checkHop,
  service: () => STS,
  lifetimeSeconds: ({ durationSeconds }) => durationSeconds,
  hashed({ externalIDFrom, withEnvNames, ...request }) {
    const named = { ...request, ...withEnvNames };
    if (externalIDFrom === undefined) return named;
    const { field: _, ...reference } = externalIDFrom; // not where it is written
    return { ...named, externalIDFrom: reference };
  },
  describe: ({ roleArn }) => say`assume role ${quoted(roleArn)}`,
  field: 'spec.role',
  retry: { awaitsRole: true, mayRepeat: () => true },
} satisfies Omit<Operation<'AssumeRole', 'session'>, 'action' | 'onDenial' | 'run'>;

/** A role that is assumed with keys. */
export const assumeRole: Operation<'AssumeRole', 'session'> = {
  ...common,
  action: () => 'sts:AssumeRole',
  onDenial({ tags, sourceIdentity }) {
    const also = [
      ...(tags === undefined ? [] : ['sts:TagSession']),
      ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ];
    return `${DENIED_ADVICE}${also.length === 0 ? '' : `; both policies must allow ${also.join(' and ')} too`}`;
  },
  run: async (request, _, aws, signal) => (await aws.sts()).assumeRole(request, signal),
};

/** A role that is assumed with a token: unsigned, and without external ID and tags. */
export const assumeRoleWithWebIdentity: Operation<'AssumeRoleWithWebIdentity', 'session'> = {
  ...common,
  limits: (parameters, context) => [...common.limits(parameters, context), ...checkExchange(parameters)],
  action: () => 'sts:AssumeRoleWithWebIdentity',
  onDenial: () =>
    "Check that the role exists, and that its trust policy names the token's OIDC provider, subject and audience",
  async run(request, { token }, aws, signal) {
    if (token === undefined) throw new Error('a hop with a token was planned without one');
    return (await aws.sts()).assumeRoleWithWebIdentity(request, await token(signal), signal);
  },
};

/** Refuses what a hop with a token cannot send: IAM takes tags and source identity from the token's claims. */
function checkExchange(hop: HopSpec): LimitFault[] {
  const names = ['externalID', 'externalIDFrom', 'tags', 'transitiveTagKeys', 'sourceIdentity'] as const;
  const text = 'cannot be sent with a token; give the identity a `role` of its own, or remove it';
  return names.filter((name) => hop[name] !== undefined).map((name) => [name, text, 'conflict']);
}

/** Session name of every hop but the last: constant, so that generators share those hops. */
export const VIA_SESSION_NAME = 'function-sts-assume-role';

const HASH_LENGTH = 8;

/** Session name of the last hop: it says in the target account's CloudTrail who asked. `<namespace>.<name>`, or `<name>`. */
export function defaultSessionName({ namespace, name }: NamedRef): string {
  return fitLength(namespace === undefined ? name : `${namespace}.${name}`);
}

/** A text as long as AWS takes: a short one gets a trailing `-` (AWS wants two characters), a long one ends with 8 hex of its SHA-256. */
export function fitLength(full: string, least = 2, most = SESSION_NAME_MAX): string {
  if (full.length <= most) return full.padEnd(least, '-');
  const cut = full.slice(0, most - HASH_LENGTH - 1);
  return `${cut}-${createHash('sha256').update(full).digest('hex').slice(0, HASH_LENGTH)}`;
}
