import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ci, ciEnvironment, roles } from '../test/support/accounts.ts';
import { startServer } from '../test/support/crossplane/start-server.ts';
import { buildImages, type Containers, startContainers } from '../test/support/hosts/images.ts';
import { generatorItem, list } from '../test/support/manifests.ts';
import { residentMegabytes } from '../test/support/process-use.ts';
import { ROOT, SCRIPT } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { measure, spread } from './measure.ts';
import { writeSection } from './write-section.ts';

/** Measures the ways to get the function, as they are built, and writes the table of docs/image.md. Needs podman. */
const SECTION = ['<!-- generated: ways -->', '<!-- end of generated: ways -->'] as const;
const RUNS = 21;
const WARM_UP = 2;

const ONE_FILE = join(ROOT, 'dist/bin/function-sts-assume-role');
const NODE = join(ROOT, 'node_modules/node/bin/node');
const PASSED = ['AWS_STS_ENDPOINT', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => `--env=${name}`);

interface Way {
  readonly name: string;
  readonly size: string;
  readonly command: readonly [string, ...string[]];
  readonly serves: boolean;
}

async function ways(containers: Containers): Promise<Way[]> {
  const image = await buildImages(containers);
  const sizeOf = async (name: string) =>
    megabytes(Number(await containers.output(['inspect', '--format={{.Size}}', name])));
  const script = readdirSync(join(ROOT, 'dist')).filter((name) => /\.cjs$|^package\.json$/.test(name));
  const scriptSize = megabytes(script.reduce((sum, name) => sum + statSync(join(ROOT, 'dist', name)).size, 0));
  const run = ['podman', 'run', '--rm', '--interactive', '--read-only', ...PASSED] as const;
  return [
    {
      name: 'script build (npm)',
      size: `${scriptSize}, and Node.js: ${megabytes(statSync(NODE).size)}`,
      command: [SCRIPT],
      serves: true,
    },
    { name: 'one file', size: megabytes(statSync(ONE_FILE).size), command: [ONE_FILE], serves: true },
    { name: 'image, by podman', size: await sizeOf(image), command: [...run, image], serves: false },
    { name: 'an empty Node.js process', size: '', command: [NODE, '-e', '0'], serves: false },
    {
      name: 'node --version in a container, by podman',
      size: '',
      command: ['podman', 'run', '--rm', '-i', 'localhost/build-base:local', 'node', '--version'],
      serves: false,
    },
  ];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Memory of a server that has answered nothing yet. */
async function idle(command: Way['command'], environment: Readonly<Record<string, string>>): Promise<string> {
  const server = await startServer({ command, environment });
  const megabytes = residentMegabytes(server.pid);
  await server.stop();
  return `${Math.round(megabytes)} MB`;
}

const containers = await startContainers();
const sts = await startSts({ users: [ci], roles });
const environment = { ...ciEnvironment(sts.url), ...containers.environment };
try {
  const all = (await ways(containers)).map((way) => ({ way, times: [] as number[] }));
  const input = list(generatorItem());
  for (let run = -WARM_UP; run < RUNS; run++)
    for (const { way, times } of all) {
      const [program, ...argv] = way.command;
      const { milliseconds } = await measure(program, argv, { input, environment });
      if (run >= 0) times.push(milliseconds);
    }
  const rows = [];
  for (const { way, times } of all)
    rows.push(
      `| ${way.name} | ${way.size} | ${spread(times, 0)} | ${way.serves ? await idle(way.command, environment) : ''} |`,
    );
  const table = [
    `${availableParallelism()} cores, ${RUNS} runs in turn after a warm-up; median (minimum to maximum). One spec, with a real AssumeRole`,
    'on the embedded STS on loopback, whole processes; the image on its stand-in for the base.',
    '',
    '| | size | one spec, in ms | resident as a server that is ready |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
  writeSection('docs/image.md', SECTION, table);
} finally {
  await sts.close();
  await containers.close();
}
