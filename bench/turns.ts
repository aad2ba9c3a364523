import { setTimeout as sleep } from 'node:timers/promises';
import { ci, roles } from '../test/support/accounts.ts';
import { applied, composite, generator, input, request } from '../test/support/crossplane/request.ts';
import { type FunctionServer, startServer } from '../test/support/crossplane/start-server.ts';
import { externalSecret, fromGenerator } from '../test/support/manifests.ts';
import { SCRIPT } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment } from './contestants.ts';
import { spread, valueAt } from './measure.ts';

/**
 * What the composites of other namespaces wait for while twenty of one compute for as long as a budget allows: `node bench/turns.ts
 * [ANOTHER_BUILD]`, such as one without turns. Each round asks each build for the good Secrets of the others alone, then beside the
 * heavy ones; a turn is what one heavy composite takes by itself.
 */
const ROUNDS = 5;
const [HEAVY, OTHERS] = [20, 200];
/** A template that takes almost all that the budget of a text allows; no two are alike, since a server keeps what it drew up. */
const HEAVIEST_LOOPS = 490_000;

function of(namespace: string, name: string, loops?: number) {
  const xr = composite({ metadata: { name, namespace, uid: `${namespace}-${name}` } });
  const template = { data: { k: `{{ range ${loops} }}{{ end }}` } };
  const consumer = externalSecret(
    { dataFrom: [fromGenerator('deployer')], target: { name: 'made', template } },
    { name: 'made', namespace: undefined },
  );
  return { xr, input: input({ generators: [generator(), ...(loops ? [JSON.parse(JSON.stringify(consumer))] : [])] }) };
}

/** A composite whose Secret is good, as the engine asks for it again. */
async function goodOf(server: FunctionServer, index: number) {
  const own = of(`team-${index % 20}`, `acme-${index}`);
  const { response } = await server.reconcile(request(own));
  const secrets = Object.entries(response.desired?.resources ?? {}).map(
    ([key, { resource }]) => [key, applied(resource, own.xr.metadata.uid)] as const,
  );
  return request({ ...own, observedResources: Object.fromEntries(secrets) });
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

const builds = [SCRIPT, ...process.argv.slice(2)];
const sts = await startSts({ users: [ci], roles });
const environment = askingEnvironment(sts.url);
const servers = await Promise.all(builds.map((build) => startServer({ environment, command: [build] })));
const rows = builds.map(() => ({
  alone: [] as number[][],
  beside: [] as number[][],
  turn: [] as number[],
  heavy: [] as number[],
}));
let loops = HEAVIEST_LOOPS;
const goods = await Promise.all(
  servers.map(async (server) => {
    const all = [];
    for (let index = 0; index < OTHERS; index += 1) all.push(await goodOf(server, index));
    return all;
  }),
);
for (let round = -1; round < ROUNDS; round += 1)
  for (const [at, server] of servers.entries()) {
    const good = goods[at] ?? [];
    const heavy = () => {
      loops += 1;
      return timed(() => server.reconcile(request(of('heavy', `acme-${loops}`, loops))));
    };
    const others = () => Promise.all(good.map((parts) => timed(() => server.call(parts))));
    const turn = await heavy();
    const alone = await others();
    const computing = Array.from({ length: HEAVY }, heavy);
    await sleep(turn / 2); // the first of them has begun
    const beside = await others();
    const ended = await Promise.all(computing);
    if (round < 0) continue;
    rows[at]?.alone.push(alone);
    rows[at]?.beside.push(beside);
    rows[at]?.turn.push(turn);
    rows[at]?.heavy.push(Math.max(...ended));
  }
await Promise.all(servers.map((server) => server.stop()));
await sts.close();

const at = (rounds: readonly number[][], share: number) =>
  spread(
    rounds.map((times) => valueAt(times, share)),
    0,
  );
console.log(
  [
    `${OTHERS} good Secrets asked for at once, in ms: median of ${ROUNDS} rounds (least to most).`,
    '',
    '| build | a turn | alone, p50 | p99 | beside the heavy, p50 | p99 | the last heavy |',
    `|${' --- |'.repeat(7)}`,
    ...rows.map(
      ({ alone, beside, turn, heavy }, index) =>
        `| ${builds[index]} | ${spread(turn, 0)} | ${at(alone, 0.5)} | ${at(alone, 0.99)} | ${at(beside, 0.5)} | ${at(beside, 0.99)} | ${spread(heavy, 0)} |`,
    ),
  ].join('\n'),
);
