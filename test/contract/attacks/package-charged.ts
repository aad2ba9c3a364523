import type { Multiplying } from '../../support/expect-little-work.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';
import { doctor, EXEC, filesOf, inputDocument, kptfile, plan, times } from './package-work.ts';

/** Work that an engine does for little text, which is charged as it is done: templates, expressions and readers of YAML. */

const ENTRY =
  '    - sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, name: deployer}}\n';

/** An ExternalSecret that rewrites the keys of `entries` sessions by these expressions, with `$0` for what they match. */
function rewriting(expressions: readonly (readonly [source: string, target: string])[], entries = 1): string {
  const steps = expressions.map(([source, target]) => `      - regexp: ${JSON.stringify({ source, target })}\n`);
  const entry = `${ENTRY}      rewrite:\n${steps.join('')}`;
  return `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: heavy, namespace: team-a}
  spec:
    dataFrom:
${entry.repeat(entries)}`;
}

/** The same with a template of a ConfigMap, whose result is read as YAML. */
function templated(text: string): string {
  return `- apiVersion: v1
  kind: ConfigMap
  metadata: {name: c, namespace: team-a}
  data: ${JSON.stringify({ k: text })}
- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: heavy, namespace: team-a}
  spec:
    dataFrom:
${ENTRY}    target: {template: {templateFrom: [{configMap: {name: c, items: [{key: k, templateAs: KeysAndValues}]}}]}}
`;
}

/** These objects, in a package of their own. */
const run = (items: string): Work => planOf(items.replaceAll(/^- /gm, '---\n  ').replaceAll(/^ {2}/gm, ''));
const planOf = (text: string): Work =>
  plan({ 'k/Kptfile': kptfile(EXEC), 'k/a.yaml': `${specDocument('deployer')}${text}` });
