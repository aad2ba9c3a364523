import { generatorDocument } from './manifests.ts';

/** A folder of kustomizations, and those to build: where this function is started. `id` is in all names of its generators. */
export interface Tree {
  readonly id: string;
  readonly files: Readonly<Record<string, string>>;
  readonly roots: readonly string[];
  /** What each root includes, itself among it. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
}

/** Numbers from a seed, the same each time: mulberry32. */
export function numbers(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    below,
    isOnceIn: (times: number) => below(times) === 0,
    one: <T>(of: readonly T[]): T => of[below(of.length)] as T, // none is empty
  };
}

export type Numbers = ReturnType<typeof numbers>;

const EXEC = 'config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"';
const NAMESPACES = ['dev', 'prod', 'team-a'];

const FOLDERS = ['base', 'other', 'dev', 'prod', 'top'];

/** One tree of so many has what kustomize or a Policy refuses: objects of one name, others' namespaces. */
export const ROUGH = 8;

/** `isGuarded`: most generators have a namespace that a Policy may know. */
export function kustomizeTree(seed: number, isGuarded: boolean): Tree {
  const random = numbers(seed);
  const isRough = seed % ROUGH === 0;
  const placed = (namespace: string) => (!isGuarded || isRough || namespace === 'dev' ? namespace : 'team-a');
  const id = `t${seed}x`;
  const list = random.isOnceIn(3) ? 'generators' : 'transformers';
  const bases: Readonly<Record<string, readonly string[]>> = {
    ...{ base: [], other: [], part: [] },
    dev: ['base', ...(random.isOnceIn(3) ? ['other'] : [])],
    prod: ['base'],
    top: random.isOnceIn(2) ? ['dev', ...(random.isOnceIn(2) && isRough ? ['prod'] : [])] : [], // both have the base
  };
  const whole = FOLDERS.filter((one) => one !== 'top' || bases.top?.length);
  const component = random.isOnceIn(2) ? random.one(whole) : undefined;
  const folders = [...whole, ...(component ? ['part'] : [])];
  /** Where the function starts: mostly once, at any depth. */
  const starts = new Set([random.one(folders), ...(random.isOnceIn(15) ? [random.one(folders)] : [])]);
  const below = (folder: string): string[] => [
    ...[folder, ...(bases[folder] ?? []).flatMap(below)],
    ...(folder === component ? ['part'] : []),
    ...(folder === 'part' && component ? [component, ...(bases[component] ?? []).flatMap(below)] : []),
  ];
  const seen = new Set(list === 'generators' ? [] : [...starts].flatMap(below));
  const files: Record<string, string> = {};
  const names = new Set<string>();
  const nameIn = (folder: string, at: number) => {
    const name = random.one(['deployer', `of-${folder}`]);
    const isOther = names.has(name) && !isRough;
    names.add(name);
    return `${isOther ? `of-${folder}-${at}` : name}-${id}`;
  };
  for (const folder of folders) {
    const resources = (bases[folder] ?? []).map((base) => `../${base}`);
    const count = seen.has(folder) ? Number(folder === 'base') + random.below(2) : 0;
    for (let at = 0; at < count; at++) {
      files[`${folder}/spec${at}.yaml`] = spec(random, nameIn(folder, at), isGuarded, placed);
      resources.unshift(`spec${at}.yaml`);
    }
    if (random.isOnceIn(5)) {
      files[`${folder}/app.yaml`] = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-${folder}}\n`;
      resources.push('app.yaml');
    }
    if (starts.has(folder))
      files[`${folder}/start.yaml`] =
        list === 'generators' ? generator(random, `${folder}-${id}`, placed) : input(random, placed);
    files[`${folder}/kustomization.yaml`] = [
      folder === 'part' ? 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n' : '',
      `resources: [${resources.join(', ')}]\n`,
      starts.has(folder) ? `${list}: [start.yaml]\n` : '',
      folder === component ? 'components: [../part]\n' : '',
      ...fieldsOf(random, folder, isGuarded && folder === 'base', placed),
    ].join('');
  }
  const tops = folders.filter((one) => one !== 'part' && !Object.values(bases).some((of) => of.includes(one)));
  const roots = tops.filter((one) => [...starts].some((start) => below(one).includes(start)));
  return { id, files, roots, reads: Object.fromEntries(roots.map((root) => [root, below(root)])) };
}

/** The namespace in place of one. */
type Placed = (namespace: string) => string;

/** Fields of a kustomization. */
function fieldsOf(random: Numbers, folder: string, isPlaced: boolean, placed: Placed): string[] {
  const fields: string[] = [];
  if (random.isOnceIn(3) || isPlaced) fields.push(`namespace: ${placed(random.one(NAMESPACES))}\n`);
  if (random.isOnceIn(4)) fields.push(`namePrefix: ${random.one(['a-', 'b-'])}\n`);
  if (random.isOnceIn(5)) fields.push(`nameSuffix: ${random.one(['-x', '-y'])}\n`);
  if (random.isOnceIn(4))
    fields.push(
      `labels: [{pairs: {tier: ${random.one(['prod', 'test'])}}${random.one(['', ', includeSelectors: true', ', includeTemplates: true'])}}, {pairs: {by: labels}}]\n`,
    );
  if (random.isOnceIn(6)) fields.push(`commonLabels: {tier: ${random.one(['prod', 'test'])}}\n`);
  if (random.isOnceIn(6)) fields.push(`commonAnnotations: {example.org/note: ${random.one(['one', '"2"'])}}\n`);
  if (random.isOnceIn(14)) fields.push(random.one(PATCHES).replace('app-base', `app-${folder}`));
  if (random.isOnceIn(12)) fields.push(`configMapGenerator: [{name: made-${folder}, literals: [a=b]}]\n`);
  return fields;
}

const PATCHES = [
  'patches: [{target: {kind: Deployment}, patch: \'[{"op": "replace", "path": "/spec/replicas", "value": 2}]\'}]\n',
  'patches: [{target: {kind: ConfigMap, name: app-base}, patch: \'[{"op": "add", "path": "/data", "value": {"a": "b"}}]\'}]\n',
  'patches: [{target: {kind: "Secret|STSAssumeRoleToken"}, patch: \'[{"op": "replace", "path": "/metadata/name", "value": "patched"}]\'}]\n',
];

function spec(random: Numbers, name: string, isGuarded: boolean, placed: Placed): string {
  const namespace = placed(random.one(isGuarded ? ['dev', 'team-a', 'prod'] : ['', 'team-a', 'team-b']));
  const tier = random.one(['', 'prod', 'test']);
  const metadata = [namespace && `namespace: ${namespace}`, tier && `labels: {tier: ${tier}}`];
  return generatorDocument(undefined, { name, metadata: metadata.filter(Boolean).join(', ') });
}

function generator(random: Numbers, name: string, placed: Placed): string {
  const namespace = placed(random.one(['', 'dev', 'team-a']));
  const metadata = [namespace && `namespace: ${namespace}`, `annotations: {${EXEC}}`];
  return generatorDocument(undefined, { name: `made-${name}`, metadata: metadata.filter(Boolean).join(', ') });
}

function input(random: Numbers, placed: Placed): string {
  const sessions = random.one(SESSIONS).replace('prod]', `${placed('prod')}]`);
  return `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options, annotations: {${EXEC}}}\n${sessions}`;
}

const SESSIONS = [
  '',
  'sessions: [{match: {labels: {tier: prod}}, last: {sessionName: "m.${name}"}, secrets: [{name: "${name}-aws", labels: {made: by-match}}]}]\n',
  'sessions: [{match: {namespaces: [dev]}, secrets: [{annotations: {made: in-dev}}]}]\n',
  'sessions: [{match: {labels: {tier: test}}, secrets: [{name: "${name}", namespaces: [dev, prod]}]}]\n',
];
