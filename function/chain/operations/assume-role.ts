import { quoted, say } from '../../findings/say.ts';
import type { AssumeRoleRequest } from '../../model/hop.ts';
import { DENIED_ADVICE } from '../advice.ts';
import type { Operation } from './operation.ts';
import { STS } from './services.ts';

/** What both calls have in common that assume a role. */
const common = {
  gives: 'session',
  service: () => STS,
  lifetimeSeconds: ({ durationSeconds }) => durationSeconds,
  hashed({ externalIDFrom, ...request }) {
    if (externalIDFrom === undefined) return request;
    const { field: _, ...reference } = externalIDFrom; // not where it is written
    return { ...request, externalIDFrom: reference };
  },
  describe: ({ roleArn }) => say`assume role ${quoted(roleArn)}`,
  field: 'spec.role',
  retry: { awaitsRole: true, mayRepeat: () => true },
} satisfies Omit<Operation<AssumeRoleRequest, 'session'>, 'action' | 'onDenial' | 'run'>;

/** A role that is assumed with keys. */
export const assumeRole: Operation<AssumeRoleRequest, 'session'> = {
  ...common,
  action: () => 'sts:AssumeRole',
  onDenial({ tags, sourceIdentity }) {
    const also = [
      ...(tags === undefined ? [] : ['sts:TagSession']),
      ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ];
    return `${DENIED_ADVICE}${also.length === 0 ? '' : `; both must allow ${also.join(' and ')} too`}`;
  },
  run: async (request, aws, signal) => (await aws.sts()).assumeRole(request, signal),
};

/** A role that is assumed with a token: unsigned, and without external ID and tags. */
export const assumeRoleWithWebIdentity: Operation<AssumeRoleRequest, 'session'> = {
  ...common,
  action: () => 'sts:AssumeRoleWithWebIdentity',
  onDenial: () =>
    "Check that the role exists; let its trust policy name the token's OIDC provider, and match its subject and audience",
  async run(request, aws, signal, token) {
    if (token === undefined) throw new Error('a call with a token was planned without one');
    return (await aws.sts()).assumeRoleWithWebIdentity(request, await token(), signal);
  },
};
