import { expect, test } from '@jest/globals';
import { isMisspelt, meantType } from '../../../function/model/meant-kind.ts';

const GENERATORS = 'generators.external-secrets.io/v1alpha1';

const STORES = 'external-secrets.io/v1';

/** `want`: a kind of the same group, or of another one. */
test.each<[kind: string, apiVersion: string, want: string | undefined]>([
  ['STSAssumeRoleTokn', GENERATORS, 'STSAssumeRoleToken'],
  ['STSAsumeRolToke', GENERATORS, 'STSAssumeRoleToken'],
  ['AssumeRole', GENERATORS, undefined],
  ['STSSesionToken', GENERATORS, 'STSSessionToken'],
  ['ECRAuthorisationToken', GENERATORS, 'ECRAuthorizationToken'],
  ['ClusterGenerater', GENERATORS, 'ClusterGenerator'],
  ['Pasword', GENERATORS, undefined],
  ['stsassumeroletoken', GENERATORS, undefined],
  ['__proto__', GENERATORS, undefined],
  ['ExternalSecrt', STORES, 'ExternalSecret'],
  ['ClusterExternalSecrt', STORES, undefined],
  ['SecretStores', STORES, undefined],
  ['Inptu', 'sts.fn.crossplane.io/v1beta1', undefined],
  ['Inputs', 'sts.fn.crossplane.io/v1beta1', 'Input'],
  ['Policyy', 'sts.fn.crossplane.io/v1beta1', undefined],
  ['STSAssumeRoleTokn', 'example.org/v1', undefined],
  ['', GENERATORS, undefined],
  // names that begin as ours do
  ['STSAssumeRole', GENERATORS, 'STSAssumeRoleToken'],
  ['STSAssumeToken', GENERATORS, 'STSAssumeRoleToken'],
  ['STSAssumeRoleSession', GENERATORS, 'STSAssumeRoleToken'],
  ['STSSession', GENERATORS, 'STSSessionToken'],
  ['stsAssumeRole', GENERATORS, 'STSAssumeRoleToken'],
  ['ECRToken', GENERATORS, 'ECRAuthorizationToken'],
  ['NewThing', GENERATORS, undefined],
  ['STSAssumeRole', STORES, undefined],
  [`STS${'a'.repeat(62)}`, GENERATORS, undefined],
  // our kinds in another group
  ['STSAssumeRoleToken', STORES, `${GENERATORS} STSAssumeRoleToken`],
  ['STSAssumeRoleToken', 'generator.external-secrets.io/v1alpha1', `${GENERATORS} STSAssumeRoleToken`],
  ['STSAssumeRoleToken', 'generators.external-secret.io/v1alpha1', `${GENERATORS} STSAssumeRoleToken`],
  ['STSSessionToken', 'Generators.External-Secrets.io/v1alpha1', `${GENERATORS} STSSessionToken`],
  ['ECRAuthorizationToken', 'external-secrets.io/v1beta1', `${GENERATORS} ECRAuthorizationToken`],
  ['ClusterGenerator', STORES, `${GENERATORS} ClusterGenerator`],
  ['ExternalSecret', GENERATORS, `${STORES} ExternalSecret`],
  ['ExternalSecret', 'external-secret.io/v1', `${STORES} ExternalSecret`],
  ['ExternalSecret', 'kubernetes-client.io/v1', undefined],
  ['ExternalSecret', 'external.io/v1', undefined],
  ['Input', 'pt.fn.crossplane.io/v1beta1', undefined],
  ['Input', STORES, undefined],
  // our kinds without a group
  ['STSAssumeRoleToken', '', `${GENERATORS} STSAssumeRoleToken`],
  ['ExternalSecret', '', `${STORES} ExternalSecret`],
  ['STSAssumeRoleToken', 'v1alpha1', `${GENERATORS} STSAssumeRoleToken`],
  ['stsassumeroletoken', '', `${GENERATORS} STSAssumeRoleToken`],
  ['stsassumeroletoken', STORES, `${GENERATORS} STSAssumeRoleToken`],
  ['externalsecret', 'v1', `${STORES} ExternalSecret`],
  ['externalsecret', 'example.org/v1', undefined],
  ['input', '', undefined],
  ['ExternalSecret', 'v1', `${STORES} ExternalSecret`],
  ['Input', '', undefined],
  ['Pasword', '', undefined],
])('%s of %s means %s', (kind, apiVersion, want) => {
  const meant = meantType({ apiVersion, kind });
  expect(meant?.apiVersion === apiVersion ? meant.kind : meant && `${meant.apiVersion} ${meant.kind}`).toBe(want);
});

const KINDS_OF_OTHERS = {
  generators:
    'ACRAccessToken Fake GCRAccessToken GithubAccessToken Grafana MFA Password QuayAccessToken SSHKey UUID VaultDynamicSecret Webhook CloudsmithAccessToken GeneratorState',
  secrets: 'SecretStore ClusterSecretStore ClusterExternalSecret PushSecret ClusterPushSecret',
};

test('kinds of External Secrets that are not ours mean none of ours', () => {
  const all = [
    ...KINDS_OF_OTHERS.generators.split(' ').map((kind) => ({ kind, apiVersion: GENERATORS })),
    ...KINDS_OF_OTHERS.secrets.split(' ').map((kind) => ({ kind, apiVersion: 'external-secrets.io/v1' })),
  ];
  expect(all.map(meantType)).toEqual(all.map(() => undefined));
});

test.each([
  ['a document', `apiVersion: ${GENERATORS}\nkind: Fake\n`, true],
  ['an item', `\n- apiVersion: "${GENERATORS}"\n  kind: Fake\n`, true],
  ['an item whose kind is first', `\n- kind: Fake\n  apiVersion: ${GENERATORS}\n`, true],
  ['a mention', `\n- apiVersion: v1\n  data:\n    a: |\n      apiVersion: ${GENERATORS}\n`, false],
])('a misspelt kind is seen in the text of %s', (_, text, want) => {
  expect(isMisspelt(text, 'STSAssumeRoleTokn')).toBe(want);
  expect(isMisspelt(text, 'Fake')).toBe(false);
});
