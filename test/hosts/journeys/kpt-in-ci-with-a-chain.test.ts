import { expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import type { EmittedSecret } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { kubeconfig, startApiServer } from '../../support/hosts/api-server.ts';
import { filesUnder, scriptsUnder, yamlUnder } from '../../support/hosts/pages.ts';
import { startHosts } from '../../support/hosts/start-hosts.ts';
import { callerOf } from '../../support/sts/testing/ask.ts';
import { githubRoles, startGithubActions } from '../github-actions.ts';
import { startJourney } from './start-journey.ts';

/** Somebody has a package of kpt in a repository on GitHub, and roles behind a hub. The slip is a wrong field. */

const CI = 'docs/ci.md';
const SPOKE = 'arn:aws:iam::222222222222:role/spoke';
const HUB = 'arn:aws:iam::111111111111:role/hub';
const CALLER = 'arn:aws:sts::222222222222:assumed-role/release/team-a.release';
const RELEASE = 'arn:aws:iam::222222222222:role/release';

const github = forAllTests(startGithubActions);
const server = forAllTests(startApiServer);
const hosts = forAllTests(() =>
  startHosts({
    roles: [...githubRoles.slice(0, 1), { arn: RELEASE, trust: [{ principals: [SPOKE] }] }],
    identityProviders: [github.identityProvider],
  }),
);

interface Options {
  readonly sessions: readonly [Readonly<Record<string, unknown>>];
}

test('kpt in CI with a chain', async () => {
  await server.kubectl(['create', 'namespace', 'team-a']);
  const folder = await hosts.folder({ kubeconfig: kubeconfig(server, 'current') });
  const journey = await startJourney(hosts, {
    KUBECONFIG: `${folder}/kubeconfig`,
    ...github.environment({ 'id-token': 'write' }),
    ...{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
  });
  await journey.installs();
  const files = { ...filesUnder(CI, '2. Write the manifests'), ...filesUnder(CI, 'kpt') };
  expect(Object.keys(files)).toEqual(['aws/release.yaml', 'aws/options.yaml', '.github/policy.yaml', 'aws/Kptfile']);
  await journey.writes(files);

  // The chain goes into the entry that has the identity. Its field is misremembered.
  const [chain = ''] = yamlUnder('docs/chains.md', 'Write the chain');
  const options = parse(files['aws/options.yaml'] ?? '') as Options;
  const { via } = (parse(chain) as Options).sessions[0];
  await journey.writes({
    'aws/options.yaml': stringify({ ...options, sessions: [{ ...options.sessions[0], hops: via }] }),
  });
  await journey.types('export STS_FUNCTION_POLICY="$PWD/.github/policy.yaml"');
  const [render = ''] = scriptsUnder(CI, 'kpt');
  const wrong = await journey.isRefused(render);
  expect(wrong).toMatchObject({
    message: expect.stringContaining(
      'options.yaml: cannot use the functionConfig: `sessions[0].hops` is not a known field',
    ),
    code: 'FUNCTION_CONFIG_INVALID',
    help: expect.stringContaining('Correct the field that the message names'),
  });
  expect(wrong.message).toContain('`via`');
  await journey.edits('aws/options.yaml', 'hops:', 'via:');

  // The Policy of the page has the identity's role and the last one: the chain needs more, and the message names it.
  const short = await journey.isRefused(render);
  expect(short).toMatchObject({ code: 'NOT_GRANTED', help: expect.stringContaining('ask the operator for a grant') });
  expect([...short.message.matchAll(/"(arn:.+?|team=a)"/g)].map(([, name]) => name)).toEqual([HUB, SPOKE, 'team=a']);
  await journey.edits('.github/policy.yaml', 'via: [', `via: [${HUB}, ${SPOKE}, `);
  await journey.edits('.github/policy.yaml', '  regions:', '  tags: { team: [a] }\n  regions:');

  await journey.types(render);
  const secret = parse(await server.kubectl(['get', 'secret', 'release', '--namespace=team-a', '--output=yaml']));
  expect(await callerOf(hosts.sts.url, secret as EmittedSecret)).toBe(CALLER);
});
