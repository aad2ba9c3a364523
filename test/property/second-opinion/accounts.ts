import { ci } from '../../support/accounts.ts';
import type { Role, User } from '../../support/sts/start-sts.ts';
import { keysOf } from './manifests.ts';
import { type DeclarationContext, KEYS, SUPPLIED } from './world.ts';

/** All who have keys in a world. */
export const USERS: readonly User[] = [
  ci,
  ...[...KEYS, 'step'].map((name) => ({
    arn: `arn:aws:iam::111111111111:user/${name}`,
    accessKeyId: keysOf(name).id,
    secretAccessKey: keysOf(name).secret,
  })),
];
const ROOTS = ['111111111111', '123456789012'].map((account) => `arn:aws:iam::${account}:root`);

/** Every role that generators name; each trusts everybody, and every token of `issuer`. `isDenied`: nobody. */
export function rolesOf(wanted: readonly DeclarationContext[], issuer: string, isDenied: boolean): Role[] {
  const all = wanted.flatMap(({ role, via, auth }) => [
    role,
    ...via.map((hop) => hop.role),
    'role' in auth ? auth.role : undefined,
  ]);
  const trust = isDenied ? [] : [{ principals: [ci.arn, ...ROOTS] }, { federated: issuer }];
  return [...new Set([...all, ...SUPPLIED])].filter((arn) => arn !== undefined).map((arn) => ({ arn, trust }));
}
