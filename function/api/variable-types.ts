import { REGION } from './region.ts';

/** What a variable's value must look like. A typed value can hold neither ":" nor "/", so it cannot change an ARN's shape. */
export const VARIABLE_TYPES = {
  accountID: { pattern: /^\d{12}$/, means: 'an account ID of 12 digits' },
  region: { pattern: REGION, means: 'an AWS region' },
  dnsLabel: { pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, means: 'a DNS label' },
  roleName: { pattern: /^[\w+=,.@-]{1,64}$/, means: 'the name of a role' },
} as const;
