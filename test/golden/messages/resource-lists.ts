import { GOOD_SPEC, generatorItem, list } from '../../support/manifests.ts';

/** Parts of ResourceLists that messages of several areas are about: fields of a spec as flow YAML, and what is around them. */

export const REGION = 'region: eu-west-1';
export const ROLE = 'role: "arn:aws:iam::123456789012:role/deployer"';

/** A field of `auth`: the keys of Secret `keys`. */
export const SECRET_REF =
  'secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}';

/** A spec that asks for the token of a ServiceAccount. */
export const JWT = `${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: a}}}`;

/** An Input as the functionConfig, and what it is for; `fields`: flow YAML, without its braces. */
export function withInput(fields: string, items = generatorItem()): string {
  return list(items, `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, ${fields}}\n`);
}

/** The two generators beside STSAssumeRoleToken, as options of `generator`. */
export const SESSION_TOKEN = { kind: 'STSSessionToken', name: 'me' };
export const REGISTRY_TOKEN = { kind: 'ECRAuthorizationToken', name: 'registry' };
export const OTHER_KINDS = generatorItem(REGION, SESSION_TOKEN) + generatorItem(REGION, REGISTRY_TOKEN);

/** A field of an Input's entry. */
export const MATCH_OTHER_KINDS = 'match: {kinds: [STSSessionToken, ECRAuthorizationToken]}';
