import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { encryptSecret } from '../../../function/sops/sops.ts';
import { chainedRole, ci } from '../../support/accounts.ts';
import { type AgeKeys, newAgeKeys } from '../../support/age-keys.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorDocument, item, list, ROLE_ARN } from '../../support/manifests.ts';
import { type Ended, ROOT } from '../../support/run-function.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/**
 * Who writes a package copies what others have sealed for the same key, under a name that he is granted, to have its text. SOPS's MAC is
 * one hash over all values without their keys, so it binds no name, and sops opens such copies: test/hosts/sops.test.ts asks it. A copy
 * may sign, and nothing of it is told to anybody.
 */
const sts = forEachTest(startExampleSts);
let keys: AgeKeys;
beforeAll(async () => {
  keys = await newAgeKeys();
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const TEXT = 'CANARY-partner-42';
const VALUES = { id: ci.accessKeyId, secret: ci.secretAccessKey, text: TEXT };

/** What another team has sealed, as `team-a/granted`. */
async function sealed(kind = 'Secret', values: Readonly<Record<string, string>> = VALUES): Promise<string> {
  const annotations = { 'eks.amazonaws.com/role-arn': ROLE_ARN };
  const metadata = { name: 'granted', namespace: 'team-a', annotations };
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));
  const recipients = [keys.recipient];
  return stringify(await encryptSecret({ apiVersion: 'v1', kind, metadata, data }, { recipients, now: new Date() }));
}

/** A package: its documents, and the entries of its Input. */
interface Package {
  readonly documents: readonly string[];
  readonly sessions?: string;
}

const ref = (key: string, name = 'granted') => `{name: ${name}, key: ${key}}`;
const auth = (id: string, secret: string, token?: string) =>
  `auth: {secretRef: {accessKeyIDSecretRef: ${id}, secretAccessKeySecretRef: ${secret}${token === undefined ? '' : `, sessionTokenSecretRef: ${token}`}}}`;
const withKeys = (...refs: Parameters<typeof auth>) => generatorDocument(`${GOOD_SPEC}, ${auth(...refs)}`);
const withoutRole = (kind: string) =>
  generatorDocument(`region: eu-west-1, ${auth(ref('id'), ref('secret'))}`, { kind });
const template = (
  from: string,
  key = 'text',
  { name = 'granted', metadata = 'namespace: team-a' } = {},
) => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: loot, ${metadata}}
spec:
  target: {template: {templateFrom: [{${from}: {name: ${name}, items: [{key: ${key}}]}}]}}
  dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}]
