import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Job, readWorkflows, releaseCommands, type Step } from '../../support/read-workflows.ts';
import { ROOT } from '../../support/run-function.ts';

/**
 * A package that is installed, a dependency that is built and a script of the repository could each take what a job may do: publish
 * under our name. So a job that may write runs nothing but the runner's own programs, on files that other jobs have built.
 */

const jobs = readWorkflows().flatMap(({ name: file, jobs }) =>
  Object.entries(jobs).map(([name, job]) => ({ name: `${file}: ${name}`, job })),
);
const stepsOf = ({ steps = [] }: Job) => steps;
const writes = ({ permissions }: Job) =>
  typeof permissions === 'object' ? Object.keys(permissions).filter((scope) => permissions[scope] === 'write') : ['?'];

const mighty = jobs.filter(({ job }) => writes(job).length > 0);

/** What a job that may write calls: programs of the runner, which neither install, nor build, nor run what they are given. */
const PROGRAMS = [
  ...['cat', 'cd', 'chmod', 'echo', 'mkdir', 'mv', 'sha256sum'],
  ...['podman login', 'podman manifest', 'npm publish', 'gh release'],
];
/** Its actions: they bring files and a Node.js, and sign. None checks out what could then be run. */
const ACTIONS = ['actions/download-artifact', 'actions/setup-node', 'actions/attest'];

/** The commands of a step; quotes and redirections stay. */
const commandsOf = ({ run = '' }: Step) =>
  run
    .replaceAll('\\\n', ' ')
    .split(/\n|&&|\|\||;|\|/)
    .map((command) => command.trim())
    .filter((command) => command !== '' && !/^\w+="[^"`]*"$/.test(command)); // a variable is set

const isAllowed = (command: string, programs: readonly string[]) =>
  !/[`]|\$\((?!cat digest\))/.test(command) &&
  programs.some((program) => command === program || command.startsWith(`${program} `));

test('jobs that may write are the two that publish, and each may do one thing', () => {
  expect(mighty.map(({ name, job }) => [name, writes(job)])).toEqual([
    ['release.yml: push', ['packages']],
    ['release.yml: publish', ['contents', 'id-token', 'attestations']],
  ]);
});

describe.each(mighty)('$name', ({ job }) => {
  // Crossplane's CLI as another job built it pushes the package, where there is no identity that it could take.
  const programs = writes(job).includes('id-token') ? PROGRAMS : [...PROGRAMS, 'made/crossplane xpkg push'];

  test('installs nothing, builds nothing, and runs none of our scripts', () => {
    expect(
      stepsOf(job)
        .flatMap(commandsOf)
        .filter((command) => !isAllowed(command, programs)),
    ).toEqual([]);
  });

  test('checks nothing out and restores no cache', () => {
    const used = stepsOf(job).flatMap(({ uses }) => uses ?? []);
    expect(used.filter((uses) => !ACTIONS.includes(uses.split('@')[0] ?? ''))).toEqual([]);
    const nodes = stepsOf(job).filter(({ uses }) => uses?.startsWith('actions/setup-node@'));
    expect(nodes.every((step) => step.with?.['package-manager-cache'] === false)).toBe(true);
  });

  test('takes what others built only if it has the checksum that it was uploaded with', () => {
    const downloads = stepsOf(job).filter(({ uses }) => uses?.startsWith('actions/download-artifact@'));
    expect(downloads.map((step) => step.with?.['digest-mismatch'])).toEqual(downloads.map(() => 'error'));
    expect(downloads).toHaveLength(1);
  });

  test('puts no text of the event into a command', () => {
    expect(stepsOf(job).filter(({ run = '' }) => run.includes('${{'))).toEqual([]);
  });
});

describe.each(jobs.filter(({ job }) => writes(job).length === 0))('$name, which may write nothing', ({ job }) => {
  test('gets no token that may, and keeps none in its checkout', () => {
    const steps = stepsOf(job);
    expect(steps.filter((step) => JSON.stringify(step).match(/secrets\.|github\.token/))).toEqual([]);
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.every((step) => step.with?.['persist-credentials'] === false)).toBe(true);
  });
});

