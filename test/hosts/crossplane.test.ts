import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { startServer } from '../support/crossplane/start-server.ts';
import { emittedSecrets, normalise, reveal } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { ENGINE } from '../support/hosts/engine.ts';
import { promisedSecret } from '../support/hosts/pages.ts';
import { realProgram } from '../support/hosts/real-programs.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { runProcess } from '../support/run-function.ts';
import { callerOf } from '../support/sts/testing/ask.ts';

/** The real engine, through the real CLI: one reconcile a run. */

const RENDER_MILLISECONDS = 300_000;

const hosts = forAllTests(() => startHosts({ programs: ['crossplane', ENGINE] }));
const server = forAllTests(() => startServer({ environment: hosts.environment }));

/** Runs one reconcile over an example's files; `more` are further arguments. */
async function render(folder: string, more: readonly string[] = []) {
  const files = ['xr.yaml', 'composition.yaml', 'functions.yaml'];
  const target = `render.crossplane.io/runtime-development-target=127.0.0.1:${server.port}`;
  const engine = `--crossplane-binary=${realProgram(ENGINE)}`;
  const argv = ['composition', 'render', ...files, engine, '-x', '-r', '-a', target, '--timeout=50s', ...more];
  const environment = hosts.environment;
  const ended = await runProcess(realProgram('crossplane'), argv, {
    cwd: folder,
    environment,
    timeoutMilliseconds: RENDER_MILLISECONDS,
  });
  const documents = ended.stdout.split(/^---\n/m).filter((text) => text !== '');
  const objects = documents.map((text) => parse(text) as Rendered);
  const composite = objects.find(({ kind }) => kind === 'Workspace');
  return {
    ...ended,
    secret: documents.find((text) => (parse(text) as Rendered).kind === 'Secret'),
    conditions: Object.fromEntries(
      (composite?.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
    ),
    results: objects.filter(({ kind }) => kind === 'Result').map(({ reason }) => reason),
  };
}

interface Rendered {
  readonly kind: string;
  readonly reason?: string;
  readonly status?: { readonly conditions: readonly { type: string; status: string; reason: string }[] };
}

const DEPLOYER = 'deployer/team-a.acme-deployer';
const examples = [
  { example: 'crossplane/account-from-composite', more: [], session: DEPLOYER },
  {
    example: 'crossplane/account-from-namespace-label',
    more: ['--required-resources=namespace.yaml'],
    session: DEPLOYER,
  },
  { example: 'crossplane/static-keys', more: ['--required-resources=keys.yaml'], session: DEPLOYER },
  {
    example: 'crossplane/external-secret',
    more: ['--required-resources=keys.yaml'],
    session: 'my-role/team-a.acme-sts-assumerole-gen',
  },
];

describe.each(examples)('$example', ({ example, more, session }) => {
  test('composes the Secret of its page; fed with its own output, the engine changes nothing and calls it ready', async () => {
    const folder = await hosts.example(example);
    const calls = hosts.sts.calls.length;
    const first = await render(folder, more);
    expect(first.exit).toBe(0);
    const secret = first.secret ?? '';
    expect(normalise(secret)).toBe(promisedSecret(example));
    expect(first.conditions).toMatchObject({ CredentialsReady: 'True Available', Ready: 'False Creating' });
    const [emitted] = emittedSecrets(secret);
    expect(emitted && (await callerOf(hosts.sts.url, emitted))).toBe(
      `arn:aws:sts::123456789012:assumed-role/${session}`,
    );
    const asked = hosts.sts.calls.length - calls;
    await writeFile(join(folder, 'observed.yaml'), secret);
    const second = await render(folder, [...more, '--observed-resources=observed.yaml']);
    expect(second.secret).toBe(secret);
    expect(second.conditions).toMatchObject({ CredentialsReady: 'True Available', Ready: 'True Available' });
    expect(second.results).not.toContain('SessionIssued');
    expect({ asked, again: hosts.sts.calls.length - calls - asked }).toEqual({ asked: 2, again: 0 }); // one is callerOf's
    expect(leaks(first.stderr + second.stderr + server.stderr())).toEqual([]);
  });
});

test('crossplane/registry-login composes the pull secret of its page, once', async () => {
  const example = 'crossplane/registry-login';
  const folder = await hosts.example(example);
  const calls = await hosts.callsOf(async () => {
    const first = await render(folder);
    expect(first.exit).toBe(0);
    expect(normalise(first.secret ?? '')).toBe(promisedSecret(example));
    const [emitted] = emittedSecrets(first.secret ?? '');
    const config = emitted === undefined ? {} : (JSON.parse(reveal(emitted, '.dockerconfigjson')) as object);
    expect(Object.keys(Reflect.get(config, 'auths'))).toEqual(['123456789012.dkr.ecr.eu-west-1.amazonaws.com']);
    await writeFile(join(folder, 'observed.yaml'), first.secret ?? '');
    const second = await render(folder, ['--observed-resources=observed.yaml']);
    expect(second.secret).toBe(first.secret);
    expect(second.conditions).toMatchObject({ CredentialsReady: 'True Available', Ready: 'True Available' });
    expect(leaks(first.stderr + second.stderr + server.stderr())).toEqual([]);
  });
  expect(calls.map(({ operation }) => operation)).toEqual(['AssumeRole', 'GetAuthorizationToken']);
});

describe('what the engine makes of waiting and of faults', () => {
  test('a composite without its account is not ready, and nothing is composed', async () => {
    const folder = await hosts.example('crossplane/account-from-composite');
    await edit(join(folder, 'xr.yaml'), () => ({
      apiVersion: 'example.org/v1',
      kind: 'Workspace',
      metadata: { name: 'acme', namespace: 'team-a' },
      spec: {},
    }));
    const { exit, secret, conditions, results } = await render(folder);
    expect({ exit, secret, conditions }).toMatchObject({
      exit: 0,
      secret: undefined,
      conditions: { CredentialsReady: 'False ValueMissing', Ready: expect.stringMatching(/^False /) },
    });
    expect(results).toContain('ValueMissing');
  });

  test('a Secret that is not there is waited for', async () => {
    const folder = await hosts.example('crossplane/static-keys');
    await edit(join(folder, 'xr.yaml'), (text) => parse(text.replace('name: acme', 'name: other')) as object); // nothing of it is remembered
    const { exit, conditions } = await render(folder);
    expect({ exit, conditions }).toMatchObject({ exit: 0, conditions: { CredentialsReady: 'False ReferenceMissing' } });
  });

  test('a role that `allow` does not have ends the pipeline', async () => {
    const folder = await hosts.example('crossplane/account-from-composite');
    const calls = hosts.sts.calls.length;
    await edit(
      join(folder, 'composition.yaml'),
      (text) => parse(text.replace('role/deployer"', 'role/reader"')) as object,
    );
    const { exit, stdout, stderr } = await render(folder);
    expect(exit).not.toBe(0);
    expect(stdout + stderr).toContain('does not grant');
    expect(hosts.sts.calls.length).toBe(calls);
  });
});

async function edit(file: string, change: (text: string) => object): Promise<void> {
  await writeFile(file, stringify(change(await readFile(file, 'utf8'))));
}
