import { cpSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { Metrics } from '../../function/crossplane/metrics.ts';
import { composite, generator, input, request } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { startApiServer } from '../support/hosts/api-server.ts';
import { startPrometheus } from '../support/hosts/prometheus.ts';
import type { Rules } from '../support/hosts/promtool.ts';
import { realProgram, requirePrograms } from '../support/hosts/real-programs.ts';
import { ROOT, runProcess } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { until } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** examples/crossplane/production, before a real API server with the kinds of Crossplane and of the Prometheus operator, and a real Prometheus. */

const EXAMPLES = join(ROOT, 'examples/crossplane');
const EXAMPLE = join(EXAMPLES, 'production');
const read = (file: string) => readFileSync(join(EXAMPLE, file), 'utf8');

const { spec: rules } = parse(read('alerts.yaml')) as { spec: Rules };
const alerts = rules.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('dashboard.json')) as {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
};
const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

const folder = forAllTests(temporaryFolder);

test('every YAML of the examples has a kind, and every JSON can be read', () => {
  const files = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' });
  const kinds = files
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(EXAMPLES, file), 'utf8')).map((document) => ({
        file,
        kind: document.get('kind'),
      })),
    );
  expect(kinds.filter(({ kind }) => typeof kind !== 'string')).toEqual([]);
  expect(kinds.map(({ file }) => file)).toContain('production/kustomization.yaml');
});

describe('in a cluster', () => {
  const server = forAllTests(startApiServer);
  const apply = (path: string) => server.kubectl(['apply', '--server-side', '--validate=strict', '-k', path]);
  const get = async (...argv: readonly string[]) =>
    JSON.parse(await server.kubectl(['get', ...argv, '--namespace=crossplane-system', '--output=json'])) as object;

  beforeAll(async () => {
    requirePrograms(['crossplane-core', 'operator-crds', 'kustomize'].map(realProgram));
    const ofEngine = join(dirname(realpathSync(realProgram('crossplane-core'))), 'crds');
    const kinds = [
      ...['functions', 'deploymentruntimeconfigs'].map((name) => join(ofEngine, `pkg.crossplane.io_${name}.yaml`)),
      ...['podmonitors', 'prometheusrules'].map((name) =>
        join(realProgram('operator-crds'), `monitoring.coreos.com_${name}.yaml`),
      ),
    ];
    for (const kind of kinds) await server.kubectl(['apply', '--server-side', '-f', kind]);
    await server.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    await server.kubectl(['create', 'namespace', 'crossplane-system']);
    await apply(EXAMPLE);
  });

  test('it is taken whole, a second time too, with every field', async () => {
    expect((await apply(EXAMPLE)).match(/serverside-applied$/gm)).toHaveLength(8);
    expect(await get('prometheusrule/function-sts-assume-role')).toMatchObject({ spec: rules });
  });

  test("the runtime has in-a-cluster's identity and replicas, and a container that is limited", async () => {
    const { container, template } = await runtime();
    expect(template).toMatchObject({
      spec: {
        serviceAccountTemplate: { metadata: { annotations: { 'eks.amazonaws.com/role-arn': expect.any(String) } } },
        deploymentTemplate: { spec: { replicas: 2 } },
      },
    });
    expect(container).toMatchObject({
      name: 'package-runtime',
      securityContext: {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        runAsUser: 2000,
        capabilities: { drop: ['ALL'] },
      },
      resources: { limits: { memory: expect.any(String) } },
    });
    expect(container.args).toEqual(['--policy', '/policy/policy.yaml', '--require-policy']);
  });

  test('the pod is one that the strictest Pod Security Standard lets run', async () => {
    const { spec } = await runtime();
    const labels = ['pod-security.kubernetes.io/enforce=restricted'];
    await server.kubectl(['create', 'namespace', 'strict']);
    await server.kubectl(['label', 'namespace', 'strict', ...labels]);
    await server.kubectl(['create', 'serviceaccount', 'default', '--namespace=strict']);
    const run = (change: object = {}) => {
      const [container] = spec.containers;
      const containers = [{ ...container, image: 'example.org/a', ...change }];
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a', namespace: 'strict' },
        spec: { ...spec, containers, automountServiceAccountToken: false },
      };
      return server.kubectl(['create', '--dry-run=server', '--validate=strict', '-f', '-'], stringify(pod));
    };
    expect(await run()).toContain('created');
    await expect(run({ securityContext: {} })).rejects.toThrow('violates PodSecurity');
  });

  test('a field that no kind has is refused', async () => {
    const copy = join(folder.path, 'crossplane');
    cpSync(EXAMPLES, copy, { recursive: true });
    for (const [file, from, to] of [
      ['runtime.yaml', 'limits:', 'limit:'],
      ['alerts.yaml', 'keep_firing_for:', 'keepFiringFor:'],
      ['pod-monitor.yaml', 'interval:', 'intervals:'],
      ['network-policy.yaml', 'podSelector:', 'podSelectors:'],
    ] as const) {
      const path = join(copy, 'production', file);
      folder.write(`crossplane/production/${file}`, read(file).replace(from, to));
      await expect(apply(join(copy, 'production'))).rejects.toThrow(to.replace(':', ''));
      cpSync(join(EXAMPLE, file), path);
    }
    rmSync(copy, { recursive: true });
  });

  test('kustomize itself builds the same', async () => {
    const built = await runProcess(realProgram('kustomize'), ['build', EXAMPLE], { cwd: ROOT });
    expect(built).toMatchObject({ exit: 0, stdout: await server.kubectl(['kustomize', EXAMPLE]) });
  });

  interface PodSpec {
    readonly containers: readonly [Readonly<Record<string, unknown>>];
  }
  async function runtime() {
    const template = (await get('deploymentruntimeconfig/function-sts-assume-role')) as {
      spec: { deploymentTemplate: { spec: { template: { spec: PodSpec } } } };
    };
    const { spec } = template.spec.deploymentTemplate.spec.template;
    return { template, spec, container: spec.containers[0] };
  }
});

