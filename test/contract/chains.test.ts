import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { emittedSecrets, resultsOf } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { functionConfig, generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import type { Role } from '../support/sts/start-sts.ts';
import { assumeRole, keysOf } from '../support/sts/testing/ask.ts';

const HUB = 'arn:aws:iam::111111111111:role/hub';
const account = (index: number) => String(200_000_000_000 + index);
const spoke = (of: string) => `arn:aws:iam::${of}:role/spoke`;
const target = (of: string, name = 'deployer') => `arn:aws:iam::${of}:role/${name}`;

const roles: Role[] = [{ arn: HUB, trust: [{ principals: [ci.arn] }], maxSessionDuration: 43_200 }];
/** Its trust policy names the hub, and does not allow sts:TagSession. */
const UNTAGGED = 'arn:aws:iam::222222222222:role/untagged';
const TAGGED = 'arn:aws:iam::222222222222:role/tagged';
roles.push(
  { arn: UNTAGGED, trust: [{ principals: [HUB, ci.arn], alsoAllows: [] }] },
  { arn: TAGGED, trust: [{ principals: [HUB], alsoAllows: ['sts:TagSession'] }] },
);
for (let index = 0; index < 40; index++) {
  roles.push({ arn: spoke(account(index)), trust: [{ principals: [HUB], externalID: 'platform' }] });
  roles.push({ arn: target(account(index)), trust: [{ principals: [spoke(account(index))] }] });
}

const sts = forEachTest(() => startExampleSts({ roles }));

const run = (input: string, environment = {}) => runInProcess(input, { sts, environment });

const generator = (name: string, role: string) =>
  generatorItem(`region: eu-west-1, role: "${role}"`, { name, metadata: 'labels: {reach: hub}' });

const INPUT = functionConfig(`  vars:
    hub: {value: "111111111111", type: accountID}
  sessions:
  - match: {labels: {reach: hub}}
    via:
    - role: arn:aws:iam::\${hub}:role/hub
      tags: {team: a}
      transitiveTagKeys: [team]
      sourceIdentity: ci
    - {role: "arn:aws:iam::\${role.account}:role/spoke", externalID: platform}
    last: {sessionName: "job-\${name}"}
`);

test('one entry walks hub, spoke and account for forty accounts', async () => {
  const items = Array.from({ length: 40 }, (_, index) => generator(`a${index}`, target(account(index)))).join('');
  const { exit, stdout, stderr } = await run(list(items, INPUT));
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(emittedSecrets(stdout).map(({ metadata }) => metadata.name)).toEqual(
    Array.from({ length: 40 }, (_, index) => `a${index}`),
  );
  expect(sts.calls).toHaveLength(1 + 40 + 40);
  const last = sts.calls.filter(({ parameters }) => parameters.RoleArn === target(account(7)));
  expect(last).toMatchObject([
    {
      callerArn: `arn:aws:sts::${account(7)}:assumed-role/spoke/function-sts-assume-role`,
      parameters: { RoleSessionName: 'job-a7' },
    },
  ]);
});

test('a thousand generators behind one hub and spoke are 1,002 calls', async () => {
  const of = account(3);
  const items = Array.from({ length: 1000 }, (_, index) => generator(`g${index}`, target(of))).join('');
  // so much takes longer in the tests' own process
  const { exit, stdout, stderr } = await runFunction(list(items, INPUT), { sts });
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length, calls: sts.calls.length }).toEqual({
    exit: 0,
    stderr: '',
    secrets: 1000,
    calls: 1002,
  });
});

describe('session tags', () => {
  test.each([
    ['asked for there', 1, '{last: {tags: {team: a}}}'],
    ['passed on by the hop before', 2, `{via: [{role: "${HUB}", tags: {team: a}, transitiveTagKeys: [team]}]}`],
  ])('that a role does not allow, %s, are refused at hop %i', async (_, hop, entry) => {
    const input = list(generator('a', UNTAGGED), functionConfig(`  sessions: [${entry}]\n`));
    const { exit, lines } = failureOf(await run(input), input);
    const want = `role/untagged" (hop ${hop} of ${hop}, sts:AssumeRole) for STSAssumeRoleToken "a": AccessDenied. `;
    expect({ exit, lines }).toEqual({ exit: 1, lines: [expect.stringContaining(want)] });
    expect(sts.calls).toHaveLength(hop);
  });

  test.each([
    ['are inherited', TAGGED, '{}', undefined],
    ['are inherited without leave', UNTAGGED, '{}', 'AccessDenied. '],
    ['are set again', TAGGED, '{last: {tags: {Kubernetes-Namespace: b}}}', 'InvalidParameterValue. '],
  ])('of the caller, as EKS Pod Identity brings them, %s', async (_, role, entry, want) => {
    const Tags = [{ Key: 'kubernetes-namespace', Value: 'a' }];
    const pod = await assumeRole(sts.url, ci, { RoleArn: HUB, Tags, TransitiveTagKeys: ['kubernetes-namespace'] });
    const { accessKeyId, secretAccessKey, sessionToken = '' } = keysOf(pod);
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const input = list(generator('a', role), functionConfig(`  sessions: [${entry}]\n`));
    const { exit, stderr } = await run(input, { ...keys, AWS_SESSION_TOKEN: sessionToken });
    expect({ exit, calls: sts.calls.length }).toEqual({ exit: want === undefined ? 0 : 1, calls: 2 });
    expect(stderr).toContain(
      want === undefined ? '' : `(hop 1 of 1, sts:AssumeRole) for STSAssumeRoleToken "a": ${want}`,
    );
  });
});

