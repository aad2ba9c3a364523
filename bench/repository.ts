import { realProgram } from '../test/support/hosts/real-programs.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { oneFile, script } from './contestants.ts';
import { type Section, section } from './figure.ts';
import { GOALS } from './goals.ts';
import { inTurn, ratios, rowOf } from './in-turn.ts';

const PACKAGES = 1000;
const SPECS = 3;
const ROUNDS = 7;

/** `plan` of a repository of 1,000 packages beside kustomize, which builds the same files. */
export async function repository(): Promise<Section> {
  using folder = temporaryFolder(filesOf(PACKAGES));
  const environment = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' };
  const plan = ['plan', '-o', 'json', folder.path] as const;
  const runs = await inTurn(
    {
      script: { ...script, command: [...script.command, ...plan], environment },
      oneFile: { ...oneFile, command: [...oneFile.command, ...plan], environment },
      kustomize: { name: 'kustomize build', command: [realProgram('kustomize'), 'build', folder.path] },
    },
    { rounds: ROUNDS },
  );
  return section(
    '1,000 packages with 3,000 specs: plan beside kustomize build',
    `Each package has a Kptfile that starts this function, and a kustomization with the same three specs. \`plan\` reads and drafts each package as a
run of its own; \`kustomize build\` of a kustomization that names all packages prints the specs as they are, and starts no function. ${ROUNDS}
rounds, run in turn, after a warm-up.

| | time in ms | most memory in MB |
|---|---|---|
${rowOf('plan: script', runs.script)}${rowOf('plan: one file', runs.oneFile)}${rowOf('kustomize build', runs.kustomize)}
What was tried about its memory: most of it is garbage that V8 has not looked for, since 15 to 34 MB are left after a collection at any time of
the run, so to keep less of each file gave nothing. Node's option \`--max-semi-space-size=8\` bounds the young generation: 143 MB, not 190, in
the same time. A program cannot set it for itself, and under any such option Node.js refuses its own compiled modules, so each start takes 1.2
times as long. \`--semi-space-growth-factor=1\`, set before the first file and set back once all is decided, gives 147 MB, not 189, for 2 % more
of the processor (15 pairs), and 134 MB for 11 % with decision 52's limit on the heap; but of 5,000 packages either gives 2 % for 13 %. There
the memory is what the packages hold, and not garbage. An operator may set the first in \`NODE_OPTIONS\`.
`,
    (['script', 'oneFile'] as const).flatMap((build) => [
      {
        what: `1,000 packages: plan to kustomize build, ${build === 'script' ? 'script' : 'one file'}`,
        values: ratios(runs[build], runs.kustomize),
        goal: GOALS.packages.timesKustomize,
      },
      {
        what: `the same, memory, ${build === 'script' ? 'script' : 'one file'}`,
        values: ratios(runs[build], runs.kustomize, 'megabytes'),
        goal: GOALS.packages[`${build}TimesMemory`],
      },
    ]),
  );
}

function filesOf(packages: number): Record<string, string> {
  const names = Array.from({ length: packages }, (_, index) => `app-${index}`);
  const files: Record<string, string> = {
    'kustomization.yaml': `resources:\n${names.map((name) => `- ${name}\n`).join('')}`,
  };
  for (const name of names) {
    files[`${name}/Kptfile`] =
      `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: ${name}\npipeline:\n  mutators:\n  - exec: function-sts-assume-role\n`;
    files[`${name}/kustomization.yaml`] = 'resources:\n- aws.yaml\n';
    files[`${name}/aws.yaml`] = Array.from({ length: SPECS }, (_, index) => spec(`${name}-${index}`)).join('---\n');
  }
  return files;
}

function spec(name: string): string {
  return `apiVersion: generators.external-secrets.io/v1alpha1
kind: STSAssumeRoleToken
metadata:
  name: ${name}
  namespace: team-a
spec:
  region: eu-west-1
  role: arn:aws:iam::123456789012:role/deployer
`;
}
