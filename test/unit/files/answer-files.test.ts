import { describe, expect, test } from '@jest/globals';
import { examine } from '../../../function/doctor/doctor.ts';
import { runOnFiles } from '../../../function/files/answer-files.ts';
import { hasErrors, messageOf } from '../../../function/findings/finding.ts';
import type { RunReport } from '../../../function/model/outcome.ts';
import type { FilesTask } from '../../../function/model/tasks.ts';
import type { World } from '../../../function/model/world.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/manifests.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fakeWorld } from '../../support/world/fake-world.ts';

/**
 * A fault of this function that one package of a repository meets is said of that package; the others are planned, printed and examined.
 * The fault is put in: a method of texts throws where the text has `boom` in it and a certain function of ours is at work.
 */
const folder = forEachTest(temporaryFolder);
const METHODS = [
  'split',
  'startsWith',
  'replaceAll',
  'includes',
  'slice',
  'toLowerCase',
  'indexOf',
  'replace',
] as const;
const { includes } = String.prototype;
const SECRET = 'what an error repeats of a Secret';

/** True while a function of that name is at work. */
function isWithin(name: string): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 100;
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunctionName());
  const { stack } = new Error() as { stack?: unknown }; // what the line above makes of it
  Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  return Array.isArray(stack) && stack.includes(name);
}

/** Runs with such a fault, and says how often it was met. */
async function withFaultIn(at: string, run: () => Promise<RunReport>): Promise<RunReport & { readonly met: number }> {
  const before = METHODS.map((name) => [name, String.prototype[name]] as const);
  let met = 0;
  for (const [name, original] of before) {
    const value = function (this: string, ...given: never[]): unknown {
      if (includes.call(this, 'boom') && at !== '') {
        if (isWithin(at)) {
          met += 1;
          throw new TypeError(SECRET);
        }
      }
      return Reflect.apply(original, this, given);
    };
    Object.defineProperty(String.prototype, name, { value, configurable: true, writable: true });
  }
  try {
    return { ...(await run()), met };
  } finally {
    for (const [name, value] of before)
      Object.defineProperty(String.prototype, name, { value, configurable: true, writable: true });
  }
}

const EXEC = (name: string) =>
  `annotations: {config.kubernetes.io/function: "exec: {path: ${name === 'good' ? '' : `/${name}/`}function-sts-assume-role}"}`;
