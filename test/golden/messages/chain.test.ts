import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { JWT, withInput } from './resource-lists.ts';

const withParameters = (parameters: string) => generatorItem(`${GOOD_SPEC}, requestParameters: {${parameters}}`);

test('what is said of what AWS does not take in a chain of roles', async () => {
  const shown = await showEach({
    'more than an hour behind a hop': withInput(
      'sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]',
      withParameters('sessionDuration: 7200'),
    ),
    'jwt and more than an hour': {
      input: list(generatorItem(`${JWT}, requestParameters: {sessionDuration: 7200}`)),
      environment: { STS_FUNCTION_CLUSTER: 'context:ci', KUBECONFIG: '/nonexistent' },
    },
    'an external ID given twice': withInput('sessions: [{last: {externalID: a-b}}]', withParameters('externalID: a-c')),
    'an external ID twice': withInput(
      'sessions: [{last: {externalIDFrom: {name: a, key: b}}}]',
      withParameters('externalID: ab'),
    ),
    'a source identity that changes, and a tag that was passed on': withInput(
      'sessions: [{via: [{role: "arn:aws:iam::111111111111:role/hub", sourceIdentity: ci, tags: {team: a}, transitiveTagKeys: [team]}], last: {sourceIdentity: me, tags: {Team: b}}}]',
    ),
    'a role twice': withInput('sessions: [{via: ["arn:aws:iam::123456789012:role/deployer"]}]'),
    'a transitive key without a tag': withInput('sessions: [{last: {transitiveTagKeys: [team]}}]'),
    'what cannot be sent with a token': {
      input: withInput(
        'sessions: [{identity: {tokenEnv: TOKEN}, last: {tags: {a: b}}}]',
        withParameters('externalID: ab'),
      ),
      environment: { TOKEN: 'CANARY' },
    },
    "a token's role of another account": {
      input: withInput('sessions: [{identity: {tokenEnv: TOKEN}, expectAccount: "111111111111"}]'),
      environment: { TOKEN: 'CANARY' },
    },
  });
  expectMessages(import.meta.filename, shown);
});
