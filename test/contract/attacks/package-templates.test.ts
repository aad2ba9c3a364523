import { describe, expect, test } from '@jest/globals';
import { emittedSecrets, resultsOf } from '../../support/emitted.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { generatorItem, list } from '../../support/manifests.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runFunction, runProcess } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/**
 * Who writes a package writes templates, which are programs. What they make is charged before it is made, and all of a run share one
 * budget: memory does not run out, and one that takes too much keeps nobody waiting.
 */
/** Seconds of processor: more than thrice what each takes, and less than half of what each took before there were limits. */
const PROCESSOR_SECONDS = 6;

const sts = forEachTest(startExampleSts);

const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => piece(at)).join('');

const externalSecret = (name: string, target: string, rewrite = '') =>
  `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: ${name}, namespace: team-a}
  spec:
    dataFrom:
    - sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, name: deployer}}
${rewrite}    target: {template: ${target}}
`;
const data = (text: string) => `{data: {k: ${JSON.stringify(text)}}}`;
const literal = (text: string) => `{templateFrom: [{literal: ${JSON.stringify(text)}}]}`;
const metadata = (text: string) =>
  `{metadata: {labels: {k: ${JSON.stringify(text)}}, annotations: {k: ${JSON.stringify(text)}}}}`;

/** What people write. */
const INNOCENT = externalSecret(
  'innocent',
  data(
    '{{ printf "%s:%s" .access_key_id .secret_access_key | b64enc | dict "auth" | toJson }}{{ range $k, $v := . }}{{ $k }}={{ quote $v }}\n{{ end }}',
  ),
);

/** A plan in 256 MB of heap. A process that computes longer than that is ended by the system. */
const run = (text: string) =>
  runProcess(EXECUTABLE, [], {
    input: text,
    environment: {
      ...CLEAN_ENVIRONMENT,
      STS_FUNCTION_MODE: 'plan',
      NODE_OPTIONS: '--max-old-space-size=256',
    },
    processorSeconds: PROCESSOR_SECONDS,
  });

/** The names of ExternalSecrets with an error. */
const refusedIn = (stdout: string): string[] =>
  resultsOf(stdout).flatMap(({ severity, resourceRef }) => (severity === 'error' ? [resourceRef?.name ?? ''] : []));

const built = (count: number, piece: string) =>
  `{{ $x := printf "%${count}s" "" | replace " " ${JSON.stringify(piece)} }}`;
const a = '{{ $a := printf "%9999s" "" | replace " " "a" }}';

describe('what a template builds is charged before it is built', () => {
  test.each([
    ['lists from JSON', '{{ $x := printf "[%600000s0]" "" | replace " " "[]," | fromJson }}'],
    ['maps from JSON', '{{ $x := printf "[%600000s0]" "" | replace " " "{}," | fromJson }}'],
    ['lists in lists from JSON', '{{ $x := printf "[%350000s0]" "" | replace " " "[[]]," | fromJson }}'],
    [
      'lists joined very often',
      `${built(90_000, ',')}{{ $l := splitList "," $x }}{{ range 80000 }}{{ $y := join "" $l }}{{ end }}`,
    ],
    [
      'a long text searched for in a longer one',
      `${a}${built(99_999, 'aaaaaaaaaaaaaaaaaaa')}{{ contains (print $a "b" $a) $x }}`,
    ],
    [
      'a list split at a long text',
      `${a}${built(99_999, 'aaaaaaaaaaaaaaaaaaa')}{{ $l := splitList (print $a "b" $a) $x }}`,
    ],
    [
      'twenty thousand fields behind each other, again and again',
      `{{ $m := dict }}{{ range 20000 }}{{ $m = dict "a" $m }}{{ end }}{{ range 100000 }}{{ $x := $m${'.a'.repeat(20_000)} }}{{ end }}`,
    ],
    [
      'a large map sorted again and again',
      `{{ $m := fromJson \`{${times(30_000, (at) => `"k${(at * 7919) % 30_011}":0,`)}"k":0}\` }}{{ range 400 }}{{ range $m }}{{ break }}{{ end }}{{ end }}`,
    ],
  ])('%s', async (_, text) => {
    const { signal, stdout } = await run(list(generatorItem() + externalSecret('heavy', data(text)) + INNOCENT));
    expect({ signal, refused: refusedIn(stdout) }).toEqual({ signal: null, refused: ['heavy'] });
    expect(stdout).toContain('it takes too much work');
  });
});

