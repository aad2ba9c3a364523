import { expect, test } from '@jest/globals';
import { composite, generator, input, type Parts, request, verdictOf } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/** Where a text belongs, a composite or a Composition may have anything that JSON has: it is judged, and is no fault of ours. */
const sts = forAllTests(startExampleSts);
const server = forAllTests(() => startServer({ sts }));

const VALUES: readonly unknown[] = [
  { toString: 1 },
  [{ toString: 1, valueOf: 1 }],
  { toString: {}, toJSON: 1 },
  1,
  true,
  {},
  [],
];
const CONDITION = { type: 'CredentialsReady', status: 'False', reason: 'NotGranted', message: '' };

const CASES: Readonly<Record<string, (value: unknown) => Parts>> = {
  ...Object.fromEntries(
    ['type', 'status', 'reason', 'message', 'lastTransitionTime'].map((field) => [
      `the \`${field}\` of a composite's condition`,
      (value: unknown) =>
        request({
          input: input({ vars: { account: { fromFieldPath: 'spec.none', type: 'accountID' } } }),
          xr: composite({ status: { conditions: [{ ...CONDITION, [field]: value }] } }),
        }),
    ]),
  ),
  'the namespace of a generator': (value) =>
    request({ input: input({ generators: [generator({}, { name: 'deployer', namespace: value })] }) }),
  'the name of a generator': (value) => request({ input: input({ generators: [generator({}, { name: value })] }) }),
  'the namespace of a generator of an earlier step': (value) =>
    request({ desired: { resources: { a: { resource: generator({}, { namespace: value }) } } } }),
  'the namespace of a reference': (value) => {
    const keys = { accessKeyIDSecretRef: { name: 'k', key: 'k', namespace: value }, secretAccessKeySecretRef: {} };
    return request({ input: input({ generators: [generator({ auth: { secretRef: keys } })] }) });
  },
  'the type of a variable': (value) =>
    request({ input: input({ vars: { account: { fromFieldPath: 'spec.accountID', type: value } } }) }),
  'a value for a variable': (value) => request({ xr: composite({ spec: { accountID: value } }) }),
  'the time to live': (value) => request({ input: input({ ttl: value }) }),
  'a role': (value) => request({ input: input({ generators: [generator({ role: value })] }) }),
};

test.each(Object.entries(CASES))('%s', async (_, partsWith) => {
  for (const value of VALUES) {
    const before = server.stderr().length;
    const { response } = await server.reconcile(partsWith(value));
    const { reason, message } = verdictOf(response) ?? {};
    expect({ value, reason, message }).toEqual({
      value,
      reason: expect.stringMatching(/./),
      message: expect.stringMatching(/./),
    });
    expect(`${reason} ${server.stderr().slice(before)}`).not.toMatch(/INTERNAL|has a fault/);
  }
});