const kptfile = (name: string) =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: ${name}}\npipeline: {mutators: [{exec: function-sts-assume-role}]}\n`;

/** Packages of each kind in a folder of that name. */
function write(name: string): void {
  const spec = (host: string) => specDocument(`${name}-${host}`, { namespace: name, role: name });
  folder.write(`${name}/kpt/Kptfile`, kptfile(name));
  folder.write(`${name}/kpt/spec.yaml`, spec('kpt'));
  folder.write(`${name}/kustomize/kustomization.yaml`, `generators: [spec.yaml]\nresources: [./${name}.yaml]\n`);
  folder.write(`${name}/kustomize/${name}.yaml`, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
  folder.write(`${name}/kustomize/spec.yaml`, spec('kustomize').replace('metadata: {', `metadata: {${EXEC(name)}, `));
  folder.write(
    `${name}/loose/input.yaml`,
    `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: ${name}}\n`,
  );
  folder.write(`${name}/loose/spec.yaml`, spec('loose').replace('v1alpha1', name === 'good' ? 'v1alpha1' : name));
  folder.write(`${name}/build.sh`, `kustomize build ${name}/kustomize\n`);
  folder.write(
    `.github/workflows/${name}.yaml`,
    `jobs: {${name}: {steps: [{run: kustomize build ${name}/kustomize}]}}\n`,
  );
  folder.write(
    `${name}/app.yaml`,
    `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ${name}}\nspec: {sourceHydrator: {a: ${name}}}\n`,
  );
}

const worldOf = (more: Readonly<Record<string, string>>): World => {
  const world = fakeWorld();
  return { ...world, ambient: { ...world.ambient, environment: { AWS_REGION: 'eu-west-1', ...more } } };
};
const files = (task: FilesTask, mode: string) => () =>
  runOnFiles([folder.path], task, worldOf({ STS_FUNCTION_MODE: mode }));
const COMMANDS = {
  tree: files({ preview: 'tree' }, 'plan'),
  table: files({ preview: 'table' }, 'plan'),
  json: files({ preview: 'json' }, 'plan'),
  yaml: files({ preview: 'yaml' }, 'plan'),
  markdown: files({ preview: 'markdown' }, 'plan'),
  render: files({ inPlace: false }, 'placeholder'),
  'render -i': files({ inPlace: true }, 'placeholder'),
  doctor: () =>
    examine({ folder: folder.path, online: false, strict: false, isJson: false }, worldOf({}), () => ({ use: 'krm' })),
} as const satisfies Record<string, () => Promise<RunReport>>;
type Command = keyof typeof COMMANDS;
const PLANS = ['tree', 'table', 'json', 'yaml', 'markdown'] as const;
const ALL = [...PLANS, 'render', 'render -i', 'doctor'] as const;

describe.each<[stage: string, commands: readonly Command[]]>([
  ['parseDocuments', ALL],
  ['readAtOnce', ALL],
  ['kptRuns', ALL],
  ['faultOfPath', ALL],
  ['looseRuns', ALL],
  ['draft', ALL],
  ['printPlan', PLANS],
  ['stream', ['render']],
  ['changesBy', ['render -i']],
  ['objectsIn', ['doctor']],
  ['commandsIn', ['doctor']],
  ['checkCalls', ['doctor']],
  ['checkExecutables', ['doctor']],
  ['checkTokenRights', ['doctor']],
  ['checkGitops', ['doctor']],
])('a fault of ours in %s', (stage, commands) => {
  test.each(commands)('of one package, in %s', async (command) => {
    write('good');
    write('boom');
    const sound = await withFaultIn('', COMMANDS[command]);
    const written = folder.read();
    for (const name of Object.keys(written)) if (/secret_/.test(name)) folder.write(name, '');
    const { met, output, findings } = await withFaultIn(stage, COMMANDS[command]);
    expect(met).toBeGreaterThan(0);
    expect(hasErrors(findings)).toBe(true);
    const faults = findings.filter(({ code }) => code === 'INTERNAL').map((one) => messageOf(one));
    expect(faults.length).toBeGreaterThan(0);
    for (const message of faults) {
      expect(message).toMatch(
        /^cannot finish ".*boom.*": this function has a fault \(TypeError at (?:[\w$]+, )?(?:function|node_modules)\/\S+:\d+\)\. Please report it\.$/,
      );
      expect(message).not.toContain(SECRET);
    }
    const ofGood = (answer: RunReport) =>
      answer.findings.map((one) => messageOf(one)).filter((one) => /\bgood\b/.test(one) && !/boom/.test(one));
    expect(ofGood({ output, findings })).toEqual(ofGood(sound));
    const lines = (text: string) =>
      text
        .split('\n')
        .filter((line) => /\bgood\//.test(line))
        .map((line) => line.replaceAll(/ +/g, ' '));
    if (command !== 'doctor') expect(lines(output)).toEqual(lines(sound.output));
    if (command === 'render -i')
      expect(
        Object.entries(folder.read()).filter(([name, text]) => /good.*secret_/.test(name) && text !== ''),
      ).toHaveLength(3);
  });
});

test('packages that are too much work are named, each with a line of its own', async () => {
  const annotations = Array.from({ length: 1000 }, (_, at) => `a${at}: b`).join(', ');
  const options = `apiVersion: sts.fn.crossplane.io/v1beta1
kind: Input
metadata: {name: options}
sessions: [{secrets: [{annotations: {${annotations}}}]}]
`;
  for (const name of ['a', 'b']) {
    folder.write(`${name}/options.yaml`, options);
    folder.write(
      `${name}/specs.yaml`,
      Array.from({ length: 600 }, (_, at) => specDocument(`${name}${at}`)).join('---\n'),
    );
  }
  const { findings } = await runOnFiles([folder.path], { preview: 'json' }, fakeWorld());
  expect(findings.map(({ code, location }) => [code, location?.file])).toEqual([
    ['LIMIT_EXCEEDED', `${folder.path}/a/options.yaml`],
    ['LIMIT_EXCEEDED', `${folder.path}/b/options.yaml`],
  ]);
});
