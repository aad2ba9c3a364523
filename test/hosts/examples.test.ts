import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { emittedSecrets, normalise, reveal } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { exampleCommands, promisedMessages, promisedSecret, promisedYaml } from '../support/hosts/pages.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { readFolder } from '../support/temporary-folder.ts';
import { githubRoles, startGithubActions } from './github-actions.ts';

/** Examples whose pages show mistakes. What a page shows is what happens. */

const github = forAllTests(startGithubActions);
const hosts = forAllTests(() => startHosts({ roles: githubRoles, identityProviders: [github.identityProvider] }));

/** Somebody writes something else. */
interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

interface Mistake {
  readonly name: string;
  /** Which of the page's messages it gives, from 0. */
  readonly message: number;
  /** Made before the page's last command. */
  readonly edit?: Edit;
  /** Commands of the page that are forgotten. */
  readonly forgotten?: number;
  /** The workflow's permissions, instead of those on the page. */
  readonly permissions?: Readonly<Record<string, string>>;
  /** The page has a command of its own for it. */
  readonly ownCommand?: boolean;
}

interface Example {
  readonly example: string;
  /** Where its Secret is. */
  readonly secret: string;
  /** Other files that its commands make. */
  readonly others?: readonly string[];
  /** Who one is with the Secret. */
  readonly caller: string;
  readonly mistakes: readonly Mistake[];
}

const GITHUB = 'kpt/github-oidc';
const HUB = '  via: [arn:aws:iam::111111111111:role/hub]\n';
const GRANT = '- namespaces: [team-a]\n';

const examples: readonly Example[] = [
  {
    example: 'kpt/team-guard',
    secret: 'granted/team-a/secret_deployer.yaml',
    caller: 'arn:aws:sts::123456789012:assumed-role/gitops-deploy/team-a.deployer',
    mistakes: [
      { name: 'a role of another team', message: 0, ownCommand: true },
      { name: 'a hop without a grant', message: 1, edit: { file: 'policy.yaml', from: HUB, to: '' } },
      { name: 'a grant for each role', message: 2, edit: { file: 'policy.yaml', from: HUB, to: `${GRANT}${HUB}` } },
    ],
  },
  {
    example: 'kpt/supplied-hub',
    others: ['team-a/team-a/secret_deployer.yaml', 'team-b/team-b/secret_deployer.yaml'],
    secret: 'team-c/team-c/secret_deployer.yaml',
    caller: 'arn:aws:sts::222222222222:assumed-role/gateway/team-c.deployer',
    mistakes: [
      {
        name: 'the hub as a role',
        message: 0,
        edit: {
          file: 'team-a/deployer.yaml',
          from: 'arn:aws:iam::123456789012:role/gitops-deploy',
          to: 'arn:aws:iam::111111111111:role/hub',
        },
      },
    ],
  },
  {
    example: GITHUB,
    secret: 'team-a/secret_release.yaml',
    caller: 'arn:aws:sts::222222222222:assumed-role/release/team-a.release',
    mistakes: [
      { name: 'a workflow without the permission', message: 0, permissions: { contents: 'read' } },
      {
        name: "the account of the generator's role",
        message: 1,
        edit: { file: 'options.yaml', from: 'expectAccount: "111111111111"', to: 'expectAccount: "222222222222"' },
      },
    ],
  },
  {
    example: 'kpt/external-id',
    secret: 'team-a/secret_partner.yaml',
    others: ['external-id.yaml'],
    caller: 'arn:aws:sts::123456789012:assumed-role/partner/team-a.partner',
    mistakes: [
      { name: 'no Secret', message: 0, forgotten: 1 },
      {
        name: 'a Secret of another namespace',
        message: 0,
        edit: { file: 'external-id.yaml', from: 'namespace: team-a', to: 'namespace: team-b' },
      },
      {
        name: 'the ID in the generator too',
        message: 1,
        edit: {
          file: 'partner.yaml',
          from: 'role/partner\n',
          to: 'role/partner\n  requestParameters: { externalID: partner-42 }\n',
        },
      },
    ],
  },
  {
    example: 'kpt/additional-roles',
    secret: 'team-a/secret_parameters.yaml',
    caller: 'arn:aws:sts::222222222222:assumed-role/parameters/team-a.parameters',
    mistakes: [
      {
        name: 'the last role in `via` too',
        message: 0,
        edit: {
          file: 'options.yaml',
          from: 'role/gateway\n',
          to: 'role/gateway\n  - arn:aws:iam::222222222222:role/parameters\n',
        },
      },
    ],
  },
];

