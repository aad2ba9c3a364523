import { ci, roles } from '../test/support/accounts.ts';
import { GOOD_SPEC, generatorItem, list } from '../test/support/manifests.ts';
import { runFunction } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment, oneFile, script } from './contestants.ts';

/** Specs among that many items: one in a hundred, at least one. */
export function specsAmong(items: number): number {
  return Math.max(1, items / 100);
}

/** A list whose specs have no Secret yet, among Deployments and ConfigMaps. */
export function withoutSecrets(items: number): string {
  const count = specsAmong(items);
  const specs = Array.from({ length: count }, (_, index) => generatorItem(GOOD_SPEC, { name: `spec-${index}` }));
  return list([...others(items - count), ...specs].join(''));
}

/** The list as it is after a run: nothing is due, and both builds hand it on as it is, without asking anyone. */
export async function withGoodSecrets(given: string): Promise<string> {
  const sts = await startSts({ users: [ci], roles });
  const { exit, stdout, stderr } = await runFunction(given, { environment: askingEnvironment(sts.url) });
  await sts.close();
  if (exit !== 0) throw new Error(`nothing to measure: ${stderr}`);
  for (const { command } of [script, oneFile]) {
    const again = await runFunction(stdout, { executable: command[0] });
    if (again.stdout !== stdout) throw new Error(`a Secret is not good: ${again.stderr}`);
  }
  return stdout;
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