const doctored = (script: string): Work => doctor({ 'run.sh': script });
const inLists = (depth: number, values: string) =>
  `---\n${specDocument('deep').replace('spec: {', `spec: {x: ${'['.repeat(depth)}${`[${values}], `.repeat(4)}${']'.repeat(depth)}, `)}`;
/** A package of kpt with these steps before ours, and these files. */
const packaged = (steps: string, files: Readonly<Record<string, string>>): Work =>
  plan({ 'k/Kptfile': kptfile(steps), 'k/s.yaml': specDocument('deployer'), ...files });
const SETTERS = '- {image: "gcr.io/kpt-fn/apply-setters:v0.2", configMap: {a: b}}\n';
const OBJECT = 'apiVersion: v1\nkind: Foo\nmetadata: {name: foo}\n';
const LARGE = `${OBJECT}data:\n${times(10_000, (at) => `  k${at}: v${at}\n`)}`;
const setting = (piece: string) =>
  packaged(SETTERS + EXEC, { 'k/f.yaml': `${OBJECT}a: |\n  ${piece.repeat(50_000)}kpt-set\n` });
const selecting = (field: string) =>
  packaged(`${EXEC}  ${field}: [{name: ${'a'.repeat(500_000)}}]\n`, {
    'k/more.yaml': times(100, (at) => `---\n${specDocument(`g${at}`)}`),
  });
const stepping = (options: string) =>
  packaged(SETTERS.replace('configMap: {a: b}', options).repeat(50) + EXEC, { 'k/c.yaml': LARGE });
/** A kustomization with a start of ours. */
const kustomized = (fields: string, files: Readonly<Record<string, string>> = {}): Work =>
  plan({
    'k/kustomization.yaml': `resources: [s.yaml]\ntransformers: [i.yaml]\n${fields}`,
    'k/s.yaml': specDocument('deployer'),
    'k/i.yaml': inputDocument('i'),
    ...files,
  });
const replacing = (count: number) =>
  kustomized(`replacements:\n${'- path: r.yaml\n'.repeat(count)}configurations:\n${'- c.yaml\n'.repeat(count)}`, {
    'k/r.yaml': times(10_000, (at) => `- {source: {kind: A${at}}}\n`),
    'k/c.yaml': `namePrefix:\n${times(10_000, (at) => `- {kind: A${at}, path: metadata/x}\n`)}`,
  });
const patching = (count: number) =>
  kustomized(
    `patchesStrategicMerge:\n- &a |\n${LARGE.replaceAll(/^/gm, '  ').trimEnd()}\n${'- *a\n'.repeat(count - 1)}`,
  );
const labelled = (value: string, comment: string): Work => ({
  input: list(
    times(1000, (at) =>
      generatorItem(GOOD_SPEC, {
        name: at === 0 ? 'theirs' : `g${at}`,
        metadata: 'namespace: team-a, labels: {app: x}',
      }),
    ) +
      functionConfig(`  metadata: {name: i}\n  sessions:\n  - {match: {labels: {app: "${value}"}}}\n`) +
      comment,
  ),
});
const wordy = (piece: string) =>
  packaged(`- &s {exec: "other ${piece.repeat(100_000)}"}\n${'- *s\n'.repeat(89)}${EXEC.repeat(5)}`, {});
const broken = (depth: number): Work =>
  plan({ [`k/${'a/'.repeat(depth)}kustomization.yaml`]: `resources: [\n${times(60_000, (at) => `w${at} `)}` });
/** Two folders with an Input each, printed together. */
const making = (...names: readonly string[]): Work => ({
  argv: ['render', '.'],
  files: {
    'theirs/spec.yaml': specDocument('theirs'),
    ...Object.fromEntries(
      names.flatMap((name, at) => [
        [`${'ab'[at]}/s.yaml`, specDocument()],
        [
          `${'ab'[at]}/i.yaml`,
          `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\nsessions:\n- secrets:\n${times(300, (index) => `  - {name: ${name}${index}}\n`)}`,
        ],
      ]),
    ),
  },
});
const rooted = (nameOf: (index: number) => string): Work =>
  plan({
    ...filesOf(300, (at) => [`r${at}/kustomization.yaml`, 'resources: [s.yaml]\n']),
    ...filesOf(300, (at) => [`r${at}/s.yaml`, specDocument(nameOf(at))]),
    'f/secrets.yaml': times(5000, (at) => `---\napiVersion: v1\nkind: Secret\nmetadata: {name: some-secret-${at}}\n`),
  });
const granted = (stars: string, comment: string): Work => ({
  input: list(
    times(2000, (at) => generatorItem(GOOD_SPEC, { name: `g${at}`, metadata: 'namespace: team-a' })) +
      functionConfig(`  metadata: {name: i}\n  allow: [{roles: ["arn:aws:iam::123456789012:role/${stars}"]}]\n`) +
      comment,
  ),
});
const merged = (pair: string) =>
  `---\napiVersion: v1\nkind: List\nmetadata: {name: l}\nx: &a {a: b}\nitems:\n${times(2500, (at) => `- {apiVersion: v1, kind: Secret, metadata: {name: s${at}}, data: {${pair}}}\n`)}`;
/** Objects that name others in their own namespace, which is long. */
const named = (field: string, kind: string, refs: string): Work =>
  planOf(
    `---\napiVersion: external-secrets.io/v1\nkind: ${kind}\nmetadata: {name: e, ${field}: ${'n'.repeat(400_000)}}\nspec: {${refs}}\n`,
  );
const consuming = (field: string) =>
  named(
    field,
    'ExternalSecret',
    `dataFrom: [${times(1000, (at) => `{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: g${at}}}}, `)}]`,
  );
const pushing = (field: string) => named(field, 'PushSecret', `refs: [${times(5000, (at) => `{name: g${at}}, `)}]`);
/** Packages of others in each other, and a file of others in the last. */
const ignoring = (line: string): Work =>
  plan({
    ...filesOf(40, (at) => [`k/${'a/'.repeat(at)}Kptfile`, kptfile('- exec: other\n')]),
    [`k/${'a/'.repeat(39)}.krmignore`]: line,
    [`k/${'a/'.repeat(39)}c.yaml`]: times(3000, (at) => `---\n${OBJECT.replace('foo', `foo${at}`)}`),
  });
