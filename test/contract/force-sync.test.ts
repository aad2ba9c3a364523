import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ready } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { roles } from '../support/accounts.ts';
import { applied, composite, generator, input, request, verdictOf } from '../support/crossplane/request.ts';
import { shareServer } from '../support/crossplane/share-server.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { externalSecret, fromGenerator, GOOD_SPEC, generatorItem, list, specDocument } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { shareExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** "Renew now", by the annotation that External Secrets' users know. */

const RECORD = 'sts.fn.crossplane.io/force-sync';
const trusting = [...roles];
const sts = shareExampleSts({ roles: trusting });
const folder = forEachTest(temporaryFolder);

const deployer = (value = '') =>
  generatorItem(GOOD_SPEC, { metadata: `namespace: team-a${value && `, annotations: {force-sync: ${value}}`}` });
const run = (input: string) => runInProcess(input, { sts });
const recordIn = (text: string) => emittedSecrets(text)[0]?.metadata.annotations[RECORD];

/** The items of a run that said nothing, and how many calls there have been by then. */
async function good(input: string) {
  const { exit, stdout, stderr } = await run(input);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return { stdout, calls: sts.calls.length };
}

describe('a generator of a ResourceList', () => {
  test('is renewed once for a value, also where the Secret was made before there was one', async () => {
    const first = await good(list(deployer()));
    expect(recordIn(first.stdout)).toBeUndefined();
    const forced = await good(first.stdout.replace(deployer(), deployer('"1735689600"')));
    expect({ calls: forced.calls, record: recordIn(forced.stdout) }).toEqual({ calls: 2, record: '1735689600' });
    expect(await good(forced.stdout)).toEqual(forced);
    const again = await good(forced.stdout.replace('force-sync: "1735689600"}', 'force-sync: again}'));
    expect({ calls: again.calls, record: recordIn(again.stdout) }).toEqual({ calls: 3, record: 'again' });
  });

  test('is renewed by no removal, and the record goes with the next renewal', async () => {
    const forced = (await good(list(deployer('now')))).stdout;
    const removed = forced.replace(deployer('now'), deployer());
    expect(await good(removed)).toEqual({ stdout: removed, calls: 1 });
    const due = await good(removed.replace(/(renew-after: ).*/, '$1"2020-01-01T00:00:00Z"'));
    expect({ calls: due.calls, record: recordIn(due.stdout) }).toEqual({ calls: 2, record: undefined });
  });

  test('keeps its Secret where AWS refuses, says so, and renews it once AWS does not', async () => {
    const first = (await good(list(deployer()))).stdout.replace(deployer(), deployer('now'));
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
    const refused = await run(first);
    expect(refused).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/^warning: Secret "team-a\/deployer" is not renewed, and stays .*RENEWAL_FAILED/),
    });
    expect(refused.stdout.slice(0, first.length)).toBe(first);
    expect(recordIn((await good(first)).stdout)).toBe('now');
  });

  test('is one whose spec did not change', async () => {
    const hashOf = async (value?: string) =>
      emittedSecrets((await good(list(deployer(value)))).stdout)[0]?.metadata.annotations[
        'sts.fn.crossplane.io/spec-hash'
      ];
    expect(await hashOf('now')).toBe(await hashOf());
  });
});

describe('files', () => {
  const written = (value: string) =>
    specDocument().replace('namespace: team-a', `namespace: team-a, annotations: {force-sync: "${value}"}`);
  const command = (...argv: string[]) => runInProcess('', { sts, arguments: [...argv, folder.path] });

  test('are renewed in place, and a plan says why', async () => {
    folder.write('a.yaml', written('1'));
    expect(await command('render', '-i')).toMatchObject({ exit: 0 });
    folder.write('a.yaml', written('2'));
    expect(await command('plan')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/\nrenew {3}team-a\/deployer {2}force-sync /),
    });
    const { secrets } = JSON.parse((await command('plan', '-o', 'json')).stdout) as { secrets: object[] };
    expect(secrets).toMatchObject([{ action: 'renew', reason: 'forceSync' }]);
    expect(sts.calls).toHaveLength(1);
    expect(await command('render', '-i')).toMatchObject({ exit: 0 });
    expect(sts.calls).toHaveLength(2);
    expect(readFileSync(join(folder.path, 'secret_deployer.yaml'), 'utf8')).toContain(`${RECORD}: "2"`);
    expect(await command('plan', '--detailed-exitcode')).toMatchObject({ exit: 0 });
  });
});

describe('a composite', () => {
  const server = shareServer({ sts });
  const KEY = 'acme-deployer';
  const withValue = (value: string) => composite({ metadata: { annotations: { 'force-sync': value } } });
  interface Secret {
    readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  }

  /** A reconcile of the engine that shows what was composed before, and the Secret that it gives. */
  async function reconciled(parts: Parameters<typeof request>[0], before?: unknown, key = KEY) {
    const observedResources = before === undefined ? {} : { [key]: applied(before) };
    const { response } = await server.reconcile(request({ ...parts, observedResources }));
    const { resource, ready } = response.desired?.resources[key] ?? {};
    const secret = resource as unknown as Secret;
    return { response, secret, ready, record: secret.metadata.annotations[RECORD], calls: sts.calls.length };
  }

  test('is renewed once for a value, and stays ready', async () => {
    const { secret } = await reconciled({});
    const forced = await reconciled({ xr: withValue('1') }, secret);
    expect(forced).toMatchObject({ record: '1', ready: Ready.READY_TRUE, calls: 2 });
    expect(forced.response.results).toMatchObject([{ reason: 'SessionIssued' }]);
    // the engine does not show the new one yet: both were made in one second, and only the record tells them apart
    expect(await reconciled({ xr: withValue('1') }, secret)).toMatchObject({ secret: forced.secret, calls: 2 });
    expect(await reconciled({ xr: withValue('1') }, forced.secret)).toMatchObject({ secret: forced.secret, calls: 2 });
    expect(await reconciled({}, forced.secret)).toMatchObject({ secret: forced.secret, calls: 2 });
  });

  test('keeps a Secret that is ready where AWS refuses, and says so', async () => {
    const { secret } = await reconciled({});
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
    const refused = await reconciled({ xr: withValue('1') }, secret);
    expect(refused).toMatchObject({ secret, ready: Ready.READY_TRUE });
    expect(verdictOf(refused.response)).toMatchObject({ reason: 'RenewalFailed' });
  });

  test("counts with its ExternalSecret and that one's generators", async () => {
    const annotated = (value: string | undefined) =>
      value === undefined ? {} : { annotations: { 'force-sync': value } };
    const parts = ([ofComposite, ofSecret, ofGenerator]: readonly (string | undefined)[]) => ({
      xr: composite({ metadata: annotated(ofComposite) }),
      input: input({
        generators: [
          generator({}, { name: 'gen', ...annotated(ofGenerator) }),
          externalSecret({ dataFrom: [fromGenerator()] }, { namespace: 'team-a', ...annotated(ofSecret) }),
        ],
      }),
    });
    let before: Secret | undefined;
    const records: (string | undefined)[] = [];
    for (const values of [
      [undefined, undefined, 'a'],
      [undefined, 'b'],
      ['c', 'b'],
      ['c', 'b'],
    ]) {
      const { secret, record } = await reconciled(parts(values), before, 'acme-credentials');
      expect(Object.keys(secret.metadata.annotations)).not.toContain('force-sync');
      records.push(record);
      before = secret;
    }
    expect(records).toEqual(['a', 'b', expect.stringMatching(/^v1-[0-9a-f]{32}$/), records[2]]);
    expect(sts.calls).toHaveLength(3);
  });
});
