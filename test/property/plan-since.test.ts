import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forAllTests } from '../support/for-each-test.ts';
import { shareOf } from '../support/is-whole.ts';
import { specDocument } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/**
 * What `plan --since` says of pairs of trees, 200 in `npm run test:bounds`: it is the difference of the two JSONs, worked out here in another way; and a Secret
 * that is the same asks STS for the same.
 */
const PAIRS = shareOf(200);
const sts = forAllTests(startExampleSts);

/** A generator of a tree, and what may differ of it. */
const generators = fc.uniqueArray(
  fc.record({
    folder: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('one', 'two', 'three', 'four'),
    role: fc.constantFrom('deployer', 'reader'),
    seconds: fc.constantFrom(900, 3600),
    scope: fc.constantFrom(
      '',
      'policy: {Version: "2012-10-17"}',
      'policyARNs: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]',
    ),
    secrets: fc.constantFrom('[{}]', '[{name: x}, {name: y}]', '[{name: y}]', '[{format: env}]'),
  }),
  { selector: ({ name }) => name, maxLength: 4 },
);
type Generators = typeof generators extends fc.Arbitrary<infer T> ? T : never;

function write(path: string, all: Generators): string {
  const folder = temporaryFolder({ empty: '' });
  for (const at of ['a', 'b']) {
    const own = all.filter((generator) => generator.folder === at);
    const entries = own.map(({ name, scope, secrets }) => {
      const named = secrets.replaceAll('name: ', `name: ${name}-`);
      return `- {match: {names: [${name}]}, secrets: ${named}, last: {${scope}}}\n`;
    });
    const specs = own.map(({ name, role, seconds }) =>
      specDocument(name, { role }).replace("'}", `', requestParameters: {sessionDuration: ${seconds}}}`),
    );
    if (own.length === 0) continue;
    folder.write(
      `${at}/options.yaml`,
      `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: o}\nsessions:\n${entries.join('')}`,
    );
    folder.write(`${at}/specs.yaml`, specs.join('---\n'));
  }
  return join(folder.path, path);
}

interface Row {
  readonly package: string;
  readonly generator: { readonly name: string };
  readonly target: { readonly name: string };
  readonly change?: string;
  readonly was?: object;
  readonly [field: string]: unknown;
}
interface Plan {
  readonly secrets: readonly Row[];
  readonly gone: readonly Row[];
}

const VOLATILE = ['action', 'reason', 'renewAfter', 'file', 'line', 'change', 'was', 'renamedTo', 'specHash'];
/** All of a row that counts; the spec-hash follows from the rest. */
const contentOf = (row: Row) =>
  JSON.stringify(
    Object.entries(row)
      .filter(([field]) => !VOLATILE.includes(field))
      .toSorted(),
  );

const plan = async (...argv: readonly string[]): Promise<Plan> => {
  const { stdout, stderr } = await runInProcess('', { sts, arguments: ['plan', '-o', 'json', ...argv] });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Plan;
};

/** What STS is asked in a tree, by session name. */
async function callsOf(path: string): Promise<Map<string, string>> {
  const start = sts.calls.length;
  await runInProcess('', { sts, arguments: ['render', path] });
  return new Map(
    sts.calls.slice(start).map(({ parameters }) => [parameters.RoleSessionName ?? '', JSON.stringify(parameters)]),
  );
}

/** Half of the trees differ from the former one in one generator alone. */
const pairs = fc.tuple(generators, generators, fc.boolean()).map(([before, others, isNear]) => {
  const [other, first] = [others[0], before[0]];
  if (!isNear || other === undefined || first === undefined) return [before, others] as const;
  return [before, before.map((own) => (own === first ? { ...other, name: own.name } : own))] as const;
});
const counts = new Map<string, number>();

test('is the difference of the two plans, and of what STS is asked', async () => {
  await fc.assert(
    fc.asyncProperty(pairs, async ([before, after]) => {
      const [old, now] = [write('.', before), write('.', after)];
      const former = await plan(old);
      const file = join(old, 'plan.txt');
      writeFileSync(file, JSON.stringify(former));
      const compared = await plan('--since', file, now);
      const plain = await plan(now);
      expect(compared.secrets.map(contentOf)).toEqual(plain.secrets.map(contentOf));
      const key = ({ package: folder, generator, target }: Row) => `${folder} ${generator.name} ${target.name}`;
      const formerByKey = new Map(former.secrets.map((row) => [key(row), row]));
      for (const row of compared.secrets) {
        const was = formerByKey.get(key(row));
        if (was === undefined) expect(['new', 'changed']).toContain(row.change);
        else expect(row.change).toBe(contentOf(was) === contentOf(row) ? 'same' : 'changed');
        if (row.change === 'same') expect(row.specHash).toBe(was?.specHash);
        if (row.change === 'changed') expect(Object.keys(row.was ?? {}).length).toBeGreaterThan(0);
      }
      const moved = compared.secrets.filter(({ change, was }) => change === 'changed' && 'target' in (was ?? {}));
      const kept = former.secrets.filter((row) => compared.secrets.some((other) => key(other) === key(row)));
      expect(compared.gone.length).toBe(former.secrets.length - kept.length - moved.length);
      expect(kept.filter((row) => compared.gone.some((other) => key(other) === key(row)))).toEqual([]);

      const [theirs, ours] = [await callsOf(old), await callsOf(now)];
      for (const { change = '', was = {}, generator } of compared.secrets) {
        const calls = [theirs, ours].map((all) => all.get(`team-a.${generator.name}`));
        if (change === 'new') continue;
        const isOther = 'hops' in was || 'specHash' in was;
        if (isOther) expect(calls[0]).not.toEqual(calls[1]);
        else expect(calls[0]).toEqual(calls[1]);
        counts.set(isOther ? 'other calls' : change, (counts.get(isOther ? 'other calls' : change) ?? 0) + 1);
      }
    }),
    { numRuns: PAIRS, seed: 20261130 },
  );
  for (const sort of ['same', 'other calls']) expect(counts.get(sort)).toBeGreaterThan(PAIRS / 10);
  expect(counts.get('changed')).toBeGreaterThan(0);
});
