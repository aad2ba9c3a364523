import type { Files } from '../hosts/odd-files.ts';
import { OWN_STEP } from '../kpt-packages.ts';
import { ROLE_ARN } from '../manifests.ts';
import {
  ADDER,
  at,
  inKptfile,
  innerKptfile,
  inOwnStep,
  kptfile,
  moreOfStep,
  program,
  SETS_ROLE,
  STARTER,
  step,
} from './kpt-site.ts';
import { type Change, edited, extra, KIND, named, OTHER_ROLE, type Site, textOf } from './site.ts';

/** Adds a generator, and starts this function over it. */
const MAKER = (site: Site): Files[string] => {
  const adder = ADDER(site) as { readonly program: string };
  return { program: adder.program.replace('exec ', '').replace(/\n$/, ' | exec function-sts-assume-role\n') };
};

/** How a step is written. */
export const STEPS = named('step', [
  ['arguments', inOwnStep(OWN_STEP, 'exec: function-sts-assume-role --help')],
  ['a blank behind the program', inOwnStep(OWN_STEP, 'exec: "function-sts-assume-role "')],
  ['a blank before the program', inOwnStep(OWN_STEP, 'exec: " function-sts-assume-role"')],
  ['a tab behind the program', inOwnStep(OWN_STEP, 'exec: "function-sts-assume-role\\t"')],
  ['quotes around the program', inOwnStep(OWN_STEP, `exec: "'function-sts-assume-role'"`)],
  ['quotes in the program', inOwnStep(OWN_STEP, `exec: 'function-sts-"assume"-role'`)],
  ['a backslash in the program', inOwnStep(OWN_STEP, "exec: 'function-sts\\-assume-role'")],
  ['an escape in the program', inOwnStep(OWN_STEP, 'exec: "function\\x2dsts-assume-role"')],
  ['env', inOwnStep(OWN_STEP, 'exec: env function-sts-assume-role')],
  ['env with a variable', inOwnStep(OWN_STEP, 'exec: env STS_FUNCTION_MODE=mint function-sts-assume-role')],
  ['env with a time', inOwnStep(OWN_STEP, 'exec: env STS_FUNCTION_TIMEOUT=1ms function-sts-assume-role')],
  [
    'a program env of the package',
    (site) => {
      const change = edited(site, 'Kptfile', (text) =>
        text.replace(OWN_STEP, `exec: ${at(site)}/env function-sts-assume-role`),
      );
      return change && { ...change, env: SETS_ROLE };
    },
  ],
  [
    'a path that goes on behind a wide blank',
    step(
      'before',
      ({ id }) => `{exec: "function-sts-assume-role\\u2003${id}/change"}`,
      ({ id }) => ({ [`../function-sts-assume-role\u2003${id}/change`]: SETS_ROLE }),
    ),
  ],
  ['a wide blank behind env', step('before', () => '{exec: "env\\u00a0function-sts-assume-role"}')],
  ['a version', inOwnStep(OWN_STEP, 'exec: function-sts-assume-role@v1')],
  ['blanks as another', step('before', () => '{exec: " "}')],
  ['an image of ours as another', step('before', () => '{image: function-sts-assume-role}')],
  [
    'one under its name in a package inside',
    (site) => ({
      'inner/Kptfile': innerKptfile(site, `{exec: ${at(site)}/function-sts-assume-role}`),
      'function-sts-assume-role': SETS_ROLE,
      'inner/spec.yaml': extra(site, 'extra', ROLE_ARN),
    }),
  ],
  [
    'one that adds a generator and starts ours, alone',
    (site) => {
      const change = edited(site, 'Kptfile', (text) => text.replace(OWN_STEP, `exec: ${at(site)}/maker`));
      const none = Object.fromEntries(site.specs.map((path) => [path, undefined]));
      return change && { ...change, ...none, maker: MAKER(site) };
    },
  ],
  ['env with an option', inOwnStep(OWN_STEP, 'exec: env -i function-sts-assume-role')],
  ['env with a variable in quotes', inOwnStep(OWN_STEP, `exec: "env 'A=b c' function-sts-assume-role"`)],
  ['a shell', inOwnStep(OWN_STEP, `exec: "sh -c 'exec function-sts-assume-role'"`)],
  [
    'a shell with the function behind',
    inOwnStep(OWN_STEP, `exec: "sh -c 'sed s/role.deployer/role\\\\/my-role/' function-sts-assume-role"`),
  ],
  ['env of another program', inOwnStep(OWN_STEP, 'exec: env cat function-sts-assume-role')],
  ['a comment', inOwnStep(OWN_STEP, 'exec: "function-sts-assume-role # ours"')],
  ['an image too', moreOfStep('image: example.org/a:v1')],
  ['an image alone', inOwnStep(OWN_STEP, 'image: example.org/a:v1')],
  ['Exec', inOwnStep('exec:', 'Exec:')],
  ['exe', inOwnStep('exec:', 'exe:')],
  ['exec with an escape', inOwnStep('exec:', '"ex\\x65c":')],
  ['a number', inOwnStep(OWN_STEP, 'exec: 5')],
  ['null', inOwnStep(OWN_STEP, 'exec: null')],
  ['a program under another name', (site) => withProgram(site, 'starter', STARTER)],
  ['a program under its own name', (site) => withProgram(site, 'function-sts-assume-role', STARTER)],
  ['another program under its name', (site) => withProgram(site, 'function-sts-assume-role', program('exec cat'))],
  ['a program that is not there', (site) => withProgram(site, 'nothing', undefined)],
  ['a slip in the program', inOwnStep(OWN_STEP, 'exec: function-sts-asume-role')],
  ['a name', moreOfStep('name: ours')],
  ['a field of nobody', moreOfStep('owner: me')],
  ['in quotes', inOwnStep(OWN_STEP, 'exec: "function-sts-assume-role"')],
  ['a tag', inOwnStep(OWN_STEP, 'exec: !!str function-sts-assume-role')],
  ['twice', step('behind', () => `{${OWN_STEP}}`)],
  ['selector', moreOfStep(`selector: [{kind: ${KIND}}]`)],
  ['selectors that are empty', moreOfStep('selectors: []')],
  ['a selector that is empty', moreOfStep('selectors: [{}]')],
  ['a selector of null', moreOfStep('selectors: [null]')],
  ['selectors of nothing', moreOfStep('selectors: [{kind: Nothing}]')],
  ['a selector in capitals', moreOfStep(`selectors: [{Kind: ${KIND}}]`)],
  ['a selector of a field of nobody', moreOfStep('selectors: [{kin: Nothing}]')],
  ['a selector of a pattern', moreOfStep('selectors: [{kind: "STS.*"}]')],
  ['a selector of a name', moreOfStep('selectors: [{name: nobody}]')],
  ['a selector of an empty name', moreOfStep('selectors: [{name: ""}]')],
  [
    'a selector of an ExternalSecret',
    (site) => {
      const step = moreOfStep('selectors: [{namespace: team-a}]')(site) as Change | undefined;
      return step && { ...step, 'extra.yaml': extra(site), 'request.yaml': request(site) };
    },
  ],
  ['a selector of an apiVersion', moreOfStep('selectors: [{apiVersion: generators.external-secrets.io/v1alpha1}]')],
  ['a selector of no namespace', moreOfStep('selectors: [{namespace: ""}]')],
  ['a selector of the namespace default', moreOfStep('selectors: [{namespace: default}]')],
  ['a selector of an annotation', moreOfStep('selectors: [{annotations: {a: b}}]')],
  ['a selector of a label that is no string', moreOfStep('selectors: [{labels: {tier: 1}}]')],
  ['a selector of no label', moreOfStep('selectors: [{labels: {}}]')],
  ['a selector of two parts', moreOfStep(`selectors: [{kind: ${KIND}, namespace: team-a}]`)],
  ['a selector in a merge key', moreOfStep(`selectors: [{<<: {kind: Nothing}, kind: ${KIND}}]`)],
  ['exclude of no label', moreOfStep('exclude: [{labels: {}}]')],
  ['exclude of a path', moreOfStep('exclude: [{annotations: {config.kubernetes.io/path: spec0.yaml}}]')],
  ['a selector of a number', moreOfStep('selectors: [{annotations: {internal.config.k8s.io/kpt-resource-id: "1"}}]')],
  [
    'exclude of a label that is an alias',
    (site) => {
      const step = moreOfStep('exclude: [{labels: {a: b}}]')(site) as Change | undefined;
      return step && { ...step, 'extra.yaml': extra(site, 'extra', OTHER_ROLE, 'labels: {c: &x b, a: *x}') };
    },
  ],
  ['exclude of all', moreOfStep(`exclude: [{kind: ${KIND}}]`)],
  ['exclude that is empty', moreOfStep('exclude: [{}]')],
  ['exclude of a label', moreOfStep('exclude: [{labels: {tier: prod}}]')],
  ['exclusion', moreOfStep('exclusion: [{kind: Nothing}]')],
  ['a configPath to nothing', (site) => withConfig(site, 'nothing.yaml', {})],
  ['a configPath with a dot', (site) => withConfig(site, './more.yaml', { 'more.yaml': OTHER_INPUT })],
  ['a configPath in a folder', (site) => withConfig(site, 'more/options.yaml', { 'more/options.yaml': OTHER_INPUT })],
  ['a configPath round a folder', (site) => withConfig(site, 'more/../more.yaml', { 'more.yaml': OTHER_INPUT })],
  [
    'a configPath out of the package',
    (site) => withConfig(site, `../.more-${site.id}.yaml`, { [`../.more-${site.id}.yaml`]: OTHER_INPUT }),
  ],
  [
    'a configPath with a dot to a second document',
    (site) => withConfig(site, './more.yaml', { 'more.yaml': `---\n---\n${OTHER_INPUT}` }),
  ],
  [
    'a configPath where a Secret goes, twice',
    (site) => {
      const name = /metadata: \{name: ([\w-]+)/.exec(textOf(site, site.specs[0] ?? '') ?? '')?.[1];
      const path = `secret_${name}.yaml`;
      const change = name === undefined ? undefined : withConfig(site, path, { [path]: OTHER_INPUT });
      return change && { ...change, Kptfile: `${change.Kptfile}  - {${OWN_STEP}, configPath: ${path}}\n` };
    },
  ],
  ['a configPath to a hidden file', (site) => withConfig(site, '.more.yaml', { '.more.yaml': OTHER_INPUT })],
  [
    'a configPath to a link',
    (site) => withConfig(site, 'more.yaml', { 'more.yaml': { link: 'real.txt' }, 'real.txt': OTHER_INPUT }),
  ],
  ['a configPath to a text file', (site) => withConfig(site, 'more.txt', { 'more.txt': OTHER_INPUT })],
  ['a configPath to a folder', (site) => withConfig(site, 'more', { 'more/options.yaml': OTHER_INPUT })],
  [
    'a configPath to an ignored file',
    (site) => withConfig(site, 'more.yaml', { 'more.yaml': OTHER_INPUT, '.krmignore': 'more.yaml\n' }),
  ],
  [
    'a configPath to two objects',
    (site) =>
      withConfig(site, 'more.yaml', { 'more.yaml': `${OTHER_INPUT}---\n${OTHER_INPUT.replace('more', 'other')}` }),
  ],
  ['a configPath to a generator', (site) => withConfig(site, 'more.yaml', { 'more.yaml': extra(site) })],
  [
    'a configPath to a generator that is there twice',
    (site) => withConfig(site, 'more.yaml', { 'more.yaml': extra(site), 'extra.yaml': extra(site) }),
  ],
  [
    'a configPath to an Input with escapes',
    (site) =>
      withConfig(site, 'more.yaml', {
        'more.yaml': OTHER_INPUT.replace('kind: Input', 'kind: "Inp\\x75t"').replace(
          'sts.fn.crossplane.io/v1beta1',
          '"sts.fn.cr\\x6fssplane.io/v1beta1"',
        ),
      }),
  ],
  [
    'a configPath to another kind',
    (site) => withConfig(site, 'more.yaml', { 'more.yaml': OTHER_INPUT.replace('Input', 'Foo') }),
  ],
  ['an empty configPath', (site) => withConfig(site, '""', {})],
  [
    'configPath and configMap',
    (site) => withConfig(site, 'more.yaml, configMap: {a: b}', { 'more.yaml': OTHER_INPUT }),
  ],
  ['a configMap', moreOfStep('configMap: {a: b}')],
  ['a configMap that is empty', moreOfStep('configMap: {}')],
  ['a configMap with a number', moreOfStep('configMap: {a: 1}')],
  ['ours as a validator', inKptfile('mutators:', 'validators:')],
  [
    'ours as a validator around ours',
    (site) => {
      const change = inKptfile('mutators:', 'validators:')(site) as Change | undefined;
      return (
        change && { ...change, 'inner/Kptfile': innerKptfile(site, `{${OWN_STEP}}`), 'inner/spec.yaml': extra(site) }
      );
    },
  ],
  [
    'ours as a validator behind a program that starts it',
    (site) => {
      const change = edited(site, 'Kptfile', (text) =>
        text.replace(
          /\{exec: function-sts-assume-role.*\}$/m,
          (own) => `{exec: ${at(site)}/wrapper}\n  validators:\n  - ${own}`,
        ),
      );
      return (
        change && { ...change, wrapper: program("sed 's|role/deployer|role/my-role|g' | function-sts-assume-role") }
      );
    },
  ],
  ['ours as a validator too', kptfile((text) => `${text}  validators:\n  - {${OWN_STEP}}\n`)],
  ['a validator that passes', kptfile((text) => `${text}  validators:\n  - {exec: cat}\n`)],
  ['a validator that fails', kptfile((text) => `${text}  validators:\n  - {exec: "false"}\n`)],
  ['a validator that is not there', kptfile((text) => `${text}  validators:\n  - {exec: nothing-like-it}\n`)],
]);

/** An ExternalSecret that asks for another name than the generator's. */
const request = ({ id }: Site) =>
  `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: request-${id}, namespace: team-a}\nspec: {refreshInterval: 30m, target: {name: other-${id}}, dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: ${KIND}, name: extra-${id}}}}]}\n`;

const OTHER_INPUT = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: more}\nsessions: [{match: {}, secrets: [{labels: {made: by-more}}]}]\n`;

function withProgram(site: Site, name: string, content: Files[string] | undefined): Change | undefined {
  const change = edited(site, 'Kptfile', (text) => text.replace(OWN_STEP, `exec: ${at(site)}/${name}`));
  return change && { ...change, ...(content === undefined ? {} : { [name]: content }) };
}

function withConfig(site: Site, path: string, more: Change): Change | undefined {
  const change = edited(site, 'Kptfile', (text) =>
    text.replace(
      /\{exec: function-sts-assume-role(?:, configPath: options\.yaml)?/,
      (own) => `${own.replace(/, configPath.*/, '')}, configPath: ${path}`,
    ),
  );
  return change && { ...change, ...more };
}
