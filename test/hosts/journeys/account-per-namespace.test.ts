import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { scriptsUnder, yamlUnder } from '../../support/hosts/pages.ts';
import { startHosts } from '../../support/hosts/start-hosts.ts';
import { callerOf } from '../../support/sts/testing/ask.ts';
import { startJourney } from './start-journey.ts';

/** Somebody writes a Composition that gives each namespace its own account. The slip is a namespace without the label. */

const PAGE = 'docs/crossplane.md';
const FOLDER = 'examples/crossplane/account-from-namespace-label';
const LABEL = '    example.org/aws-account: "123456789012"\n';
const ROLE_OF_B = 'arn:aws:iam::210987654321:role/deployer';
const CI = 'arn:aws:iam::111111111111:user/ci';

const hosts = forAllTests(() =>
  startHosts({
    roles: [{ arn: ROLE_OF_B, trust: [{ principals: [CI] }] }],
    programs: ['crossplane', 'crossplane-core'],
  }),
);

interface Composition {
  readonly spec: { readonly pipeline: unknown };
}

/** Who one is with the Secret that the engine composed. */
async function callerWith(rendered: string): Promise<string> {
  const [secret] = emittedSecrets(rendered);
  if (secret === undefined) throw new Error(`no Secret in\n${rendered}`);
  return `${secret.metadata.namespace}: ${await callerOf(hosts.sts.url, secret)}`;
}

test('a Composition with an account per namespace', async () => {
  const journey = await startJourney(hosts);
  await journey.installs();
  const [step = ''] = yamlUnder(PAGE, 'Write the step');
  const composition = await readFile(join(journey.clone, FOLDER, 'composition.yaml'), 'utf8');
  expect((parse(composition) as Composition).spec.pipeline).toEqual((parse(step) as Composition['spec']).pipeline);

  // The composite waits, and its condition names the label.
  await journey.edits(`${FOLDER}/namespace.yaml`, LABEL, '    example.org/team: a\n');
  const [render = ''] = scriptsUnder(PAGE, 'Crossplane');
  const waiting = await journey.types(render);
  expect(emittedSecrets(waiting)).toEqual([]);
  const [, message = '', reason = ''] = /message: '(cannot use .*?)'\n\s+reason: (\w+)/s.exec(waiting) ?? [];
  expect({ message: message.replaceAll(/\s+/g, ' ').replaceAll("''", "'"), reason }).toEqual({
    message:
      'cannot use variable "account": label "example.org/aws-account" of the composite\'s namespace is not there. Set it.',
    reason: 'ValueMissing',
  });
  expect(await journey.types(`function-sts-assume-role help ${reason}`)).toMatch(
    /Set the field or label that the message\s+names/,
  );

  await journey.edits(`${FOLDER}/namespace.yaml`, '    example.org/team: a\n', LABEL);
  expect(await callerWith(await journey.types(render))).toBe(
    'team-a: arn:aws:sts::123456789012:assumed-role/deployer/team-a.acme-deployer',
  );

  // Another team, another account, the same Composition.
  for (const file of ['namespace.yaml', 'xr.yaml']) await journey.edits(`${FOLDER}/${file}`, 'team-a', 'team-b');
  await journey.edits(`${FOLDER}/namespace.yaml`, '123456789012', '210987654321');
  expect(await callerWith(await journey.types(render))).toBe(
    'team-b: arn:aws:sts::210987654321:assumed-role/deployer/team-b.acme-deployer',
  );
});
