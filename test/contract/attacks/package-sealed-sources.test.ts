import { expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { resultsOf } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, item, list } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { sealedDocuments } from '../../support/sops/documents.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/** Who writes a package has base keys sealed in a form that sops refuses, and that is not to sign here either. */
const sts = forAllTests(startExampleSts);
const toBase64 = (text: string) => Buffer.from(text).toString('base64');

/** Generators that each sign with the keys of one of these documents. */
function signedWith(documents: readonly { readonly text: string }[]): string {
  const items = documents.map(({ text }, index) => {
    const keys = `{name: keys-${index}, key: id}, secretAccessKeySecretRef: {name: keys-${index}, key: secret}`;
    const spec = `${GOOD_SPEC}, auth: {secretRef: {accessKeyIDSecretRef: ${keys}}}`;
    return (
      generatorItem(spec, { name: `deployer-${index}` }) + item(text.replace('name: keys\n', `name: keys-${index}\n`))
    );
  });
  return list(items.join(''));
}

test('a document that sops refuses for its form signs no request, and one that sops opens does', async () => {
  const { keys, refused, opened } = await sealedDocuments(toBase64(ci.accessKeyId), toBase64(ci.secretAccessKey));
  const environment = { SOPS_AGE_KEY: keys.identity.reveal() };

  const attack = await runInProcess(signedWith(refused), { sts, environment });
  expect({ exit: attack.exit, calls: sts.calls.length }).toEqual({ exit: 1, calls: 0 });
  const said = JSON.stringify(resultsOf(attack.stdout));
  const isRefused = (index: number) => said.includes(`cannot open Secret \\"team-a/keys-${index}\\"`);
  expect(refused.filter((_, index) => !isRefused(index)).map(({ name }) => name)).toEqual([]);
  expect(attack.stdout + attack.stderr).not.toContain(ci.secretAccessKey);

  const texts = opened.filter(({ name }) => !name.startsWith('a value of type ')); // no key is a number or a time
  const innocent = await runInProcess(signedWith(texts), { sts, environment });
  expect({ exit: innocent.exit, stderr: innocent.stderr }).toEqual({ exit: 0, stderr: '' });
  expect(sts.calls.map(({ callerArn }) => callerArn)).toEqual(texts.map(() => ci.arn));
});