/** Each of our Dockerfiles, whichever job builds it, by a command or by a script of ours: what its lines run. */
const dockerfiles = globSync('**/*{Dockerfile,dockerfile,Containerfile,containerfile}*', {
  cwd: ROOT,
  exclude: (name) => ['node_modules', 'dist', '.git', '.hosts'].includes(basename(name)),
}).map((name) => {
  const text = readFileSync(join(ROOT, name), 'utf8');
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  const commands = lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/^\s*(?:ONBUILD\s+)?RUN\s+(?:--\S+\s+)*/i, ''));
  return { name, text, commands: commands.flatMap((run) => commandsOf({ run })) };
});

/** npm has more than thirty names for what installs: so it is named what does not. */
const INSTALLS_NOTHING =
  /^(?:[A-Z_]+=\S+ )?npm (?:run [\w:]+$|audit --|pkg set |pack --ignore-scripts |publish --ignore-scripts )/;

test.each(['clean-install', 'cit', 'x left-pad', 'update', 'audit fix', 'run a -- $(npm i)', '--prefix a i'])(
  'npm %s may install',
  (words) => expect(`npm ${words}`).not.toMatch(INSTALLS_NOTHING),
);

test('the Dockerfile of the image is among them', () => {
  expect(dockerfiles.map(({ name }) => name)).toContain('Dockerfile');
});

describe.each([
  ...jobs
    .filter(({ job }) => writes(job).length === 0)
    .map(({ name, job }) => ({ name, commands: stepsOf(job).flatMap(commandsOf) })),
  ...dockerfiles,
])('$name', ({ commands }) => {
  const those = (pattern: RegExp) => commands.filter((command) => pattern.test(command));

  test('runs no script of a package that it installs, but those that it names', () => {
    const calls = those(/\bnpm\b/).filter((command) => !INSTALLS_NOTHING.test(command));
    expect(calls.filter((one) => !['npm ci --ignore-scripts', 'npm rebuild bun'].includes(one))).toEqual([]);
    expect(
      those(/\bnpx (?!--no )|\b(?:yarn|pnpm|corepack|bunx?)\s/).filter((one) => one !== 'npm rebuild bun'),
    ).toEqual([]);
  });
});

test("Node.js is the version that the repository's tests run on", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: { node: string };
  };
  const nodes = jobs.flatMap(({ job }) => stepsOf(job).filter(({ uses }) => uses?.startsWith('actions/setup-node@')));
  const ofJobs = nodes.map((step) => step.with?.['node-version']);
  const ofImages = dockerfiles.flatMap(({ text }) =>
    [...text.matchAll(/\bnode:([\d.]+)/g)].map(([, version]) => version),
  );
  expect(new Set([...ofJobs, ...ofImages])).toEqual(new Set([devDependencies.node]));
});

test('a tarball that is published runs no script, whatever it names', () => {
  const commands = jobs.flatMap(({ job }) => stepsOf(job).flatMap(commandsOf));
  const publishes = commands.filter((command) => command.startsWith('npm publish'));
  expect(publishes).toEqual([expect.stringMatching(/ --ignore-scripts .* \.\/made\/\*\.tgz$/)]);
});

test('the checksums name each file of a release, and not the notes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  try {
    mkdirSync(join(folder, 'made'));
    for (const name of ['a.tgz', 'b.xpkg', 'notes.md']) writeFileSync(join(folder, 'made', name), name);
    for (const step of ['The notes are no file of the release', 'Checksums']) {
      const commands = releaseCommands('publish', step);
      const options = { cwd: folder, env: { ...process.env, RUNNER_TEMP: folder }, timeout: 300_000 };
      expect(spawnSync('bash', ['-e', '-c', commands], options).status).toBe(0);
    }
    const sums = readFileSync(join(folder, 'made/SHA256SUMS'), 'utf8');
    expect(sums.match(/\S+$/gm)).toEqual(['a.tgz', 'b.xpkg']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
