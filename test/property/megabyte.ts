import { generatorItem } from '../support/manifests.ts';

/** What an author can write into one megabyte: each a shape that something multiplies, nests or repeats in. */

const MEGABYTE = 1_000_000;

const ROLE = 'arn:aws:iam::123456789012:role/r';
const SPEC = `region: eu-west-1, role: '${ROLE}'`;

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

const generator = (name: string, more = '') => generatorItem(SPEC, { name, metadata: 'namespace: a' }) + more;
const inNamespace = (namespace: string) => generatorItem(SPEC, { name: 'g', metadata: `namespace: ${namespace}` });
const externalSecret = (name: string, namespace: string, ref: string, more = '') =>
  `- apiVersion: external-secrets.io/v1\n  kind: ExternalSecret\n  metadata: {name: ${name}, namespace: ${namespace}}\n  spec:\n    dataFrom:\n    - sourceRef: {generatorRef: ${ref}}\n${more}`;
const ref = (name: string, kind = 'STSAssumeRoleToken') =>
  `{apiVersion: generators.external-secrets.io/v1alpha1, kind: ${kind}, name: ${name}}`;
/** ExternalSecrets with templates. */
const templated = (template: (index: number) => string) =>
  around(list(generator('g')), (index) =>
    externalSecret(`e${index}`, 'a', ref('g'), `    target: {template: ${template(index)}}\n`),
  );
/** One, with a template that its own text fills. */
const oneTemplate = (before: string, piece: (index: number) => string, after: string) =>
  around(
    list(`${used()}    target:\n      template:\n        data:\n          k: '`),
    (index) => (index === 0 ? before : piece(index)),
    `${after}'\n`,
  );
/** A generator, and an ExternalSecret that uses it. */
const used = (more = '') => generator('g') + externalSecret('e', 'a', ref('g'), more);

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

/** The same, of as many pieces as the Input has room for, and no more than `most` characters of them. */
function filled(share: number, before: string, piece: (index: number) => string, after = '', most = MEGABYTE): string {
  return withInput(share, (length) => before + fill(Math.min(length, most), piece) + after);
}

function times(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join('');
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

/** A list that stands somewhere, and 99 aliases of what has it: as many as are read. */
const again = (first: string, alias = '*a') => `${first}, ${Array.from({ length: 98 }, () => alias).join(', ')}`;
const crowd = (piece: (index: number) => string) => times(9900, (index) => `${piece(index)}, `);
const ofInput = (body: string) =>
  list(
    fill(20_000, (index) => generator(`g${index}`)),
    input(`  ${body}\n`),
  );
const ofExternalSecret = (body: string) =>
  list(`${generator('g')}${externalSecret('e', 'a', ref('g')).split('    dataFrom')[0]}    ${body}\n`);

/** By the list of which kind it is. */
const ALIASES: Readonly<Record<string, () => string>> = {
  'sessions, with names': () => ofInput(`sessions: [${again(`&a {match: {names: [${crowd((at) => `x${at}`)}]}}`)}]`),
  'sessions, with labels': () =>
    ofInput(`sessions: [${again(`&a {match: {labels: {${crowd((at) => `l${at}: v`)}}}}`)}]`),
  secrets: () => ofInput(`sessions: [{secrets: [${again(`&a {labels: {${crowd((at) => `l${at}: v`)}}}`)}]}]`),
  namespaces: () => ofInput(`sessions: [{secrets: [${again(`&a {namespaces: [${crowd((at) => `n${at}`)}]}`)}]}]`),
  annotations: () =>
    ofInput(
      `sessions: [{secrets: [{annotations: {a: &a "${'a'.repeat(800_000)}", ${times(98, (at) => `b${at}: *a, `)}}}]}]`,
    ),
  via: () =>
    ofInput(`sessions: [{via: [&a {role: '${ROLE}', tags: {${crowd((at) => `t${at}: v`)}}}${', *a'.repeat(19)}]}]`),
  allow: () => ofInput(`allow: [${again(`&a {roles: [${crowd((at) => `'arn:aws:iam::*:role/x${at}*'`)}]}`)}]`),
  'allow, with namespaces': () => ofInput(`allow: [${again(`&a {namespaces: [${crowd((at) => `n${at}`)}]}`)}]`),
  generators: () =>
    ofInput(
      `generators: [${again(`&a {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: g, labels: {${crowd((at) => `l${at}: v`)}}}, spec: {${SPEC}}}`)}]`,
    ),
  'what is no field': () => ofInput(`x: [${again(`&a [${crowd(() => 'a')}]`)}]`),
  dataFrom: () =>
    ofExternalSecret(
      `dataFrom: [${again(`&a {sourceRef: {generatorRef: ${ref('g')}}, rewrite: [${crowd((at) => `{regexp: {source: k${at}, target: b}}`)}]}`)}]`,
    ),
  templateFrom: () =>
    ofExternalSecret(
      `dataFrom: [{sourceRef: {generatorRef: ${ref('g')}}}]\n    target: {template: {templateFrom: [${again(`&a {configMap: {name: c, items: [${crowd((at) => `{key: k${at}}`)}]}}`)}]}}`,
    ),
};

