import { ci, roles } from '../test/support/accounts.ts';
import { generatorItem, list } from '../test/support/manifests.ts';
import { runFunction } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment } from './contestants.ts';
import { inTurn, ratios } from './in-turn.ts';
import { spread } from './measure.ts';

/**
 * Holds a build to the one before it in time: `node bench/compare-times.ts BEFORE/dist dist [ROUNDS]`. Each round runs the former build, the
 * new one and the former once more, as whole processes: what the former takes beside itself is noise.
 */
const [before = '', after = '', rounds = '30'] = process.argv.slice(2);
if (after === '') throw new Error('usage: node bench/compare-times.ts BEFORE/dist dist [ROUNDS]');

const SPECS = 1000;
const HUB = 'arn:aws:iam::111111111111:role/hub';
const roleOf = (index: number) => `arn:aws:iam::222222222222:role/r${index}`;
const indexes = Array.from({ length: SPECS }, (_, index) => index);

const sts = await startSts({
  users: [ci],
  roles: [
    ...roles,
    { arn: HUB, trust: [{ principals: [ci.arn] }] },
    ...indexes.map((index) => ({ arn: roleOf(index), trust: [{ principals: [HUB] }] })),
  ],
});
const environment = askingEnvironment(sts.url);
const programOf = (dist: string) => `${dist}/function-sts-assume-role`;
const one = list(generatorItem('region: eu-west-1, role: "arn:aws:iam::123456789012:role/deployer"'));
const chains = list(
  indexes.map((index) => generatorItem(`region: eu-west-1, role: "${roleOf(index)}"`, { name: `r${index}` })).join(''),
  `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [{via: ["${HUB}"]}]}\n`,
);
const made = await runFunction(one, { environment, executable: programOf(before) });
if (!made.stdout.includes('session_token: ')) throw new Error(`no Secret was made: ${made.stderr}`);

console.log('| | the new build, times the former | the former, times itself |\n|---|---|---|');
for (const [what, input] of Object.entries({
  'a start without a spec': list('- {apiVersion: v1, kind: ConfigMap, metadata: {name: other}}\n'),
  'one spec': one,
  'a kept Secret': made.stdout,
  '1,000 chains': chains,
})) {
  const contestantOf = (dist: string) => ({ name: dist, command: [programOf(dist)] as const, input, environment });
  const contestants = { before: contestantOf(before), after: contestantOf(after), again: contestantOf(before) };
  const runs = await inTurn(contestants, { rounds: Number(rounds) });
  const [changed, same] = [runs.after, runs.again].map((some) => spread(ratios(some, runs.before), 2));
  console.log(`| ${what} | ${changed} | ${same} |`);
}
await sts.close();
