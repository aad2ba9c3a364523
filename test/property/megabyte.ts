/** What an author can write into one megabyte: each a shape that something multiplies, nests or repeats in. */

const MEGABYTE = 1_000_000;

export interface Shape {
  readonly name: string;
  /** Standard input. */
  readonly input: () => string;
  /** Of the environment, beside the mode. */
  readonly mode?: 'plan' | 'placeholder';
}

const ROLE = 'arn:aws:iam::123456789012:role/r';
const SPEC = `{region: eu-west-1, role: '${ROLE}'}`;

/** As many pieces as fit into `length` characters. */
function fill(length: number, piece: (index: number) => string): string {
  const pieces: string[] = [];
  for (let index = 0, size = 0; size < length; index += 1) {
    const next = piece(index);
    pieces.push(next);
    size += next.length;
  }
  return pieces.join('');
}

/** The text in the middle is what makes the megabyte. */
function around(before: string, piece: (index: number) => string, after = ''): string {
  return before + fill(MEGABYTE - before.length - after.length, piece) + after;
}

const HEAD = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n';
const list = (items: string, functionConfig = '') => `${HEAD}items:\n${items}${functionConfig}`;

const generator = (name: string, more = '') =>
  `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: STSAssumeRoleToken\n  metadata: {name: ${name}, namespace: a}\n  spec: ${SPEC}\n${more}`;
const inNamespace = (namespace: string) =>
  `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: STSAssumeRoleToken\n  metadata: {name: g, namespace: ${namespace}}\n  spec: ${SPEC}\n`;
const externalSecret = (name: string, namespace: string, ref: string, more = '') =>
  `- apiVersion: external-secrets.io/v1\n  kind: ExternalSecret\n  metadata: {name: ${name}, namespace: ${namespace}}\n  spec:\n    dataFrom:\n    - sourceRef: {generatorRef: ${ref}}\n${more}`;
const ref = (kind: string, name: string) =>
  `{apiVersion: generators.external-secrets.io/v1alpha1, kind: ${kind}, name: ${name}}`;

const input = (body: string) =>
  `functionConfig:\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: i}\n${body}`;

/** A list of generators, and an Input in `share` of the megabyte. */
function withInput(share: number, body: (length: number) => string, item = generator): string {
  const config = input(body(Math.round(MEGABYTE * share)));
  return list(
    fill(MEGABYTE - config.length - 100, (index) => item(`g${index}`)),
    config,
  );
}

const configMap = (body: string) => list(`- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n${body}`);
const secret = (piece: (index: number) => string) => around(configMap('  data:\n'), piece);
const flow = (open: string, piece: (index: number) => string, close: string) =>
  `${around(`${list('- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: ')}${open}`, piece, close)}\n`;

/** Nested by indentation, as deep as a megabyte allows. */
function staircase(): string {
  let text = `${list('- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n')}  data:\n`;
  for (let depth = 3; text.length < MEGABYTE; depth += 1) text += `${' '.repeat(depth)}a:\n`;
  return text;
}

const PLACEHOLDER =
  '- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: g0\n    namespace: a\n    annotations:\n      sts.fn.crossplane.io/generator: STSAssumeRoleToken/a/g0\n      sts.fn.crossplane.io/placeholder: "true"\n';