const settingLong = (name: string): Work => {
  const comment = `# kpt-set: ${'${a}'.repeat(245)}`;
  const head = 'apiVersion: generators.external-secrets.io/v1alpha1\nkind: STSAssumeRoleToken\nmetadata:\n  name: g\n';
  const spec = `${head}  namespace: team-a\nspec:\n  region: eu-west-1 ${comment}\n  role: arn:aws:iam::123456789012:role/deployer\n`;
  return plan({
    'c.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {${name}: ${'v'.repeat(1_000_000)}, ${times(19, (at) => `z${at}: w, `)}}\n`,
    ...filesOf(40, (at) => [
      `p${at}/Kptfile`,
      kptfile(SETTERS.replace('configMap: {a: b}', 'configPath: ../c.yaml') + EXEC),
    ]),
    ...filesOf(40, (at) => [`p${at}/s.yaml`, spec]),
  });
};
/** Kustomizations in each other with a prefix each, around an object of others. */
const nested = (field: string): Work =>
  plan({
    ...filesOf(80, (at) => [
      `k/b${at}/kustomization.yaml`,
      `resources: [../b${at + 1}]\nnamePrefix: a\nconfigMapGenerator: [{name: m${at}, literals: [a=b]}]\n`,
    ]),
    'k/b80/kustomization.yaml': 'resources: [c.yaml]\n',
    'k/b80/c.yaml': `${OBJECT}  ${field}: ${'n'.repeat(500_000)}\n`.replace('{name: foo}', '\n  name: foo'),
    'k/kustomization.yaml': 'resources: [b0, s.yaml]\ntransformers: [i.yaml]\n',
    'k/s.yaml': specDocument('s'),
    'k/i.yaml': inputDocument('i'),
  });
/** Starts in components, beside files of others that all get one long annotation. */
const besideStarts = (field: string): Work => {
  const inputs = (part: number) => times(100, (at) => `---\n${inputDocument(`i${part}-${at}`)}`);
  return plan({
    'k/kustomization.yaml': 'resources: [in]\ncomponents: [p0, p1, p2, p3]\n',
    'k/in/kustomization.yaml': `resources: [${times(500, (at) => `o${at}.yaml, `)}]\n${field}: {a: ${'v'.repeat(20_000)}}\n`,
    ...filesOf(500, (at) => [`k/in/o${at}.yaml`, OBJECT.replace('foo', `foo${at}`)]),
    ...filesOf(4, (at) => [`k/p${at}/kustomization.yaml`, 'kind: Component\ntransformers: [i.yaml]\n']),
    ...filesOf(4, (at) => [`k/p${at}/i.yaml`, inputs(at)]),
  });
};
/** Secrets of one entry, and a generator with a path. */
const placed = (annotation: string): Work => ({
  input: list(
    generatorItem(GOOD_SPEC, { name: 'g0', metadata: 'namespace: team-a' }) +
      generatorItem(GOOD_SPEC, {
        name: 'g',
        metadata: `namespace: a, annotations: {internal.config.kubernetes.io/path: a.yaml, ${annotation}: "${'/n'.repeat(100_000)}"}`,
      }) +
      functionConfig(
        `  metadata: {name: i}\n  sessions:\n  - {match: {names: [g]}, secrets: [${times(1000, (at) => `{name: s${at}}, `)}]}\n`,
      ),
  ),
});
const referring = (field: string): Work =>
  doctor({
    'd.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, ${field}: ${'n'.repeat(400_000)}}\nspec: {template: {spec: {containers: [{envFrom: [${times(4000, (at) => `{secretRef: {name: some-${at}}}, `)}]}]}}}\n`,
  });
/** Placeholders with a long annotation. */
const annotating = (sign: string): Work => ({
  argv: ['render', '--placeholder', '.'],
  files: {
    's.yaml': `${specDocument('theirs')}${times(20, (at) => `---\n${specDocument(`g${at}`)}`)}`,
    'i.yaml': `${inputDocument('i').replace(/ {2}annotations:\n.*\n/, '')}sessions:\n- match: {names: ["g*"]}\n  secrets: [{annotations: {a: "${sign.repeat(80_000)}"}}]\n`,
  },
});
/** Packages in each other with such a comment in a file of others. */
const commented = (comment: string): Work =>
  plan({
    ...filesOf(150, (at) => [`k/${'a/'.repeat(at)}Kptfile`, kptfile(SETTERS + EXEC)]),
    [`k/${'a/'.repeat(149)}f.yaml`]: `${OBJECT}a: b # ${comment}: ${'${x}'.repeat(250_000)}\n`,
    'k/s.yaml': specDocument('deployer'),
  });