describe('alerts and dashboard', () => {
  const metrics = new Metrics(() => new Date()).describe();
  const series = new Map(
    metrics.flatMap(({ name, type, labelNames }): [string, readonly string[]][] =>
      type === 'histogram' ? [[`${name}_bucket`, [...labelNames, 'le']]] : [[name, labelNames]],
    ),
  );

  test.each([...alerts.map(({ expr }) => expr), ...shown])('ask for what the server has: %s', (expr) => {
    const names = expr.match(/\bsts_function_\w+/g) ?? [];
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !series.has(name))).toEqual([]);
    const own = new Set(['namespace', 'instance', ...names.flatMap((name) => series.get(name) ?? [])]);
    const labels = [...expr.matchAll(/\b(?:by|on) \((.*?)\)/g)].flatMap(([, list = '']) => list.match(/\w+/g) ?? []);
    const matched = [...expr.matchAll(/(\w+)(?:=~|!~|=|!=)"/g)].flatMap(([, label = '']) => label);
    expect([...labels, ...matched].filter((label) => !own.has(label))).toEqual([]);
  });

  test('promtool finds nothing wrong with them', async () => {
    const recorded = shown.map((expr, at) => ({ record: `shown:${at}`, expr }));
    folder.write('rules.yaml', stringify({ groups: [...rules.groups, { name: 'dashboard', rules: recorded }] }));
    const ended = await runProcess(realProgram('promtool'), ['check', 'rules', '--lint-fatal', 'rules.yaml'], {
      cwd: folder.path,
    });
    expect(ended).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining(`SUCCESS: ${alerts.length + shown.length} rules found`),
    });
  });

  test('each alert has its own paragraph', () => {
    const anchors = alerts.map(({ annotations }) => annotations.runbook_url);
    expect(anchors).toEqual(alerts.map(({ alert }) => `docs/alerts.md#${alert.toLowerCase()}`));
  });
});

/** What Prometheus says of its rules. */
interface Evaluated {
  readonly groups: readonly {
    readonly rules: readonly { readonly name: string; readonly state: string; readonly health: string }[];
  }[];
}

test('a Prometheus that runs has every series of the alerts, from a server that runs', async () => {
  await using sts = await startExampleSts();
  using own = temporaryFolder({ 'policy.yaml': read('policy.yaml') });
  const policy = ['--policy', join(own.path, 'policy.yaml')];
  await using server = await startServer({ sts, arguments: [...policy, '--require-policy'] });
  const groups = rules.groups.map((group) => ({ ...group, interval: '1s' }));
  await using prometheus = await startPrometheus(own.path, server.healthPort, { groups });
  /** Waits until each of these alerts has this state, between calls of `act`. */
  const untilState = (state: string, names: readonly string[], act: () => Promise<unknown> = async () => {}) =>
    until(`${state}: ${names.join(', ')}`, 180, async () => {
      await act();
      const data = (await prometheus.get('rules')) as Evaluated;
      const all = data.groups.flatMap((group) => group.rules);
      expect(all.filter(({ health }) => health === 'err')).toEqual([]);
      const isThere = (name: string) =>
        all.some((rule) => rule.name === name && rule.health === 'ok' && rule.state === state);
      return names.every(isThere) || undefined;
    });
  const reconcile = (name: string, role = 'deployer') =>
    server.reconcile(
      request({
        xr: composite({ metadata: { name, uid: `uid-${name}` } }),
        input: input({
          generators: [generator({ role: `arn:aws:iam::123456789012:role/${role}` })],
          ...{ vars: {}, allow: [{}] },
        }),
      }),
    );
  let rounds = 0;
  const fail = async () => {
    rounds += 1;
    for (const [code, times] of [
      ['AccessDenied', 1],
      ['Throttling', 5],
    ] as const) {
      sts.fail({ kind: 'error', code, status: 400, times });
      await reconcile(`${code.toLowerCase()}-${rounds}`);
    }
    await reconcile(`fatal-${rounds}`, 'not-granted');
  };

  await reconcile('good');
  await untilState(
    'inactive',
    alerts.map(({ alert }) => alert),
  );
  const missing = 'STSFunctionPolicyMissing';
  const others = alerts.map(({ alert }) => alert).filter((alert) => ![missing, 'STSFunctionNotCalled'].includes(alert));
  await untilState('pending', others, fail);
  rmSync(join(own.path, 'policy.yaml'));
  await untilState('pending', [missing]);
  const query = encodeURIComponent('max_over_time(sts_function_last_call_timestamp_seconds[6h])');
  expect(await prometheus.get(`query?query=${query}`)).toMatchObject({
    result: [{ value: [expect.any(Number), expect.stringMatching(/^\d{10}/)] }],
  });
});
