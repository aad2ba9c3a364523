import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { composite, generator, input, request, verdictOf } from '../../support/crossplane/request.ts';
import { type FunctionServer, startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { makeIdentity } from '../../support/make-identity.ts';
import { until } from '../../support/start-process.ts';
import { createIssuer } from '../../support/sts/issuer.ts';
import { startSts } from '../../support/sts/start-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Who writes a composite chooses its region. None of it may reach the identity that the function shares between all of them. */
const NOWHERE = 'zz-nowhere-1';
const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1', 'ap-south-1'];
const HOSTS = REGIONS.map((region) => `sts.${region}.amazonaws.com`);
const BASE = 'arn:aws:iam::111111111111:role/base';
const TARGET = 'arn:aws:iam::123456789012:role/deployer';
const KEYS = `aws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`;

const folder = forAllTests(temporaryFolder);
let token: string;
let bundle: string;
/** AWS, as it looks through the proxy: each region's STS is this one, and no other host is there. */
const sts = forAllTests(async () => {
  const tls = await makeIdentity({ isAuthority: true, hosts: HOSTS });
  bundle = folder.write('ca.pem', tls.cert);
  const issuer = await createIssuer({ audiences: ['sts.amazonaws.com'] });
  token = await issuer.serviceAccountToken({ namespace: 'crossplane-system', name: 'function' });
  const base = { arn: BASE, trust: [{ principals: [ci.arn] }, { federated: issuer.issuer }] };
  const target = { arn: TARGET, trust: [{ principals: [BASE, ci.arn] }] };
  return startSts({ users: [ci], identityProviders: [issuer], roles: [base, target], tls });
});

type Environment = Readonly<Record<string, string>>;

let files = 0;
/** Writes a file that no other test has. */
const written = (text: string): string => {
  files += 1;
  return folder.write(`file-${files}`, text);
};
const irsa = (): Environment => ({
  AWS_WEB_IDENTITY_TOKEN_FILE: written(token),
  AWS_ROLE_ARN: BASE,
});
const profile = (region: string): Environment => ({
  AWS_SHARED_CREDENTIALS_FILE: written(`[ci]\n${KEYS}`),
  AWS_CONFIG_FILE: written(`[profile base]\nrole_arn = ${BASE}\nsource_profile = ci\n${region}`),
  AWS_PROFILE: 'base',
});

/** With a server of its own, behind a proxy of its own: it waits for a region that is nowhere, beside those of other tests. */
async function served(
  environment: Environment,
  run: (server: FunctionServer, tunnels: readonly string[]) => Promise<void>,
): Promise<void> {
  await using proxy = await startConnectProxy((host) =>
    HOSTS.includes(host) ? Number(new URL(sts.url).port) : undefined,
  );
  const network = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: bundle };
  await using server = await startServer({ environment: { ...network, ...environment } });
  await run(server, proxy.tunnels);
}

/** What a composite is told whose region is `region`. */
async function reconciled(server: FunctionServer, region: string, name: string, entry?: object) {
  const asked = input({
    generators: [generator({ region: '${region}', role: TARGET })],
    vars: { region: { fromFieldPath: 'spec.region', type: 'region' } },
    ...(entry === undefined ? {} : { sessions: [{ match: {}, ...entry }] }),
  });
  const xr = composite({ metadata: { name, uid: name }, spec: { region } });
  return verdictOf((await server.reconcile(request({ xr, input: asked }))).response);
}

const GOOD = { reason: 'Available' };