/** Lists in each other, each with one more entry, or the key of a pair. */
const keyed = (behind: ',' | ':'): Work => ({
  input: list(
    `${generatorItem()}  ${ALLOWING}  x: ${'['.repeat(480)}[${'abcdefg,'.repeat(150_000)}]${`${behind} b]`.repeat(480)}\n`,
  ),
});
/** A list with items that nothing concerns. */
const itemized = (items: string): Work => ({
  input: list(items + generatorItem()),
});
/** A key gets 900 characters, and loses them in the end. */
const LONG = ['^access_key_id$', 'a'.repeat(900)] as const;
/** The longer a document, the more parts it may have. */
const ALLOWING = `z: ${'x'.repeat(1_800_000)}\n`;
const SHORT = ['^a{9}.*$', 'short'] as const;

export const CHARGED: Readonly<Record<string, Multiplying>> = {
  'line ends that a template makes for a reader of YAML': {
    attack: () => run(templated(`{{ range 1900 }}${'\n'.repeat(1000)}{{ end }}`)),
    harmless: () => run(templated(`{{ range 1900 }}{{ end }}${'\n'.repeat(1000)}`)),
  },
  '200 expressions that try much at each character': {
    attack: () => run(rewriting([LONG, ['(?:a{0,30}){30}[^a]$', 'b'], SHORT], 200)),
    harmless: () => run(rewriting([LONG, ['aaaaaaaaaaaaaaaaaa$', 'b'], SHORT], 200)),
  },
  'classes of letters of all languages, in any case': {
    attack: () => run(rewriting(Array.from({ length: 20 }, () => [`(?i)[${'B-𞥂'.repeat(245)}]`, '$0'] as const))),
    harmless: () => run(rewriting(Array.from({ length: 20 }, () => [`(?i)[${'b-de'.repeat(245)}]`, '$0'] as const))),
  },
  'a command of 150,000 quotes that are escaped, for doctor': {
    attack: () => doctored(`kustomize build ${'\\"'.repeat(150_000)}\n`),
    harmless: () => doctored(`kustomize build ${'\\a'.repeat(150_000)}\n`),
  },
  '60,000 comments behind as many empty lines and a text that allows for them': {
    attack: () => planOf(`---\n${OBJECT}${ALLOWING}${'\n'.repeat(60_000)}#\n${'  #\n'.repeat(60_000)}`),
    harmless: () => planOf(`---\n${OBJECT}${ALLOWING}${'#'.repeat(60_000)}\n${'#  \n'.repeat(60_000)}`),
  },
  '20,000 aliases, each of an anchor of its own': {
    attack: () => planOf(`---\n${OBJECT}x: [${times(20_000, (at) => `&a${at} b, *a${at}, `)}]\n`),
    harmless: () => planOf(`---\n${OBJECT}x: [${times(20_000, (at) => `&a${at} b, ba${at}, `)}]\n`),
  },
  'a list of 2,500 items, each with a merge key': {
    attack: () => planOf(merged('<<: *a')),
    harmless: () => planOf(merged('zz: za')),
  },
  'an unknown field of 36,000 numbers in 460 lists': {
    attack: () => planOf(inLists(460, '0, '.repeat(9000))),
    harmless: () => planOf(inLists(2, '0, '.repeat(9000))),
  },
  'steps of 100,000 words, again by 90 aliases': {
    attack: () => wordy('a '),
    harmless: () => wordy('aa'),
  },
  'a kustomization of 60,000 words that does not parse, 1,800 folders deep': {
    attack: () => broken(1800),
    harmless: () => broken(2),
  },
  'two packages that make the same 300 Secrets': {
    attack: () => making('same', 'same'),
    harmless: () => making('one', 'other'),
  },
  '300 kustomizations with one generator, beside 5,000 Secrets': {
    attack: () => rooted(() => 'same'),
    harmless: () => rooted((at) => `g${at}`),
  },
  'a grant of a million stars, for 2,000 generators': {
    attack: () => granted('*'.repeat(1_000_000), ''),
    harmless: () => granted('*', `# ${'*'.repeat(1_000_000)}\n`),
  },
  'a map of options, written out by 98 aliases, with a text of control characters': {
    attack: () => planOf(`---\n${OBJECT}a: &a "${'\\a'.repeat(800_000)}"\nb: [${'*a, '.repeat(98)}]\n`),
    harmless: () => planOf(`---\n${OBJECT}a: &a "${'\\a'.repeat(800_000)}"\nb: [${'a, '.repeat(98)}]\n`),
  },
  '1,000 generators that an ExternalSecret of a long namespace names': {
    attack: () => consuming('namespace'),
    harmless: () => consuming('namespaze'),
  },
  '5,000 names in a PushSecret of a long namespace': {
    attack: () => pushing('namespace'),
    harmless: () => pushing('namespaze'),
  },
  '40 packages in each other around a file that may be ignored': {
    attack: () => ignoring('x[a]\n'),
    harmless: () => ignoring('#[a]\n'),
  },
  'a setter of a megabyte, 245 times in the comments of 40 packages': {
    attack: () => settingLong('a'),
    harmless: () => settingLong('b'),
  },
  '80 kustomizations in each other around an object of a long namespace': {
    attack: () => nested('namespace'),
    harmless: () => nested('nahmespace'),
  },
  '400 starts in components beside 500 objects with a long annotation': {
    attack: () => besideStarts('commonAnnotations'),
    harmless: () => besideStarts('# commonAnnotations'),
  },
  '1,000 Secrets of a generator with a long path of its package': {
    attack: () => placed('internal.config.kubernetes.io/package-path'),
    harmless: () => placed('example.org/path'),
  },
  '4,000 Secrets that a workload of a long namespace refers to, for doctor': {
    attack: () => referring('namespace'),
    harmless: () => referring('nahmespace'),
  },
  'a text of signs that are escaped, in 20 Secrets': {
    attack: () => annotating('\\ufeff'),
    harmless: () => annotating('xxxxxx'),
  },
  '150 packages in each other around a comment of 250,000 setters': {
    attack: () => commented('kpt-set'),
    harmless: () => commented('kpt-sex'),
  },
  'a key that is a list, in 480 lists of one pair each': {
    attack: () => keyed(':'),
    harmless: () => keyed(','),
  },
  '500,000 aliases that name nothing': {
    attack: () => planOf(`---\n${OBJECT}x: [${'*b, '.repeat(500_000)}]\n`),
    harmless: () => planOf(`---\n${OBJECT}x: [${`${'b'.repeat(18)}, `.repeat(100_000)}]\n`),
  },
  '500,000 items of a letter': {
    attack: () => itemized('- a\n'.repeat(500_000)),
    harmless: () => itemized('- a: b\n  c: d\n  e: f\n  g: h\n'.repeat(70_000)),
  },
  'a setter behind 50,000 dashes': {
    attack: () => setting('- '),
    harmless: () => setting('+ '),
  },
  'a selector of half a million characters, for 100 generators': {
    attack: () => selecting('exclude'),
    harmless: () => selecting('selectors'),
  },
  '50 steps with the options of one large file': {
    attack: () => stepping('configPath: c.yaml'),
    harmless: () => stepping('configMap: {a: b}'),
  },
  'a file of 10,000 replacements, and of as many configurations, 50 times': {
    attack: () => replacing(50),
    harmless: () => replacing(1),
  },
  'a large patch, written in its kustomization, 30 times by alias': {
    attack: () => patching(30),
    harmless: () => patching(1),
  },
  'an entry whose label is nearly as long as a megabyte, for 1,000 generators': {
    attack: () => labelled('a'.repeat(500_000), ''),
    harmless: () => labelled('a'.repeat(50), `# ${'a'.repeat(500_000)}\n`),
  },
  'a command of 20,000 options that are like programs, for doctor': {
    attack: () => doctored(`kustomize build ${'-/kpt '.repeat(20_000)}\n`),
    harmless: () => doctored(`kustomize build ${'-/kps '.repeat(20_000)}\n`),
  },
  '15 million empty lines': {
    attack: () => planOf('\n'.repeat(15_500_000)),
    harmless: () => planOf(`# ${'a'.repeat(15_500_000)}\n`),
  },
};
