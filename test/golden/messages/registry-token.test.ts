import { test } from '@jest/globals';
import { generatorItem, list } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { MATCH_OTHER_KINDS, REGION, REGISTRY_TOKEN, withInput } from './resource-lists.ts';

const registry = (spec: string) => list(generatorItem(spec, REGISTRY_TOKEN));

test('what is said of the spec of an ECRAuthorizationToken', async () => {
  const shown = await showEach({
    'a scope that is none': registry(`${REGION}, scope: protected`),
    'a registry with parameters': registry(`${REGION}, requestParameters: {sessionDuration: 3600}`),
    'a registry with an empty role': registry(`${REGION}, role: ""`),
    'a registry in a region that is a host name': registry('region: "x.attacker.example#"'),
    'public registries of another partition': registry('region: cn-north-1, scope: public'),
    'a token and no role to exchange it for': {
      input: withInput(
        `sessions: [{${MATCH_OTHER_KINDS}, identity: {tokenEnv: TOKEN}}]`,
        generatorItem(REGION, REGISTRY_TOKEN),
      ),
      environment: { TOKEN: 'CANARY' },
    },
    'the last hop, where there is none': withInput(
      `sessions: [{${MATCH_OTHER_KINDS}, last: {sessionName: me}}]`,
      generatorItem(REGION, REGISTRY_TOKEN),
    ),
    'a registry on a port on which nobody listens': {
      input: registry(REGION),
      asksAws: true,
      environment: { AWS_ECR_ENDPOINT: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    },
    'a registry, and no credentials': { input: registry(REGION), asksAws: true },
  });
  expectMessages(import.meta.filename, shown);
});
