import type { Multiplying } from '../../support/expect-little-work.ts';
import { specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';

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
const planOf = (text: string): Work => ({
  argv: ['plan', '-o', 'tree', '.'],
  files: { 'theirs/spec.yaml': specDocument('theirs'), 'k/a.yaml': `${specDocument('deployer')}${text}` },
});
const doctored = (script: string): Work => ({
  argv: ['doctor', '.'],
  files: { 'run.sh': script, 'theirs/spec.yaml': specDocument('theirs') },
});
/** A key gets 900 characters, and loses them in the end. */
const LONG = ['^access_key_id$', 'a'.repeat(900)] as const;
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
  '15 million empty lines': {
    attack: () => planOf('\n'.repeat(15_500_000)),
    harmless: () => planOf(`# ${'a'.repeat(15_500_000)}\n`),
  },
};
