import { expect, test } from '@jest/globals';
import { FilePositions, isOfEarlierBuildStep, isOfTransformer } from '../../../function/krm/file-positions.ts';
import { parseSplit, parseWhole } from '../../../function/krm/resource-list.ts';
import { list } from '../../support/manifests.ts';

const PATH = 'internal.config.kubernetes.io/path';
const INDEX = 'internal.config.kubernetes.io/index';
const PACKAGE = 'internal.config.kubernetes.io/package-path';
const secret = (namespace?: string) => ({ name: 'deployer', ...(namespace === undefined ? {} : { namespace }) });
const at = (annotations: Record<string, string>) => ({ annotations });

test.each([
  ['without a file, no path', {}, [], undefined, {}],
  [
    "in the generator's package",
    { [PATH]: 'a.yaml', [PACKAGE]: '/p' },
    [],
    undefined,
    { [PATH]: 'secret_deployer.yaml', [INDEX]: '0', [PACKAGE]: '/p' },
  ],
  [
    'in a folder of the namespace',
    { [PATH]: 'x/a.yaml' },
    [],
    'team-a',
    { [PATH]: 'team-a/secret_deployer.yaml', [INDEX]: '0' },
  ],
  [
    "by kpt's older annotation",
    { 'config.kubernetes.io/path': 'a.yaml' },
    [],
    undefined,
    { [PATH]: 'secret_deployer.yaml', [INDEX]: '0' },
  ],
  [
    'behind what the file holds already',
    { [PATH]: 'a.yaml', [PACKAGE]: '/p' },
    [
      at({ [PATH]: 'secret_deployer.yaml', [INDEX]: '4', [PACKAGE]: '/p' }),
      at({ [PATH]: 'secret_deployer.yaml', [INDEX]: '9', [PACKAGE]: '/other' }),
    ],
    undefined,
    { [PATH]: 'secret_deployer.yaml', [INDEX]: '5', [PACKAGE]: '/p' },
  ],
  [
    'below the nearest Kptfile, where nobody names packages',
    { [PATH]: 'sub/deep/x/a.yaml' },
    [
      at({ [PATH]: 'Kptfile' }),
      at({ [PATH]: 'sub/Kptfile' }),
      at({ [PATH]: 'sub/deep/Kptfile' }),
      at({ [PATH]: 'sub/deep/y/Kptfile' }),
    ],
    undefined,
    { [PATH]: 'sub/deep/secret_deployer.yaml', [INDEX]: '0' },
  ],
])('kpt: %s', (_, generator, others, namespace, want) => {
  expect(
    new FilePositions(false, others).take(secret(namespace), {
      neighbour: at(generator as Record<string, string>),
      options: {},
    }),
  ).toEqual(want);
});

const options = { 'kustomize.config.k8s.io/needs-hash': 'true', 'kustomize.config.k8s.io/behavior': 'merge' };
test.each([
  ['a generator that kustomize runs', true, {}, options],
  ['any other', false, {}, {}],
  ['one with a file', true, { [PATH]: 'a.yaml' }, { [PATH]: 'secret_deployer.yaml', [INDEX]: '0' }],
] as const)("options for kustomize's generators: %s", (_, isGeneration, file, want) => {
  const places = new FilePositions(isGeneration, []);
  expect(places.take(secret(), { neighbour: at(file), options: { ...options, other: 'x' } })).toEqual(want);
});

test('two Secrets of one file take one position after the other', () => {
  const places = new FilePositions(false, [at({ [PATH]: 'secret_deployer.yaml', [INDEX]: '0' })]);
  const origin = { neighbour: at({ [PATH]: 'a.yaml' }), options: {} };
  const taken = [places.take(secret(), origin), places.take(secret(), origin)];
  expect(taken.map((annotations) => annotations[INDEX])).toEqual(['1', '2']);
});

const STARTED = { 'config.kubernetes.io/function': 'exec: {path: function-sts-assume-role}' };
const MADE = { 'sts.fn.crossplane.io/generator': 'STSAssumeRoleToken//deployer' };
const ID = { 'kustomize.config.k8s.io/id': 'kind: Secret\n' };
const BEHAVIOR = { 'internal.config.kubernetes.io/generatorBehavior': 'unspecified' };
const GENERATED = { ...ID, ...BEHAVIOR };

test.each([
  ['a generator that kustomize has started', { ...GENERATED, ...STARTED }, true],
  ['one with the older annotation', { ...GENERATED, 'config.k8s.io/function': 'exec: {path: a}' }, true],
  ['the Secret that it made', { ...GENERATED, ...MADE }, true],
  ['a generator that another program generated', GENERATED, false],
  ['a resource with an annotation that starts nothing there', { ...ID, ...STARTED }, false],
  ["a package's own Secret", { ...ID, ...MADE }, false],
  ['what an author marks under another host', { ...BEHAVIOR, ...STARTED }, false],
])('kustomize: %s', (_, annotations: Record<string, string>, want) => {
  expect(isOfEarlierBuildStep({ annotations })).toBe(want);
});

const marked = (kind: string, annotations: object) =>
  `- apiVersion: v1\n  kind: ${kind}\n  metadata: {name: a, annotations: ${JSON.stringify(annotations)}}\n`;

test.each([
  ['parsed whole', parseWhole],
  ['of which others are not parsed', parseSplit],
])('kustomize numbers all that it sends: a list %s', (_, read) => {
  const isNumbered = (...items: readonly string[]) => isOfTransformer(read(list(items.join('')))?.items ?? []);
  const earlier = marked('Secret', { ...GENERATED, ...MADE });
  expect(isNumbered(earlier, marked('Job', ID), marked('Service', ID))).toBe(true);
  expect(isNumbered(earlier, marked('Job', {}), marked('Service', ID))).toBe(false);
});
