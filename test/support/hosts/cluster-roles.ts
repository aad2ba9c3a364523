import type { Role } from '../sts/start-sts.ts';
import { CLUSTER_ISSUER } from './api-server/server-arguments.ts';

/** The role of the ServiceAccount `deployer` in the namespace `team-a`, and of no other. */
export const TEAM_ROLE = 'arn:aws:iam::111111111111:role/team-a';
/** A role of any ServiceAccount of the cluster, for any audience. */
export const ANY_ROLE = 'arn:aws:iam::111111111111:role/any';
/** Behind both: a hub that asks for an external ID. */
export const HUB_ROLE = 'arn:aws:iam::111111111111:role/platform';
export const EXTERNAL_ID = 'd3b07384d113';
/** Behind the hub. */
export const PRODUCTION_ROLE = 'arn:aws:iam::222222222222:role/production';

const team = {
  federated: CLUSTER_ISSUER,
  subject: 'system:serviceaccount:team-a:deployer',
  audience: 'sts.amazonaws.com',
};

/** The roles of the tests with a cluster. */
export const clusterRoles: readonly Role[] = [
  { arn: TEAM_ROLE, trust: [team] },
  { arn: ANY_ROLE, trust: [{ federated: CLUSTER_ISSUER }] },
  { arn: HUB_ROLE, trust: [{ principals: [TEAM_ROLE, ANY_ROLE], externalID: EXTERNAL_ID }] },
  { arn: PRODUCTION_ROLE, trust: [{ principals: [HUB_ROLE] }] },
];
