import { describe, expect, test } from '@jest/globals';
import { chainedRole, ci, ciEnvironment } from '../support/accounts.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { emittedSecrets, reveal } from '../support/emitted.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { makeIdentity } from '../support/make-identity.ts';
import { GOOD_SPEC, generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const one = list(generatorItem());
const folder = forEachTest(temporaryFolder);

describe('one spec', () => {
  const sts = forEachTest(startExampleSts);
  const run = (environment = {}, input = one) => runInProcess(input, { sts, environment });

  test('is one call with every parameter', async () => {
    expect(
      await run({}, list(generatorItem(`${GOOD_SPEC}, requestParameters: {externalID: a-b, sessionDuration: 43200}`))),
    ).toMatchObject({ exit: 0 });
    expect(sts.calls).toEqual([
      expect.objectContaining({
        operation: 'AssumeRole',
        region: 'eu-west-1',
        callerArn: ci.arn,
        outcome: 'ok',
        parameters: {
          RoleArn: 'arn:aws:iam::123456789012:role/deployer',
          RoleSessionName: 'team-a.deployer',
          DurationSeconds: '43200',
          ExternalId: 'a-b',
        },
      }),
    ]);
  });

  test('asks for 3600 seconds when it does not say, as documented', async () => {
    await run();
    expect(sts.calls[0]?.parameters.DurationSeconds).toBe('3600');
  });

  test("follows the SDK's own endpoint variable, and the environment's region", async () => {
    const input = list(generatorItem(GOOD_SPEC.replace('eu-west-1', '""')));
    const { AWS_STS_ENDPOINT: url = '', ...keys } = ciEnvironment(sts.url);
    const environment = { ...keys, AWS_ENDPOINT_URL_STS: url, AWS_REGION: 'us-west-2' };
    expect(await runInProcess(input, { environment })).toMatchObject({ exit: 0, stderr: '' });
    expect(sts.calls[0]?.region).toBe('us-west-2');
  });

  test('takes keys and region from a profile', async () => {
    const keys = `aws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`;
    const files = {
      AWS_SHARED_CREDENTIALS_FILE: folder.write('credentials', `[ci]\n${keys}`),
      AWS_CONFIG_FILE: folder.write('config', '[profile ci]\nregion = eu-central-1\n'),
    };
    const profile = { ...files, AWS_PROFILE: 'ci', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const input = list(generatorItem(GOOD_SPEC.replace('eu-west-1', '""')));
    expect(await runFunction(input, { sts, environment: profile })).toMatchObject({ exit: 0, stderr: '' });
    expect(sts.calls[0]).toMatchObject({ region: 'eu-central-1', callerArn: ci.arn });
  });

  describe('asked for with the keys of a role session', () => {
    const chained = (seconds: number) =>
      list(
        generatorItem(`region: eu-west-1, role: "${chainedRole}", requestParameters: {sessionDuration: ${seconds}}`),
      );
    const sessionKeys = async () => {
      const [minted] = emittedSecrets((await run()).stdout);
      if (minted === undefined) throw new Error('no session to go on with');
      return {
        AWS_ACCESS_KEY_ID: reveal(minted, 'access_key_id'),
        AWS_SECRET_ACCESS_KEY: reveal(minted, 'secret_access_key'),
        AWS_SESSION_TOKEN: reveal(minted, 'session_token'),
      };
    };

    test('gives an hour', async () => {
      expect(await run(await sessionKeys(), chained(3600))).toMatchObject({ exit: 0, stderr: '' });
    });

    test('gives no more, and the warning says why', async () => {
      const { exit, stderr } = await run(await sessionKeys(), chained(3601));
      expect(exit).toBe(1);
      expect(stderr).toMatch(/^warning: .* may not get 3601 seconds: .*\nerror: .*: ValidationError\. .*\n$/);
    });
  });

  test('says the real end of a session that is shorter than asked', async () => {
    sts.fail({ kind: 'shortSession', lifetimeSeconds: 900 });
    const before = Date.now();
    const [minted] = emittedSecrets((await run()).stdout);
    const lifetime = Number(minted && reveal(minted, 'expiration')) * 1000 - before;
    expect(lifetime).toBeGreaterThan(880_000);
    expect(lifetime).toBeLessThan(960_000);
  });

  test('has no expiration when STS gives none', async () => {
    sts.fail({ kind: 'noExpiration' });
    const [minted] = emittedSecrets((await run()).stdout);
    expect(Object.keys(minted?.data ?? {})).toEqual(['access_key_id', 'secret_access_key', 'session_token']);
    expect(Object.keys(minted?.metadata.annotations ?? {})).toEqual([
      'sts.fn.crossplane.io/generator',
      'sts.fn.crossplane.io/spec-hash',
      'sts.fn.crossplane.io/data-hash',
    ]);
  });

  test('a fault in one spec keeps every spec from being asked for', async () => {
    const input = list(generatorItem() + generatorItem('region: eu-west-1, role: no', { name: 'wrong' }));
    expect(await run({}, input)).toMatchObject({ exit: 1 });
    expect(sts.calls).toEqual([]);
  });

  test('a refusal of one of many emits none, and says which', async () => {
    const wrong = 'region: eu-west-1, role: "arn:aws:iam::123456789012:role/others"';
    const { exit, stdout, stderr } = await run({}, list(generatorItem() + generatorItem(wrong, { name: 'denied' })));
    expect({ exit, secrets: emittedSecrets(stdout) }).toEqual({ exit: 1, secrets: [] });
    expect(stderr).toMatch(/^error: [^\n]*STSAssumeRoleToken "team-a\/denied"[^\n]*AccessDenied[^\n]*\n$/);
  });
});

describe('a private CA and a proxy', () => {
  let bundle: string;
  const sts = forEachTest(async () => {
    const tls = await makeIdentity({ isAuthority: true });
    bundle = folder.write('ca.pem', tls.cert);
    return startExampleSts({ tls });
  });
  const proxy = forEachTest(startConnectProxy);
  const run = (environment: Record<string, string>) => runFunction(one, { sts, environment });

  test('a CA that nobody named is not trusted', async () => {
    const { exit, stderr } = await run({});
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      /the certificate of the server is not trusted \((DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)\)/,
    );
  });

  test.each(['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'])('%s names the CA', async (name) => {
    expect(await run({ [name]: bundle })).toMatchObject({ exit: 0, stderr: '' });
  });

  test.each(['127.0.0.1:1', 'socks5://proxy', 'http://user:canary@proxy:99999', 'http://', ' '])(
    'a proxy that is no URL is refused, never gone around, and its password not shown: %j',
    async (value) => {
      const { exit, stdout, stderr } = await run({ AWS_CA_BUNDLE: bundle, HTTPS_PROXY: value });
      expect({ exit, calls: sts.calls, whole: stdout.startsWith(one) }).toEqual({ exit: 1, calls: [], whole: true });
      expect(stderr).toBe(
        'error: cannot use HTTPS_PROXY: it must be an http or https URL such as "http://proxy.example.org:3128". [SETTING_INVALID]\n',
      );
    },
  );

  test('HTTPS_PROXY is used, and NO_PROXY spares a host', async () => {
    expect(await run({ AWS_CA_BUNDLE: bundle, HTTPS_PROXY: proxy.url })).toMatchObject({ exit: 0, stderr: '' });
    expect(proxy.tunnels).toEqual([new URL(sts.url).host]);
    expect(await run({ AWS_CA_BUNDLE: bundle, HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' })).toMatchObject({
      exit: 0,
    });
    expect(proxy.tunnels).toHaveLength(1);
  });
});
