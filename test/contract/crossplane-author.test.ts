import { Severity } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { composite, generator, input, request, verdictOf } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

const KEY = 'acme-deployer';
const FOREIGN = 'arn:aws:iam::210987654321:role/deployer';

const theirs = (metadata: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: KEY, ...metadata } });

/** One server for all, since nothing is ever made here that it could remember. */
const sts = forAllTests(startExampleSts);
const server = forAllTests(() => startServer({ sts }));

describe("what neither a composite's author nor a wrong Composition gets", () => {
  test.each<[string, Parameters<typeof request>[0], string]>([
    [
      'a role that `allow` does not have',
      { input: input({ generators: [generator({ role: FOREIGN.replace('deployer', 'admin') })] }) },
      'NotGranted',
    ],
    [
      'a namespace that is not his own',
      { input: input({ generators: [generator({}, { name: 'deployer', namespace: 'kube-system' })] }) },
      'SpecInvalid',
    ],
    [
      "a desired generator in another's namespace",
      { desired: { resources: { a: { resource: generator({ role: FOREIGN }, { namespace: 'kube-system' }) } } } },
      'SpecInvalid',
    ],
    [
      'a Secret of another namespace',
      {
        input: input({
          generators: [
            generator({
              auth: {
                secretRef: {
                  accessKeyIDSecretRef: { name: 'k', key: 'k', namespace: 'kube-system' },
                  secretAccessKeySecretRef: { name: 'k', key: 'k' },
                },
              },
            }),
          ],
        }),
      },
      'SpecInvalid',
    ],
    [
      'an account with a part of an ARN',
      { xr: composite({ spec: { accountID: '210987654321:role/admin#' } }) },
      'ValueInvalid',
    ],
    ['an account with a variable', { xr: composite({ spec: { accountID: '${composite}' } }) }, 'ValueInvalid'],
    ['an account that is an object', { xr: composite({ spec: { accountID: { toString: 'x' } } }) }, 'ValueInvalid'],
    [
      'a value from a prototype',
      { input: input({ vars: { account: { fromFieldPath: 'spec.constructor.name', type: 'roleName' } } }) },
      'ValueMissing',
    ],
    [
      'a path that is none',
      { input: input({ vars: { account: { fromFieldPath: '../x', type: 'accountID' } } }) },
      'FunctionConfigInvalid',
    ],
    [
      'two sources of a value',
      { input: input({ vars: { account: { value: '1', fromFieldPath: 'spec.a', type: 'accountID' } } }) },
      'FunctionConfigInvalid',
    ],
    [
      'a Policy as input',
      { input: { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants: [] } },
      'FunctionConfigInvalid',
    ],
    ['a ConfigMap as input', { input: { apiVersion: 'v1', kind: 'ConfigMap', data: {} } }, 'FunctionConfigInvalid'],
    [
      'a key that is lost on the way to the engine',
      { input: input({ sessions: [{ secrets: [{ format: 'credentialsFile', key: '__proto__' }] }] }) },
      'FunctionConfigInvalid',
    ],
    ['a time to live of 0', { input: input({ ttl: '0s' }) }, 'FunctionConfigInvalid'],
    [
      'a cluster of a kubeconfig',
      { input: input({ generators: [generator({ auth: { jwt: { serviceAccountRef: { name: 'a' } } } })] }) },
      'ClusterOff',
    ],
    [
      "the key of another step's resource",
      { desired: { resources: { [KEY]: { resource: { apiVersion: 'v1', kind: 'ConfigMap' } } } } },
      'TargetConflict',
    ],
    [
      "another step's Secret under another key",
      { desired: { resources: { other: { resource: theirs({}) } } } },
      'TargetConflict',
    ],
    [
      "another step's Secret under another key, with a namespace",
      { desired: { resources: { other: { resource: theirs({ namespace: 'team-a' }) } } } },
      'TargetConflict',
    ],
  ])('%s', async (_, parts, reason) => {
    const { response } = await server.reconcile(request(parts));
    const made = Object.values(response.desired?.resources ?? {}).filter(
      ({ resource }) => resource?.data !== undefined,
    );
    expect({ reason: verdictOf(response)?.reason, calls: sts.calls, made }).toEqual({ reason, calls: [], made: [] });
    const isWaiting = reason.startsWith('Value');
    expect(response.results[0]?.severity).toBe(isWaiting ? Severity.SEVERITY_WARNING : Severity.SEVERITY_FATAL);
  });

  test('his own account is all that a composite chooses: the guard names the role', async () => {
    await server.reconcile(request({ xr: composite({ spec: { accountID: '210987654321' } }) }));
    expect(sts.calls.map(({ parameters }) => parameters.RoleArn)).toEqual([FOREIGN]);
  });
});