describe('expectAccount', () => {
  const config = (account: string) => functionConfig(`  sessions: [{expectAccount: ${account}}]\n`);

  test('lets the account that was meant pass', async () => {
    expect(await run(list(generator('a', HUB) + generator('b', HUB), config('"111111111111"')))).toMatchObject({
      exit: 0,
    });
    expect(sts.calls.map(({ operation }) => operation)).toEqual(['GetCallerIdentity', 'AssumeRole', 'AssumeRole']);
  });

  test('refuses any other before a role is assumed, and does not name it', async () => {
    const { exit, stderr } = await run(list(generator('a', HUB), config('"222222222222"')));
    expect({ exit, operations: sts.calls.map(({ operation }) => operation) }).toEqual({
      exit: 1,
      operations: ['GetCallerIdentity'],
    });
    expect(stderr).toBe(
      'error: cannot use STSAssumeRoleToken "a": the identity from the SDK\'s default chain is not of account "222222222222", as `expectAccount` wants. Use other credentials, or correct `expectAccount`. [OTHER_ACCOUNT]\n',
    );
  });

  test('says so when nobody can tell who asks', async () => {
    sts.fail({ kind: 'error', code: 'InvalidClientTokenId', status: 403 });
    const { stderr } = await run(list(generator('a', HUB), config('"111111111111"')));
    expect(stderr).toMatch(
      /^error: cannot ask who the caller of STSAssumeRoleToken "a" is \(sts:GetCallerIdentity\): InvalidClientTokenId\. /,
    );
  });

  test('wants quotes', async () => {
    const { stderr } = await run(list(generator('a', HUB), config('111111111111')));
    expect(stderr).toContain('`sessions[0].expectAccount` must be a string in quotes, got 111111111111');
  });
});

describe('an external ID in a Secret', () => {
  const config = (from: string) =>
    functionConfig(`  sessions:\n  - via: [${HUB}]\n    last: {externalIDFrom: ${from}}\n`);
  const secret = (id: string) =>
    `- {apiVersion: v1, kind: Secret, metadata: {name: vendor}, stringData: {id: "${id}"}}\n`;
  const FROM = '{name: vendor, key: id}';
  const vendor = generator('a', spoke(account(0)));

  test('is read and sent', async () => {
    const { exit, stdout, stderr } = await run(list(vendor + secret('platform'), config(FROM)));
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
    expect(sts.calls[1]?.parameters.ExternalId).toBe('platform');
  });

  test('does not change the spec-hash when its value does', async () => {
    const hash = async (value: string) => {
      sts.fail({ kind: 'slow', delayMs: 1 });
      const { stdout } = await run(list(generator('a', HUB) + secret(value), config(FROM).replace(`[${HUB}]`, '[]')));
      return emittedSecrets(stdout)[0]?.metadata.annotations['sts.fn.crossplane.io/spec-hash'];
    };
    const first = await hash('canary-one');
    expect(first).toMatch(/^v1-/);
    expect(await hash('canary-two')).toBe(first);
  });

  test.each<[string, string, string, string]>([
    [
      'a Secret that is not there',
      vendor,
      FROM,
      'cannot read Secret "vendor" for STSAssumeRoleToken "a": it is not in the ResourceList',
    ],
    ['a key that is not there', vendor + secret('platform'), '{name: vendor, key: other}', 'it has no key "other"'],
    [
      'a value that is none',
      vendor + secret('c'),
      FROM,
      'the value of its key "id" is not an external ID, which has 2 to 1224',
    ],
    ['a value with a trailing newline', vendor + secret('canary\\n'), FROM, 'ends with a newline'],
    [
      "another namespace's Secret",
      vendor + secret('platform'),
      '{name: vendor, key: id, namespace: team-b}',
      '`sessions[0].last.externalIDFrom` must be in the generator\'s own namespace, got "team-b"',
    ],
    [
      'a Secret that is also the target',
      vendor.replace('name: a', 'name: vendor') + secret('platform'),
      FROM,
      'reads that Secret',
    ],
  ])('%s', async (_, items, from, want) => {
    const { exit, stderr } = await run(list(items, config(from)));
    expect({ exit, calls: sts.calls.length }).toEqual({ exit: 1, calls: 0 });
    expect(stderr).toContain(want);
    expect(stderr).not.toContain('canary');
  });
});

