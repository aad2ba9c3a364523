import { expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { kustomizeTree, type Tree } from '../support/kustomize-trees.ts';
import { EXECUTABLE, runProcess, SCRIPT } from '../support/run-function.ts';

/**
 * `render` over a folder of kustomizations, beside what kustomize itself builds: the Secrets' metadata, and the names of their sessions.
 * TREES says how many, TREES_SEED chooses others. The one file, which has the same code, gets a part.
 */
const TREES = Number(process.env.TREES ?? (EXECUTABLE === SCRIPT ? 500 : 100));
const SEED = Number(process.env.TREES_SEED ?? 1);
const hosts = forAllTests(() => startHosts());

const POLICY = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Policy
grants: [{namespaces: [dev, team-a], roles: ["arn:aws:iam::123456789012:role/*"], sessionNames: ["*"]}]
`;

/** The Secrets that a program made of a tree, and the names of their sessions. */
type Made = readonly [secrets: ReadonlySet<string>, sessions: ReadonlySet<string>];

const union = (all: readonly ReadonlySet<string>[]) => new Set(all.flatMap((one) => [...one]));

/** The metadata of Secrets but for times and the hash of the values, each once: two overlays may make the same. */
function metadataOf(text: string): Set<string> {
  const differing = /"sts\.fn\.crossplane\.io\/(?:expiration|renew-after|data-hash)":"[^"]*",?/g;
  const sorted = (_: string, value: unknown) =>
    Object(value) === value ? Object.fromEntries(Object.entries(value as object).toSorted()) : value;
  return new Set(
    emittedSecrets(text).map(({ metadata }) =>
      JSON.stringify(metadata, sorted).replaceAll(differing, '').replaceAll(',}', '}'),
    ),
  );
}

async function sessionsOf<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly names: Set<string> }> {
  let result: T | undefined;
  const calls = await hosts.callsOf(async () => {
    result = await run();
  });
  return { result: result as T, names: new Set(calls.map(({ parameters }) => parameters.RoleSessionName ?? '')) };
}

/** Its names are not those of the objects: where kustomize refuses others' objects, that says nothing of ours. */
const folderOf = (id: string) => `k${id.slice(1, -1)}`;
const ofTree = (all: ReadonlySet<string>, { id }: Tree) => new Set([...all].filter((one) => one.includes(id)));

test.each([
  ['without a Policy', false, TREES * 0.75],
  ['with a Policy by namespace', true, TREES * 0.25],
])(
  'kustomizations are rendered as kustomize builds them, %s',
  async (_, isGuarded, count) => {
    const trees = Array.from({ length: count }, (__, at) =>
      kustomizeTree(SEED * 10_000 + at + Number(isGuarded) * 5000, isGuarded),
    );
    const files = trees.flatMap(({ id, files: own }) =>
      Object.entries(own).map(([name, text]) => [`${folderOf(id)}/${name}`, text]),
    );
    const folder = await hosts.folder(Object.fromEntries(files));
    const policy = await hosts.folder({ 'policy.yaml': POLICY });
    const environment = { ...hosts.environment, ...(isGuarded && { STS_FUNCTION_POLICY: `${policy}/policy.yaml` }) };
    const builds = trees.flatMap((tree) => tree.roots.map((root) => ({ tree, root })));
    const theirs = await sessionsOf(() =>
      pLimit(2).map(builds, async ({ tree, root }) => {
        const argv = ['build', '--enable-alpha-plugins', '--enable-exec', `${folderOf(tree.id)}/${root}`];
        const { exit, stdout, stderr } = await hosts.run('kustomize', argv, { cwd: folder, environment });
        return { tree, secrets: metadataOf(stdout), errors: exit === 0 ? [] : [`${root}: ${stderr}`] };
      }),
    );
    const ours = await sessionsOf(() =>
      runProcess(EXECUTABLE, ['render', '--debug', '.'], { cwd: folder, environment, timeoutMilliseconds: 300_000 }),
    );
    const errors = ours.result.stderr.split('\n').filter((line) => line.startsWith('error: '));
    const secrets = metadataOf(ours.result.stdout);
    const [refused, failed]: [string[], string[]] = [[], []];
    const differing = trees.flatMap((tree): object[] => {
      const built = theirs.result.filter((one) => one.tree === tree);
      const failures = built.flatMap((one) => one.errors);
      const said = errors.filter((line) => line.includes(`${folderOf(tree.id)}/`));
      if (said.some((line) => line.endsWith('[HOST_NEEDED]'))) {
        refused.push(tree.id);
        return [];
      }
      if (failures.length > 0) {
        failed.push(tree.id);
        return said.length > 0 || !failures.some((text) => text.includes(tree.id)) ? [] : [{ tree, failures }]; // it is silent about objects that are not ours
      }
      const host: Made = [union(built.map((one) => one.secrets)), ofTree(theirs.names, tree)];
      const own: Made = [ofTree(secrets, tree), ofTree(ours.names, tree)];
      const isSame = host.every((all, at) => all.symmetricDifference(own[at] ?? new Set()).size === 0);
      return isSame && said.length === 0 ? [] : [{ tree, host, own, said }];
    });
    process.stderr.write(`${count} trees: ${refused.length} refused, ${failed.length} failed under kustomize too\n`);
    expect(differing).toEqual([]);
    expect(refused.length).toBeLessThan(count / 10);
    expect(theirs.names.size).toBeGreaterThan(count / 4);
  },
  900_000,
);
