import type { Role, User } from './sts/start-sts.ts';

/** The user whose keys the examples hold: AWS's own documentation keys, which belong to nobody. */
export const ci: User = {
  arn: 'arn:aws:iam::111111111111:user/ci',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/** Trusts the role `deployer` alone: a second hop. */
export const chainedRole = 'arn:aws:iam::123456789012:role/chained';

const HUB = 'arn:aws:iam::111111111111:role/hub';

/** The hub, and in each account a spoke that it reaches and a role that the spoke reaches. */
const chained: readonly Role[] = [
  { arn: HUB, trust: [{ principals: [ci.arn, 'arn:aws:iam::111111111111:role/ci'] }] },
  ...['222222222222', '333333333333'].flatMap((account): Role[] => [
    { arn: `arn:aws:iam::${account}:role/spoke`, trust: [{ principals: [HUB], externalID: 'platform' }] },
    { arn: `arn:aws:iam::${account}:role/deployer`, trust: [{ principals: [`arn:aws:iam::${account}:role/spoke`] }] },
  ]),
];

const GATEWAY = 'arn:aws:iam::222222222222:role/gateway';

/** Those of examples/kpt/additional-roles, behind the hub. */
const additional: readonly Role[] = [
  { arn: GATEWAY, trust: [{ principals: [HUB] }] },
  { arn: 'arn:aws:iam::222222222222:role/parameters', trust: [{ principals: [GATEWAY], externalID: 'store-7' }] },
];

/** Two teams' roles: of examples/kpt/team-guard. `ci` may have both. */
const teams: readonly Role[] = [
  { arn: 'arn:aws:iam::123456789012:role/gitops-deploy', trust: [{ principals: [HUB] }] },
  { arn: 'arn:aws:iam::210987654321:role/gitops-deploy', trust: [{ principals: [ci.arn, HUB] }] },
];

/** The role of External Secrets' documentation, and those of the examples and tests. */
export const roles: readonly Role[] = [
  { arn: 'arn:aws:iam::123456789012:role/my-role', trust: [{ principals: [ci.arn] }] },
  { arn: 'arn:aws:iam::123456789012:role/deployer', trust: [{ principals: [ci.arn] }], maxSessionDuration: 43_200 },
  {
    arn: chainedRole,
    trust: [{ principals: ['arn:aws:iam::123456789012:role/deployer'] }],
    maxSessionDuration: 43_200,
  },
  { arn: 'arn:aws:iam::123456789012:role/puller', trust: [{ principals: [ci.arn] }] },
  { arn: 'arn:aws:iam::123456789012:role/partner', trust: [{ principals: [ci.arn], externalID: 'partner-42' }] },
  ...chained,
  ...additional,
  ...teams,
  { arn: 'arn:aws:iam::123456789012:role/others', trust: [{ principals: ['arn:aws:iam::999999999999:root'] }] },
];

/** The environment of a run that asks the STS at `url`, which has the logins of ECR too, with the keys of {@link ci}. */
export function ciEnvironment(url: string): Readonly<Record<string, string>> {
  return {
    AWS_STS_ENDPOINT: url,
    AWS_ECR_ENDPOINT: url,
    AWS_ECR_PUBLIC_ENDPOINT: url,
    AWS_ACCESS_KEY_ID: ci.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
  };
}
