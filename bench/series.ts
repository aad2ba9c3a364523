import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { ci, roles } from '../test/support/accounts.ts';
import { goodRequest, startNoop, startServer } from '../test/support/crossplane/start-server.ts';
import { freePort } from '../test/support/listen.ts';
import { GOOD_SPEC, generatorItem, list } from '../test/support/manifests.ts';
import { processorSeconds, residentMegabytes } from '../test/support/process-use.ts';
import { ROOT } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { askingEnvironment, emptyNode } from './contestants.ts';
import { CALLS, drawSeries, type Row } from './draw-series.ts';
import { bytesOf, latencies, openCaller } from './grpc-caller.ts';
import { type Contestant, inTurn, ratios } from './in-turn.ts';
import { withoutSecrets } from './many-items-input.ts';
import { median } from './measure.ts';

/**
 * Measures the script builds of commits beside each other, keeps a row for each, and draws the rows of all runs:
 * `node bench/series.ts COMMIT...`; without a commit it only draws. All commits of one run are one machine's, round by round.
 */

const FILE = join(ROOT, 'bench/series.json');
const PLOT = join(ROOT, 'docs/benchmarks-series.svg');
const START_ROUNDS = 15;
const ITEMS = 10_000;
const ITEMS_ROUNDS = 5;
const CALL_ROUNDS = 5;
const MACHINE = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.versions.node}`;

const git = (...argv: readonly string[]) => execFileSync('git', argv, { cwd: ROOT, encoding: 'utf8' }).trim();

/** The script build of a commit, made in a folder of its own. */
function build(commit: string, folder: string): Contestant {
  git('worktree', 'add', '--quiet', '--detach', folder, commit);
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
  execFileSync('npm', ['run', 'build'], { cwd: folder, stdio: 'ignore' });
  return { name: commit, command: [join(folder, 'dist/function-sts-assume-role')] };
}

/** Start and items, as whole processes in turn. */
async function processes(builds: Readonly<Record<string, Contestant>>) {
  const sts = await startSts({ users: [ci], roles });
  const environment = askingEnvironment(sts.url);
  const runs = async (input: string, rounds: number) => {
    const given = Object.entries(builds).map(([commit, one]) => [commit, { ...one, input, environment }] as const);
    const all = await inTurn<string>({ ...Object.fromEntries(given), empty: emptyNode }, { rounds });
    return Object.keys(builds).map((commit) => median(ratios(all[commit] ?? [], all.empty ?? [])));
  };
  const starts = await runs(list(generatorItem(GOOD_SPEC)), START_ROUNDS);
  const items = await runs(withoutSecrets(ITEMS), ITEMS_ROUNDS);
  await sts.close();
  return { starts, items };
}

/**
 * A call whose Secret is good, and the memory afterwards. Each round starts the servers anew: two processes of one build differ by more
 * than builds do.
 */
async function calls(builds: Readonly<Record<string, Contestant>>) {
  const sts = await startSts({ users: [ci], roles });
  const environment = askingEnvironment(sts.url);
  const each = Object.values(builds).map((): { more: number[]; megabytes: number[] } => ({ more: [], megabytes: [] }));
  for (let round = 0; round < CALL_ROUNDS; round++) {
    let nothing: number | undefined;
    for (const [index, { command }] of Object.values(builds).entries()) {
      const ports = { port: await freePort(), healthPort: await freePort() }; // an old build tells none that the system chose
      const server = await startServer({ environment, command, ports });
      const bytes = bytesOf(await goodRequest(server));
      if (nothing === undefined) {
        const noop = await startNoop();
        nothing = await processorOfACall(noop, bytes);
        noop.stop();
      }
      each[index]?.more.push((await processorOfACall(server, bytes)) - nothing);
      each[index]?.megabytes.push(residentMegabytes(server.pid));
      await server.stop();
    }
  }
  await sts.close();
  return { more: each.map(({ more }) => median(more)), megabytes: each.map((one) => median(one.megabytes)) };
}

/** Milliseconds of the processor that a server takes for one of many equal calls, once it is warm. */
async function processorOfACall({ port, pid }: { readonly port: number; readonly pid: number }, bytes: Buffer) {
  const caller = openCaller(port);
  await latencies(() => caller.send(bytes), CALLS / 2);
  const before = processorSeconds(pid);
  await latencies(() => caller.send(bytes), CALLS / 2);
  caller.close();
  return ((processorSeconds(pid) - before) * 1000) / (CALLS / 2);
}

const rows: Row[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : [];
const commits = process.argv.slice(2).map((one) => git('rev-parse', '--short=8', one));
if (commits.length > 0) {
  using folder = temporaryFolder();
  const builds = Object.fromEntries(commits.map((commit) => [commit, build(commit, join(folder.path, commit))]));
  const { starts, items } = await processes(builds);
  const { more, megabytes } = await calls(builds);
  for (const [index, commit] of commits.entries()) {
    const figures = { start: starts, items, call: more, megabytes };
    const medians = Object.entries(figures).map(([name, all]) => [name, Number((all[index] ?? 0).toFixed(2))]);
    rows.push({
      commit,
      day: git('log', '-1', '--format=%cs', commit),
      machine: MACHINE,
      ...Object.fromEntries(medians),
    });
    git('worktree', 'remove', '--force', join(folder.path, commit));
  }
  writeFileSync(FILE, `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`);
}
writeFileSync(PLOT, drawSeries(rows));
