import { expect, test } from '@jest/globals';
import { forAllTests } from '../support/for-each-test.ts';
import { countsOf, differingOf, isOfOthers, judgePackages, tableOf } from '../support/hosts/judge-packages.ts';
import { startFileServer } from '../support/hosts/odd-files.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { OF_KUSTOMIZE } from '../support/kustomize-oddities.ts';
import { kustomizeTree } from '../support/kustomize-trees.ts';
import { alone, oddly } from '../support/oddities/choose.ts';
import type { OddTree } from '../support/oddities/site.ts';
import { EXECUTABLE, SCRIPT } from '../support/run-function.ts';

/**
 * `plan` and `render` over folders of kustomizations, beside what kustomize itself builds: the Secrets' metadata, and their sessions in
 * STS's log. TREES says how many, TREES_SEED chooses others. The one file, which has the same code, gets a part. With ODDITY, a pattern, each
 * oddity of such a name gets TREES of its own.
 */
const TREES = Number(process.env.TREES ?? (EXECUTABLE === SCRIPT ? 500 : 100));
const SEED = Number(process.env.TREES_SEED ?? 1);
const { ODDITY } = process.env;
const MOST_MILLISECONDS = 3_000_000 + 2000 * TREES;
const hosts = forAllTests(() => startHosts());
const server = forAllTests(() => startFileServer());

const POLICY = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Policy
grants: [{namespaces: [dev, team-a], roles: ["arn:aws:iam::123456789012:role/*"], sessionNames: ["*"]}]
`;

const judge = (trees: readonly OddTree[], environment: Readonly<Record<string, string>> = {}) =>
  judgePackages(
    {
      ...{ hosts, server, environment, host: 'kustomize' },
      argv: (folder) => ['build', '--enable-alpha-plugins', '--enable-exec', folder],
    },
    trees,
  );

test.each([
  ['without a Policy', false, TREES * 0.75],
  ['with a Policy by namespace', true, TREES * 0.25],
])(
  'kustomizations are planned and rendered as kustomize builds them, %s',
  async (_, isGuarded, count) => {
    const trees = Array.from({ length: count }, (__, at) =>
      kustomizeTree(SEED * 10_000 + at + Number(isGuarded) * 5000, isGuarded),
    );
    const policy = await hosts.folder({ 'policy.yaml': POLICY });
    const all = await judge(
      trees.map((tree) => ({ ...tree, oddities: [] })),
      isGuarded ? { STS_FUNCTION_POLICY: `${policy}/policy.yaml` } : {},
    );
    const { refused, failed, made } = countsOf(all, 'trees', 'kustomize');
    expect(differingOf(all.filter((judged) => !isOfOthers(judged)))).toEqual([]);
    expect(refused).toBeLessThan(count / 10);
    expect(failed).toBeLessThan(count / 10);
    expect(made).toBeGreaterThan(count / 2);
  },
  MOST_MILLISECONDS,
);

test(
  'of kustomizations that are spelled oddly nothing differs without a word',
  async () => {
    const trees = ODDITY
      ? alone(OF_KUSTOMIZE, new RegExp(ODDITY), TREES)
      : Array.from({ length: TREES }, (_, at) => oddly(OF_KUSTOMIZE, SEED * 10_000 + at));
    const all = await judge(trees);
    if (ODDITY || process.env.TREES) process.stderr.write(tableOf(all));
    expect(differingOf(all)).toEqual([]);
  },
  MOST_MILLISECONDS,
);
