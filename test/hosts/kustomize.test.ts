import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { emittedSecrets, normalise } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { functionAnnotation, generator, input, JOB, keysSecret } from '../support/hosts/manifests.ts';
import { promisedSecret } from '../support/hosts/pages.ts';
import { KILLER, MOMENTS_MILLISECONDS, startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { EXECUTABLE } from '../support/run-function.ts';
import { readFolder } from '../support/temporary-folder.ts';

const GENERATOR = { annotations: functionAnnotation() };
const FUNCTION = input({}, functionAnnotation());

const SETTINGS = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  date: "2024-01-01"
  switch: "yes"
  block: |
    - looks like an item
    functionConfig: neither
`;

const hosts = forAllTests(startHosts);

const PLUGINS = ['--enable-alpha-plugins', '--enable-exec'];
const build = (cwd: string, ...argv: string[]) => hosts.run('kustomize', ['build', ...PLUGINS, ...argv], { cwd });

/** A folder with this kustomization and these files. */
const folderOf = (kustomization: object, files: Readonly<Record<string, string>>) =>
  hosts.folder({ 'kustomization.yaml': stringify(kustomization), ...files });

/** The objects of a build that succeeded, without a word on standard error. */
async function built(cwd: string, ...argv: string[]): Promise<Manifest[]> {
  const { exit, stdout, stderr } = await build(cwd, ...argv);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return documentsOf(stdout);
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
  readonly data?: Readonly<Record<string, string>>;
}

function documentsOf(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** KIND/NAMESPACE/NAME of each object. */
function names(manifests: readonly Manifest[]): string[] {
  return manifests.map(({ kind, metadata: { namespace = '', name } }) => `${kind}/${namespace}/${name}`);
}

/** Every Secret that an object names. */
function secretsNamed(manifest: Manifest | undefined): string[] {
  const text = JSON.stringify(manifest);
  return [...text.matchAll(/"(?:secretRef|secretKeyRef|secret)":\{[^}]*"(?:name|secretName)":"([^"]+)"/g)].flatMap(
    ([, name]) => name ?? [],
  );
}

describe('examples', () => {
  test.each([
    ['kustomize/generator', '.', ['Job/team-a/prod-deploy']],
    ['kustomize/transformer', '.', []],
    ['kustomize/external-secret', '.', []],
    ['kustomize/overlay', 'production', ['Job/production/prod-deploy']],
  ])('%s gives the Secret that its page promises, and references to it', async (example, folder, others) => {
    const { exit, stdout, stderr } = await build(await hosts.example(example), folder);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const text = normalise(stdout).replaceAll(/(name: prod-deployer)-[0-9a-z]{10}$/gm, '$1-<hash>');
    expect(text.split('---\n').filter((document) => document.includes('kind: Secret'))).toEqual([
      promisedSecret(example),
    ]);
    const objects = documentsOf(stdout);
    const [secret] = objects.filter(({ kind }) => kind === 'Secret');
    const [job, ...rest] = objects.filter((object) => object !== secret);
    expect(names([...(job ? [job] : []), ...rest])).toEqual(others);
    expect(new Set(job && secretsNamed(job))).toEqual(new Set(job && [secret?.metadata.name]));
  });

  test('kustomize/overlay has a plain base', async () => {
    const objects = await built(await hosts.example('kustomize/overlay'), 'base');
    expect(names(objects)).toEqual(['Secret//deployer', 'Job//deploy']);
  });
});

test('an ECRAuthorizationToken as generator gives a login, under a name that a Pod may pull with', async () => {
  const config = input(
    {
      generators: [
        parse(generator({ name: 'registry', role: 'puller' }).replace('STSAssumeRoleToken', 'ECRAuthorizationToken')),
      ],
      sessions: [{ match: { kinds: ['ECRAuthorizationToken'] }, secrets: [{ format: 'dockerConfigJson' }] }],
    },
    functionAnnotation(),
  );
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { imagePullSecrets: [{ name: 'registry' }], containers: [{ name: 'a', image: 'a' }] },
  };
  const folder = await folderOf(
    { namePrefix: 'prod-', generators: ['options.yaml'], resources: ['pod.yaml'] },
    { 'options.yaml': config, 'pod.yaml': stringify(pod) },
  );
  const calls = await hosts.callsOf(async () => {
    const [secret, puller] = await built(folder);
    expect(secret).toMatchObject({ metadata: { name: 'prod-registry' }, type: 'kubernetes.io/dockerconfigjson' });
    expect(puller).toMatchObject({ spec: { imagePullSecrets: [{ name: 'prod-registry' }] } });
  });
  expect(calls.map(({ operation }) => operation)).toEqual(['AssumeRole', 'GetAuthorizationToken']);
});

test('an ECRAuthorizationToken among the resources of a transformer stays out of the output', async () => {
  const registry = generator({ name: 'registry', role: 'puller' }).replace('STSAssumeRole', 'ECRAuthorization');
  const folder = await folderOf(
    { resources: ['registry.yaml'], transformers: ['options.yaml'] },
    { 'registry.yaml': registry, 'options.yaml': FUNCTION },
  );
  const [secret, ...others] = await built(folder);
  expect(Object.keys(secret?.data ?? {})).toEqual(['expires_at', 'password', 'proxy_endpoint', 'username']);
  expect(others).toEqual([]);
});

describe('a generator', () => {
  test('asks STS once, though kustomize sends it twice, and is not in the output', async () => {
    const folder = await folderOf({ generators: ['generator.yaml'] }, { 'generator.yaml': generator(GENERATOR) });
    const calls = await hosts.callsOf(async () => expect(names(await built(folder))).toEqual(['Secret//deployer']));
    expect(calls.map(({ outcome }) => outcome)).toEqual(['ok']);
  });

  test('gives a Secret that gets prefix, suffix, namespace, labels and hash; every reference follows', async () => {
    const annotations = { ...functionAnnotation(), 'kustomize.config.k8s.io/needs-hash': 'true' };
    const kustomization = {
      namePrefix: 'prod-',
      nameSuffix: '-1',
      namespace: 'team-b',
      labels: [{ pairs: { team: 'b' } }],
      generators: ['generator.yaml'],
      resources: ['job.yaml'],
    };
    const folder = await folderOf(kustomization, { 'generator.yaml': generator({ annotations }), 'job.yaml': JOB });
    const [secret, job] = await built(folder);
    expect(secret?.metadata).toMatchObject({
      name: expect.stringMatching(/^prod-deployer-1-[0-9a-z]{10}$/),
      namespace: 'team-b',
      labels: { team: 'b' },
    });
    expect(secret?.metadata.annotations).not.toHaveProperty(['kustomize.config.k8s.io/needs-hash']);
    expect(secretsNamed(job)).toEqual(Array.from({ length: 3 }, () => secret?.metadata.name));
  });

  test('in a base is asked once per build, whichever folder the build starts in', async () => {
    const folder = await hosts.example('kustomize/overlay');
    for (const [from, name] of [
      ['base', 'Secret//deployer'],
      ['production', 'Secret/production/prod-deployer'],
    ] as const) {
      const calls = await hosts.callsOf(async () => expect(names(await built(folder, from))).toContain(name));
      expect(calls).toHaveLength(1);
    }
  });

  test('may be an Input that holds several', async () => {
    const generators = ['a', 'b'].map((name) => parse(generator({ name })) as object);
    const folder = await folderOf(
      { namePrefix: 'prod-', generators: ['function.yaml'] },
      { 'function.yaml': input({ generators }, functionAnnotation()) },
    );
    expect(names(await built(folder)).toSorted()).toEqual(['Secret//prod-a', 'Secret//prod-b']);
  });

  test('may stand beside another, each with a session of its own', async () => {
    const folder = await folderOf(
      { generators: ['a.yaml', 'b.yaml'] },
      { 'a.yaml': generator({ ...GENERATOR, name: 'a' }), 'b.yaml': generator({ ...GENERATOR, name: 'b' }) },
    );
    const objects = await built(folder);
    expect(names(objects)).toEqual(['Secret//a', 'Secret//b']);
    expect(new Set(objects.map(({ data }) => data?.access_key_id)).size).toBe(2);
  });

  test('finds the function by a path, also from an overlay and through a link', async () => {
    const folder = await hosts.folder({
      'base/kustomization.yaml': 'generators: [generator.yaml]\n',
      'base/generator.yaml': generator({ annotations: functionAnnotation('./linked') }),
      'overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: prod-\n',
    });
    await symlink(EXECUTABLE, join(folder, 'base/linked'));
    expect(names(await built(folder, 'overlay'))).toEqual(['Secret//prod-deployer']);
  });

  test.each(['merge', 'replace'])('with behavior %s changes a Secret among the resources', async (behavior) => {
    const annotations = { ...functionAnnotation(), 'kustomize.config.k8s.io/behavior': behavior };
    const existing = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: deployer\ndata:\n  other: eA==\n';
    const folder = await folderOf(
      { generators: ['generator.yaml'], resources: ['secret.yaml'] },
      { 'generator.yaml': generator({ annotations }), 'secret.yaml': existing },
    );
    const [secret] = await built(folder);
    const keys = ['access_key_id', 'expiration', 'secret_access_key', 'session_token'];
    expect(Object.keys(secret?.data ?? {}).toSorted()).toEqual(
      behavior === 'merge' ? [...keys, 'other'].toSorted() : keys,
    );
  });

  test('does not overwrite a Secret among the resources', async () => {
    const folder = await folderOf(
      { generators: ['generator.yaml'], resources: ['keys.yaml'] },
      { 'generator.yaml': generator({ ...GENERATOR, name: 'keys' }), 'keys.yaml': keysSecret() },
    );
    expect(await build(folder)).toMatchObject({ exit: 1, stdout: '', stderr: expect.stringContaining('exists') });
  });

  test('is left out without a word when --enable-exec is missing, as the page of the example says', async () => {
    const folder = await hosts.example('kustomize/generator');
    const { exit, stdout, stderr } = await hosts.run('kustomize', ['build', '--enable-alpha-plugins'], { cwd: folder });
    expect({ exit, stderr, objects: names(documentsOf(stdout)) }).toEqual({
      exit: 0,
      stderr: '',
      objects: ['Job/team-a/prod-deploy'],
    });
  });
});

describe('a transformer', () => {
  const files = { 'function.yaml': FUNCTION, 'settings.yaml': SETTINGS, 'job.yaml': JOB, 'keys.yaml': keysSecret() };
  const resources = ['settings.yaml', 'job.yaml', 'keys.yaml'];
  const transformers = ['function.yaml'];

  test('adds the Secret of each generator, takes the generators out, and leaves the rest as it is', async () => {
    const folder = await folderOf(
      { resources: [...resources, 'a.yaml', 'b.yaml'], transformers },
      { ...files, 'a.yaml': generator({ name: 'a', keysIn: 'keys' }), 'b.yaml': generator({ name: 'b' }) },
    );
    const plain = await folderOf({ resources }, files);
    const { stdout: rest } = await build(plain);
    const { exit, stdout, stderr } = await build(folder);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const documents = stdout.split('---\n');
    const ours = documents.filter((document) => emittedSecrets(document).length > 0);
    expect(names(documentsOf(ours.join('---\n')))).toEqual(['Secret//a', 'Secret//b']);
    expect(documents.filter((document) => !ours.includes(document)).join('---\n')).toBe(rest);
  });

  test('writes into the Secret what `force-sync` of its generator said, as a generator does', async () => {
    const file = { 'generator.yaml': generator({ annotations: { 'force-sync': 'now' } }) };
    const builds = [
      await folderOf({ resources: ['generator.yaml'], transformers }, { ...files, ...file }),
      await folderOf(
        { generators: ['forced.yaml'] },
        { 'forced.yaml': generator({ annotations: { ...functionAnnotation(), 'force-sync': 'now' } }) },
      ),
    ];
    for (const folder of builds)
      expect(await built(folder)).toMatchObject([
        { kind: 'Secret', metadata: { annotations: { 'sts.fn.crossplane.io/force-sync': 'now' } } },
      ]);
  });

  test('reads a ClusterGenerator to which kustomize has given a namespace', async () => {
    const spec = {
      kind: 'STSAssumeRoleToken',
      generator: { stsAssumeRoleTokenSpec: parse(generator()).spec as object },
    };
    const shared = { ...(parse(generator()) as object), kind: 'ClusterGenerator', spec };
    const ref = { apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'ClusterGenerator', name: 'deployer' };
    const consumer = {
      ...{ apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', metadata: { name: 'app' } },
      spec: { dataFrom: [{ sourceRef: { generatorRef: ref } }] },
    };
    const manifests = { 'a.yaml': stringify(shared), 'b.yaml': stringify(consumer) };
    const kustomization = { namespace: 'team-b', resources: ['a.yaml', 'b.yaml'] };
    const [plain] = await built(await folderOf(kustomization, manifests));
    expect(plain?.metadata.namespace).toBe('team-b');
    const folder = await folderOf({ ...kustomization, transformers }, { ...files, ...manifests });
    expect(names(await built(folder))).toEqual(['Secret/team-b/app']);
  });

  test('sees a generator that is marked local-config', async () => {
    const annotations = { 'config.kubernetes.io/local-config': 'true' };
    const folder = await folderOf(
      { resources: ['generator.yaml'], transformers },
      { ...files, 'generator.yaml': generator({ annotations }) },
    );
    expect(names(await built(folder))).toEqual(['Secret//deployer']);
  });

  test('may hold the generators itself', async () => {
    const inline = input({ generators: [parse(generator({ keysIn: 'keys' })) as object] }, functionAnnotation());
    const folder = await folderOf({ resources: ['keys.yaml'], transformers }, { ...files, 'function.yaml': inline });
    expect(names(await built(folder)).toSorted()).toEqual(['Secret//deployer', 'Secret//keys']);
  });

  test('changes nothing where no generator is', async () => {
    const folder = await folderOf({ resources, transformers }, files);
    const plain = await folderOf({ resources }, files);
    const calls = await hosts.callsOf(async () => expect(await build(folder)).toEqual(await build(plain)));
    expect(calls).toEqual([]);
  });

  test('runs after the names have changed, as the page of the example says', async () => {
    const folder = await hosts.folder({
      'base/kustomization.yaml': 'resources: [generator.yaml, job.yaml]\n',
      'base/generator.yaml': generator({ annotations: { 'kustomize.config.k8s.io/needs-hash': 'true' } }),
      'base/job.yaml': JOB,
      'overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: prod-\ntransformers: [function.yaml]\n',
      'overlay/function.yaml': FUNCTION,
    });
    const [secret, job, ...others] = await built(folder, 'overlay');
    expect(names(others)).toEqual([]);
    expect(secret?.metadata.name).toBe('prod-deployer');
    expect(new Set(secretsNamed(job))).toEqual(new Set(['deployer']));
    expect(Object.keys(secret?.metadata.annotations ?? {})).not.toContain('kustomize.config.k8s.io/needs-hash');
  });

  test('in a base may be built upon, and its Secret is renamed by the overlay with all references', async () => {
    const folder = await hosts.folder({
      'base/kustomization.yaml': 'resources: [generator.yaml, job.yaml]\ntransformers: [function.yaml]\n',
      'base/generator.yaml': generator(),
      'base/job.yaml': JOB,
      'base/function.yaml': FUNCTION,
      'overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: prod-\n',
    });
    const objects = await built(folder, 'overlay');
    expect(names(objects)).toEqual(['Secret//prod-deployer', 'Job//prod-deploy']);
    expect(secretsNamed(objects[1])).toEqual(Array.from({ length: 3 }, () => 'prod-deployer'));
  });

  test.each([
    ['itself', generator(GENERATOR)],
    ['in an Input', input({ generators: [parse(generator()) as object] }, functionAnnotation())],
  ])('leaves the Secret of a generator of its base alone, which is there %s', async (_, start) => {
    const folder = await hosts.folder({
      'base/kustomization.yaml': 'generators: [generator.yaml]\n',
      'base/generator.yaml': start,
      'overlay/kustomization.yaml':
        'resources: [../base, other.yaml]\nnamePrefix: prod-\ntransformers: [function.yaml]\n',
      'overlay/other.yaml': generator({ name: 'other' }),
      'overlay/function.yaml': FUNCTION,
    });
    const calls = await hosts.callsOf(async () =>
      expect(names(await built(folder, 'overlay')).toSorted()).toEqual(['Secret//prod-deployer', 'Secret//prod-other']),
    );
    expect(calls.map(({ parameters }) => parameters.RoleSessionName)).toEqual(['deployer', 'prod-other']);
  });

  test('does not take a Secret of that name from a generator of its base', async () => {
    const folder = await hosts.folder({
      'base/kustomization.yaml': 'generators: [generator.yaml]\n',
      'base/generator.yaml': generator(GENERATOR),
      'overlay/kustomization.yaml': 'resources: [../base]\ntransformers: [function.yaml]\n',
      'overlay/function.yaml': input(
        { generators: [parse(generator({ role: 'puller' })) as object] },
        functionAnnotation(),
      ),
    });
    const calls = await hosts.callsOf(async () => {
      const { exit, stdout, stderr } = await build(folder, 'overlay');
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
      expect(stderr).toContain('a generator of the same build made it');
    });
    expect(calls.map(({ parameters }) => parameters.RoleArn)).toEqual(['arn:aws:iam::123456789012:role/deployer']);
  });

  test('shows no credential', async () => {
    const { stdout, stderr } = await build(await hosts.example('kustomize/transformer'));
    expect(emittedSecrets(stdout)).toHaveLength(1);
    expect(leaks(stderr, [stdout])).toEqual([]);
  });
});

interface Failure {
  name: string;
  reason: string;
  given: Parameters<typeof generator>[0];
  message: string;
}

const failures: readonly Failure[] = [
  {
    name: 'a role that does not trust the caller',
    reason: 'only STS knows',
    given: { role: 'others' },
    message:
      'error: cannot assume role "arn:aws:iam::123456789012:role/others" (hop 1 of 1, sts:AssumeRole) for STSAssumeRoleToken "deployer": AccessDenied.',
  },
  {
    name: 'a duration below the minimum',
    reason: 'refused before any call',
    given: { requestParameters: { sessionDuration: 60 } },
    message:
      'error: cannot use STSAssumeRoleToken "deployer": `spec.requestParameters.sessionDuration` must be at least 900, got "60". [SPEC_INVALID]\n',
  },
  {
    name: 'a Secret with keys that it cannot see',
    reason: 'a generator sees no resources, and the message says so',
    given: { keysIn: 'elsewhere' },
    message:
      'error: cannot read Secret "elsewhere" for STSAssumeRoleToken "deployer": it is not in the ResourceList. Put it in the package, or set STS_FUNCTION_CLUSTER to look it up in a cluster. A kustomize generator sees no resources:',
  },
];

describe.each(failures)('a failure: $name', ({ given, message }) => {
  test.each([
    ['generator', { generators: ['generator.yaml'] }, { ...given, ...GENERATOR }],
    ['transformer', { resources: ['generator.yaml'], transformers: ['function.yaml'] }, given],
  ])('as %s ends the build with 1, nothing on standard output, and says why', async (_, kustomization, choice) => {
    const files = { 'generator.yaml': generator(choice), 'function.yaml': FUNCTION };
    const folder = await folderOf({ ...kustomization, namePrefix: '' }, files);
    const before = readFolder(folder);
    const { exit, stdout, stderr } = await build(folder);
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    const [last, ...ours] = stderr.trimEnd().split('\n').toReversed();
    expect(last).toBe("Error: couldn't execute function: exit status 1");
    expect(`${ours.join('\n')}\n`).toContain(message);
    expect(ours.filter((line) => !line.startsWith('error: '))).toEqual([]);
    expect(leaks(stderr)).toEqual([]);
    expect(readFolder(folder)).toEqual(before);
  });
});

test.each(MOMENTS_MILLISECONDS)(
  'killed after %d ms, the function fails the build, which prints nothing; the next build has the Secret',
  async (milliseconds) => {
    const folder = await folderOf(
      { resources: ['settings.yaml'], generators: ['generator.yaml'] },
      {
        'settings.yaml': SETTINGS,
        'generator.yaml': generator({ annotations: functionAnnotation('./killer.sh') }),
        'killer.sh': KILLER,
      },
    );
    await chmod(join(folder, 'killer.sh'), 0o755);
    const { promise, resolve: release } = Promise.withResolvers<void>();
    hosts.sts.fail({ kind: 'held', until: promise });
    const run = (delay: string) =>
      hosts.run('kustomize', ['build', ...PLUGINS], { cwd: folder, environment: { DELAY: delay } });
    expect(await run(String(milliseconds / 1000))).toMatchObject({ exit: 1, stdout: '' });
    release(); // who was killed early has not asked yet
    const { exit, stdout } = await run('');
    expect({ exit, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, secrets: 1 });
  },
);
