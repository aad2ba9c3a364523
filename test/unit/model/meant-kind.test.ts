import { expect, test } from '@jest/globals';
import { isMisspelt, meantKind } from '../../../function/model/meant-kind.ts';

const GENERATORS = 'generators.external-secrets.io/v1alpha1';

test.each([
  ['STSAssumeRoleTokn', GENERATORS, 'STSAssumeRoleToken'],
  ['STSAsumeRolToke', GENERATORS, 'STSAssumeRoleToken'],
  ['AssumeRole', GENERATORS, undefined],
  ['STSSesionToken', GENERATORS, 'STSSessionToken'],
  ['ECRAuthorisationToken', GENERATORS, 'ECRAuthorizationToken'],
  ['ClusterGenerater', GENERATORS, 'ClusterGenerator'],
  ['Pasword', GENERATORS, undefined],
  ['stsassumeroletoken', GENERATORS, undefined],
  ['__proto__', GENERATORS, undefined],
  ['ExternalSecrt', 'external-secrets.io/v1', 'ExternalSecret'],
  ['ClusterExternalSecrt', 'external-secrets.io/v1', undefined],
  ['SecretStores', 'external-secrets.io/v1', undefined],
  ['Inptu', 'sts.fn.crossplane.io/v1beta1', undefined],
  ['Inputs', 'sts.fn.crossplane.io/v1beta1', 'Input'],
  ['Policyy', 'sts.fn.crossplane.io/v1beta1', undefined],
  ['STSAssumeRoleTokn', 'example.org/v1', undefined],
  ['', GENERATORS, undefined],
])('%j of %s means %s', (kind, apiVersion, want) => {
  expect(meantKind({ apiVersion, kind })).toBe(want);
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
  expect(all.map(meantKind)).toEqual(all.map(() => undefined));
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
