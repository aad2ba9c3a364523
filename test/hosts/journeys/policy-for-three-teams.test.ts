import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { scriptsUnder } from '../../support/hosts/pages.ts';
import { startHosts } from '../../support/hosts/start-hosts.ts';
import { callerOf } from '../../support/sts/testing/ask.ts';
import { startJourney } from './start-journey.ts';

/** An operator gives each of three teams a Policy. The slip is a package of one team with the role of another. */

const PAGE = 'docs/policy.md';
const HUB = 'arn:aws:iam::111111111111:role/hub';
const EXAMPLE = 'examples/kpt/team-guard';
const TEAMS = { 'team-a': '123456789012', 'team-b': '210987654321', 'team-c': '333333333333' } as const;

/** The accounts of the page; that of team-a is among those of the examples. */
const hosts = forAllTests(() =>
  startHosts({
    roles: [TEAMS['team-c']].map((account) => ({
      arn: `arn:aws:iam::${account}:role/gitops-deploy`,
      trust: [{ principals: [HUB] }],
    })),
  }),
);

test('a Policy for three teams', async () => {
  const journey = await startJourney(hosts);
  await journey.installs();
  const [makePolicies = '', refused = ''] = scriptsUnder(PAGE, 'Three teams');
  expect(await journey.types(makePolicies)).toContain('123456789012 gitops-deploy');

  // The package of team-a wants the role of team-b.
  const { message, code, help } = await journey.isRefused(refused);
  expect({ message, code }).toEqual({
    message: expect.stringContaining(
      `does not grant "arn:aws:iam::${TEAMS['team-b']}:role/gitops-deploy" to namespace "team-a"`,
    ),
    code: 'NOT_GRANTED',
  });
  expect(help).toContain('Use what is granted, or ask the operator for a grant.');

  // Each team's package gets its own team's role: with the file of its pipeline, and with no other.
  const [render = ''] = scriptsUnder(`${EXAMPLE}/README.md`, "kpt: one team's guard in a shared CI");
  const renderFor = (team: string) =>
    `cd ${EXAMPLE}\n${render.replace('$PWD/policy.yaml', `${journey.clone}/policies/${team}.yaml`)}`;
  let previous: keyof typeof TEAMS = 'team-a';
  for (const team of ['team-a', 'team-b', 'team-c'] as const) {
    if (team !== previous) {
      await journey.edits(`${EXAMPLE}/granted/deployer.yaml`, `namespace: ${previous}`, `namespace: ${team}`);
      await journey.edits(`${EXAMPLE}/granted/deployer.yaml`, TEAMS[previous], TEAMS[team]);
      expect(await journey.isRefused(renderFor(previous))).toMatchObject({ code: 'NOT_GRANTED' });
    }
    await journey.types(renderFor(team));
    const [secret] = emittedSecrets(
      await readFile(join(journey.clone, EXAMPLE, `granted/${team}/secret_deployer.yaml`), 'utf8'),
    );
    expect(secret && (await callerOf(hosts.sts.url, secret))).toBe(
      `arn:aws:sts::${TEAMS[team]}:assumed-role/gitops-deploy/${team}.deployer`,
    );
    previous = team;
  }
});
