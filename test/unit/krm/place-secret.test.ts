import { expect, test } from '@jest/globals';
import type { SecretManifest } from '../../../function/api/flow.ts';
import { placeSecret } from '../../../function/krm/place-secret.ts';

const PATH = 'internal.config.kubernetes.io/path';
const INDEX = 'internal.config.kubernetes.io/index';
const PACKAGE = 'internal.config.kubernetes.io/package-path';
const secret = (namespace?: string): SecretManifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'deployer', ...(namespace === undefined ? {} : { namespace }), annotations: {} },
  type: 'Opaque',
  data: {},
});
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
    placeSecret(secret(namespace), { file: at(generator as Record<string, string>), options: {} }, 'kpt', others)
      .metadata.annotations,
  ).toEqual(want);
});

const options = { 'kustomize.config.k8s.io/needs-hash': 'true', 'kustomize.config.k8s.io/behavior': 'merge' };
test.each([
  ['kustomizeGenerator', options],
  ['kustomizeTransformer', {}],
  ['kpt', {}],
] as const)('%s: options of kustomize', (host, want) => {
  expect(
    placeSecret(secret(), { file: at({}), options: { ...options, other: 'x' } }, host, []).metadata.annotations,
  ).toEqual(want);
});
