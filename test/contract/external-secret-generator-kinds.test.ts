import { describe, expect, test } from '@jest/globals';
import { emittedSecrets, reveal } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { list } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

/** ExternalSecrets with logins of registries, with sessions of a user, and with both. */

const sts = forAllTests(startExampleSts);

/** Of a namespace that ClusterGenerators know nothing of. */
const externalSecret = (spec: string) =>
  `- {apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: login, namespace: team-a}, spec: {${spec}}}\n`;
const from = (name: string) => `{sourceRef: {generatorRef: {kind: ClusterGenerator, name: ${name}}}}`;
const shared = (name: string, kind: string, spec: string) =>
  `- {apiVersion: generators.external-secrets.io/v1alpha1, kind: ClusterGenerator, metadata: {name: ${name}}, spec: {kind: ${kind}, generator: {${spec}}}}\n`;

const REGISTRY = shared('registry', 'ECRAuthorizationToken', 'ecrAuthorizationTokenSpec: {region: eu-west-1}');
const USER = shared('user', 'STSSessionToken', 'stsSessionTokenSpec: {region: eu-west-1}');

const run = (input: string) => runInProcess(input, { sts });

test('a login is a pull secret by a template, and a second run asks for nothing', async () => {
  const config = [
    '{{- $host := .proxy_endpoint | trimPrefix "https://" -}}',
    '{"auths":{ {{- $host | quote -}} :{"auth": {{- printf "%s:%s" .username .password | b64enc | quote -}} }}}',
  ].join('');
  const template = `template: {type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: ${JSON.stringify(config)}}}`;
  const input = list(REGISTRY + externalSecret(`target: {${template}}, dataFrom: [${from('registry')}]`));
  const { exit, stdout, stderr } = await run(input);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const [secret] = emittedSecrets(stdout);
  const { auths } = JSON.parse(secret ? reveal(secret, '.dockerconfigjson') : '{}') as {
    auths: Record<string, { auth: string }>;
  };
  const [[host, { auth }] = ['', { auth: '' }]] = Object.entries(auths);
  expect([secret?.type, host]).toEqual([
    'kubernetes.io/dockerconfigjson',
    '111111111111.dkr.ecr.eu-west-1.amazonaws.com',
  ]);
  expect(Buffer.from(auth, 'base64').toString()).toMatch(/^AWS:.{100}/);
  const asked = sts.calls.length;
  expect(await run(stdout)).toMatchObject({ exit: 0, stdout, stderr: '' });
  expect(sts.calls.length).toBe(asked);
});

test('a session of a user and a login go into one Secret, which is renewed when the first of them ends', async () => {
  const input = list(REGISTRY + USER + externalSecret(`dataFrom: [${from('user')}, ${from('registry')}]`));
  const { exit, stdout, stderr } = await run(input);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const [secret] = emittedSecrets(stdout);
  expect(Object.keys(secret?.data ?? {})).toEqual([
    ...['access_key_id', 'secret_access_key', 'session_token', 'expiration'],
    ...['username', 'password', 'proxy_endpoint', 'expires_at'],
  ]);
  const ends = ['expiration', 'expires_at'].map((key) => (secret ? Number(reveal(secret, key)) * 1000 : 0));
  expect(Date.parse(secret?.metadata.annotations['sts.fn.crossplane.io/expiration'] ?? '')).toBe(Math.min(...ends));
});

describe('before anybody is asked', () => {
  test.each([
    [
      'a template that wants an endpoint of the public registries',
      list(
        shared('registry', 'ECRAuthorizationToken', 'ecrAuthorizationTokenSpec: {region: eu-west-1, scope: public}') +
          externalSecret(`target: {template: {data: {a: "{{ .proxy_endpoint }}"}}}, dataFrom: [${from('registry')}]`),
      ),
      'there is no key "proxy_endpoint"',
    ],
    [
      'a rewrite of a key that becomes another',
      list(
        REGISTRY +
          externalSecret(
            `dataFrom: [{rewrite: [{regexp: {source: username|password, target: login}}], ${from('registry').slice(1)}]`,
          ),
      ),
      'login',
    ],
    [
      'a field that the spec of a shared generator does not have',
      list(
        shared('user', 'STSSessionToken', 'stsSessionTokenSpec: {region: eu-west-1, scope: public}') +
          externalSecret(`dataFrom: [${from('user')}]`),
      ),
      '`spec.generator.stsSessionTokenSpec.scope` is not a known field',
    ],
  ])('%s is refused', async (_, input, cause) => {
    const asked = sts.calls.length;
    const { exit, stderr } = await run(input);
    expect([exit, sts.calls.length - asked]).toEqual([1, 0]);
    expect(stderr).toContain(cause);
  });
});
