import { test } from '@jest/globals';
import { generatorItem, list, OTHER } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { JWT, OTHER_KINDS, withInput } from './resource-lists.ts';

const withConfig = (config: string) => list(OTHER, `functionConfig:\n${config}`);

test('what is said of a functionConfig', async () => {
  const shown = await showEach({
    'functionConfig of another kind': withConfig('  apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n'),
    'functionConfig without kind': withConfig('  metadata: {name: a}\n'),
    'functionConfig that is a string': withConfig('  hello\n'),
    'Input with parts that are for Crossplane': withConfig(
      '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  allow: [{roles: ["*"]}]\n  ttl: 60s\n  vars: {a: {fromFieldPath: spec.a, type: region}, b: {namespaceLabel: b, type: region}}\n',
    ),
    'Input with an unknown field and a generator of another kind': withConfig(
      '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  generator: []\n  generators: [{apiVersion: v1, kind: Secret}]\n',
    ),
    'Input of an unknown version': withConfig('  apiVersion: sts.fn.crossplane.io/v1\n  kind: Input\n'),
    'Input that is to be left alone': withConfig(
      '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: options, annotations: {sts.fn.crossplane.io/ignore: "true"}}\n',
    ),
    'Input with slips in its metadata': withConfig(
      '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: my_options, annotation: {}, labels: {config.kubernetes.io/function: a}}\n',
    ),
    'Input among the items only': list(
      '- apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: options}\n',
    ),
    'ConfigMap with an unknown key': withConfig(
      '  apiVersion: v1\n  kind: ConfigMap\n  data: {role: a, regoin: eu-west-1}\n',
    ),
    'ConfigMap with role alone': withConfig(
      '  apiVersion: v1\n  kind: ConfigMap\n  data: {role: "arn:aws:iam::123456789012:role/a"}\n',
    ),
    'ConfigMap without role': withConfig('  apiVersion: v1\n  kind: ConfigMap\n  data: {region: eu-west-1, name: a}\n'),
    'ConfigMap with a duration that is no number': withConfig(
      '  apiVersion: v1\n  kind: ConfigMap\n  data: {role: a, region: eu-west-1, name: a, sessionDuration: 1h}\n',
    ),
    'two entries for one generator': withInput('sessions: [{via: []}, {match: {names: ["deploy*"]}}]'),
    'an entry that matches nothing, and a wrong hop': withInput(
      'sessions: [{match: {names: [other]}}, {via: [role/a]}]',
    ),
    'texts in place of lists': withInput(
      'sessions: [{via: "arn:aws:iam::111111111111:role/hub", secrets: ""}], allow: "all"',
    ),
    'a hop too many': withInput(
      `sessions: [{via: [${Array(21).fill('"arn:aws:iam::111111111111:role/hub"').join()}]}]`,
    ),
    'a slip in one of the names of an entry': withInput('sessions: [{match: {names: [other, deploier]}}]'),
    'an entry for kinds that are not there': withInput('sessions: [{via: []}]', OTHER_KINDS),
    'an entry that matches none of five': withInput(
      'sessions: [{match: {names: [other]}}]',
      ['a', 'b', 'c', 'd', 'e'].map((name) => generatorItem().replace('deployer', name)).join(''),
    ),
    'a kind that nobody has': withInput('sessions: [{match: {kinds: [ECRAuthorisationToken]}}]', OTHER_KINDS),
    'a variable that nobody has': withInput('sessions: [{last: {sessionName: "${nope}"}}]'),
    'a variable of the wrong type': withInput(
      'vars: {a: {value: "12", type: accountID}, b: {value: 12, type: region}}',
    ),
    'a wait for roles that is too long': withInput('awaitRoles: 5m', generatorItem(JWT)),
  });
  expectMessages(import.meta.filename, shown);
});