describe.each(examples)('$example', ({ example, secret, others = [], caller, mistakes }) => {
  const { scripts, refused } = exampleCommands(example);

  test('gives the Secret that its page promises, and changes no other file', async () => {
    const folder = await hosts.example(example);
    const before = readFolder(folder);
    expect(await run(folder, scripts, environmentOf(example))).toMatchObject({ exit: 0 });
    const after = readFolder(folder);
    expect(after).toMatchObject(before);
    expect(Object.keys(after).filter((file) => !(file in before))).toEqual([...others, secret]);
    expect(normalise(after[secret] ?? '')).toBe(promisedSecret(example));
    const [emitted] = emittedSecrets(after[secret] ?? '');
    expect(emitted && (await callerOf(hosts.sts.url, emitted))).toBe(caller);
  });

  test('has a mistake for each message of its page', () => {
    const given = new Set(mistakes.map(({ message }) => message));
    expect([...given].toSorted()).toEqual([...promisedMessages(example).keys()]);
  });

  test.each(mistakes)(
    '$name: the message is that of the page, nothing is asked, no file changes',
    async ({ message, edit, forgotten = 0, permissions, ownCommand = false }) => {
      const folder = await hosts.example(example);
      const commands = ownCommand ? [refused ?? ''] : scripts.slice(forgotten);
      const earlier = commands.slice(0, -1);
      if (earlier.length > 0) expect(await run(folder, earlier, {})).toMatchObject({ exit: 0 });
      if (edit !== undefined) await apply(edit, folder);
      const before = readFolder(folder);
      const tokens = github.audiences.length;
      const calls = await hosts.callsOf(async () => {
        const ended = await run(folder, commands.slice(-1), environmentOf(example, permissions));
        expect(ended.exit).toBe(1);
        expect(/ Stderr: (.*?),\s+Exit code: 1/s.exec(ended.stderr)?.[1]).toBe(promisedMessages(example)[message]);
        expect(leaks(ended.stdout + ended.stderr)).toEqual([]);
      });
      expect(calls).toEqual([]);
      expect(github.audiences).toHaveLength(tokens);
      expect(readFolder(folder)).toEqual(before);
    },
  );
});

/** Runs blocks of a page in one shell. */
function run(cwd: string, scripts: readonly string[], environment: Readonly<Record<string, string>>) {
  return hosts.run('bash', ['-euo', 'pipefail', '-c', scripts.join('')], { cwd, environment });
}

/** The example of GitHub runs in a job with the permissions that its page shows, and without keys. */
function environmentOf(example: string, given?: Readonly<Record<string, string>>): Record<string, string> {
  if (example !== GITHUB) return {};
  const shown = parse(promisedYaml(`examples/${GITHUB}/README.md`, 'permissions:')) as Workflow;
  const withoutKeys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  return { ...withoutKeys, ...github.environment(given ?? shown.permissions) };
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
}

async function apply({ file, from, to }: Edit, folder: string): Promise<void> {
  const text = await readFile(join(folder, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, file), text.replace(from, to));
}

describe('kpt/team-guard', () => {
  const { scripts, refused = '' } = exampleCommands('kpt/team-guard');

  test('is refused by the Policy alone: AWS would give the role', async () => {
    const folder = await hosts.example('kpt/team-guard');
    expect(await run(folder, [refused.replace(/^STS_FUNCTION_POLICY=\S+ /, '')], {})).toMatchObject({ exit: 0 });
  });

  test('a grant for another team in the same file is had by the author of a spec with its namespace', async () => {
    const folder = await hosts.example('kpt/team-guard');
    const grant = '\n- namespaces: [team-b]\n  roles: ["arn:aws:iam::210987654321:role/gitops-*"]\n';
    await apply({ file: 'policy.yaml', from: 'role/hub]\n', to: `role/hub]${grant}` }, folder);
    expect(await run(folder, [refused], {})).toMatchObject({ exit: 1 });
    await apply({ file: 'refused/deployer.yaml', from: 'namespace: team-a', to: 'namespace: team-b' }, folder);
    expect(await run(folder, [refused], {})).toMatchObject({ exit: 0 });
  });

  test.each([
    ['an `allow` of its own', 'allow: [{ roles: ["arn:aws:iam::*:role/*"] }]\n'],
    ['a Policy beside it', ''],
  ])('%s does not help the package', async (_, allow) => {
    const folder = await hosts.example('kpt/team-guard');
    const policy = await readFile(join(folder, 'policy.yaml'), 'utf8');
    const own = policy
      .replace('kind: Policy', 'kind: Policy\nmetadata: { name: own }')
      .replaceAll('123456789012', '210987654321');
    await writeFile(join(folder, 'granted/policy.yaml'), own);
    await apply({ file: 'granted/deployer.yaml', from: '123456789012', to: '210987654321' }, folder);
    await apply({ file: 'granted/options.yaml', from: 'sessions:', to: `${allow}sessions:` }, folder);
    expect(await run(folder, scripts, {})).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('the Policy of this run does not grant'),
    });
  });
});

test('kpt/github-oidc asks for a token for STS, and STS for nothing with a key', async () => {
  const folder = await hosts.example(GITHUB);
  const before = github.audiences.length;
  const { scripts } = exampleCommands(GITHUB);
  const calls = await hosts.callsOf(() => run(folder, scripts, environmentOf(GITHUB)));
  expect(github.audiences.slice(before)).toEqual(['sts.amazonaws.com']);
  expect(calls.map(({ operation, callerArn }) => [operation, callerArn])).toEqual([
    ['AssumeRoleWithWebIdentity', undefined],
    ['AssumeRole', 'arn:aws:sts::111111111111:assumed-role/ci/function-sts-assume-role'],
  ]);
});

