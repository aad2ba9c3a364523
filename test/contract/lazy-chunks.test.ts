import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { GOOD_SPEC, generator, list } from '../support/resource-list.ts';
import { runFunction, SCRIPT } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a run loads of the script's bundle: nobody waits for the clients of others. The one file is one. */

/** How each client calls its service. */
const MARKS = {
  sts: 'GetWebIdentityToken',
  ecr: 'AmazonEC2ContainerRegistry_V20150921',
  'ecr-public': 'SpencerFrontendService',
} as const;

/** Writes the path of every module that is loaded. */
const RECORDER = `
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    if (url.endsWith('.mjs')) appendFileSync(process.env.LOADED, new URL(url).pathname + '\\n');
    return next(url, context);
  },
});
`;

const sts = forAllTests(startExampleSts);
const folder = forAllTests(temporaryFolder);

test.each([
  ['an STSAssumeRoleToken', generator(GOOD_SPEC), ['sts']],
  ['an STSSessionToken', generator('region: eu-west-1', { kind: 'STSSessionToken' }), ['sts']],
  ['a login without a role', generator('region: eu-west-1', { kind: 'ECRAuthorizationToken' }), ['ecr']],
  ['a public login', generator('region: eu-west-1, scope: public', { kind: 'ECRAuthorizationToken' }), ['ecr-public']],
  ['a login behind a role', generator(GOOD_SPEC, { kind: 'ECRAuthorizationToken' }), ['sts', 'ecr']],
])('%s loads the clients of its own services', async (_, manifest, want) => {
  const loaded = folder.write('loaded', '');
  const environment = {
    ...ciEnvironment(sts.url),
    NODE_OPTIONS: `--import ${folder.write('recorder.mjs', RECORDER)}`,
    LOADED: loaded,
  };
  expect(await runFunction(list(manifest), { environment, executable: SCRIPT })).toMatchObject({ exit: 0, stderr: '' });
  const text = readFileSync(loaded, 'utf8')
    .trim()
    .split('\n')
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const clients = Object.entries(MARKS).flatMap(([name, mark]) => (text.includes(mark) ? [name] : []));
  expect(clients).toEqual(want);
});
