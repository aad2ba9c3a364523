import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, item, list } from '../../support/manifests.ts';
import { ROOT, runFunction } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/**
 * Who writes a package copies what others have sealed for the same key, under a name that he is granted, to have it opened. Where the MAC
 * covers the name, sops and this function refuse a copy; where it does not, nobody can tell.
 */
const sts = forEachTest(startExampleSts);
const sample = (name: string) => readFileSync(join(ROOT, 'test/unit/sops/samples', name), 'utf8');

const GENERATOR = generatorItem(GOOD_SPEC, { metadata: 'labels: {}' });
const AS_TEMPLATE = `${GENERATOR}- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: loot}
  spec:
    target: {template: {templateFrom: [{secret: {name: granted, items: [{key: id}]}}]}}
    dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}]
`;
const AS_EXTERNAL_ID = functionConfig(
  '  metadata: {name: options}\n  sessions:\n  - last: {externalIDFrom: {name: granted, key: id}}\n',
);

const KEY = '{name: granted, key: id}';
const AS_KEYS = generatorItem(
  `region: eu-west-1, auth: {secretRef: {accessKeyIDSecretRef: ${KEY}, secretAccessKeySecretRef: ${KEY}}}`,
  { metadata: 'labels: {}', kind: 'STSSessionToken' },
);

const run = (sealed: string, { items = GENERATOR, config = '' }) =>
  runFunction(list(item(sealed) + items, config), { sts, environment: { SOPS_AGE_KEY: sample('identity.txt') } });

const COPIES = ['only-encrypted.yaml', 'whole-document.yaml'].flatMap((name) => [
  [name, 'a template', { items: AS_TEMPLATE }] as const,
  [name, 'an external ID', { config: AS_EXTERNAL_ID }] as const,
  [name, 'keys that no role is behind', { items: AS_KEYS }] as const,
]);

test.each(COPIES)('a copy of %s under a granted name gives nothing, as %s', async (name, _, use) => {
  const { exit, stdout } = await run(sample(name).replace('name: sample', 'name: granted'), use);
  expect({ exit, calls: sts.calls.length }).toEqual({ exit: 1, calls: 0 });
  expect(stdout).toMatch(/code: SECRET_SEALED/);
});

test('what was sealed together with its name is opened under that name', async () => {
  const items = AS_TEMPLATE.replace('granted', 'sample');
  expect(await run(sample('whole-document.yaml'), { items })).toMatchObject({ exit: 0, stderr: '' });
});
