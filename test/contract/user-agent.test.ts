import { createServer } from 'node:http';
import { expect, test } from '@jest/globals';
import { ci, ciEnvironment } from '../support/accounts.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { close, listen } from '../support/listen.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** CloudTrail has the user agent of each call: it says which CI run made it. */

const agents: string[] = [];
const server = forAllTests(async () => {
  const denying = createServer((request, response) => {
    agents.push(request.headers['user-agent'] ?? '');
    response.writeHead(403, { 'content-type': 'text/xml' });
    response.end('<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>');
  });
  const port = await listen(denying);
  return { url: `http://127.0.0.1:${port}`, close: () => close(denying) };
});
const folder = forAllTests(temporaryFolder);

/** The application ID of each call, as the SDK writes it. */
async function idsOf(environment: Record<string, string>, kind = 'STSAssumeRoleToken'): Promise<unknown[]> {
  agents.length = 0;
  const spec = kind === 'STSAssumeRoleToken' ? undefined : 'region: eu-west-1';
  await runFunction(list(generatorItem(spec, { kind })), {
    environment: { ...ciEnvironment(server.url), ...environment },
  });
  return agents.map((agent) => / app\/(\S+)/.exec(agent)?.[1]);
}

test.each<[string, Record<string, string>, string | undefined]>([
  ['nothing is known', {}, undefined],
  ["GitHub's run", { GITHUB_RUN_ID: '1658821493', CI_JOB_ID: '7' }, '1658821493'],
  ["GitLab's job", { CI_JOB_ID: '50837-a' }, '50837-a'],
  ['the operator says another', { AWS_SDK_UA_APP_ID: 'deploy', GITHUB_RUN_ID: '1658821493' }, 'deploy'],
  ['what is no number of a run', { GITHUB_RUN_ID: '1 app/x' }, undefined],
  ['what is longer than one', { GITHUB_RUN_ID: '1'.repeat(41), CI_JOB_ID: '7' }, undefined],
  ['an empty one, and the other', { GITHUB_RUN_ID: '', CI_JOB_ID: '7' }, '7'],
])('%s', async (_, environment, id) => {
  expect(await idsOf(environment)).toEqual([id]);
});

test('a registry and the default chain are told too', async () => {
  expect(await idsOf({ GITHUB_RUN_ID: '42' }, 'ECRAuthorizationToken')).toEqual(['42']);
  const keys = `aws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`;
  const role = 'role_arn = arn:aws:iam::111111111111:role/base\nsource_profile = ci\nregion = eu-west-1\n';
  const profile = {
    AWS_SHARED_CREDENTIALS_FILE: folder.write('credentials', `[ci]\n${keys}`),
    AWS_CONFIG_FILE: folder.write('config', `[profile base]\n${role}`),
    AWS_PROFILE: 'base',
  };
  expect(await idsOf({ ...profile, GITHUB_RUN_ID: '42' })).toEqual(['42']);
});
