import { type Numbers, numbers, ROUGH, type Tree } from './kustomize-trees.ts';
import { generatorDocument } from './manifests.ts';

/** What starts this function. */
export const OWN_STEP = 'exec: function-sts-assume-role';

/** A package of kpt, whose name is that of its folder. */
export function kptPackage(seed: number): Tree {
  const random = numbers(seed);
  const isRough = seed % ROUGH === 0;
  const id = `p${seed}x`;
  const sub = random.one(['none', 'plain', 'package', 'package', 'starting']);
  const folders = ['', 'aws/', ...(sub === 'none' ? [] : ['sub/', 'sub/deep/'])];
  const count = 1 + random.below(3);
  const specs = Array.from({ length: count }, (_, at) => {
    const name =
      isRough && random.isOnceIn(2) ? `deployer-${id}` : `${random.one(['deployer', 'of-team'])}-${at}-${id}`;
    return [`${random.one(folders)}spec${at}.yaml`, spec(random, name)] as const;
  });
  const hasInput = random.isOnceIn(2);
  const more = [
    ...(hasInput ? ['configPath: options.yaml'] : []),
    ...(random.isOnceIn(3) ? [random.one(CHOICES).replace('NAME', `deployer-0-${id}`)] : []),
  ];
  const starting = `{${[OWN_STEP, ...more].join(', ')}}`;
  const others = random.isOnceIn(4) ? [random.one(OTHERS)] : [];
  const files: Record<string, string> = {
    ...Object.fromEntries(specs),
    Kptfile: kptfile([...others, starting]),
    ...(hasInput ? { 'options.yaml': input(random) } : {}),
    ...(sub === 'package' || sub === 'starting'
      ? { 'sub/Kptfile': kptfile(sub === 'package' ? [] : [`{${OWN_STEP}}`]) }
      : {}),
    ...(random.isOnceIn(3) ? { 'app.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n' } : {}),
  };
  return { id, files, roots: [''], reads: { '': ['', 'aws', 'sub'] } };
}

/** A Kptfile with these steps, each on a line of its own. */
function kptfile(steps: readonly string[]): string {
  const pipeline = steps.length === 0 ? '' : `pipeline:\n  mutators:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
  return `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: package}\n${pipeline}`;
}

/** Which objects a step gets. */
const CHOICES = [
  'selectors: [{kind: STSAssumeRoleToken}]',
  'selectors: [{namespace: team-a}]',
  'selectors: [{labels: {tier: prod}}, {labels: {tier: test}}]',
  'exclude: [{name: NAME}]',
  'exclude: [{kind: ConfigMap}]',
];

/** Steps of kpt's catalogue that change nothing here: a test has a stand-in for what runs images. */
const OTHERS = [
  '{image: "ghcr.io/kptdev/krm-functions-catalog/set-labels:v0.2.0", configMap: {tier: prod}}',
  '{image: "ghcr.io/kptdev/krm-functions-catalog/apply-setters:v0.2.0", configMap: {region: eu-west-1}}',
];

function spec(random: Numbers, name: string): string {
  const namespace = random.one(['', 'team-a', 'team-b']);
  const tier = random.one(['', 'prod', 'test']);
  const metadata = [namespace && `namespace: ${namespace}`, tier && `labels: {tier: ${tier}}`];
  return generatorDocument(undefined, { name, metadata: metadata.filter(Boolean).join(', ') });
}

function input(random: Numbers): string {
  return `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options}\n${random.one(SESSIONS)}`;
}

const SESSIONS = [
  '',
  'sessions: [{match: {labels: {tier: prod}}, last: {sessionName: "m.${name}"}, secrets: [{name: "${name}-aws", labels: {made: by-match}}]}]\n',
  'sessions: [{match: {namespaces: [team-a]}, secrets: [{annotations: {made: in-team}}]}]\n',
  'sessions: [{match: {labels: {tier: test}}, secrets: [{name: "${name}", namespaces: [dev, prod]}]}]\n',
];
