import { ROLE_ARN } from '../manifests.ts';
import { asJson, ESCAPED_KIND, ESCAPED_VERSION, GROUP, inSpec, KIND, named, OTHER_ROLE, spec, textOf } from './site.ts';

/** How a manifest of ours is written. */
export const MANIFESTS = named('manifest', [
  ['kind in quotes', inSpec(`kind: ${KIND}`, `kind: "${KIND}"`)],
  ['kind in single quotes', inSpec(`kind: ${KIND}`, `kind: '${KIND}'`)],
  ['kind with an escape', inSpec(`kind: ${KIND}`, 'kind: "STS\\x41ssumeRoleToken"')],
  ['kind with a unicode escape', inSpec(`kind: ${KIND}`, 'kind: "STSAssume\\u0052oleToken"')],
  ['apiVersion with an escape', inSpec(/apiVersion: .*/, `apiVersion: ${ESCAPED_VERSION}`)],
  [
    'kind and apiVersion with escapes',
    spec((text) =>
      text
        .replace(/kind: .*/, () => `kind: ${ESCAPED_KIND}`)
        .replace(/apiVersion: .*/, () => `apiVersion: ${ESCAPED_VERSION}`),
    ),
  ],
  [
    'all keys with escapes',
    spec((text) =>
      text
        .replace(/kind: .*/, () => `"k\\x69nd": ${ESCAPED_KIND}`)
        .replace(/apiVersion: .*/, () => `"api\\x56ersion": ${ESCAPED_VERSION}`),
    ),
  ],
  ['comment behind the kind', inSpec(`kind: ${KIND}`, `kind: ${KIND} # a kind`)],
  ['blank behind the kind', inSpec(`kind: ${KIND}`, `kind: ${KIND} `)],
  ['tab behind the kind', inSpec(`kind: ${KIND}`, `kind: ${KIND}\t`)],
  ['tag of the kind', inSpec(`kind: ${KIND}`, `kind: !!str ${KIND}`)],
  ['anchor of the kind', inSpec(`kind: ${KIND}`, `kind: &kind ${KIND}`)],
  [
    'alias of the kind',
    spec((text) =>
      text
        .replace('{name:', `{annotations: {example.org/kind: &kind ${KIND}}, name:`)
        .replace(`kind: ${KIND}\n`, '')
        .replace('annotations: {config', 'labels: {config')
        .concat('kind: *kind\n'),
    ),
  ],
  ['kind as a block', inSpec(`kind: ${KIND}`, `kind: >-\n  ${KIND}`)],
  ['kind over two lines', inSpec(`kind: ${KIND}`, 'kind: "STSAssume\\\n  RoleToken"')],
  ['kind in binary', inSpec(`kind: ${KIND}`, `kind: !!binary ${Buffer.from(KIND).toString('base64')}`)],
  ['key in quotes', inSpec(`kind: ${KIND}`, `"kind": ${KIND}`)],
  ['explicit key', inSpec(`kind: ${KIND}`, `? kind\n: ${KIND}`)],
  ['blank before the colon', inSpec(`kind: ${KIND}`, `kind : ${KIND}`)],
  ['key in capitals', inSpec(`kind: ${KIND}`, `Kind: ${KIND}`)],
  ['kind in small letters', inSpec(`kind: ${KIND}`, `kind: ${KIND.toLowerCase()}`)],
  ['kind twice', inSpec(`kind: ${KIND}`, `kind: Deployment\nkind: ${KIND}`)],
  ['merge key of the kind', inSpec(`kind: ${KIND}`, `kind: Deployment\n<<: {kind: ${KIND}}`)],
  ['merge key of the kind first', inSpec(`kind: ${KIND}`, `<<: {kind: ${KIND}}\nkind: Deployment`)],
  ['merge key of another kind', inSpec(`kind: ${KIND}`, `kind: ${KIND}\n<<: {kind: ConfigMap}`)],
  ['merge key of the apiVersion', inSpec(/apiVersion: .*/, `apiVersion: v1\n<<: {apiVersion: ${GROUP}/v1alpha1}`)],
  ['merge key of the role', inSpec(`role: "${ROLE_ARN}"`, `<<: {role: "${OTHER_ROLE}"}, role: "${ROLE_ARN}"`)],
  ['merge keys in a list', inSpec(`role: "${ROLE_ARN}"`, `<<: [{role: "${OTHER_ROLE}"}, {role: "${ROLE_ARN}"}]`)],
  ['role twice', inSpec(`role: "${ROLE_ARN}"`, `role: "${OTHER_ROLE}", role: "${ROLE_ARN}"`)],
  ['role with an escape', inSpec('role/deployer', 'role/my\\x2drole')],
  ['role by alias', inSpec(`role: "${ROLE_ARN}"`, `role: *role`)],
  [
    'role by alias of an annotation',
    spec((text) =>
      text
        .replace('{name:', `{labels: {example.org/a: &role "${OTHER_ROLE}"}, name:`)
        .replace(`role: "${ROLE_ARN}"`, 'role: *role'),
    ),
  ],
  ['name in another case', inSpec('role:', 'Role:')],
  ['JSON', spec(asJson)],
  [
    'JSON with escapes',
    spec((text) =>
      asJson(text).replace(KIND, 'STSAssume\\u0052oleToken').replace(GROUP, 'generators.external\\u002dsecrets.io'),
    ),
  ],
  ['JSON in lines', spec((text) => JSON.stringify(JSON.parse(asJson(text)), null, '\t'))],
  ['list', spec((text) => `apiVersion: v1\nkind: List\nitems: [${asJson(text)}]\n`)],
  ['list with an escape', spec((text) => `apiVersion: v1\nkind: "L\\x69st"\nitems: [${asJson(text)}]\n`)],
  [
    'list of another kind',
    spec((text) => `apiVersion: example.org/v1\nkind: FooList\nmetadata: {name: some}\nitems: [${asJson(text)}]\n`),
  ],
  [
    'list of its own kind',
    spec((text) => `apiVersion: ${GROUP}/v1alpha1\nkind: ${KIND}List\nitems: [${asJson(text)}]\n`),
  ],
  [
    'list in a list',
    spec((text) => `apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [${asJson(text)}]}]\n`),
  ],
  [
    'ResourceList',
    spec((text) => `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: [${asJson(text)}]\n`),
  ],
  ['list without a version', spec((text) => `kind: List\nitems: [${asJson(text)}]\n`)],
  ['sequence at the top', spec((text) => `[${asJson(text)}]\n`)],
  [
    'second document',
    spec(
      (text, { random }) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${random.below(1000)}}\n---\n${text}`,
    ),
  ],
  ['document on the marker’s line', spec((text) => `--- ${asJson(text)}\n`)],
  ['document behind an end', spec((text) => `...\n---\n${text}...\n`)],
  [
    'marker with a blank',
    spec(
      (text, { random }) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${random.below(1000)}}\n--- \n${text}`,
    ),
  ],
  [
    'marker with a comment',
    spec(
      (text, { random }) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${random.below(1000)}}\n--- # next\n${text}`,
    ),
  ],
  ['directive', spec((text) => `%YAML 1.1\n---\n${text}`)],
  ['byte order mark', spec((text) => `\ufeff${text}`)],
  ['line ends of Windows', spec((text) => text.replaceAll('\n', '\r\n'))],
  ['line ends of old', spec((text) => text.replaceAll('\n', '\r'))],
  ['line ends of YAML 1.1', spec((text) => text.replaceAll('\n', '\u2028'))],
  ['indented', spec((text) => text.replaceAll(/^(?=.)/gm, '  '))],
  [
    'UTF-16',
    (site) => {
      const path = site.random.one(site.specs);
      const text = path && textOf(site, path);
      return path && text ? { [path]: Buffer.from(`\ufeff${text}`, 'utf16le') } : undefined;
    },
  ],
  ['comment with a marker', spec((text) => `# --- no document\n#kind: Deployment\n${text}`)],
  ['local', inSpec('metadata: {', 'metadata: {annotations: {config.kubernetes.io/local-config: "true"}, ')],
  [
    'local without quotes',
    inSpec('metadata: {', 'metadata: {annotations: {config.kubernetes.io/local-config: true}, '),
  ],
  ['no name', inSpec(/name: [\w-]+, ?/, '')],
  ['needs a hash', inSpec('metadata: {', 'metadata: {annotations: {kustomize.config.k8s.io/needs-hash: "true"}, ')],
  ['behavior', inSpec('metadata: {', 'metadata: {annotations: {kustomize.config.k8s.io/behavior: merge}, ')],
  [
    'previous names',
    inSpec(
      'metadata: {',
      'metadata: {annotations: {internal.config.kubernetes.io/previousNames: other, internal.config.kubernetes.io/previousKinds: Foo, internal.config.kubernetes.io/previousNamespaces: default}, ',
    ),
  ],
  ['prefixes', inSpec('metadata: {', 'metadata: {annotations: {internal.config.kubernetes.io/prefixes: a-}, ')],
  [
    'path and index',
    inSpec(
      'metadata: {',
      'metadata: {annotations: {config.kubernetes.io/path: x.yaml, config.kubernetes.io/index: "3"}, ',
    ),
  ],
  ['other apiVersion', inSpec(/apiVersion: .*/, `apiVersion: ${GROUP}/v1beta1`)],
  ['apiVersion without a group', inSpec(/apiVersion: .*/, 'apiVersion: v1alpha1')],
  ...['yes', '010', '1e3', 'null', '~', 'off', '"null"', '0x10', '1_000', '[dev]', '""', '2001-01-01', 'y'].map(
    (value) => [`namespace ${value}`, inSpec(/namespace: [\w-]+/, `namespace: ${value}`)] as const,
  ),
  ...['yes', '010', 'null', '1.0', 'y', '[prod]'].map(
    (value) => [`label ${value}`, inSpec(/tier: [\w-]+/, `tier: ${value}`)] as const,
  ),
  ...[
    '07020',
    '0o7020',
    '7_200',
    '0x1c20',
    '7.2e3',
    '7200.0',
    '+7200',
    '"7200"',
    '!!int "7200"',
    '!!str 7200',
    '!!float 7200',
    '2:00:00',
    '7_2_00',
    '0b1110000100000',
    'null',
    '0007200',
    '010000',
    '1800 # seconds',
  ].map(
    (value) =>
      [
        `seconds ${value}`,
        inSpec('spec: {', `spec: {requestParameters: {sessionDuration: ${value.replace(/ #.*/, '')}}, `),
      ] as const,
  ),
  [
    'seconds in a merge key',
    inSpec('spec: {', 'spec: {requestParameters: {<<: {sessionDuration: 7200}, sessionDuration: 1800}, '),
  ],
  ['seconds twice', inSpec('spec: {', 'spec: {requestParameters: {sessionDuration: 7200, sessionDuration: 1800}, ')],
]);
