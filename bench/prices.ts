import { checkComparisons, choose } from '../function/chain/guard.ts';
import { matchEntries } from '../function/manifests/match-entries.ts';
import type { Guards } from '../function/model/grant.ts';
import { WorkBudget } from '../function/model/run-limits.ts';
import { readPatch, touchesOfPatch } from '../function/repository/kustomize-proofs.ts';
import { encrypt } from '../function/secret/encryption.ts';
import { checkRecipients } from '../function/sops/sops.ts';
import { newAgeKeys } from '../test/support/age-keys.ts';
import { hopsWith } from '../test/support/hops-with.ts';

/**
 * What the kinds of work of a `WorkBudget` take that no engine does: `node bench/prices.ts`. Prints for each how many times its price the
 * dearest input takes that we know: at most once is right. What engines do has inputs that are looked for: bench/dearest.ts.
 */

const OBJECT = {
  apiVersion: 'generators.external-secrets.io/v1alpha1',
  kind: 'STSAssumeRoleToken',
  namespace: 'team-a',
};
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, at) => make(at));
const generators = (count: number, name = 'a'.repeat(200)) =>
  many(count, (at) => ({
    object: { ...OBJECT, name: `${name}${at}` },
    kind: 'STSAssumeRoleToken' as const,
    labels: {},
    spec: {},
    secrets: [{ target: { name: 'a' }, form: {} }],
    defaultTarget: { name: 'a' },
  })) as unknown as Parameters<typeof matchEntries>[0];
const entered = (entries: readonly object[], count: number) => {
  const all = generators(count);
  return (work: WorkBudget) =>
    matchEntries(all, entries as Parameters<typeof matchEntries>[1], new Map(), { work, throwIfExpired() {} });
};
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const asks = {
  generator: { ...OBJECT, name: 'a' },
  kind: 'STSAssumeRoleToken' as const,
  mayUseCluster: false,
  target: { name: 'a', namespace: 'team-a' },
  ...hopsWith(
    many(20, (at) => ({
      operation: 'AssumeRole' as const,
      region: 'eu-west-1',
      request: { roleArn: role(`${'a'.repeat(60)}${at}`), sessionName: 'a', durationSeconds: 900 },
    })),
  ),
} as unknown as Parameters<typeof choose>[0];
const guards: Guards = {
  policy: many(1000, () => ({ roles: [role(`${'a*'.repeat(30)}b`), role(`${'*a'.repeat(30)}`)] })),
};
const recipients = await Promise.all(many(32, async () => (await newAgeKeys()).recipient));
const patches = many(1000, () =>
  touchesOfPatch({ target: { name: 'a.*'.repeat(60), kind: 'STSAssumeRoleToken' } }, readPatch('[]')),
).flat();

const KINDS: Readonly<Record<string, (work: WorkBudget) => unknown>> = {
  comparisons: entered(
    many(1000, () => ({ match: { names: [`${'a*'.repeat(50)}b`] } })),
    100,
  ),
  copies: entered(
    [
      {
        secrets: [{ annotations: Object.fromEntries(many(100, (at) => [`a.b/k${at}`, `\${name} ${'a'.repeat(40)}`])) }],
      },
    ],
    100,
  ),
  grants: (work) => {
    checkComparisons([asks], guards, work);
    return choose(asks, guards);
  },
  recipients: async (work) => {
    work.spend('recipients', recipients.length);
    await checkRecipients(recipients);
  },
  seals: async (work) => {
    work.spend('seals', recipients.length);
    await encrypt({ data: { a: 'YQ==' }, metadata: { name: 'a' } } as never, recipients, new Date());
  },
  edits: (work) => {
    const object = { ...OBJECT, name: 'a'.repeat(253) };
    work.spend('edits', patches.length);
    for (const { mayTouch } of patches) mayTouch(object, `${object.name}b`);
  },
};

const ROUNDS = 5;
const LEAST_NANOSECONDS = 200_000_000;
const processor = () => (process.cpuUsage().user + process.cpuUsage().system) * 1000;

for (const [kind, run] of Object.entries(KINDS)) {
  const prices: number[] = [];
  let paid = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = processor();
    paid = 0;
    while (processor() - begin < LEAST_NANOSECONDS) {
      const work = new WorkBudget();
      await run(work);
      paid += work.spent;
    }
    prices.push((processor() - begin) / paid);
  }
  const [least = 0, , median = 0, , most = 0] = prices.toSorted((a, b) => a - b);
  const unit = new WorkBudget();
  unit.spend(kind as Parameters<WorkBudget['spend']>[0], 1);
  console.log(`${kind}: ${median.toFixed(2)} of ${unit.spent} ns (${least.toFixed(2)} to ${most.toFixed(2)})`);
}
