import { beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { startApiServer } from '../support/hosts/api-server.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

// A real API server checks what a Secret of Docker's type holds, and lets nobody change its type.

const sts = forAllTests(startExampleSts);
const server = forAllTests(startApiServer);
beforeAll(() => server.kubectl(['create', 'namespace', 'team-a']));

const entry = (format: string) =>
  `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [{match: {kinds: [ECRAuthorizationToken]}, secrets: [{format: ${format}}]}]}\n`;

/** The function's one Secret as a document. */
async function secretOf(format: string, mode: string): Promise<string> {
  const input = list(generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken' }), entry(format));
  const { exit, stdout } = await runFunction(input, { sts, environment: { STS_FUNCTION_MODE: mode } });
  expect(exit).toBe(0);
  return stringify(emittedSecrets(stdout)[0]);
}

test.each([
  ['a placeholder', 'placeholder'],
  ['the login that replaces it', 'mint'],
])('the API server takes %s', async (_, mode) => {
  const secret = await secretOf('dockerConfigJson', mode);
  expect(await server.kubectl(['apply', '--validate=strict', '-f', '-'], secret)).toMatch(/^secret\/deployer /);
});

test.each([
  ['a placeholder', 'placeholder'],
  ['the login that replaces it', 'mint'],
])('it takes %s that a template makes', async (_, mode) => {
  const template = `{type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: '{"auths":{"{{ .proxy_endpoint }}":{"username":"{{ .username }}","password":"{{ .password }}"}}}'}}`;
  const external = `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: pull, namespace: team-a}
  spec: {target: {template: ${template}}, dataFrom: [{sourceRef: {generatorRef: {kind: ECRAuthorizationToken, name: deployer}}}]}
`;
  const input = list(generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken' }) + external);
  const { stdout } = await runFunction(input, { sts, environment: { STS_FUNCTION_MODE: mode } });
  const secret = stringify(emittedSecrets(stdout)[0]);
  expect(await server.kubectl(['apply', '--validate=strict', '-f', '-'], secret)).toMatch(/^secret\/pull /);
});

test('and refuses another format under the same name, as the documentation says', async () => {
  const secret = await secretOf('keys', 'mint');
  await expect(server.kubectl(['apply', '-f', '-'], secret)).rejects.toThrow('type: Invalid value');
});
