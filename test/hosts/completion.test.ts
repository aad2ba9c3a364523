import { spawn, spawnSync } from 'node:child_process';
import { expect } from '@jest/globals';
import { forAllTests, skippedIf } from '../support/for-each-test.ts';
import { CLEAN_ENVIRONMENT, runFunction, runProcess } from '../support/run-function.ts';
import { until } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Real shells load the script that `completion` prints, and complete in a folder with a file and a folder. */

const PROGRAM = 'function-sts-assume-role';
const COMMANDS = ['completion', 'doctor', 'help', 'install', 'plan', 'render', 'serve', 'status', 'version'];
const FORMATS = ['json', 'markdown', 'table', 'tree', 'yaml'];
const FILES = ['an app/', 'secrets.yaml'];

/** What is typed before Tab, and all that a shell offers for its last word. */
const CASES: readonly (readonly [typed: readonly string[], offered: readonly string[]])[] = [
  [[''], COMMANDS],
  [['pl'], ['plan']],
  [['--ver'], ['--version']],
  [
    ['render', '--'],
    ['--debug', '--detailed-exitcode', '--help', '--in-place', '--placeholder', '--policy'],
  ],
  [['render', ''], FILES],
  [['render', '-i', 's'], ['secrets.yaml']],
  [['plan', '-o', ''], FORMATS],
  [
    ['plan', '--output', 't'],
    ['table', 'tree'],
  ],
  [['plan', '--output=ma'], ['--output=markdown']],
  [['plan', '-o', 'json', ''], FILES],
  [['plan', 'render', '--out'], ['--output']],
  [['status', ''], FILES],
  [
    ['status', '-o', ''],
    ['json', 'table'],
  ],
  [
    ['status', '--'],
    ['--detailed-exitcode', '--help', '--output'],
  ],
  [['install', '--k'], ['--kustomize-plugin-home']],
  [
    ['doctor', '--o'],
    ['--online', '--output'],
  ],
  [['serve', '--tls'], ['--tls-certs-dir']],
  [['serve', '--ttl', ''], []],
  [['serve', '--policy', 's'], ['secrets.yaml']],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
  // fish offers codes for small letters too
  [['help', 'ser'], ['serve']],
  [['help', 'sta'], ['status']],
  [
    ['help', 'HOP_'],
    ['HOP_DENIED', 'HOP_REFUSED'],
  ],
];

/** A shell's start file: one key puts all that is offered into the line, and a function in our place shows what it was given. */
const START_FILES = {
  bash: `
PS1='ready> '
source ./script
${PROGRAM}() { printf '<%s>' "$@"; printf '<end>\\n'; }
bind '"\\C-xa": insert-completions'
`,
  zsh: `
PS1='ready> '
fpath=(./functions $fpath)
autoload -Uz compinit && compinit -u -D
[[ -e ./functions/_${PROGRAM} ]] || source ./script
${PROGRAM}() { printf '<%s>' "$@"; printf '<end>\\n'; }
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete
bindkey '^Xa' all-matches
`,
} as const;
const INSERT_ALL = '\x18a';
const SECONDS = 60;

const folder = forAllTests(() => temporaryFolder({ 'work/secrets.yaml': '', 'work/an app/kustomization.yaml': '' }));

/** A shell with a terminal of its own, into which somebody types. */
async function typeInto(shell: keyof typeof START_FILES): Promise<string[][]> {
  const start = { bash: `bash --rcfile ${folder.path}/.bashrc -i`, zsh: 'zsh -i' }[shell];
  folder.write(`.${shell}rc`, START_FILES[shell].replaceAll('./', `${folder.path}/`));
  const child = spawn('script', ['--quiet', '--echo', 'never', '--command', start, '/dev/null'], {
    cwd: `${folder.path}/work`,
    env: { ...CLEAN_ENVIRONMENT, ZDOTDIR: folder.path, TERM: 'xterm', LC_ALL: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.on('data', (part) => {
    shown += part;
  });
  try {
    await until(`the prompt of ${shell}`, SECONDS, async () => shown.includes('ready> ') || undefined);
    const offered: string[][] = [];
    for (const [typed] of CASES) {
      shown = '';
      child.stdin.write(`${[PROGRAM, ...typed].join(' ')}${INSERT_ALL}\n`);
      const line = await until(
        `what ${shell} completes`,
        SECONDS,
        async () => /((?:<[^<>\n]*>)*)<end>/.exec(shown)?.[1],
      );
      const words = [...line.matchAll(/<([^<>]*)>/g)].map(([, word = '']) => word);
      offered.push(words.slice(typed.length - 1));
    }
    return offered;
  } finally {
    child.kill('SIGKILL'); // the terminal goes, and the shell with it
  }
}

/** fish has a command for it. */
async function askFish(): Promise<string[][]> {
  const questions = CASES.map(([typed]) => `complete -C '${[PROGRAM, ...typed].join(' ')}'; echo '<end>'`);
  const script = [`source ${folder.path}/script`, ...questions].join('\n');
  const environment = { HOME: folder.path };
  const { stdout, stderr } = await runProcess('fish', ['--no-config', '-c', script], {
    cwd: `${folder.path}/work`,
    environment,
  });
  expect(stderr).toBe('');
  return stdout
    .split('<end>\n')
    .slice(0, -1)
    .map((answer) =>
      answer
        .split('\n')
        .slice(0, -1)
        .map((line) => line.replace(/\t.*/, '')),
    );
}

/** Shells differ in order, in how they write a folder, and in `-h` and `=` beside long options. */
function alike(words: readonly string[]): string[] {
  return words
    .map((word) =>
      word
        .replace(/=$/, '')
        .replace(/^an app$/, 'an app/')
        .replaceAll('\\', ''),
    )
    .filter((word) => !/^-\w?$/.test(word))
    .sort();
}

function reasonWithout(shell: string): string | undefined {
  const isThere = spawnSync(shell, ['--version']).error === undefined;
  return isThere ? undefined : 'It is not there: test/hosts/install.sh gets it from Debian or Ubuntu';
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  skippedIf(reasonWithout(shell), `completion in ${shell}`).test(
    `${shell} offers commands, options, values and files`,
    async () => {
      const { exit, stdout } = await runFunction('', { arguments: ['completion', shell] });
      expect(exit).toBe(0);
      folder.write('script', stdout);
      const offered = shell === 'fish' ? await askFish() : await typeInto(shell);
      expect(CASES.map(([typed], index) => [typed, alike(offered[index] ?? [])])).toEqual(
        CASES.map(([typed, want]) => [typed, want]),
      );
    },
  );
}

skippedIf(reasonWithout('zsh'), 'completion in zsh from fpath').test(
  'zsh finds the script in a folder of fpath',
  async () => {
    const { stdout } = await runFunction('', { arguments: ['completion', 'zsh'] });
    folder.write(`functions/_${PROGRAM}`, stdout);
    const offered = await typeInto('zsh');
    expect(offered.map(alike)).toEqual(CASES.map(([, want]) => want));
  },
);