describe('an Input', () => {
  const one = generator('a', target(account(1)));

  test.each<[string, string, RegExp]>([
    [
      'two entries for one generator',
      '  sessions: [{via: []}, {match: {names: ["a*"]}}]\n',
      /`sessions\[1\]` matches STSAssumeRoleToken "a", and so does `sessions\[0\]`/,
    ],
    ['an unknown variable', '  sessions: [{last: {sessionName: "${nope}"}}]\n', /uses a variable "nope"/],
    [
      'a variable of the wrong type',
      '  vars: {a: {value: "12", type: accountID}}\n',
      /`vars\.a\.value` must be an account ID of 12 digits, got "12"/,
    ],
    [
      'a variable that smuggles a path',
      '  vars: {a: {value: "x/../admin", type: roleName}}\n',
      /must be the name of a role/,
    ],
    ['a variable without type', '  vars: {a: {value: "12"}}\n', /`vars\.a\.type` is required/],
    [
      'a number as a value',
      '  vars: {account: {value: 123456789012, type: accountID}}\n',
      /must be a string in quotes/,
    ],
    [
      'a misspelled field of a hop',
      '  sessions: [{via: [{role: a, externalId: b}]}]\n',
      /`sessions\[0\]\.via\[0\]\.externalId` is not a known field; did you mean `externalID`/,
    ],
    ['a part that is for Crossplane', '  ttl: 60s\n', /`ttl` works only in a step of a Composition/],
    ['a hop that is a number', '  sessions: [{via: [1]}]\n', /`sessions\[0\]\.via\[0\]` must be an object/],
  ])('is refused for %s', async (_, text, want) => {
    const { exit, stderr } = await run(list(one, functionConfig(text)));
    expect({ exit, calls: sts.calls.length }).toEqual({ exit: 1, calls: 0 });
    expect(stderr).toMatch(want);
  });

  test('is named with its field in results', async () => {
    const { stdout } = await run(
      list(one, functionConfig('  metadata: {name: options}\n  sessions: [{via: [role/a]}]\n')),
    );
    expect(resultsOf(stdout)).toMatchObject([
      { resourceRef: { kind: 'Input', name: 'options' }, field: { path: 'sessions[0].via[0].role' } },
    ]);
  });

  const vendor = '- {apiVersion: v1, kind: Secret, metadata: {name: vendor}, stringData: {id: c}}\n';
  const long = one.replace('"}', '", requestParameters: {sessionDuration: 7200}}');

  test.each<[string, string, string, string | undefined]>([
    ['the role of the generator', one, '', 'spec.role'],
    ['a hop of `via`', one, `via: ["${HUB}"]`, undefined],
    ['two hours of the generator', long, '', 'spec.requestParameters.sessionDuration'],
    ['two hours of `via`', one, `via: [{role: "${HUB}", sessionDuration: 7200}]`, undefined],
    ['two hours of `last`', one, 'last: {sessionDuration: 7200}', undefined],
    ['an external ID that is not there', one, 'last: {externalIDFrom: {name: vendor, key: id}}', undefined],
    ['an external ID that is none', one + vendor, 'last: {externalIDFrom: {name: vendor, key: id}}', undefined],
  ])('results name a field of the generator only where it has one: %s', async (_, item, entry, path) => {
    const input = list(item, functionConfig(`  sessions: [{${entry}}]\n`));
    const { stdout } = await run(input, { AWS_PROFILE: 'none' });
    const [result] = resultsOf(stdout);
    expect(result).toMatchObject({ resourceRef: { kind: 'STSAssumeRoleToken', name: 'a' } });
    expect(result?.field?.path).toBe(path);
  });

  test('an entry that matches nothing is a warning', async () => {
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
    const { stdout } = await run(list(one, functionConfig('  sessions: [{match: {names: [other]}}]\n')));
    expect(resultsOf(stdout)).toMatchObject([
      { severity: 'warning', tags: { code: 'SESSION_UNUSED' } },
      { severity: 'error' },
    ]);
  });
});