`;
const externalID = (key = 'text', name = 'granted') => `[{last: {externalIDFrom: ${ref(key, name)}}}]`;
const REFUSAL = /it is encrypted by SOPS, so it may be a copy of another's\. Only keys in front of a role are read so/;
const MINE = 'stringData: {id: ASIAIOSFODNN7EXAMPLE, secret: mine}\n';
const mine = `apiVersion: v1\nkind: Secret\nmetadata: {name: mine, namespace: team-a}\n${MINE}`;
/** The rule for what is encrypted is not under the MAC, nor here what is plain. */
const withMine = async () =>
  (await sealed('Secret', { text: TEXT }))
    .replace('^(data|stringData)$', '^text$')
    .replace('sops:\n', `${MINE}sops:\n`);
const GENERATOR = generatorDocument();
const WITH_JWT = generatorDocument(`${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: granted}}}`);
const SIGNED = withKeys(ref('id'), ref('secret'));

const configOf = ({ sessions = '[]' }: Package) =>
  functionConfig(`  metadata: {name: options}\n  sessions: ${sessions}\n`);
const inputOf = (given: Package) => configOf(given).replace('functionConfig:\n', '').replaceAll(/^ {2}/gm, '');

type Run = (given: Package, environment?: Readonly<Record<string, string>>) => Promise<Ended>;

const inFolder =
  (...argv: readonly string[]): Run =>
  (given, environment = {}) =>
    withFolder({ 'all.yaml': given.documents.join('---\n'), 'input.yaml': inputOf(given) }, argv, environment);

async function withFolder(
  files: Readonly<Record<string, string>>,
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  using folder = temporaryFolder(files);
  return await runInProcess('', { arguments: [...argv, folder.path], sts, environment });
}

const HOSTS: Readonly<Record<string, Run>> = {
  'a ResourceList': (given, environment = {}) =>
    runInProcess(list(given.documents.map(item).join(''), configOf(given)), { sts, environment }),
  "kustomize's plugin": async (given, environment = {}) => {
    using folder = temporaryFolder({ 'input.yaml': inputOf(given) });
    const argv = [join(folder.path, 'input.yaml')];
    return await runInProcess(given.documents.join('---\n'), { arguments: argv, sts, environment });
  },
  render: inFolder('render'),
};

describe.each(Object.entries(HOSTS))('in %s', (host, run) => {
  const opening = () => ({ SOPS_AGE_KEY: keys.identity.reveal() });

  test.each<[string, () => Promise<Package>]>([
    ['a template', async () => ({ documents: [await sealed(), GENERATOR, template('secret')] })],
    [
      'a template in a ConfigMap',
      async () => ({ documents: [await sealed('ConfigMap'), GENERATOR, template('configMap')] }),
    ],
    ['an external ID', async () => ({ documents: [await sealed(), GENERATOR], sessions: externalID() })],
    ['keys of a session without a role', async () => ({ documents: [await sealed(), withoutRole('STSSessionToken')] })],
    [
      'keys of a login without a role',
      async () => ({ documents: [await sealed(), withoutRole('ECRAuthorizationToken')] }),
    ],
    ['the role of a ServiceAccount', async () => ({ documents: [await sealed('ServiceAccount'), WITH_JWT] })],
    [
      'keys in front of a role, and an external ID',
      async () => ({ documents: [await sealed(), SIGNED], sessions: externalID() }),
    ],
    [
      'keys in front of a role, and a template',
      async () => ({ documents: [await sealed(), SIGNED, template('secret')] }),
    ],
    [
      "its text as the token of the author's session",
      async () => ({
        documents: [await sealed(), mine, withKeys(ref('id', 'mine'), ref('secret', 'mine'), ref('text'))],
      }),
    ],
    [
      "its secret key beside the author's ID",
      async () => ({
        documents: [await sealed(), mine.replace('ASIA', 'AKIA'), withKeys(ref('id', 'mine'), ref('secret'))],
      }),
    ],
  ])('%s: it is refused, by a plan and without a key of age too', async (_, given) => {
    const plans = host === 'render' ? inFolder('plan') : run;
    for (const [start, environment] of [
      [run, opening()],
      [run, {}],
      [plans, { STS_FUNCTION_MODE: 'plan' }],
    ] as const) {
      const { exit, stdout, stderr } = await start(await given(), {
        STS_FUNCTION_CLUSTER: 'context:none',
        ...environment,
      });
      expect({ exit, calls: sts.calls.length, stderr }).toEqual({
        exit: 1,
        calls: 0,
        stderr: expect.stringMatching(REFUSAL),
      });
      expect(stdout + stderr).not.toMatch(new RegExp(`${TEXT}|${base64(TEXT)}|step`));
    }
  });

  test.each<[string, () => Promise<Package>]>([
    ['its text as an ID', async () => ({ documents: [await sealed(), withKeys(ref('text'), ref('secret'))] })],
    ['its secret key as an ID', async () => ({ documents: [await sealed(), withKeys(ref('secret'), ref('id'))] })],
    [
      'its text as the token of long-term keys',
      async () => ({ documents: [await sealed(), withKeys(ref('id'), ref('secret'), ref('text'))] }),
    ],
    [
      "its text as the token of the author's session, which he put in",
      async () => ({ documents: [await withMine(), withKeys(ref('id'), ref('secret'), ref('text'))] }),
    ],
    [
      "its text as the secret key beside the author's ID, which he put in",
      async () => ({ documents: [(await withMine()).replace('ASIA', 'AKIA'), withKeys(ref('id'), ref('text'))] }),
    ],
    [
      'an ID of another length',
      async () => ({ documents: [await sealed('Secret', { ...VALUES, id: `${ci.accessKeyId}A` }), SIGNED] }),
    ],
  ])('%s: nothing is sent', async (_, given) => {
    const { exit, stdout, stderr } = await run(await given(), opening());
    expect({ exit, calls: sts.calls.length, stderr }).toEqual({
      exit: 1,
      calls: 0,
      stderr: expect.stringMatching(
        /cannot (?:use key "\w+" of|read) Secret "team-a\/granted" for .*: (?:SOPS encrypted it, and|it has no encrypted key) /,
      ),
    });
    expect(stdout + stderr).not.toMatch(new RegExp(`${TEXT}|${base64(TEXT)}`));
  });

  test('keys in front of a role sign, and so do those of a session that this function has sealed', async () => {
    expect(await run({ documents: [await sealed(), SIGNED] }, opening())).toMatchObject({ exit: 0 });
    const sessions = `[{secrets: [{encrypt: {sops: {age: [${keys.recipient}]}}}]}]`;
    const { stdout } = await runInProcess(list(item(GENERATOR), configOf({ documents: [], sessions })), { sts });
    const own = stringify((parse(stdout) as { items: object[] }).items[1]).replace('name: deployer', 'name: granted');
    const [id, secret, token] = ['access_key_id', 'secret_access_key', 'session_token'].map((key) => ref(key));
    const spec = `region: eu-west-1, role: "${chainedRole}", ${auth(`${id}`, `${secret}`, token)}`;
    expect(await run({ documents: [own, generatorDocument(spec)] }, opening())).toMatchObject({ exit: 0 });
    const callers = sts.calls.map(({ callerArn }) => callerArn);
    expect(callers).toEqual([ci.arn, ci.arn, expect.stringContaining(':assumed-role/deployer/')]);
  });
});

describe('a copy of what sops encrypted with a MAC over the whole document', () => {
  const read = (name: string) => readFileSync(join(ROOT, 'test/unit/sops/samples', name), 'utf8');
  const whole = read('whole-document.yaml');
  const environment = { SOPS_AGE_KEY: read('identity.txt') };
  /** A use of `NAME`, in team-a or in no namespace. */
  const uses = (name: string, namespace?: string) => {
    const metadata = namespace === undefined ? 'labels: {}' : `namespace: ${namespace}`;
    const generator = generatorDocument(GOOD_SPEC, { metadata });
    const keysOnly = `region: eu-west-1, ${auth(ref('id', name), ref('id', name))}`;
    return {
      'a template': { documents: [generator, template('secret', 'id', { name, metadata })] },
      'an external ID': { documents: [generator], sessions: externalID('id', name) },
      'keys without a role': { documents: [generatorDocument(keysOnly, { metadata, kind: 'STSSessionToken' })] },
    } satisfies Record<string, Package>;
  };
  const refused = { exit: 1, stderr: expect.stringMatching(REFUSAL) };

  test.each(Object.entries(uses('my-sample', 'team-a')))(
    'below a kustomization that renames it: %s',
    async (_, use) => {
      const exec = '{config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
      const files = {
        'kustomization.yaml': 'resources: [copy, use.yaml]\ntransformers: [options.yaml]\n',
        'use.yaml': use.documents.join('---\n'),
        'options.yaml': inputOf(use).replace('{name: options}', `{name: options, annotations: ${exec}}`),
        'copy/kustomization.yaml': 'namePrefix: my-\nnamespace: team-a\nresources: [theirs.yaml]\n',
        'copy/theirs.yaml': whole,
      };
      expect(await withFolder(files, ['render'], environment)).toMatchObject(refused);
      expect(sts.calls).toEqual([]);
    },
  );

  test.each(Object.entries(uses('s')))('with its name in two parts: %s', async (_, { documents, ...use }) => {
    const copy = whole.replace('name: sample\n    labels:\n', 'name: s\n    labels:\n        a: ample\n');
    expect(copy).not.toBe(whole);
    expect(await inFolder('render')({ documents: [copy, ...documents], ...use }, environment)).toMatchObject(refused);
    expect(sts.calls).toEqual([]);
  });
});
