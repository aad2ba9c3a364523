import { Severity } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { generator, input, type Parts, reconcile, request, verdictOf } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

const sts = forAllTests(startExampleSts);
const server = forAllTests(() => startServer({ sts }));

/** Stands for a name that JavaScript cannot send: as long as it. */
const STAND_IN = 'PROTOTYPE';

/** On the wire, as a program in Go sends it. */
function toLostName(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(STAND_IN, '__proto__'), 'latin1');
}

async function expectFatal(parts: Parts, text: string): Promise<void> {
  const before = sts.calls.length;
  const response = await server.call(parts, { rewrite: toLostName });
  const made = Object.values(response.desired?.resources ?? {}).filter(({ resource }) => resource?.kind === 'Secret');
  expect({ calls: sts.calls.length - before, made }).toEqual({ calls: 0, made: [] });
  expect(response.results).toMatchObject([{ severity: Severity.SEVERITY_FATAL, reason: 'FunctionConfigInvalid' }]);
  expect(verdictOf(response)?.message).toContain(text);
}

const named = { [STAND_IN]: 'x' };
const other = (parts: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, ...parts });

describe('a name that JavaScript loses on the way is no way to widen what a step says, or to delete what others want', () => {
  test.each<[string, Parts]>([
    ['labels to match would match every generator', { input: input({ sessions: [{ match: { labels: named } }] }) }],
    ['tags would not be sent', { input: input({ sessions: [{ last: { tags: named } }] }) }],
    ['a variable would not be there', { input: input({ vars: { [STAND_IN]: { value: 'a', type: 'dnsLabel' } } }) }],
    ['a label of the Secret would not be there', { input: input({ sessions: [{ secrets: [{ labels: named }] }] }) }],
    ['a Condition of a policy would not narrow', { input: input({ sessions: [{ last: { policy: named } }] }) }],
    [
      'a label of a generator would not be matched',
      { input: input({ generators: [generator({}, { name: 'a', labels: named })] }) },
    ],
    [
      'a desired resource of that name would be deleted',
      { desired: { resources: { [STAND_IN]: { resource: other({}) } } } },
    ],
    [
      'a key of a desired resource would be deleted',
      { desired: { resources: { a: { resource: other({ data: named }) } } } },
    ],
  ])('%s', (_, parts) => expectFatal(request(parts), 'has a key `__proto__`'));

  test("in an object that is only looked at it is its owner's, and stops nobody", async () => {
    const text = (value: string) => Buffer.from(value).toString('base64');
    const reference = (key: string) => ({ name: 'keys', key });
    const auth = {
      secretRef: { accessKeyIDSecretRef: reference('id'), secretAccessKeySecretRef: reference('secret') },
    };
    const keys = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'team-a' },
      data: { [STAND_IN]: text('x'), id: text(ci.accessKeyId), secret: text(ci.secretAccessKey) },
    };
    const parts = request({ input: input({ generators: [generator({ auth })] }) });
    const { response } = await reconcile((one) => server.call(one, { rewrite: toLostName }), parts, [keys]);
    expect(verdictOf(response)?.reason).toBe('Available');
  });

  test('the name as a value is a text like others', async () => {
    const parts = request({ desired: { resources: { a: { resource: other({ data: { a: STAND_IN } }) } } } });
    const { response } = await reconcile((one) => server.call(one, { rewrite: toLostName }), parts);
    expect(verdictOf(response)?.reason).toBe('Available');
    expect(response.desired?.resources.a?.resource).toMatchObject({ data: { a: '__proto__' } });
  });
});

describe('without a composite, as in an Operation, nobody is asked for a session that nobody would renew or delete', () => {
  const placed = { name: 'deployer', namespace: 'team-a' };
  const bare = { ...generator({ role: 'arn:aws:iam::123456789012:role/deployer' }, placed) };
  test.each<[string, Parts]>([
    ['a bare generator', { meta: { tag: 'tag' }, input: bare }],
    ['an Input', { meta: { tag: 'tag' }, input: input({ vars: undefined, generators: [bare] }) }],
    ['a composite without a name', request({ xr: { apiVersion: 'example.org/v1', kind: 'Workspace' }, input: bare })],
  ])('%s', (_, parts) => expectFatal(parts, 'Operation'));
});
