import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, OTHER } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { REGION, ROLE, withInput } from './resource-lists.ts';

/** A generator of an Input that has a variable in its role. */
const GENERATORS =
  'generators: [{apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: "a-${account}"}, spec: {region: eu-west-1, role: "arn:aws:iam::${account}:role/a"}}]';
const withVars = (vars: string, others = GENERATORS) => withInput(`${vars}, ${others}`, OTHER);
const VIA = 'via: ["arn:aws:iam::${hub}:role/hub"]';
const ENTRY = 'sessions: [{match: {names: ["a-*"]}}]';
const three = generatorItem() + generatorItem(GOOD_SPEC, { name: 'b' }) + generatorItem(GOOD_SPEC, { name: 'c' });
const labelled = (name: string, team: string) =>
  generatorItem(GOOD_SPEC, { name, metadata: `namespace: team-a, labels: {team: ${team}}` });

test('of a slip of the pen its cause is said, and not what follows from it', async () => {
  const shown = await showEach({
    'an account of eleven digits': withVars('vars: {account: {value: "12345678901", type: accountID}}'),
    'an account of eleven digits, and an entry for what it names': withVars(
      `vars: {account: {value: "12345678901", type: accountID}}, ${ENTRY}`,
    ),
    'an account without quotes': withVars('vars: {account: {value: 123456789012, type: accountID}}'),
    'a misspelt type': withVars('vars: {account: {value: "123456789012", type: accountId}}'),
    'a variable that is its value': withVars('vars: {account: "123456789012"}'),
    'variables as a list': withVars('vars: [{name: account, value: "123456789012"}]'),
    'misspelt vars': withVars('var: {account: {value: "123456789012", type: accountID}}'),
    'a misspelt variable, and an entry for what it names': withVars(
      `vars: {acount: {value: "123456789012", type: accountID}}, ${ENTRY}`,
    ),
    'a variable of an entry that cannot be used': withInput(
      `vars: {hub: {value: "1", type: accountID}}, sessions: [{${VIA}}]`,
    ),
    'a variable of an entry that nobody has, for three generators': withInput(`sessions: [{${VIA}}]`, three),
    'an Input with a fault, and a guard beside it': withInput(
      'awaitRoles: 5m, sessions: [{secrets: [{name: "${name}-x"}]}], allow: [{roles: ["arn:aws:iam::999999999999:role/*"]}]',
      three,
    ),
    'a misspelt role': withInput('allow: []', generatorItem(`${REGION}, rol: "arn:aws:iam::123456789012:role/a"`)),
    'a spec one level too high': withInput(
      'allow: []',
      generatorItem().replace(/spec: .*/, `region: eu-west-1\n  ${ROLE}`),
    ),
    'a misspelt field of which one must be there': withInput('cluster: {contxt: a}'),
    'a generator of another kind, and an entry for it': withVars(
      ENTRY,
      GENERATORS.replace('STSAssumeRoleToken', 'Deployment').replaceAll('${account}', '123456789012'),
    ),
    'a label that keeps a generator from the only entry': withInput(
      'sessions: [{match: {labels: {team: data}}}]',
      labelled('deployer', 'platform'),
    ),
    'a misspelt label beside right ones': withInput(
      'sessions: [{match: {labels: {team: platform}}}]',
      labelled('deployer', 'platform') + labelled('b', 'platfrm') + labelled('c', 'data'),
    ),
  });
  expectMessages(import.meta.filename, shown);
});
