import { readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { expectGolden } from '../golden/expect-golden.ts';
import { atTerminal } from '../support/at-terminal.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { gitopsRepository, repositoryRoles } from '../support/hosts/gitops-repository.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { EXECUTABLE, ROOT, runProcess } from '../support/run-function.ts';
import { until } from '../support/start-process.ts';

// A repository of thirty packages, and what each program says of the mistakes that people make in one.

const hosts = forAllTests(() => startHosts({ roles: repositoryRoles }));

const KPT = 'team-0/app-0';
const KUSTOMIZE = 'team-1/app-1';
const PLAIN = 'team-2/app-2';

/** A mistake: the package that it is in, and what it makes of the repository's files. */
interface Mistake {
  readonly name: string;
  readonly at: string;
  readonly make: (files: Record<string, string>) => void;
}

function edit(file: string, from: string | RegExp, to: string): Mistake['make'] {
  return (files) => {
    const before = files[file] ?? '';
    files[file] = before.replace(from, to);
    if (files[file] === before) throw new Error(`${file} has no ${from}`);
  };
}

const MISTAKES: readonly Mistake[] = [
  { name: 'none', at: KPT, make: () => undefined },
  { name: 'a typo in a field', at: KPT, make: edit(`${KPT}/aws.yaml`, 'region:', 'regoin:') },
  { name: 'a typo in a kind', at: KPT, make: edit(`${KPT}/aws.yaml`, 'STSAssumeRoleToken', 'STSAssumeRoleTokn') },
  { name: 'a label that no entry wants', at: KPT, make: edit(`${KPT}/aws.yaml`, 'tier: prod', 'tier: prd') },
  { name: 'a region that AWS has not', at: KPT, make: edit(`${KPT}/aws.yaml`, 'eu-west-1', 'eu-west-11') },
  {
    name: 'an account of eleven digits',
    at: KPT,
    make: edit(`${KPT}/aws.yaml`, 'iam::200000000000', 'iam::20000000000'),
  },
  {
    name: 'no external ID',
    at: KUSTOMIZE,
    make: edit(`${KUSTOMIZE}/deployer.yaml`, / {2}requestParameters:\n.*\n/, ''),
  },
  { name: 'kustomize build without --enable-exec', at: KUSTOMIZE, make: edit('render.sh', ' --enable-exec', '') },
  { name: 'an indentation', at: PLAIN, make: edit(`${PLAIN}/aws.yaml`, '  region:', ' region:') },
  {
    name: 'two Inputs in a folder',
    at: PLAIN,
    make: (files) => {
      for (const name of ['a', 'b']) files[`${PLAIN}/${name}.yaml`] = files[`${KPT}/options.yaml`] ?? '';
    },
  },
  {
    name: 'a package in a package, both with the function',
    at: KPT,
    make: (files) => {
      files['team-0/Kptfile'] = (files[`${KPT}/Kptfile`] ?? '').replace(/\n *configPath: .*/, '');
    },
  },
  {
    name: 'line ends of Windows',
    at: KPT,
    make: (files) => {
      for (const file of Object.keys(files).filter((one) => one.startsWith(KPT)))
        files[file] = (files[file] ?? '').replaceAll('\n', '\r\n');
    },
  },
  {
    name: 'options that were deleted',
    at: KPT,
    make: (files) => {
      delete files[`${KPT}/options.yaml`];
    },
  },
  { name: 'a configPath that was deleted', at: KPT, make: edit(`${KPT}/Kptfile`, /\n *configPath: .*/, '') },
  { name: 'an executable with a typo', at: KPT, make: edit(`${KPT}/Kptfile`, 'assume-role', 'asume-role') },
];

/** What a program says: its exit status, and its lines but those that differ from run to run. */
async function say(
  name: string,
  run: Promise<{ exit: number | null; stdout: string; stderr: string }>,
  folder: string,
): Promise<string> {
  const { exit, stdout, stderr } = await run;
  const lines = (name.startsWith('doctor') ? stdout.replace(/^looked at .*\n/m, '') : stderr)
    .replaceAll(`${folder}/`, '')
    .replaceAll(folder, '.')
    .replaceAll(/ in \d[\d.]*m?s\b/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(?:\[RUNNING\]| *\[Results\]: )/.test(line));
  return [`${name}: exit ${exit}`, ...lines.map((line) => `    ${line.trimEnd()}`)].join('\n');
}

async function showMistake({ name, at, make }: Mistake): Promise<string> {
  const files = gitopsRepository();
  make(files);
  const folder = await hosts.folder(files);
  const ours = (...argv: string[]) => runProcess(EXECUTABLE, argv, { cwd: folder, environment: hosts.environment });
  const said = [
    await say('plan .', ours('plan', '.'), folder),
    await say(`render ${at}`, ours('render', at), folder),
    await say('doctor .', ours('doctor', '.'), folder),
  ];
  const options = { cwd: folder };
  if (at === KPT) {
    const argv = ['fn', 'render', at, '--allow-exec', '-o', 'unwrap'];
    said.push(await say(`kpt ${argv.join(' ')}`, hosts.run('kpt', argv, options), folder));
  }
  if (at === KUSTOMIZE) {
    const flags = name.includes('--enable-exec') ? [] : ['--enable-exec'];
    const argv = ['build', '--enable-alpha-plugins', ...flags, at];
    said.push(await say(`kustomize ${argv.join(' ')}`, hosts.run('kustomize', argv, options), folder));
  }
  return `## ${name}\n${said.join('\n')}\n`;
}

test('what is said of mistakes in a repository', async () => {
  const shown: string[] = [];
  for (const mistake of MISTAKES) shown.push(await showMistake(mistake));
  expectGolden(join(import.meta.dirname, 'repository.golden'), shown.join('\n'));
});

test('thirty packages are planned as a tree, and nobody is asked', async () => {
  const folder = await hosts.folder(gitopsRepository());
  const calls = await hosts.callsOf(async () => {
    const stdout = await atTerminal(['plan', '.'], { ...hosts.environment, NO_COLOR: '1' }, { cwd: folder });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expectGolden(join(import.meta.dirname, 'repository-tree.golden'), stdout);
  });
  expect(calls).toEqual([]);
});

describe('a terminal of tmux shows what docs/files.md shows', () => {
  const PAGE = join(ROOT, 'docs/files.md');
  const EXAMPLES = ['kpt/role-chain', 'kpt/several-secrets', 'kpt/service-account', 'kustomize/overlay'];

  test.each([80, 120])(
    'with %s columns',
    async (columns) => {
      const folder = await hosts.folder();
      for (const name of EXAMPLES) await cp(join(ROOT, 'examples', name), join(folder, name), { recursive: true });
      const environment = { ...hosts.environment, AWS_PROFILE: 'ci', TERM: 'xterm', LC_ALL: 'C.UTF-8' };
      const tmux = async (...argv: string[]) =>
        (
          await runProcess('tmux', ['-L', `plan-${columns}-${process.pid}`, '-f', '/dev/null', ...argv], {
            cwd: folder,
            environment,
          })
        ).stdout;
      const size = ['-x', String(columns), '-y', '60'];
      await tmux('new-session', '-d', ...size, `${EXECUTABLE} plan . 2>/dev/null; echo done; sleep 60`);
      try {
        const pane = await until('the plan', 30, async () => {
          const shown = await tmux('capture-pane', '-p');
          return shown.includes('\ndone') ? shown : undefined;
        });
        const picture = pane.slice(0, pane.indexOf('\ndone') + 1);
        expectPicture(PAGE, `plan in ${columns} columns`, picture);
      } finally {
        await tmux('kill-server');
      }
    },
    60_000,
  );
});

/** Compares a picture with the one in a page; `UPDATE_GOLDEN=1` writes it there. */
function expectPicture(page: string, name: string, picture: string): void {
  const text = readFileSync(page, 'utf8');
  const [before = '', rest = ''] = text.split(`<!-- ${name} -->\n`);
  const [shown = '', ...after] = rest.split('<!-- end -->\n');
  const block = `\`\`\`text\n${picture}\`\`\`\n`;
  if (process.env.UPDATE_GOLDEN === '1')
    writeFileSync(page, `${before}<!-- ${name} -->\n${block}<!-- end -->\n${after.join('<!-- end -->\n')}`);
  else expect(block).toBe(shown);
}