export const SHAPES: readonly Shape[] = [
  // nesting
  { name: 'brackets in brackets', input: () => flow('', () => '[', '') },
  { name: 'brackets in brackets that are closed', input: () => flow('['.repeat(450_000), () => ']', '') },
  { name: 'braces in braces', input: () => flow('', () => '{a: ', '') },
  { name: 'dashes behind dashes', input: () => around(configMap('  data:\n    - '), () => '- ') },
  { name: 'question marks behind question marks', input: () => around(configMap('  data:\n    '), () => '? ') },
  { name: 'maps in maps by indentation', input: staircase },
  { name: 'JSON that is nested', input: () => `${around('{"kind":"ResourceList","items":', () => '[')}` },
  // many nodes in one document
  { name: 'a Secret of many keys', input: () => secret((index) => `    k${index}: dmFsdWU=\n`) },
  { name: 'a Secret of many keys in braces', input: () => flow('{', (index) => `k${index}: a, `, '}') },
  { name: 'a list of many scalars', input: () => flow('[', () => 'a,', 'a]') },
  { name: 'a list of empty maps', input: () => flow('[', () => '{},', '{}]') },
  { name: 'a list of short lines', input: () => around(configMap('  list:\n'), () => '    - a\n') },
  {
    name: 'an item of many annotations',
    input: () =>
      list(`${generator('g')}`) +
      fill(MEGABYTE, (index) =>
        index === 0
          ? '- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: s\n    annotations:\n'
          : `      k${index}: v\n`,
      ),
  },
  { name: 'many lines of comments', input: () => `${around(configMap(''), () => '  # a\n')}` },
  { name: 'many empty lines', input: () => `${around(configMap('  data:\n'), () => '\n')}    a: b\n` },
  { name: 'one long line of text', input: () => `${around(configMap('  data: {a: "'), () => 'word ', '"}')}\n` },
  { name: 'one long line of quotes', input: () => `${around(configMap("  data: {a: '"), () => "''", "'}")}\n` },
  { name: 'a plain scalar of many lines', input: () => around(configMap('  data:\n    a: b\n'), () => '      c\n') },
  { name: 'a folded scalar of many lines', input: () => around(configMap('  data:\n    a: >\n'), () => '      c\n') },
  {
    name: 'many spaces before line ends',
    input: () => around(configMap('  data:\n    a: b\n'), () => `      c${' '.repeat(500)}\n`),
  },
  { name: 'many anchors', input: () => secret((index) => `    k${index}: &a${index} v\n`) },
  { name: 'many aliases', input: () => around(configMap('  data:\n    k: &a v\n'), (index) => `    k${index}: *a\n`) },
  {
    name: 'many anchors with an alias each',
    input: () => secret((index) => `    k${index}: &a${index} v\n    l${index}: *a${index}\n`),
  },
  {
    name: 'many merge keys',
    input: () => around(configMap('  x: &a {b: c}\n  data:\n'), (index) => `    k${index}: {<<: *a}\n`),
  },
  { name: 'many tags', input: () => secret((index) => `    k${index}: !t${index} v\n`) },
  // many items and documents
  { name: 'many items without a kind', input: () => around(list(''), () => '- a: b\n') },
  {
    name: 'many items of other kinds',
    input: () => around(list(''), (index) => `- apiVersion: v1\n  kind: A\n  metadata: {name: a${index}}\n`),
  },
  {
    name: 'many Secrets',
    input: () => around(list(''), (index) => `- apiVersion: v1\n  kind: Secret\n  metadata: {name: a${index}}\n`),
  },
  {
    name: 'many items in JSON',
    input: () =>
      `${around('{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[', (index) => `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a${index}"}},`, '{"apiVersion":"v1","kind":"A","metadata":{"name":"a"}}]}')}\n`,
  },
  {
    name: 'many Secrets of ours without a generator',
    input: () =>
      around(
        list(generator('g')),
        (index) =>
          `- apiVersion: v1\n  kind: Secret\n  metadata: {name: a${index}, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/a/b${index}}}\n`,
      ),
  },
  // many generators
  { name: 'many generators', input: () => around(list(''), (index) => generator(`g${index}`)) },
  {
    name: 'many generators, as placeholders',
    mode: 'placeholder',
    input: () => around(list(''), (index) => generator(`g${index}`)),
  },
  { name: 'one generator many times', input: () => around(list(''), () => generator('g')) },
  {
    name: 'many generators with many faults',
    input: () =>
      around(
        list(''),
        () =>
          '- apiVersion: generators.external-secrets.io\n  kind: STSSessionToken\n  spec: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}\n',
      ),
  },
  {
    name: 'many keys in a placeholder',
    mode: 'placeholder',
    input: () => around(`${list(generator('g0'))}${PLACEHOLDER}  data:\n`, (index) => `    k${index}: dmFsdWU=\n`),
  },
  {
    name: 'many annotations of a placeholder',
    mode: 'placeholder',
    input: () => around(`${list(generator('g0'))}${PLACEHOLDER}`, (index) => `      k${index}: v\n`),
  },
  {
    name: 'many unknown fields of a generator',
    input: () => around(list(`${generator('g')}`), (index) => `  f${index}: v\n`),
  },
  {
    name: 'many unknown fields of a spec',
    input: () =>
      around(
        list(
          '- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: STSAssumeRoleToken\n  metadata: {name: g}\n  spec:\n    region: eu-west-1\n',
        ),
        (index) => `    role${index}: v\n`,
      ),
  },
  {
    name: 'many labels of a generator, many labels wanted',
    input: () =>
      list(
        `${generator('g').replace('namespace: a}', `namespace: a, labels: {${fill(400_000, (index) => `l${index}: v, `)}}}`)}`,
        input(`  sessions:\n  - match: {labels: {${fill(400_000, (index) => `l${index}: v, `)}}}\n`),
      ),
  },
  {
    name: 'many tags of a request',
    input: () =>
      list(
        generator('g').replace(
          'spec: {',
          `spec: {requestParameters: {tags: [${fill(900_000, (index) => `{key: k${index}, value: v}, `)}]}, `,
        ),
      ),
  },
  // an Input
  {
    name: 'many entries, a generator each',
    input: () =>
      withInput(0.3, (length) => `  sessions:\n${fill(length, (index) => `  - match: {names: [g${index}]}\n`)}`),
  },
  {
    name: 'many entries with patterns',
    input: () =>
      withInput(0.5, (length) => `  sessions:\n${fill(length, (index) => `  - match: {names: ['*x${index}*']}\n`)}`),
  },
  {
    name: 'many entries that match all',
    input: () => withInput(0.5, (length) => `  sessions:\n${fill(length, () => '  - {}\n')}`),
  },
  {
    name: 'many patterns in an entry',
    input: () =>
      withInput(
        0.5,
        (length) => `  sessions:\n  - match:\n      names:\n${fill(length, (index) => `      - '*x${index}'\n`)}`,
      ),
  },
  {
    name: 'a pattern of many stars',
    input: () => withInput(0.5, (length) => `  sessions:\n  - match: {names: ['${fill(length, () => '*g')}']}\n`),
  },
  {
    name: 'many labels wanted of many generators',
    input: () =>
      withInput(
        0.5,
        (length) => `  sessions:\n  - match:\n      labels:\n${fill(length, (index) => `        l${index}: v\n`)}`,
      ),
  },
  {
    name: 'many hops for many generators',
    input: () => withInput(0.5, (length) => `  sessions:\n  - via:\n${fill(length, () => `    - ${ROLE}\n`)}`),
  },
  {
    name: 'many hops with a variable',
    input: () =>
      withInput(
        0.5,
        (length) => `  sessions:\n  - via:\n${fill(length, () => "    - 'arn:aws:iam::123456789012:role/${name}'\n")}`,
      ),
  },
  {
    name: 'a long policy for many generators',
    input: () => withInput(0.5, (length) => `  sessions:\n  - last: {policy: "${fill(length, () => '${name}')}"}\n`),
  },
  {
    name: 'many tags for many generators',
    input: () =>
      withInput(
        0.5,
        (length) => `  sessions:\n  - last:\n      tags:\n${fill(length, (index) => `        t${index}: v\n`)}`,
      ),
  },
  {
    name: 'many labels of the Secrets of many generators',
    input: () =>
      withInput(
        0.5,
        (length) => `  sessions:\n  - secrets:\n    - labels:\n${fill(length, (index) => `        l${index}: v\n`)}`,
      ),
  },
  {
    name: 'labels that are wrong, for many generators',
    input: () =>
      withInput(
        0.5,
        (length) => `  sessions:\n  - secrets:\n    - labels:\n${fill(length, (index) => `        l${index}: '-'\n`)}`,
      ),
  },
  {
    name: 'strangers among the variables of many generators',
    input: () =>
      withInput(
        0.5,
        (length) =>
          `  sessions:\n  - secrets:\n    - annotations:\n${fill(length, (index) => `        l${index}: '\${v${index}}'\n`)}`,
      ),
  },
  {
    name: '250 secrets in 250 namespaces',
    input: () =>
      list(
        generator('g'),
        input(
          `  sessions:\n  - secrets:\n${Array.from({ length: 250 }, (_, at) => `    - name: s${at}\n      namespaces: [${Array.from({ length: 250 }, (__, one) => `n${one}`).join(', ')}]\n`).join('')}`,
        ),
      ),
  },
  {
    name: '2,000 secrets in 20,000 namespaces',
    input: () =>
      list(
        generator('g'),
        input(
          `  x: &n [${Array.from({ length: 20_000 }, (_, one) => `n${one}`).join(', ')}]\n  sessions:\n  - secrets:\n${Array.from({ length: 90 }, (_, at) => `    - {name: s${at}, namespaces: *n}\n`).join('')}`,
        ),
      ),
  },
  {
    name: 'many namespaces for many generators',
    input: () =>
      withInput(
        0.3,
        (length) => `  sessions:\n  - secrets:\n    - namespaces: [${fill(length, (index) => `n${index}, `)}]\n`,
      ),
  },
  {
    name: 'many variables',
    input: () =>
      withInput(0.9, (length) => `  vars:\n${fill(length, (index) => `    v${index}: {value: a, type: dnsLabel}\n`)}`),
  },
  {
    name: 'many faults of many variables',
    input: () =>
      withInput(0.9, (length) => `  vars:\n${fill(length, (index) => `    v${index}: {value: A, type: dnsLabel}\n`)}`),
  },
  {
    name: 'many variables for many generators',
    input: () =>
      withInput(
        0.5,
        (length) =>
          `  sessions: [{}]\n  vars:\n${fill(length, (index) => `    v${index}: {value: a, type: dnsLabel}\n`)}`,
      ),
  },
  {
    name: 'a text of many variables',
    input: () =>
      withInput(
        0.9,
        (length) =>
          `  vars: {a: {value: b, type: dnsLabel}}\n  sessions:\n  - secrets: [{annotations: {x: "${fill(length, () => '${a}')}"}}]\n`,
      ),
  },
  {
    name: 'a text of many variables that nobody has',
    input: () =>
      withInput(
        0.9,
        (length) => `  sessions:\n  - secrets: [{annotations: {x: "${fill(length, (index) => `\${a${index}}`)}"}}]\n`,
      ),
  },
  {
    name: 'a text of many beginnings of a variable',
    input: () =>
      withInput(0.9, (length) => `  sessions:\n  - secrets: [{annotations: {x: "${fill(length, () => '${')}"}}]\n`),
  },
  {
    name: 'many unknown fields of an Input',
    input: () => withInput(0.9, (length) => fill(length, (index) => `  role${index}: v\n`)),
  },
  {
    name: 'many unknown fields of an entry',
    input: () =>
      withInput(0.9, (length) => `  sessions:\n  - match: {}\n${fill(length, (index) => `    role${index}: v\n`)}`),
  },
  {
    name: 'many wrong entries',
    input: () => withInput(0.9, (length) => `  sessions:\n${fill(length, () => '  - 1\n')}`),
  },
  {
    name: 'many entries with an unknown field each',
    input: () => withInput(0.9, (length) => `  sessions:\n${fill(length, () => '  - {secret: 1}\n')}`),
  },
  {
    name: 'unknown fields with long names',
    input: () => withInput(0.9, (length) => `${' '.repeat(2)}${'"a'}${'a'.repeat(length)}": 1\n`),
  },
  {
    name: 'generators of an Input',
    input: () =>
      list(
        '',
        input(
          `  generators:\n${fill(900_000, (index) => `  - {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: g${index}}, spec: ${SPEC}}\n`)}`,
        ),
      ),
  },
  {
    name: 'strange generators of an Input',
    input: () => list('', input(`  generators:\n${fill(900_000, () => '  - a\n')}`)).replace('items:\n', 'items: []\n'),
  },
  {
    name: 'as many grants that have nothing as are read, and generators',
    input: () => withInput(0.14, (length) => `  allow:\n${fill(Math.min(length, 130_000), () => '  - {roles: []}\n')}`),
  },
  {
    name: 'as many grants with patterns as generators',
    input: () =>
      withInput(
        0.3,
        (length) => `  allow:\n${fill(length, (index) => `  - {roles: ['arn:aws:iam::*:role/x${index}*']}\n`)}`,
      ),
  },
  {
    name: 'many grants of an Input',
    input: () => withInput(0.9, (length) => `  allow:\n${fill(length, () => '  - {}\n')}`),
  },
  // ExternalSecrets
  {
    name: 'many ExternalSecrets of one generator',
    input: () =>
      around(list(generator('g')), (index) => externalSecret(`e${index}`, 'a', ref('STSAssumeRoleToken', 'g'))),
  },
  {
    name: 'one ExternalSecret of one generator many times',
    input: () =>
      around(
        list(`${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'))}`),
        () => `    - sourceRef: {generatorRef: ${ref('STSAssumeRoleToken', 'g')}}\n`,
      ),
  },
  {
    name: 'one ExternalSecret of many generators',
    input: () =>
      list(
        fill(500_000, (index) => generator(`g${index}`)) +
          externalSecret(
            'e',
            'a',
            ref('STSAssumeRoleToken', 'g0'),
            fill(400_000, (index) => `    - sourceRef: {generatorRef: ${ref('STSAssumeRoleToken', `g${index}`)}}\n`),
          ),
      ),
  },
  {
    name: 'ExternalSecrets of generators that are elsewhere',
    input: () =>
      list(
        fill(400_000, (index) => inNamespace(`n${index}`)) +
          fill(550_000, (index) => externalSecret(`e${index}`, 'b', ref('STSAssumeRoleToken', 'g'))),
      ),
  },
  {
    name: 'a large ClusterGenerator in many namespaces',
    input: () =>
      list(
        `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: ClusterGenerator\n  metadata: {name: c}\n  spec:\n    kind: STSAssumeRoleToken\n    generator:\n      stsAssumeRoleTokenSpec:\n        region: eu-west-1\n        role: '${ROLE}'\n        requestParameters:\n          tags: [${fill(500_000, (index) => `{key: k${index}, value: v}, `)}]\n${fill(450_000, (index) => externalSecret('e', `n${index}`, ref('ClusterGenerator', 'c')))}`,
      ),
  },
  {
    name: 'a ClusterGenerator of many faults in many namespaces',
    input: () =>
      list(
        `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: ClusterGenerator\n  metadata: {name: c}\n  spec:\n    kind: STSAssumeRoleToken\n${fill(500_000, (index) => `    f${index}: 1\n`)}${fill(450_000, (index) => externalSecret('e', `n${index}`, ref('ClusterGenerator', 'c')))}`,
      ),
  },
  {
    name: 'many rewrites of an ExternalSecret',
    input: () =>
      around(
        list(`${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), '      rewrite:\n')}`),
        (index) => `      - regexp: {source: k${index}, target: a}\n`,
      ),
  },
  {
    name: 'many templates of an ExternalSecret',
    input: () =>
      around(
        list(
          `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), '    target:\n      template:\n        data:\n')}`,
        ),
        (index) => `          k${index}: '{{ .access_key_id }}'\n`,
      ),
  },
  {
    name: 'many literals of an ExternalSecret',
    input: () =>
      around(
        list(
          `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), '    target:\n      template:\n        templateFrom:\n')}`,
        ),
        () => "        - {literal: 'a: b'}\n",
      ),
  },
  {
    name: 'many template Secrets of an ExternalSecret',
    input: () =>
      around(
        list(
          `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), '    target:\n      template:\n        templateFrom:\n')}`,
        ),
        (index) => `        - secret: {name: s${index}, items: [{key: k}]}\n`,
      ),
  },
  {
    name: 'stores beside a generator in an ExternalSecret',
    input: () =>
      around(
        list(`${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'))}`),
        () => '    - extract: {key: k}\n',
      ),
  },
  {
    name: 'many generators that read one Secret',
    input: () =>
      around(list(''), (index) =>
        generator(`g${index}`).replace(
          'spec: {',
          'spec: {auth: {secretRef: {accessKeyIDSecretRef: {name: s, key: a}, secretAccessKeySecretRef: {name: s, key: b}}}, ',
        ),
      ),
  },
  {
    name: 'nearly ten thousand entries, a generator each',
    input: () => withInput(0.35, () => `  sessions:\n${fill(270_000, (index) => `  - match: {names: [g${index}]}\n`)}`),
  },
  {
    name: 'nine thousand entries with a pattern each',
    input: () =>
      withInput(0.35, () => `  sessions:\n${fill(290_000, (index) => `  - match: {names: ['*x${index}*']}\n`)}`),
  },
  {
    name: 'a thousand entries with patterns that fit nothing',
    input: () =>
      withInput(0.1, () => `  sessions:\n${fill(31_000, (index) => `  - match: {names: ['*x${index}*']}\n`)}`),
  },
  {
    name: 'a thousand entries that match all',
    input: () => withInput(0.1, () => `  sessions:\n${fill(20_000, () => '  - match: {names: [g*]}\n')}`),
  },
  {
    name: 'twenty hops for many generators',
    input: () =>
      withInput(
        0.1,
        () => `  sessions:\n  - via:\n${Array.from({ length: 20 }, (_, hop) => `    - ${ROLE}${hop}\n`).join('')}`,
      ),
  },
  {
    name: 'twenty hops with a variable for many generators',
    input: () =>
      withInput(
        0.1,
        () =>
          `  sessions:\n  - via:\n${Array.from({ length: 20 }, (_, index) => `    - 'arn:aws:iam::123456789012:role/\${name}${index + 10}'\n`).join('')}`,
      ),
  },
  {
    name: 'fifty tags on twenty hops for many generators',
    input: () =>
      withInput(
        0.1,
        () =>
          `  sessions:\n  - via:\n${Array.from({ length: 20 }, (_, hop) => `    - {role: '${ROLE}${hop}', tags: {${fill(400, (index) => `t${index}: v, `)}}}\n`).join('')}`,
      ),
  },
  {
    name: 'nine thousand labels for many generators',
    input: () =>
      withInput(
        0.3,
        () => `  sessions:\n  - secrets:\n    - labels:\n${fill(130_000, (index) => `        l${index}: v\n`)}`,
      ),
  },
  {
    name: 'nine thousand labels that are wrong',
    input: () =>
      withInput(
        0.3,
        () => `  sessions:\n  - secrets:\n    - labels:\n${fill(140_000, (index) => `        l${index}: '-'\n`)}`,
      ),
  },
  {
    name: 'nine thousand annotations with strange variables',
    input: () =>
      withInput(
        0.4,
        () =>
          `  sessions:\n  - secrets:\n    - annotations:\n${fill(200_000, (index) => `        l${index}: '\${v${index}}'\n`)}`,
      ),
  },
  {
    name: 'ten thousand Secrets of one generator',
    mode: 'placeholder',
    input: () =>
      list(
        generator('g'),
        input(
          `  sessions:\n  - secrets:\n    - namespaces: [${Array.from({ length: 9999 }, (_, index) => `n${index}`).join(', ')}]\n`,
        ),
      ),
  },
  {
    name: 'ten thousand Secrets with a long annotation',
    mode: 'placeholder',
    input: () =>
      list(
        generator('g'),
        input(
          `  sessions:\n  - secrets:\n    - annotations: {a: "${'long '.repeat(160_000)}"}\n      namespaces: [${Array.from({ length: 9999 }, (_, index) => `n${index}`).join(', ')}]\n`,
        ),
      ),
  },
  {
    name: 'a long text of variables of long names',
    input: () =>
      withInput(
        0.5,
        (length) => `  sessions:\n  - secrets: [{annotations: {x: "${fill(length, () => '${name}')}"}}]\n`,
        (name) => generator(`${name}${'a'.repeat(240)}`),
      ),
  },
  {
    name: 'a long value of a variable, many times',
    input: () =>
      withInput(
        0.9,
        () =>
          `  vars: {a: {value: '${'a'.repeat(400_000)}', type: roleName}}\n  sessions:\n  - secrets: [{annotations: {x: "${'${a}'.repeat(100_000)}"}}]\n`,
      ),
  },
  {
    name: 'nine thousand variables for many generators',
    input: () =>
      withInput(
        0.4,
        () => `  sessions: [{}]\n  vars:\n${fill(340_000, (index) => `    v${index}: {value: a, type: dnsLabel}\n`)}`,
      ),
  },
  {
    name: 'nine thousand unknown fields of a generator',
    input: () => list(`${generator('g')}${fill(110_000, (index) => `  role${index}: v\n`)}`),
  },
  {
    name: 'ten unknown fields of each of many generators',
    input: () =>
      around(
        list(''),
        (index) =>
          `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: STSAssumeRoleToken\n  metadata: {name: g${index}}\n  spec: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1}\n`,
      ),
  },
  {
    name: 'nine thousand wrong entries',
    input: () =>
      withInput(
        0.9,
        () =>
          `  sessions:\n${'  - {match: 1, via: 1, last: 1, renew: 1, secrets: 1, secret: 1, a: 1, b: 1, c: 1}\n'.repeat(9000)}`,
      ),
  },
  {
    name: 'many wrong hops of many entries',
    input: () => withInput(0.9, () => `  sessions:\n${`  - via: [${'1234567, '.repeat(10)}1]\n`.repeat(8000)}`),
  },
  {
    name: 'an alias of a large list, a hundred times',
    input: () =>
      withInput(
        0.9,
        () =>
          `  sessions:\n  - &a\n    secrets:\n    - labels:\n${fill(150_000, (index) => `        l${index}: v\n`)}${'  - *a\n'.repeat(99)}`,
      ),
  },
  {
    name: 'nine thousand rewrites of an ExternalSecret',
    input: () =>
      list(
        `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), `      rewrite:\n${'      - regexp: {source: k, target: a}\n'.repeat(9000)}`)}`,
      ),
  },
  {
    name: 'nine thousand templates of an ExternalSecret',
    input: () =>
      list(
        `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), `    target:\n      template:\n        data:\n${Array.from({ length: 9000 }, (_, index) => `          k${index}: '{{ .access_key_id }}'\n`).join('')}`)}`,
      ),
  },
  {
    name: 'nine thousand literals of an ExternalSecret',
    input: () =>
      list(
        `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), `    target:\n      template:\n        templateFrom:\n${"        - {literal: 'a: b'}\n".repeat(9000)}`)}`,
      ),
  },
  {
    name: 'a literal of brackets',
    input: () =>
      list(
        `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), `    target:\n      template:\n        templateFrom:\n        - {literal: '${'['.repeat(900_000)}'}\n`)}`,
      ),
  },
  {
    name: 'nine thousand sessions of an ExternalSecret, twenty hops each',
    input: () =>
      list(
        `${generator('g')}${externalSecret('e', 'a', ref('STSAssumeRoleToken', 'g'), `    - sourceRef: {generatorRef: ${ref('STSAssumeRoleToken', 'g')}}\n`.repeat(8000))}`,
        input(`  sessions:\n  - via:\n${Array.from({ length: 20 }, (_, hop) => `    - ${ROLE}${hop}\n`).join('')}`),
      ),
  },
  {
    name: 'files that cannot be parsed, as documents of other kinds',
    input: () => around(list(''), () => '- apiVersion: v1\n  kind: A\n  a: [\n'),
  },
  { name: 'wrong characters', input: () => around(configMap('  data: ['), () => ',') },
  { name: 'documents behind the list', input: () => around(list(generator('g')), () => '---\na: b\n') },
  { name: 'document markers', input: () => around(list(generator('g')), () => '---\n') },
  { name: 'many directives', input: () => around('', () => '%A b\n', list(generator('g'))) },
];
