import { describe, expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list } from '../../support/manifests.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A key that a map of JavaScript loses. What it stood for would be gone without a word: a condition, a tag, a label. */
const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);

const good = generatorItem();
const withConfig = (fields: string) => list(good, functionConfig(`  ${fields}\n`));
const ofGenerator = (metadata: string) =>
  list(generatorItem(GOOD_SPEC, { metadata: `namespace: team-a, ${metadata}` }));

describe('a name that maps of JavaScript lose is refused where it stands', () => {
  test.each([
    [
      'labels to match would match every generator',
      withConfig('sessions: [{match: {labels: {__proto__: x}}}]'),
      'sessions[0].match.labels.__proto__',
    ],
    [
      'so in JSON',
      withConfig('sessions: [{"match": {"labels": {"__proto__": "x"}}}]'),
      'sessions[0].match.labels.__proto__',
    ],
    [
      'so through a merge key',
      withConfig('sessions: [{match: {labels: {<<: {__proto__: x}}}}]'),
      'sessions[0].match.labels.__proto__',
    ],
    [
      'tags of the last hop would be an empty list',
      withConfig('sessions: [{last: {tags: {__proto__: x}}}]'),
      'sessions[0].last.tags.__proto__',
    ],
    [
      'tags of a hop before would be',
      withConfig('sessions: [{via: [{role: "arn:aws:iam::123456789012:role/deployer", tags: {__proto__: x}}]}]'),
      'sessions[0].via[0].tags.__proto__',
    ],
    [
      'a part of a policy would not narrow',
      withConfig('sessions: [{last: {policy: {Statement: [], __proto__: {}}}}]'),
      'sessions[0].last.policy.__proto__',
    ],
    ['a variable would not be there', withConfig('vars: {__proto__: {value: a, type: dnsLabel}}'), 'vars.__proto__'],
    [
      'a label of a Secret would not be there',
      withConfig('sessions: [{secrets: [{labels: {__proto__: x}}]}]'),
      'sessions[0].secrets[0].labels.__proto__',
    ],
    [
      'an annotation of a Secret would not be there',
      withConfig('sessions: [{secrets: [{annotations: {__proto__: x}}]}]'),
      'sessions[0].secrets[0].annotations.__proto__',
    ],
    ['a label of a generator would not be there', ofGenerator('labels: {__proto__: x}'), 'metadata.labels.__proto__'],
    [
      'an annotation of a generator would not be there',
      ofGenerator('annotations: {__proto__: x}'),
      'metadata.annotations.__proto__',
    ],
    [
      'so in a generator of the Input',
      withConfig(
        `generators: [{apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: a, labels: {__proto__: x}}, spec: {${GOOD_SPEC}}}]`,
      ),
      'metadata.labels.__proto__',
    ],
    [
      'a field that no spec has is named like others',
      list(generatorItem(`${GOOD_SPEC}, __proto__: {region: eu-west-1}`)),
      'spec.__proto__',
    ],
  ])('%s', async (_, input, field) => {
    const { exit, stderr } = await runInProcess(input, { sts });
    expect({ exit, calls: sts.calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toMatch(/^error: [^\n]*\n$/); // each fault once
    expect(stderr).toContain(`\`${field}\` has a name that JavaScript programs drop; choose another.`);
  });

  test('a Policy is refused with it, and so is the run', async () => {
    const grant = '{roles: ["arn:aws:iam::123456789012:role/*"]}';
    const policy = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [${grant}]\nmetadata: {__proto__: {a: b}}\n`;
    const { exit, stderr } = await runInProcess(list(good), {
      sts,
      environment: {
        STS_FUNCTION_POLICY: folder.write('policy.yaml', policy),
      },
    });
    expect({ exit, calls: sts.calls }).toEqual({ exit: 1, calls: [] });
    expect(stderr).toContain('`metadata.__proto__` has a name');
  });
});

test('what another item has under that name goes through as it came', async () => {
  const other = '- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: other}\n  data: {__proto__: x} # kept\n';
  const { exit, stdout } = await runInProcess(list(other + good), { sts });
  expect(exit).toBe(0);
  expect(stdout).toContain(other);
});