describe('of very many heavy templates the first have what one may have, and the small one behind them all has its own', () => {
  const rewrite = `      rewrite:\n${times(20, () => `      - transform: {template: "{{ range 99000 }}{{ end }}{{ .value }}"}\n`)}`;
  test.each([
    ['turns', (at: number) => externalSecret(`heavy-${at}`, data('{{ range 499000 }}{{ end }}'))],
    [
      'turns for labels and annotations',
      (at: number) => externalSecret(`heavy-${at}`, metadata('{{ range 249000 }}{{ end }}')),
    ],
    ['turns for keys', (at: number) => externalSecret(`heavy-${at}`, data('a'), rewrite)],
    [
      'capital letters',
      (at: number) =>
        externalSecret(`heavy-${at}`, data(`${built(80_000, 'é')}{{ range 6 }}{{ $y := upper $x }}{{ end }}`)),
    ],
    [
      'values of YAML',
      (at: number) => externalSecret(`heavy-${at}`, literal('{{ range $i := 9000 }}k{{ $i }}: a\n{{ end }}')),
    ],
  ])('%s', async (_, heavy) => {
    const { signal, stdout } = await run(list(generatorItem() + times(300, heavy) + INNOCENT));
    const refused = refusedIn(stdout);
    expect({ signal, isInnocent: !refused.includes('innocent') }).toEqual({ signal: null, isInnocent: true });
    expect(new Set(refused).size).toBeGreaterThan(250);
    expect(stdout).toContain('it takes too much work');
  });

  test('one long template that many ConfigMap readers share', async () => {
    const text = JSON.stringify('{{.a}}'.repeat(60_000));
    const map = `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c, namespace: team-a}\n  data: {k: ${text}}\n`;
    const from = '{templateFrom: [{configMap: {name: c, items: [{key: k}]}}]}';
    const many = times(600, (at) => externalSecret(`heavy-${at}`, from));
    const { signal, exit } = await run(list(generatorItem() + map + many + INNOCENT));
    expect({ signal, exit }).toEqual({ signal: null, exit: 0 }); // a plan does not say what is wrong with such a text
  });
});

describe('what very many ExternalSecrets and entries name is not made anew for each', () => {
  const object = (kind: string, text: string) =>
    `- apiVersion: v1\n  kind: ${kind}\n  metadata: {name: c, namespace: team-a}\n  data: {k: ${JSON.stringify(text)}}\n`;
  const from = (kind: string, items = '{key: k}') => `{templateFrom: [{${kind}: {name: c, items: [${items}]}}]}`;
  const large = object('Secret', Buffer.from('a'.repeat(700_000)).toString('base64'));

  test.each([
    [
      'a Secret of a megabyte, by thousands of entries',
      large + externalSecret('heavy', from('secret', '{key: k}, '.repeat(9000))),
    ],
    [
      'a Secret of a megabyte, by two thousand ExternalSecrets',
      large + times(2000, (at) => externalSecret(`h${at}`, from('secret'))),
    ],
    [
      'eight thousand characters in quotes, which is what each has for itself',
      object('ConfigMap', `{{ "${'a'.repeat(8100)}" }}`) +
        times(3000, (at) => externalSecret(`h${at}`, from('configMap'))),
    ],
  ])('%s', async (_, heavy) => {
    const { signal, exit, stdout } = await run(list(generatorItem() + heavy + INNOCENT));
    expect({ signal, exit, refused: refusedIn(stdout) }).toEqual({ signal: null, exit: 0, refused: [] });
  });
});

