import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ci } from '../../support/accounts.ts';
import type { EmittedSecret } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { until } from '../../support/start-process.ts';
import { type EmbeddedSts, startSts } from '../../support/sts/start-sts.ts';
import { callerOf } from '../../support/sts/testing/ask.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type Composites, defineComposites, TEAM } from './composites.ts';
import { type Crossplane, startCrossplane } from './start-crossplane.ts';

const HUB = 'arn:aws:iam::111111111111:role/hub';
const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const TEAMS = [TEAM, 'team-b'];
/** COMPOSITES says how many, as 500 by hand. */
const MORE = Array.from({ length: Number(process.env.COMPOSITES ?? 20) }, (_, index) => `more-${index + 1}`);
const POLICY = {
  apiVersion: 'sts.fn.crossplane.io/v1beta1',
  kind: 'Policy',
  grants: [{ roles: [ROLE], session: { via: [HUB], tags: { team: '${namespace}' }, sourceIdentity: '${namespace}' } }],
};

/** A Crossplane that runs, with tenants behind one hub: the Policy supplies it, and no Composition names it. */
export function twoTenantsBehindOneHub(): void {
  const folder = forAllTests(temporaryFolder);
  let sts: EmbeddedSts;
  let crossplane: Crossplane;
  let workspaces: Composites;
  beforeAll(async () => {
    crossplane = await startCrossplane(async () => {
      const roles = [
        { arn: HUB, trust: [{ principals: [ci.arn] }] },
        { arn: ROLE, trust: [{ principals: [HUB] }] },
      ];
      sts = await startSts({ users: [ci], roles });
      return {
        AWS_STS_ENDPOINT: sts.url,
        AWS_ACCESS_KEY_ID: ci.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
        STS_FUNCTION_POLICY: folder.write('policy.json', JSON.stringify(POLICY)),
      };
    });
    for (const team of TEAMS) await crossplane.kubectl(['create', 'namespace', team]);
    workspaces = await defineComposites(crossplane.kubectl, {
      kind: 'Workspace',
      scope: 'Namespaced',
      example: 'account-from-composite',
    });
  });
  afterAll(async () => {
    await crossplane?.close();
    await sts?.close();
  });

  test('each has a session with his own marks, and the hub has none', async () => {
    const ofTeam = (namespace: string, accountID: string) =>
      stringify({
        apiVersion: 'example.org/v1',
        kind: 'Workspace',
        metadata: { name: 'acme', namespace },
        spec: { accountID },
      });
    for (const team of TEAMS) await crossplane.kubectl(['create', '-f', '-'], ofTeam(team, '123456789012'));
    const secrets = TEAMS.map((team) =>
      until(`a Secret of ${team}`, 300, async () => {
        const text = await crossplane.kubectl([
          'get',
          'secret',
          'acme-deployer',
          `--namespace=${team}`,
          '--output=json',
        ]);
        return JSON.parse(text) as EmittedSecret;
      }),
    );
    for (const [index, team] of TEAMS.entries()) {
      const secret = await secrets[index];
      expect(secret && (await callerOf(sts.url, secret))).toMatch(`assumed-role/deployer/${team}.acme-deployer`);
    }
    const asked = sts.calls.filter(({ operation }) => operation === 'AssumeRole').map(({ parameters }) => parameters);
    const ofHub = asked.filter(({ RoleArn }) => RoleArn === HUB);
    expect(ofHub.length).toBeGreaterThan(0);
    for (const call of ofHub) expect(Object.keys(call).join()).not.toMatch(/Tags|SourceIdentity/);
    for (const team of TEAMS)
      expect(asked.filter(({ RoleSessionName }) => RoleSessionName === `${team}.acme-deployer`)).toEqual([
        expect.objectContaining({ RoleArn: ROLE, SourceIdentity: team, 'Tags.member.1.Value': team }),
      ]);
    expect(asked).toHaveLength(ofHub.length + TEAMS.length);
  });

  test('more composites ask the hub for nothing', async () => {
    const before = sts.calls.length;
    await workspaces.add(MORE, { accountID: '123456789012' });
    await workspaces.untilAll(MORE, 'CredentialsReady=True', 300 + MORE.length);
    const asked = sts.calls.slice(before).map(({ operation, parameters }) => [operation, parameters.RoleArn]);
    expect(asked).toEqual(MORE.map(() => ['AssumeRole', ROLE]));
  });
}
