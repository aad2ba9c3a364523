import type { Role, User } from '../start-sts.ts';

/** Three accounts for the tests of this folder: people in 1…, hubs in 2…, spokes in 3…. */
export const ci: User = {
  arn: 'arn:aws:iam::111111111111:user/ci',
  accessKeyId: 'AKIACICICICICICICICI',
  secretAccessKey: 'ci/secret+key',
};

export const alice: User = {
  arn: 'arn:aws:iam::111111111111:user/people/alice',
  accessKeyId: 'AKIAALICEALICEALICEA',
  secretAccessKey: 'alice-secret',
  mfa: { serialNumber: 'arn:aws:iam::111111111111:mfa/alice', tokenCode: '123456' },
};

export const root: User = {
  arn: 'arn:aws:iam::111111111111:root',
  accessKeyId: 'AKIAROOTROOTROOTROOT',
  secretAccessKey: 'root-secret',
};

export const stranger: User = {
  arn: 'arn:aws:iam::999999999999:user/stranger',
  accessKeyId: 'AKIASTRANGERSTRANGER',
  secretAccessKey: 'stranger-secret',
};

/** Trusts everyone in account 1…; sessions of up to 12 hours. */
export const hub: Role = {
  arn: 'arn:aws:iam::222222222222:role/team/hub',
  trust: [{ principals: ['arn:aws:iam::111111111111:root'] }],
  maxSessionDuration: 43_200,
};

/** Trusts the hub and, directly, ci. */
export const spoke: Role = {
  arn: 'arn:aws:iam::333333333333:role/spoke',
  trust: [{ principals: [hub.arn, ci.arn] }],
  maxSessionDuration: 7200,
};

/** Trusts the spoke: a third hop. */
export const leaf: Role = { arn: 'arn:aws:iam::333333333333:role/leaf', trust: [{ principals: [spoke.arn] }] };

export const users = [ci, alice, root, stranger];
export const roles = [hub, spoke, leaf];
