import { OWN_STEP } from '../kpt-packages.ts';
import { ADDER, at, changing, innerKptfile, program, SETS_ROLE, step } from './kpt-site.ts';
import { type Change, edited, extra, inSpec, KIND, named } from './site.ts';

const CATALOGUE = [
  'set-labels',
  'set-annotations',
  'set-image',
  'set-namespace',
  'apply-setters',
  'gatekeeper',
  'kubeval',
  'list-setters',
  'render-helm-chart',
  'enforce-gatekeeper',
  'starlark',
  'remove-local-config-resources',
];
const selectors = (text: string) => `selectors: [${text}]`;

/** Functions that are not ours. */
export const FUNCTIONS = named('function', [
  ...CATALOGUE.flatMap((name) => [
    [
      `${name} gives another role`,
      step(
        'before',
        (site) => `{exec: ${at(site)}/${name}}`,
        () => ({ [name]: SETS_ROLE }),
      ),
    ] as const,
    [
      `${name} renames`,
      step(
        'before',
        (site) => `{exec: ${at(site)}/${name}, configMap: {a: b}}`,
        () => ({ [name]: changing('namespace: team-a', 'namespace: team-z') }),
      ),
    ] as const,
  ]),
  [
    'another role',
    step(
      'before',
      (site) => `{exec: ${at(site)}/change}`,
      () => ({ change: SETS_ROLE }),
    ),
  ],
  [
    'another role for nothing',
    step(
      'before',
      (site) => `{exec: ${at(site)}/change, ${selectors('{kind: Nothing}')}}`,
      () => ({ change: SETS_ROLE }),
    ),
  ],
  [
    'another role for our kind',
    step(
      'before',
      (site) => `{exec: ${at(site)}/change, ${selectors(`{kind: ${KIND}}`)}}`,
      () => ({ change: SETS_ROLE }),
    ),
  ],
  [
    'a generator for nothing',
    step(
      'before',
      (site) => `{exec: ${at(site)}/adder, ${selectors('{kind: Nothing}')}}`,
      (site) => ({ adder: ADDER(site) }),
    ),
  ],
  [
    'a generator for ConfigMaps',
    step(
      'before',
      (site) => `{exec: ${at(site)}/adder, ${selectors('{kind: ConfigMap}')}}`,
      (site) => ({ adder: ADDER(site) }),
    ),
  ],
  [
    'a generator by set-labels for nothing',
    step(
      'before',
      (site) => `{exec: ${at(site)}/set-labels, ${selectors('{kind: Nothing}')}}`,
      (site) => ({ 'set-labels': ADDER(site) }),
    ),
  ],
  [
    'a generator',
    step(
      'before',
      (site) => `{exec: ${at(site)}/adder}`,
      (site) => ({ adder: ADDER(site) }),
    ),
  ],
  [
    'a generator by set-labels',
    step(
      'before',
      (site) => `{exec: ${at(site)}/set-labels, configMap: {a: b}}`,
      (site) => ({ 'set-labels': ADDER(site) }),
    ),
  ],
  [
    'local',
    step(
      'before',
      (site) => `{exec: ${at(site)}/change}`,
      () => ({
        change: changing('^  metadata: {', '  metadata: {annotations: {config.kubernetes.io/local-config: "true"}, '),
      }),
    ),
  ],
  [
    'not local',
    (site) => {
      const local = inSpec(
        'metadata: {',
        'metadata: {annotations: {config.kubernetes.io/local-config: "true"}, ',
      )(site);
      const change = step(
        'before',
        (own) => `{exec: ${at(own)}/set-annotations}`,
        () => ({ 'set-annotations': changing('local-config: "true"', 'local-config: "false"') }),
      )(site);
      return local && change && { ...(local as Change), ...(change as Change) };
    },
  ],
  [
    'ignored',
    step(
      'before',
      (site) => `{exec: ${at(site)}/set-annotations}`,
      () => ({
        'set-annotations': changing(
          '^  metadata: {',
          '  metadata: {annotations: {sts.fn.crossplane.io/ignore: "true"}, ',
        ),
      }),
    ),
  ],
  [
    'another kind',
    step(
      'before',
      (site) => `{exec: ${at(site)}/change}`,
      () => ({ change: changing(`kind: ${KIND}`, 'kind: Foo') }),
    ),
  ],
  [
    'our kind of another',
    (site) => {
      const change = step(
        'before',
        (own) => `{exec: ${at(own)}/set-labels, ${selectors('{kind: Foo}')}}`,
        () => ({ 'set-labels': changing('kind: Foo', `kind: ${KIND}`) }),
      )(site) as Change | undefined;
      return change && { ...change, 'foreign.yaml': extra(site).replace(`kind: ${KIND}`, 'kind: Foo') };
    },
  ],
  [
    'nothing changed',
    step(
      'before',
      (site) => `{exec: ${at(site)}/same}`,
      () => ({ same: program('exec cat') }),
    ),
  ],
  [
    'a failure',
    step(
      'before',
      (site) => `{exec: ${at(site)}/fails}`,
      () => ({ fails: program('exit 1') }),
    ),
  ],
  ['what is not there', step('before', () => '{exec: nothing-like-it}')],
  ['an image', step('before', () => '{image: example.org/a:v1}')],
  [
    'the Kptfile',
    step(
      'before',
      (site) => `{exec: ${at(site)}/change}`,
      () => ({ change: changing('name: package', 'name: changed') }),
    ),
  ],
  [
    'behind, another name',
    step(
      'behind',
      (site) => `{exec: ${at(site)}/change}`,
      () => ({ change: changing('namespace: team-a', 'namespace: team-z') }),
    ),
  ],
  [
    'behind, another label',
    step(
      'behind',
      (site) => `{exec: ${at(site)}/set-labels, configMap: {a: b}}`,
      () => ({
        'set-labels': changing(
          '^    sts.fn.crossplane.io/generator:',
          '    example.org/a: b\\n    sts.fn.crossplane.io/generator:',
        ),
      }),
    ),
  ],
  [
    'behind, no Secret',
    step(
      'behind',
      (site) => `{exec: ${at(site)}/change}`,
      () => ({ change: changing('kind: Secret', 'kind: Foo') }),
    ),
  ],
  [
    'behind, a failure',
    step(
      'behind',
      (site) => `{exec: ${at(site)}/fails}`,
      () => ({ fails: program('exit 1') }),
    ),
  ],
  [
    'behind, nothing',
    step(
      'behind',
      (site) => `{exec: ${at(site)}/same}`,
      () => ({ same: program('exec cat') }),
    ),
  ],
  ['set-namespace with a namespace', step('before', () => '{exec: set-namespace, configMap: {namespace: other}}')],
  [
    'set-namespace that sets it',
    step(
      'before',
      (site) => `{exec: ${at(site)}/set-namespace, configMap: {namespace: other}}`,
      () => ({ 'set-namespace': changing('namespace: team-a', 'namespace: other') }),
    ),
  ],
  [
    'in a package inside',
    (site) => ({
      'inner/Kptfile': innerKptfile(site, `{exec: ${at(site)}/change}`),
      change: SETS_ROLE,
      'inner/spec.yaml': extra(site, 'extra', 'arn:aws:iam::123456789012:role/deployer'),
    }),
  ],
  [
    'in a package inside, by set-labels',
    (site) => ({
      'inner/Kptfile': innerKptfile(site, `{exec: ${at(site)}/set-labels}`),
      'set-labels': SETS_ROLE,
      'inner/spec.yaml': extra(site, 'extra', 'arn:aws:iam::123456789012:role/deployer'),
    }),
  ],
  [
    'ours in a package inside',
    (site) => ({ 'inner/Kptfile': innerKptfile(site, `{${OWN_STEP}}`), 'inner/spec.yaml': extra(site) }),
  ],
  [
    'ours in a package inside alone',
    (site) => {
      const change = edited(site, 'Kptfile', (text) => text.replace(/pipeline:[\s\S]*/, ''));
      return (
        change && { ...change, 'inner/Kptfile': innerKptfile(site, `{${OWN_STEP}}`), 'inner/spec.yaml': extra(site) }
      );
    },
  ],
  [
    'behind ours in a package inside',
    (site) => ({
      'inner/Kptfile': `${innerKptfile(site, `{${OWN_STEP}}`)}  - {exec: ${at(site)}/change}\n`,
      change: SETS_ROLE,
      'inner/spec.yaml': extra(site, 'extra', 'arn:aws:iam::123456789012:role/deployer'),
    }),
  ],
]);
