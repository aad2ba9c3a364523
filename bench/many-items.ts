import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ci, roles } from '../test/support/accounts.ts';
import { GOOD_SPEC, generator, list } from '../test/support/resource-list.ts';
import { EXECUTABLE, runFunction } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { measure, spread } from './measure.ts';

const ITEMS = 10_000;
const SPECS = 100;
const RUNS = 11;
const GATES = { faster: 8, megabytes: 150 };

/** 10,000 items with a hundred specs whose Secrets are good, beside a function over kyaml's framework that does nothing. */
export async function manyItems(): Promise<string> {
  const input = await withGoodSecrets(list([...others(ITEMS - 2 * SPECS), ...specs()].join('')));
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const peer = join(folder, 'kyaml');
    const built = spawnSync('go', ['build', '-o', peer, '.'], {
      cwd: join(import.meta.dirname, 'kyaml'),
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
      encoding: 'utf8',
    });
    if (built.status !== 0) throw new Error(`cannot build the peer: ${built.stderr}`);
    const runs = [];
    for (let run = 0; run < RUNS; run++) {
      runs.push({ ours: await measure(EXECUTABLE, [], { input }), kyaml: await measure(peer, [], { input }) });
    }
    return report(runs, input.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Run = Record<'ours' | 'kyaml', Awaited<ReturnType<typeof measure>>>;

function report(runs: readonly Run[], bytes: number): string {
  const of = (which: keyof Run, what: keyof Run['ours']) =>
    spread(
      runs.map((run) => run[which][what]),
      0,
    );
  const faster = spread(
    runs.map(({ ours, kyaml }) => kyaml.milliseconds / ours.milliseconds),
    1,
  );
  console.log(
    `${ITEMS} items: ${faster} times faster than kyaml (gate ${GATES.faster}), ${of('ours', 'megabytes')} MB`,
  );
  return `## ${ITEMS} items, none of them due

${(bytes / 1e6).toFixed(1)} MB; ${SPECS} specs and their good Secrets among Deployments and ConfigMaps. Beside it a function over kyaml's
\`fn/framework\` that changes nothing (\`bench/kyaml\`). ${RUNS} pairs, run in turn.

| | time in ms | most memory in MB |
|---|---|---|
| script build | ${of('ours', 'milliseconds')} | ${of('ours', 'megabytes')}; gate ${GATES.megabytes} |
| kyaml, doing nothing | ${of('kyaml', 'milliseconds')} | ${of('kyaml', 'megabytes')} |
| times faster, pair by pair | **${faster}**; gate ${GATES.faster} | |

What was done about it: the text is split where an orchestrator's layout begins items, and only those that may be looked at
are parsed; everything else is copied.
`;
}

/** A list as it is after a run. */
async function withGoodSecrets(given: string): Promise<string> {
  const sts = await startSts({ users: [ci], roles });
  const environment = {
    AWS_STS_ENDPOINT: sts.url,
    AWS_ACCESS_KEY_ID: ci.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
  };
  const { exit, stdout, stderr } = await runFunction(given, { environment });
  const again = await runFunction(stdout);
  await sts.close();
  if (exit !== 0 || again.stdout !== stdout) throw new Error(`nothing to measure: ${stderr}${again.stderr}`);
  return stdout;
}

function specs(): string[] {
  return Array.from({ length: SPECS }, (_, index) => generator(GOOD_SPEC, { name: `spec-${index}` }));
}

function others(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index % 2 === 0 ? deployment(index) : configMap(index)));
}

function head(kind: string, apiVersion: string, index: number): string {
  return `- apiVersion: ${apiVersion}
  kind: ${kind}
  metadata:
    name: app-${index}
    namespace: team-${index % 40}
    annotations:
      config.kubernetes.io/index: '0'
      config.kubernetes.io/path: 'apps/app-${index}/${kind.toLowerCase()}.yaml'
      internal.config.kubernetes.io/index: '0'
      internal.config.kubernetes.io/path: 'apps/app-${index}/${kind.toLowerCase()}.yaml'
`;
}

function configMap(index: number): string {
  const lines = Array.from(
    { length: 14 },
    (_, line) => `      key.${line} = a value of app ${index}, with some text\n`,
  );
  return `${head('ConfigMap', 'v1', index)}  data:
    app.properties: |
${lines.join('')}    mode: "production"
`;
}

function deployment(index: number): string {
  return `${head('Deployment', 'apps/v1', index)}  spec:
    replicas: 3
    selector:
      matchLabels:
        app.kubernetes.io/name: app-${index}
    template:
      metadata:
        labels:
          app.kubernetes.io/name: app-${index}
      spec:
        containers:
        - name: main
          image: registry.example.org/app:1.2.3 # pinned
          args: ["--port=8080", "--level=info"]
          env:
          - name: MODE
            value: "1"
          ports:
          - containerPort: 8080
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
`;
}