describe('an expression is charged before it is compiled, and those of a run share what they take', () => {
  const rewrite = (source: string, count = 1) =>
    `      rewrite:\n${times(count, () => `      - regexp: {source: ${JSON.stringify(source)}, target: "$1"}\n`)}`;
  const heavies = (many: number, source: string, count: number) =>
    times(many, (at) => externalSecret(`heavy-${at}`, data('a'), rewrite(source, count)));
  const innocent = externalSecret('innocent', data('a'), rewrite('^(.{1,63})_id$'));

  test.each([
    ['ones that repeat a million characters', heavies(50, `(${'a'.repeat(980)}){1000}`, 1)],
    ['ones that repeat a hundred thousand, twenty times each', heavies(50, '(a{1000})'.repeat(110), 20)],
    ['ones with a text in quotes that looks like a bracket', heavies(50, `(${'a'.repeat(900)}\\Q(\\E){1000}`, 1)],
    ['ones that fit', heavies(300, '(a{1000})'.repeat(30), 2)],
    ['ones that search for long', heavies(300, '(x*)*(x*)*y{1000}(a|b|x){1000}?', 20)],
  ])('%s', async (_, heavy) => {
    const { signal, stdout } = await run(list(generatorItem() + heavy + innocent));
    const refused = refusedIn(stdout);
    expect({ signal, isInnocent: !refused.includes('innocent') }).toEqual({ signal: null, isInnocent: true });
    expect(new Set(refused).size).toBeGreaterThanOrEqual(50);
    expect(stdout).toMatch(/takes too much work, with those before it/);
  });
});

test('a heavy template alone has the whole budget, when it is tried and when it is rendered', async () => {
  const heavy = externalSecret('heavy', data('{{ range 350000 }}{{ end }}{{ printf "%900000d" 1 | len }}'));
  const { exit, stdout } = await runFunction(list(generatorItem() + heavy + INNOCENT), { sts });
  expect({ exit, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, secrets: 2 });
});

test('many packages share one budget: plan and doctor end', async () => {
  const namespaced = (at: number) => externalSecret(`heavy-${at}`, data('{{ range 499000 }}{{ end }}'));
  const documents = (items: string) => items.replaceAll(/^- /gm, '---\n  ').replaceAll(/^ {2}/gm, '');
  const heavy = (at: number) => documents(generatorItem() + namespaced(at));
  const step = (at: number) =>
    `apiVersion: apiextensions.crossplane.io/v1
kind: Composition
metadata: {name: c${at}}
spec:
  pipeline:
  - step: keys
    input:
      apiVersion: sts.fn.crossplane.io/v1beta1
      kind: Input
      generators:
${(generatorItem() + namespaced(at)).replaceAll(/^/gm, '      ').replaceAll('namespace: team-a', 'labels: {}').trimEnd()}
`;
  const packages = [
    ['innocent', documents(generatorItem() + INNOCENT)],
    ...Array.from({ length: 250 }, (_, at) => [`p${at}`, heavy(at)] as const),
  ] as const;
  using folder = temporaryFolder(
    Object.fromEntries([
      ...packages.flatMap(([name, text]) => [
        [`${name}/spec.yaml`, text],
        [
          `${name}/Kptfile`,
          `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: ${name}}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n`,
        ],
      ]),
      ...Array.from({ length: 250 }, (_, at) => [`x/c${at}.yaml`, step(at)]),
    ]),
  );
  const inFolder = (...command: string[]) =>
    runProcess(EXECUTABLE, command, {
      environment: CLEAN_ENVIRONMENT,
      cwd: folder.path,
      processorSeconds: 2 * PROCESSOR_SECONDS,
    });
  const planned = await inFolder('plan', '-o', 'table', '.');
  expect({ signal: planned.signal, exit: planned.exit }).toEqual({ signal: null, exit: 1 });
  expect(planned.stdout).toContain('innocent');
  const examined = await inFolder('doctor', '.');
  expect(examined.signal).toBe(null);
  expect(examined.stdout).toContain('it takes too much work');
});
