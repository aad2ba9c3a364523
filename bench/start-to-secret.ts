import { ci, roles } from '../test/support/accounts.ts';
import { generatorItem, list } from '../test/support/manifests.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment, awsCli, emptyNode, goReference, oneFile, script } from './contestants.ts';
import { type Section, section } from './figure.ts';
import { GOALS } from './goals.ts';
import { inTurn, ratios, rowOf } from './in-turn.ts';
import { spread } from './measure.ts';

const ROUNDS = 31;
const WARM_UP = 3;
const ROLE = 'arn:aws:iam::123456789012:role/deployer';
const REGION = 'eu-west-1';

/** Whole-process time of one spec, a real AssumeRole on the embedded STS included. */
export async function startToSecret(): Promise<Section> {
  const sts = await startSts({ users: [ci], roles });
  const given = {
    input: list(generatorItem(`region: ${REGION}, role: "${ROLE}"`)),
    environment: askingEnvironment(sts.url),
  };
  const cli = awsCli(
    ...['sts', 'assume-role', '--region', REGION, '--output', 'json'],
    ...['--role-arn', ROLE, '--role-session-name', 'team-a.deployer', '--duration-seconds', '3600'],
  );
  const contestants = {
    script: { ...script, ...given },
    oneFile: { ...oneFile, ...given },
    go: { ...goReference, ...given },
    aws: { ...cli, environment: given.environment },
    empty: emptyNode,
  };
  const runs = await inTurn(contestants, { rounds: ROUNDS, warmUp: WARM_UP });
  const calls = sts.calls.filter(({ outcome }) => outcome === 'ok').length;
  await sts.close();
  const due = (ROUNDS + WARM_UP) * (Object.keys(contestants).length - 1); // the empty process asks nobody
  if (calls !== due) throw new Error(`STS was asked ${calls} times, not ${due}`);

  const rows = Object.entries(contestants).map(([key, { name }]) => rowOf(name, runs[key as keyof typeof runs]));
  const toGo = (which: 'script' | 'oneFile') => spread(ratios(runs[which], runs.go), 1);
  return section(
    'One spec: start to Secret',
    `Whole processes, each with a real AssumeRole on the embedded STS on loopback: ${ROUNDS} rounds in turn, after a warm-up. The empty
process asks nobody; \`aws\` prints JSON.

| | time in ms | most memory in MB |
|---|---|---|
${rows.join('')}
The script takes ${toGo('script')} times as long as the Go reference, the one file ${toGo('oneFile')} times.

What was done about it: the SDK is a chunk that is loaded when a spec is due; of Node's own modules each chunk
reads what it uses, since reading every export of \`node:http\` loads fetch; a schema is made when somebody first reads by it
([decision 25](../docs/decisions/025-a-schema-is-made-when-read.md)), and zod's compiled parsers are off; what a run compiled is kept beside
the code ([decision 51](../docs/decisions/051-functions-are-kept-compiled.md)); the one file is bytecode in chunks, too
([decision 21](../docs/decisions/021-one-file.md)). Of the script's time a fifth is Node's own start, and nearly half is loading code: ours, AWS's SDK and
Node's modules for both. Who needs it faster takes the one file.
`,
    [
      {
        what: 'one file, times an empty Node.js process',
        values: ratios(runs.oneFile, runs.empty),
        goal: GOALS.start.oneFileTimesEmptyNode,
      },
      {
        what: 'script, times an empty Node.js process',
        values: ratios(runs.script, runs.empty),
        goal: GOALS.start.scriptTimesEmptyNode,
      },
      {
        what: 'script, times faster than `aws sts assume-role`',
        values: ratios(runs.aws, runs.script),
        goal: GOALS.start.scriptTimesFasterThanAws,
      },
      {
        what: 'one file, times faster than `aws sts assume-role`',
        values: ratios(runs.aws, runs.oneFile),
        goal: GOALS.start.oneFileTimesFasterThanAws,
      },
    ],
  );
}
