import type { Files } from '../hosts/odd-files.ts';
import { type Numbers, numbers } from '../kustomize-trees.ts';
import type { Change, Oddity, OddTree, Site } from './site.ts';

/** Honest trees of a host, and what can be odd in them. */
export interface Choice {
  readonly oddities: Readonly<Record<string, Oddity>>;
  /** A tree that its host builds. */
  readonly honest: (seed: number) => OddTree;
  /** What oddities work on; undefined where a tree starts no function. */
  readonly siteOf: (tree: OddTree, random: Numbers) => Site | undefined;
}

/** What is there with many values in place of one. */
const VARIANT =
  /^manifest: (?:namespace|label|seconds) |^place: .*, with a decoy$|^function: [\w-]+ (?:renames|gives another role)$/;

/** Names of oddities; variants together. */
const familiesOf = ({ oddities }: Choice) => [
  ...Map.groupBy(
    Object.keys(oddities),
    (name) => VARIANT.exec(name)?.[0].replace(/ [\w-]+ (?=renames|gives)/, '') ?? name,
  ).values(),
];

const numbersFor = (seed: number) => numbers(seed ^ 0x5bd1e995);

/** An honest tree with one to three oddities. The first is another one for each seed, until all had their turn. */
export function oddly(choice: Choice, seed: number): OddTree {
  const families = familiesOf(choice);
  const random = numbersFor(seed);
  const count = random.one([1, 1, 1, 2, 2, 3]);
  let tree = choice.honest(seed);
  for (let at = seed; tree.oddities.length < count && at < seed + families.length; at++) {
    const family = families[at % families.length] ?? [];
    const name = random.one(tree.oddities.length === 0 ? family : random.one(families));
    tree = withOddity(choice, tree, name, random) ?? tree;
  }
  return tree;
}

/** Honest trees with one oddity alone, for each of those whose names a pattern matches. */
export function alone(choice: Choice, pattern: RegExp, count: number): OddTree[] {
  const names = Object.keys(choice.oddities).filter((name) => pattern.test(name));
  return names.flatMap((name, index) => {
    const trees = Array.from({ length: 40 * count }, (_, at) => {
      const seed = index * 10_000 + at;
      return withOddity(choice, choice.honest(seed), name, numbersFor(seed));
    });
    return trees.filter((tree) => tree !== undefined).slice(0, count);
  });
}

/** The tree with an oddity; undefined where it has nothing for it. */
function withOddity({ oddities, siteOf }: Choice, tree: OddTree, name: string, random: Numbers): OddTree | undefined {
  const site = siteOf(tree, random);
  const made = site && oddities[name]?.(site);
  if (made === undefined) return undefined;
  const isMore = 'changed' in made && 'roots' in made && typeof made.changed === 'object';
  const { changed, roots } = (isMore ? made : { changed: made, roots: [] }) as { changed: Change; roots: string[] };
  const files = Object.entries({ ...tree.files, ...changed }).filter(([, content]) => content !== undefined);
  const names = new Set(files.map(([path]) => path));
  const isInFile = (path: string) =>
    path.split('/').some((_, at, parts) => at > 0 && names.has(parts.slice(0, at).join('/')));
  if ([...names].some(isInFile)) return undefined; // another oddity made a file of that folder
  const reads = Object.fromEntries(roots.map((at) => [at, [at]]));
  return {
    ...tree,
    files: Object.fromEntries(files) as Files,
    oddities: [...tree.oddities, name],
    roots: [...tree.roots, ...roots],
    reads: { ...reads, ...tree.reads },
  };
}