test('kpt/additional-roles walks what the SecretStore of its page walks in the operator', async () => {
  const folder = await hosts.example('kpt/additional-roles');
  const { scripts } = exampleCommands('kpt/additional-roles');
  const calls = await hosts.callsOf(() => run(folder, scripts, {}));
  const store = parse(promisedYaml('examples/kpt/additional-roles/README.md', 'apiVersion: external-secrets.io/v1'));
  const { region, additionalRoles, role, externalID, sessionTags } = (store as SecretStore).spec.provider.aws;
  const tags = sessionTags.flatMap(({ key, value }, index) => [
    [`Tags.member.${index + 1}.Key`, key],
    [`Tags.member.${index + 1}.Value`, value],
  ]);
  expect(calls.map(({ region, parameters }) => [region, chosen(parameters)])).toEqual([
    ...additionalRoles.map((RoleArn) => [region, { RoleArn }]),
    [region, { RoleArn: role, ExternalId: externalID, ...Object.fromEntries(tags) }],
  ]);
});

interface SecretStore {
  readonly spec: {
    readonly provider: {
      readonly aws: {
        readonly region: string;
        readonly additionalRoles: readonly string[];
        readonly role: string;
        readonly externalID: string;
        readonly sessionTags: readonly { readonly key: string; readonly value: string }[];
      };
    };
  };
}

/** What a SecretStore says of a hop: the operator chooses name and duration itself. */
function chosen(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(parameters).filter((name) => /^(?:RoleArn|ExternalId|Tags\..+)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, parameters[name] ?? '']));
}

describe('kpt/several-secrets', () => {
  const { scripts } = exampleCommands('kpt/several-secrets');
  const FILES = ['team-a/secret_deployer-file.yaml', 'team-a/secret_deployer.yaml', 'team-b/secret_deployer.yaml'];

  test('gives the Secrets of its page with one call, and none in the next render', async () => {
    const folder = await hosts.example('kpt/several-secrets');
    const before = readFolder(folder);
    const calls = await hosts.callsOf(async () => {
      expect(await run(folder, scripts, {})).toMatchObject({ exit: 0 });
    });
    expect(calls).toHaveLength(1);
    const after = readFolder(folder);
    expect(Object.keys(after).filter((file) => !(file in before))).toEqual(FILES);
    const shown = normalise(after['team-b/secret_deployer.yaml'] ?? '').replaceAll(
      /^( {2})(AWS_(?!REGION)\w+): \S+$/gm,
      '$1$2: <$2>',
    );
    expect(shown).toBe(promisedSecret('kpt/several-secrets'));
    const [file] = emittedSecrets(after['team-a/secret_deployer-file.yaml'] ?? '');
    expect(JSON.parse(file === undefined ? '' : reveal(file, 'credentials.json'))).toMatchObject({ Version: 1 });
    expect(await hosts.callsOf(() => run(folder, scripts, {}))).toEqual([]);
    expect(readFolder(folder)).toEqual(after);
  });

  test('refuses two entries for one Secret in the words of its page', async () => {
    const folder = await hosts.example('kpt/several-secrets');
    await apply({ file: 'options.yaml', from: '  - name: ${name}-file\n    format', to: '  - format' }, folder);
    const { exit, stderr } = await run(folder, scripts, {});
    expect(exit).toBe(1);
    expect(stderr).toContain(promisedMessages('kpt/several-secrets')[0]);
  });
});

describe('kpt/registry-login', () => {
  const EXAMPLE = 'kpt/registry-login';
  const { scripts } = exampleCommands(EXAMPLE);
  const FILES = ['team-a/secret_registry.yaml', 'team-b/secret_registry.yaml'];

  test('gives the Secrets of its page with one login, and none in the next render', async () => {
    const folder = await hosts.example(EXAMPLE);
    const before = readFolder(folder);
    const calls = await hosts.callsOf(async () => {
      expect(await run(folder, scripts, {})).toMatchObject({ exit: 0 });
    });
    expect(calls.map(({ operation }) => operation)).toEqual(['AssumeRole', 'GetAuthorizationToken']);
    const after = readFolder(folder);
    expect(Object.keys(after).filter((file) => !(file in before))).toEqual(FILES);
    const [first, second] = FILES.map((file) => after[file] ?? '');
    expect(normalise(second ?? '')).toBe(promisedSecret(EXAMPLE));
    expect(second?.replace('namespace: team-b', 'namespace: team-a').replace(/spec-hash: .*/, '')).toBe(
      first?.replace(/spec-hash: .*/, ''),
    );
    expect(await hosts.callsOf(() => run(folder, scripts, {}))).toEqual([]);
    expect(readFolder(folder)).toEqual(after);
  });

  test('refuses a format for sessions in the words of its page', async () => {
    const folder = await hosts.example(EXAMPLE);
    await apply({ file: 'options.yaml', from: 'format: dockerConfigJson', to: 'format: env' }, folder);
    const { exit, stderr } = await run(folder, scripts, {});
    expect(exit).toBe(1);
    expect(stderr).toContain(promisedMessages(EXAMPLE)[0]);
  });
});