test.concurrent.each<[string, () => Environment, string]>([
  ["a pod's role is taken in AWS_REGION", () => ({ ...irsa(), AWS_REGION: 'eu-west-1' }), 'eu-west-1'],
  ["a pod's role is taken in us-east-1 where nobody names a region", irsa, 'us-east-1'],
  ['AWS_DEFAULT_REGION is no word of the SDK', () => ({ ...irsa(), AWS_DEFAULT_REGION: 'eu-west-1' }), 'us-east-1'],
  ["a profile's role is taken in the profile's region", () => profile('region = eu-central-1\n'), 'eu-central-1'],
  [
    "a profile's role is taken in AWS_REGION before the profile's own",
    () => ({ ...profile('region = eu-central-1\n'), AWS_REGION: 'eu-west-1' }),
    'eu-west-1',
  ],
  [
    "a profile's role is taken in the profile's region where AWS_REGION is empty",
    () => ({ ...profile('region = eu-central-1\n'), AWS_REGION: '' }),
    'eu-central-1',
  ],
  ["a profile's role is taken in us-east-1 where nobody names a region", () => profile(''), 'us-east-1'],
  [
    'keys of the environment need no region at all',
    () => ({ AWS_ACCESS_KEY_ID: ci.accessKeyId, AWS_SECRET_ACCESS_KEY: ci.secretAccessKey }),
    'ap-south-1',
  ],
])('%s, whatever region the first composite has', async (_, environment, region) => {
  await served(environment(), async (server, tunnels) => {
    expect(await reconciled(server, NOWHERE, 'nowhere')).not.toMatchObject(GOOD);
    expect(await reconciled(server, 'ap-south-1', 'acme')).toMatchObject(GOOD);
    const own = `sts.${NOWHERE}.amazonaws.com:443`; // the composite's own hop, with the function's identity
    const others = tunnels.filter((host) => host !== own);
    expect(new Set(others)).toEqual(new Set([`sts.${region}.amazonaws.com:443`, 'sts.ap-south-1.amazonaws.com:443']));
    expect(others[0]).toBe(`sts.${region}.amazonaws.com:443`);
    if (region === 'ap-south-1') return;
    expect(tunnels[0]).toBe(`sts.${region}.amazonaws.com:443`);
  });
});

test.concurrent("whose an identity is, is asked in the operator's region, where `expectAccount` wants to know", async () => {
  await served({ ...irsa(), AWS_REGION: 'eu-west-1' }, async (server) => {
    const expectAccount = '111111111111';
    expect(await reconciled(server, NOWHERE, 'nowhere', { expectAccount })).not.toMatchObject(GOOD);
    expect(await reconciled(server, 'ap-south-1', 'acme', { expectAccount })).toMatchObject(GOOD);
    expect(await reconciled(server, 'us-east-1', 'zeta', { expectAccount: '222222222222' })).toMatchObject({
      reason: 'OtherAccount',
    });
    const asked = sts.calls.filter(({ operation }) => operation === 'GetCallerIdentity');
    expect(asked.map(({ region }) => region)).toEqual(['eu-west-1', 'eu-west-1', 'eu-west-1']);
  });
});

test.concurrent('a registry that is nowhere takes no credentials from others', async () => {
  await served({ ...irsa(), AWS_REGION: 'eu-west-1' }, async (server, tunnels) => {
    const login = {
      ...generator({ region: NOWHERE, role: undefined }),
      kind: 'ECRAuthorizationToken',
      spec: { region: NOWHERE },
    };
    const first = await server.reconcile(request({ input: input({ generators: [login], vars: {} }) }));
    expect(verdictOf(first.response)).not.toMatchObject(GOOD);
    expect(await reconciled(server, 'ap-south-1', 'acme')).toMatchObject(GOOD);
    expect(tunnels[0]).toBe('sts.eu-west-1.amazonaws.com:443');
  });
});

test.concurrent('credentials that were not there in the first call are there in a later one', async () => {
  const path = written('');
  await served({ AWS_SHARED_CREDENTIALS_FILE: path, AWS_REGION: 'eu-west-1' }, async (server) => {
    expect(await reconciled(server, 'ap-south-1', 'acme')).not.toMatchObject(GOOD);
    writeFileSync(path, `[default]\n${KEYS}`);
    const isGood = async () => (await reconciled(server, 'ap-south-1', 'zeta'))?.reason === 'Available' || undefined;
    await until('its credentials', 300, isGood);
  });
});