/** What standard input is, by what it is. */
export const SHAPES: Readonly<Record<string, () => string>> = {
  // nesting
  'brackets in brackets': () => flow('', () => '[', ''),
  'brackets in brackets that are closed': () => flow('['.repeat(450_000), () => ']', ''),
  'braces in braces': () => flow('', () => '{a: ', ''),
  'dashes behind dashes': () => around(configMap('  data:\n    - '), () => '- '),
  'question marks behind question marks': () => around(configMap('  data:\n    '), () => '? '),
  'maps in maps by indentation': staircase,
  'JSON that is nested': () => `${around('{"kind":"ResourceList","items":', () => '[')}`,
  // many nodes in one document
  'a Secret of many keys': () => secret((index) => `    k${index}: dmFsdWU=\n`),
  'a Secret of many keys in braces': () => flow('{', (index) => `k${index}: a, `, '}'),
  'a list of many scalars': () => flow('[', () => 'a,', 'a]'),
  'a list of empty maps': () => flow('[', () => '{},', '{}]'),
  'a list of short lines': () => around(configMap('  list:\n'), () => '    - a\n'),
  'an item of many annotations': () =>
    list(generator('g')) +
    fill(MEGABYTE, (index) =>
      index === 0
        ? '- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: s\n    annotations:\n'
        : `      k${index}: v\n`,
    ),
  'many lines of comments': () => `${around(configMap(''), () => '  # a\n')}`,
  'many empty lines': () => `${around(configMap('  data:\n'), () => '\n')}    a: b\n`,
  'one long line of text': () => `${around(configMap('  data: {a: "'), () => 'word ', '"}')}\n`,
  'one long line of quotes': () => `${around(configMap("  data: {a: '"), () => "''", "'}")}\n`,
  'a plain scalar of many lines': () => around(configMap('  data:\n    a: b\n'), () => '      c\n'),
  'a folded scalar of many lines': () => around(configMap('  data:\n    a: >\n'), () => '      c\n'),
  'many spaces before line ends': () => around(configMap('  data:\n    a: b\n'), () => `      c${' '.repeat(500)}\n`),
  'many anchors': () => secret((index) => `    k${index}: &a${index} v\n`),
  'many aliases': () => around(configMap('  data:\n    k: &a v\n'), (index) => `    k${index}: *a\n`),
  'many anchors with an alias each': () =>
    secret((index) => `    k${index}: &a${index} v\n    l${index}: *a${index}\n`),
  'many merge keys': () => around(configMap('  x: &a {b: c}\n  data:\n'), (index) => `    k${index}: {<<: *a}\n`),
  'many tags': () => secret((index) => `    k${index}: !t${index} v\n`),
  // many items and documents
  'many items without a kind': () => around(list(''), () => '- a: b\n'),
  'many items of other kinds': () =>
    around(list(''), (index) => `- apiVersion: v1\n  kind: A\n  metadata: {name: a${index}}\n`),
  'many Secrets': () =>
    around(list(''), (index) => `- apiVersion: v1\n  kind: Secret\n  metadata: {name: a${index}}\n`),
  'many items in JSON': () =>
    `${around('{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[', (index) => `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a${index}"}},`, '{"apiVersion":"v1","kind":"A","metadata":{"name":"a"}}]}')}\n`,
  'many Secrets of ours without a generator': () =>
    around(
      list(generator('g')),
      (index) =>
        `- apiVersion: v1\n  kind: Secret\n  metadata: {name: a${index}, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/a/b${index}}}\n`,
    ),
  // many generators
  'many generators': () => around(list(''), (index) => generator(`g${index}`)),
  'many generators, as placeholders': () => around(list(''), (index) => generator(`g${index}`)),
  'one generator many times': () => around(list(''), () => generator('g')),
  'many generators with many faults': () =>
    around(
      list(''),
      () =>
        '- apiVersion: generators.external-secrets.io\n  kind: STSSessionToken\n  spec: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}\n',
    ),
  'many keys in a placeholder': () =>
    around(`${list(generator('g0'))}${PLACEHOLDER}  data:\n`, (index) => `    k${index}: dmFsdWU=\n`),
  'many annotations of a placeholder': () =>
    around(`${list(generator('g0'))}${PLACEHOLDER}`, (index) => `      k${index}: v\n`),
  'many unknown fields of a generator': () => around(list(generator('g')), (index) => `  f${index}: v\n`),
  'many unknown fields of a spec': () =>
    around(
      list(
        '- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: STSAssumeRoleToken\n  metadata: {name: g}\n  spec:\n    region: eu-west-1\n',
      ),
      (index) => `    role${index}: v\n`,
    ),
  'many labels of a generator, many labels wanted': () =>
    list(
      `${generator('g').replace('namespace: a}', `namespace: a, labels: {${fill(400_000, (index) => `l${index}: v, `)}}}`)}`,
      input(`  sessions:\n  - match: {labels: {${fill(400_000, (index) => `l${index}: v, `)}}}\n`),
    ),
  'many tags of a request': () =>
    list(
      generator('g').replace(
        'spec: {',
        `spec: {requestParameters: {tags: [${fill(900_000, (index) => `{key: k${index}, value: v}, `)}]}, `,
      ),
    ),
  // an Input
  'many entries, a generator each': () => filled(0.3, '  sessions:\n', (index) => `  - match: {names: [g${index}]}\n`),
  'many entries with patterns': () => filled(0.5, '  sessions:\n', (index) => `  - match: {names: ['*x${index}*']}\n`),
  'many entries that match all': () => filled(0.5, '  sessions:\n', () => '  - {}\n'),
  'many patterns in an entry': () =>
    filled(0.5, '  sessions:\n  - match:\n      names:\n', (index) => `      - '*x${index}'\n`),
  'a pattern of many stars': () => filled(0.5, `  sessions:\n  - match: {names: ['`, () => '*g', `']}\n`),
  'many labels wanted of many generators': () =>
    filled(0.5, '  sessions:\n  - match:\n      labels:\n', (index) => `        l${index}: v\n`),
  'many hops for many generators': () => filled(0.5, '  sessions:\n  - via:\n', () => `    - ${ROLE}\n`),
  'many hops with a variable': () =>
    filled(0.5, '  sessions:\n  - via:\n', () => "    - 'arn:aws:iam::123456789012:role/${name}'\n"),
  'a long policy for many generators': () => filled(0.5, '  sessions:\n  - last: {policy: "', () => '${name}', '"}\n'),
  'many tags for many generators': () =>
    filled(0.5, '  sessions:\n  - last:\n      tags:\n', (index) => `        t${index}: v\n`),
  'many labels of the Secrets of many generators': () =>
    filled(0.5, '  sessions:\n  - secrets:\n    - labels:\n', (index) => `        l${index}: v\n`),
  'labels that are wrong, for many generators': () =>
    filled(0.5, '  sessions:\n  - secrets:\n    - labels:\n', (index) => `        l${index}: '-'\n`),
  'strangers among the variables of many generators': () =>
    filled(0.5, '  sessions:\n  - secrets:\n    - annotations:\n', (index) => `        l${index}: '\${v${index}}'\n`),
  '250 secrets in 250 namespaces': () =>
    list(
      generator('g'),
      input(
        `  sessions:\n  - secrets:\n${Array.from({ length: 250 }, (_, at) => `    - name: s${at}\n      namespaces: [${Array.from({ length: 250 }, (__, one) => `n${one}`).join(', ')}]\n`).join('')}`,
      ),
    ),
  '2,000 secrets in 20,000 namespaces': () =>
    list(
      generator('g'),
      input(
        `  x: &n [${Array.from({ length: 20_000 }, (_, one) => `n${one}`).join(', ')}]\n  sessions:\n  - secrets:\n${times(90, (at) => `    - {name: s${at}, namespaces: *n}\n`)}`,
      ),
    ),
  'many namespaces for many generators': () =>
    filled(0.3, '  sessions:\n  - secrets:\n    - namespaces: [', (index) => `n${index}, `, ']\n'),
  'many variables': () => filled(0.9, '  vars:\n', (index) => `    v${index}: {value: a, type: dnsLabel}\n`),
  'many faults of many variables': () =>
    filled(0.9, '  vars:\n', (index) => `    v${index}: {value: A, type: dnsLabel}\n`),
  'many variables for many generators': () =>
    filled(0.5, '  sessions: [{}]\n  vars:\n', (index) => `    v${index}: {value: a, type: dnsLabel}\n`),
  'a text of many variables': () =>
    filled(
      0.9,
      '  vars: {a: {value: b, type: dnsLabel}}\n  sessions:\n  - secrets: [{annotations: {x: "',
      () => '${a}',
      '"}}]\n',
    ),
  'a text of many variables that nobody has': () =>
    filled(0.9, '  sessions:\n  - secrets: [{annotations: {x: "', (index) => `\${a${index}}`, '"}}]\n'),
  'a text of many beginnings of a variable': () =>
    filled(0.9, '  sessions:\n  - secrets: [{annotations: {x: "', () => '${', '"}}]\n'),
  'many unknown fields of an Input': () => filled(0.9, '', (index) => `  role${index}: v\n`),
  'many unknown fields of an entry': () =>
    filled(0.9, '  sessions:\n  - match: {}\n', (index) => `    role${index}: v\n`),
  'many wrong entries': () => filled(0.9, '  sessions:\n', () => '  - 1\n'),
  'many entries with an unknown field each': () => filled(0.9, '  sessions:\n', () => '  - {secret: 1}\n'),
  'unknown fields with long names': () =>
    withInput(0.9, (length) => `${' '.repeat(2)}${'"a'}${'a'.repeat(length)}": 1\n`),
  'generators of an Input': () =>
    list(
      '',
      input(
        `  generators:\n${fill(900_000, (index) => `  - {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: g${index}}, spec: {${SPEC}}}\n`)}`,
      ),
    ),
  'strange generators of an Input': () =>
    list('', input(`  generators:\n${fill(900_000, () => '  - a\n')}`)).replace('items:\n', 'items: []\n'),
  'as many grants that have nothing as are read, and generators': () =>
    filled(0.14, '  allow:\n', () => '  - {roles: []}\n', '', 130_000),
  'as many grants with patterns as generators': () =>
    filled(0.3, '  allow:\n', (index) => `  - {roles: ['arn:aws:iam::*:role/x${index}*']}\n`),
  'many grants of an Input': () => filled(0.9, '  allow:\n', () => '  - {}\n'),
  // ExternalSecrets
  'many ExternalSecrets of one generator': () =>
    around(list(generator('g')), (index) => externalSecret(`e${index}`, 'a', ref('g'))),
  'one ExternalSecret of one generator many times': () =>
    around(list(used()), () => `    - sourceRef: {generatorRef: ${ref('g')}}\n`),
  'one ExternalSecret of many generators': () =>
    list(
      fill(500_000, (index) => generator(`g${index}`)) +
        externalSecret(
          'e',
          'a',
          ref('g0'),
          fill(400_000, (index) => `    - sourceRef: {generatorRef: ${ref(`g${index}`)}}\n`),
        ),
    ),
  'ExternalSecrets of generators that are elsewhere': () =>
    list(
      fill(400_000, (index) => inNamespace(`n${index}`)) +
        fill(550_000, (index) => externalSecret(`e${index}`, 'b', ref('g'))),
    ),
  'a large ClusterGenerator in many namespaces': () =>
    list(
      `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: ClusterGenerator\n  metadata: {name: c}\n  spec:\n    kind: STSAssumeRoleToken\n    generator:\n      stsAssumeRoleTokenSpec:\n        region: eu-west-1\n        role: '${ROLE}'\n        requestParameters:\n          tags: [${fill(500_000, (index) => `{key: k${index}, value: v}, `)}]\n${fill(450_000, (index) => externalSecret('e', `n${index}`, ref('c', 'ClusterGenerator')))}`,
    ),
  'a ClusterGenerator of many faults in many namespaces': () =>
    list(
      `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: ClusterGenerator\n  metadata: {name: c}\n  spec:\n    kind: STSAssumeRoleToken\n${fill(500_000, (index) => `    f${index}: 1\n`)}${fill(450_000, (index) => externalSecret('e', `n${index}`, ref('c', 'ClusterGenerator')))}`,
    ),
  'many rewrites of an ExternalSecret': () =>
    around(list(used('      rewrite:\n')), (index) => `      - regexp: {source: k${index}, target: a}\n`),
  'many templates of an ExternalSecret': () =>
    around(
      list(used('    target:\n      template:\n        data:\n')),
      (index) => `          k${index}: '{{ .access_key_id }}'\n`,
    ),
  'many literals of an ExternalSecret': () =>
    around(list(used('    target:\n      template:\n        templateFrom:\n')), () => "        - {literal: 'a: b'}\n"),
  // templates, which are programs
  'templates of many turns': () => templated(() => "{data: {k: '{{ range 499000 }}{{ end }}'}}"),
  'templates of many turns for labels and annotations': () =>
    templated(
      () => "{metadata: {labels: {k: '{{ range 99000 }}{{ end }}'}, annotations: {k: '{{ range 99000 }}{{ end }}'}}}",
    ),
  'templates that print many numbers': () =>
    templated(() => `{data: {k: '{{ range 99000 }}{{ $x := printf "%d%.20f" 1 5e-324 }}{{ end }}'}}`),
  'templates that build lists from JSON': () =>
    templated(() => `{data: {k: '{{ $x := printf "[%600000s0]" "" | replace " " "[]," | fromJson }}'}}`),
  'templates that build maps from JSON': () =>
    templated(() => `{data: {k: '{{ $x := printf "[%90000s0]" "" | replace " " "{}," | fromJson }}'}}`),
  'templates that keep texts': () =>
    templated(
      () => `{data: {k: '{{ $d := dict }}{{ range 90 }}{{ $d = dict "a" $d "b" (printf "%500000d" 1) }}{{ end }}'}}`,
    ),
  'templates of capital letters': () =>
    templated(
      () =>
        `{data: {k: '{{ $x := printf "%90000s" "" | replace " " "é" }}{{ range 99 }}{{ $y := upper $x }}{{ end }}'}}`,
    ),
  'templates that give a long text': () => templated(() => `{data: {k: '{{ printf "%999999d" 1 }}'}}`),
  'templates that give YAML of many values': () =>
    templated(() => `{templateFrom: [{literal: '[{{ printf "%90000s" "" | replace " " "a," }}]'}]}`),
  'templates that give YAML of many keys': () =>
    templated(() => '{templateFrom: [{literal: "{{ range $i := 9000 }}k{{ $i }}: a\\n{{ end }}"}]}'),
  'templates of many keys': () =>
    around(list(generator('g')), (index) =>
      externalSecret(
        `e${index}`,
        'a',
        ref('g'),
        "      rewrite:\n      - transform: {template: '{{ range 99000 }}{{ end }}{{ .value }}'}\n",
      ),
    ),
  'a template that many share': () =>
    around(
      list(
        `${generator('g')}- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c, namespace: a}\n  data: {k: '${'{{.a}}'.repeat(70_000)}'}\n`,
      ),
      (index) =>
        externalSecret(
          `e${index}`,
          'a',
          ref('g'),
          '    target: {template: {templateFrom: [{configMap: {name: c, items: [{key: k}]}}]}}\n',
        ),
    ),
  'a template of many actions': () => oneTemplate('', () => '{{1}}', ''),
  'a template of many operands': () => oneTemplate('{{print ', () => '1 ', '}}'),
  'a template of JSON in JSON': () => oneTemplate('{{fromJson `', () => '[', '`}}'),
  'a template of JSON of many lists': () => oneTemplate('{{fromJson `[', () => '[],', '0]`}}'),
  'a template of JSON of many keys': () => oneTemplate('{{fromJson `{', (index) => `"k${index}":0,`, '"k":0}`}}'),
  'a template of YAML': () =>
    around(
      list(`${used()}    target:\n      template:\n        templateFrom:\n        - literal: '[`),
      () => 'a,',
      "a]'\n",
    ),
  'many template Secrets of an ExternalSecret': () =>
    around(
      list(used('    target:\n      template:\n        templateFrom:\n')),
      (index) => `        - secret: {name: s${index}, items: [{key: k}]}\n`,
    ),
  'stores beside a generator in an ExternalSecret': () => around(list(used()), () => '    - extract: {key: k}\n'),
  'many generators that read one Secret': () =>
    around(list(''), (index) =>
      generator(`g${index}`).replace(
        'spec: {',
        'spec: {auth: {secretRef: {accessKeyIDSecretRef: {name: s, key: a}, secretAccessKeySecretRef: {name: s, key: b}}}, ',
      ),
    ),
  'nearly ten thousand entries, a generator each': () =>
    filled(0.35, '  sessions:\n', (index) => `  - match: {names: [g${index}]}\n`, '', 270_000),
  'nine thousand entries with a pattern each': () =>
    filled(0.35, '  sessions:\n', (index) => `  - match: {names: ['*x${index}*']}\n`, '', 290_000),
  'a thousand entries with patterns that fit nothing': () =>
    filled(0.1, '  sessions:\n', (index) => `  - match: {names: ['*x${index}*']}\n`, '', 31_000),
  'a thousand entries that match all': () =>
    filled(0.1, '  sessions:\n', () => '  - match: {names: [g*]}\n', '', 20_000),
  'twenty hops for many generators': () =>
    withInput(0.1, () => `  sessions:\n  - via:\n${times(20, (hop) => `    - ${ROLE}${hop}\n`)}`),
  'twenty hops with a variable for many generators': () =>
    withInput(
      0.1,
      () =>
        `  sessions:\n  - via:\n${times(20, (index) => `    - 'arn:aws:iam::123456789012:role/\${name}${index + 10}'\n`)}`,
    ),
  'fifty tags on twenty hops for many generators': () =>
    withInput(
      0.1,
      () =>
        `  sessions:\n  - via:\n${Array.from({ length: 20 }, (_, hop) => `    - {role: '${ROLE}${hop}', tags: {${fill(400, (index) => `t${index}: v, `)}}}\n`).join('')}`,
    ),
  'nine thousand labels for many generators': () =>
    filled(0.3, '  sessions:\n  - secrets:\n    - labels:\n', (index) => `        l${index}: v\n`, '', 130_000),
  'nine thousand labels that are wrong': () =>
    filled(0.3, '  sessions:\n  - secrets:\n    - labels:\n', (index) => `        l${index}: '-'\n`, '', 140_000),
  'nine thousand annotations with strange variables': () =>
    filled(
      0.4,
      '  sessions:\n  - secrets:\n    - annotations:\n',
      (index) => `        l${index}: '\${v${index}}'\n`,
      '',
      200_000,
    ),
  'ten thousand Secrets of one generator': () =>
    list(
      generator('g'),
      input(
        `  sessions:\n  - secrets:\n    - namespaces: [${Array.from({ length: 9999 }, (_, index) => `n${index}`).join(', ')}]\n`,
      ),
    ),
  'ten thousand Secrets with a long annotation': () =>
    list(
      generator('g'),
      input(
        `  sessions:\n  - secrets:\n    - annotations: {a: "${'long '.repeat(160_000)}"}\n      namespaces: [${Array.from({ length: 9999 }, (_, index) => `n${index}`).join(', ')}]\n`,
      ),
    ),
  'a long text of variables of long names': () =>
    withInput(
      0.5,
      (length) => `  sessions:\n  - secrets: [{annotations: {x: "${fill(length, () => '${name}')}"}}]\n`,
      (name) => generator(`${name}${'a'.repeat(240)}`),
    ),
  'a long value of a variable, many times': () =>
    withInput(
      0.9,
      () =>
        `  vars: {a: {value: '${'a'.repeat(400_000)}', type: roleName}}\n  sessions:\n  - secrets: [{annotations: {x: "${'${a}'.repeat(100_000)}"}}]\n`,
    ),
  'nine thousand variables for many generators': () =>
    filled(0.4, '  sessions: [{}]\n  vars:\n', (index) => `    v${index}: {value: a, type: dnsLabel}\n`, '', 340_000),
  'nine thousand unknown fields of a generator': () =>
    list(generator('g') + fill(110_000, (index) => `  role${index}: v\n`)),
  'ten unknown fields of each of many generators': () =>
    around(
      list(''),
      (index) =>
        `- apiVersion: generators.external-secrets.io/v1alpha1\n  kind: STSAssumeRoleToken\n  metadata: {name: g${index}}\n  spec: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, j: 1}\n`,
    ),
  'nine thousand wrong entries': () =>
    withInput(
      0.9,
      () =>
        `  sessions:\n${'  - {match: 1, via: 1, last: 1, renew: 1, secrets: 1, secret: 1, a: 1, b: 1, c: 1}\n'.repeat(9000)}`,
    ),
  'many wrong hops of many entries': () =>
    withInput(0.9, () => `  sessions:\n${`  - via: [${'1234567, '.repeat(10)}1]\n`.repeat(8000)}`),
  'an alias of a large list, a hundred times': () =>
    filled(
      0.9,
      '  sessions:\n  - &a\n    secrets:\n    - labels:\n',
      (index) => `        l${index}: v\n`,
      '  - *a\n'.repeat(99),
      150_000,
    ),
  'nine thousand rewrites of an ExternalSecret': () =>
    list(used(`      rewrite:\n${'      - regexp: {source: k, target: a}\n'.repeat(9000)}`)),
  'nine thousand templates of an ExternalSecret': () =>
    list(
      used(
        `    target:\n      template:\n        data:\n${times(9000, (index) => `          k${index}: '{{ .access_key_id }}'\n`)}`,
      ),
    ),
  'nine thousand literals of an ExternalSecret': () =>
    list(used(`    target:\n      template:\n        templateFrom:\n${"        - {literal: 'a: b'}\n".repeat(9000)}`)),
  'a literal of brackets': () =>
    list(used(`    target:\n      template:\n        templateFrom:\n        - {literal: '${'['.repeat(900_000)}'}\n`)),
  'nine thousand sessions of an ExternalSecret, twenty hops each': () =>
    list(
      used(`    - sourceRef: {generatorRef: ${ref('g')}}\n`.repeat(8000)),
      input(`  sessions:\n  - via:\n${times(20, (hop) => `    - ${ROLE}${hop}\n`)}`),
    ),
  'files that cannot be parsed, as documents of other kinds': () =>
    around(list(''), () => '- apiVersion: v1\n  kind: A\n  a: [\n'),
  'wrong characters': () => around(configMap('  data: ['), () => ','),
  'documents behind the list': () => around(list(generator('g')), () => '---\na: b\n'),
  'document markers': () => around(list(generator('g')), () => '---\n'),
  'many directives': () => around('', () => '%A b\n', list(generator('g'))),
  ...Object.fromEntries(Object.entries(ALIASES).map(([name, shape]) => [`99 aliases: ${name}`, shape])),
};

/** Those that are asked for placeholders; the others, for a plan. */
export const AS_PLACEHOLDERS: readonly string[] = [
  'many generators, as placeholders',
  'many keys in a placeholder',
  'many annotations of a placeholder',
  'ten thousand Secrets of one generator',
  'ten thousand Secrets with a long annotation',
];
