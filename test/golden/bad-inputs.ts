import { GOOD_SPEC as GOOD, generator, list, OTHER, secret } from '../support/resource-list.ts';

/** What a run is given, and what is wrong with it. */
export interface BadInput {
  readonly name: string;
  readonly input: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
}

const REGION = 'region: eu-west-1';
const ROLE = 'role: "arn:aws:iam::123456789012:role/deployer"';
const SECRET_REF =
  'secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}';

const withKeys = (keys: string, field = 'stringData') =>
  list(generator(`${GOOD}, auth: {${SECRET_REF}}`) + secret(keys, { field }));
const withSpec = (spec: string) => list(OTHER + generator(spec));
const withConfig = (config: string) => list(OTHER, `functionConfig:\n${config}`);

const texts: readonly BadInput[] = [
  { name: 'empty input', input: '' },
  { name: 'white space', input: '\n \n' },
  { name: 'not UTF-8', input: Buffer.concat([Buffer.from(list(OTHER)), Buffer.from([0x2d, 0x20, 0xff, 0xfe, 0x0a])]) },
  { name: 'a Deployment', input: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n' },
  { name: 'a list, not an object', input: '- a\n- b\n' },
  { name: 'a scalar', input: 'hello\n' },
  { name: 'a ResourceList of an unknown version', input: list(OTHER).replace('/v1', '/v2') },
  { name: 'two documents', input: `${list(OTHER)}---\n${list(OTHER)}` },
  { name: 'cut inside a line', input: list(OTHER + generator(GOOD)).slice(0, -30) },
  {
    name: 'cut inside a plain value',
    input: `${list(OTHER)}- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: oth`,
  },
  { name: 'cut inside a key', input: `${list(OTHER)}- apiVersion: v1\n  ki` },
  { name: 'cut between two lines of an item', input: `${list(OTHER)}- apiVersion: v1\n  kind: ConfigMap\n` },
  {
    name: 'cut JSON',
    input: '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{"apiVersion":"v1"',
  },
  { name: 'a repeated key', input: list(`${OTHER}  kind: Secret\n`) },
  { name: 'a tab as indentation', input: list('- apiVersion: v1\n\tkind: ConfigMap\n') },
  { name: 'no items', input: 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\ntems: []\n' },
  { name: 'items that are no list', input: 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {}\n' },
  { name: 'an item that is a string', input: list('- hello\n') },
  { name: 'nested too deeply', input: list(`- ${'['.repeat(100_000)}\n`) },
  { name: 'aliases that explode', input: list(bomb() + generator(`${GOOD}, auth: *e`)) },
  { name: 'an alias without anchor', input: list(generator(`${GOOD}, auth: *nothing`)) },
  { name: 'a terminal escape in the kind', input: 'apiVersion: a\nkind: "\\e[31mred\\u202e"\n' },
];

/** Lists of references to the list before: 9^5 values when expanded. */
function bomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const levels = names.map((name, index) => {
    const item = index === 0 ? '"x"' : `*${names[index - 1]}`;
    return `  ${name}: &${name} [${Array(9).fill(item).join(', ')}]\n`;
  });
  return `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: bomb}\n${levels.join('')}`;
}

const configs: readonly BadInput[] = [
  {
    name: 'functionConfig of another kind',
    input: withConfig('  apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n'),
  },
  { name: 'functionConfig without kind', input: withConfig('  metadata: {name: a}\n') },
  { name: 'functionConfig that is a string', input: withConfig('  hello\n') },
  {
    name: 'Input with parts that are for Crossplane',
    input: withConfig(
      '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  allow: [{roles: ["*"]}]\n  ttl: 60s\n  vars: {a: {fromFieldPath: spec.a, type: region}, b: {namespaceLabel: b, type: region}}\n',
    ),
  },
  {
    name: 'Input with an unknown field and a generator of another kind',
    input: withConfig(
      '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  generator: []\n  generators: [{apiVersion: v1, kind: Secret}]\n',
    ),
  },
  { name: 'Input of an unknown version', input: withConfig('  apiVersion: sts.fn.crossplane.io/v1\n  kind: Input\n') },
  {
    name: 'Input among the items only',
    input: list('- apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: options}\n'),
  },
  {
    name: 'ConfigMap with an unknown key',
    input: withConfig('  apiVersion: v1\n  kind: ConfigMap\n  data: {role: a, regoin: eu-west-1}\n'),
  },
  {
    name: 'ConfigMap with role alone',
    input: withConfig('  apiVersion: v1\n  kind: ConfigMap\n  data: {role: "arn:aws:iam::123456789012:role/a"}\n'),
  },
  {
    name: 'ConfigMap without role',
    input: withConfig('  apiVersion: v1\n  kind: ConfigMap\n  data: {region: eu-west-1, name: a}\n'),
  },
  {
    name: 'ConfigMap with a duration that is no number',
    input: withConfig(
      '  apiVersion: v1\n  kind: ConfigMap\n  data: {role: a, region: eu-west-1, name: a, sessionDuration: 1h}\n',
    ),
  },
];

const specs: readonly BadInput[] = [
  { name: 'no spec', input: list(generator(GOOD).replace(/ {2}spec.*\n/, '')) },
  { name: 'no metadata.name', input: list(generator(GOOD).replace('name: deployer, ', '')) },
  { name: 'a name that climbs out of the folder', input: list(generator(GOOD, { name: '../../etc/passwd' })) },
  { name: 'a version that does not exist', input: list(generator(GOOD).replace('v1alpha1', 'v1')) },
  {
    name: 'a kind in other letters, without a version',
    input: list(generator(GOOD).replace('/v1alpha1', '').replace('STSAssume', 'stsAssume')),
  },
  { name: 'empty spec', input: withSpec('') },
  { name: 'region missing', input: withSpec(ROLE) },
  { name: 'region empty, and none in the environment', input: withSpec(`region: "", ${ROLE}`) },
  { name: 'region that is a host name', input: withSpec(`region: "eu-west-1.attacker.example#", ${ROLE}`) },
  { name: 'region null', input: withSpec(`region: null, ${ROLE}`) },
  { name: 'role empty', input: withSpec(`${REGION}, role: ""`) },
  { name: 'role that is a user', input: withSpec(`${REGION}, role: "arn:aws:iam::123456789012:user/a"`) },
  { name: 'role with a glob', input: withSpec(`${REGION}, role: "arn:aws:iam::123456789012:role/*"`) },
  { name: 'role with a short account', input: withSpec(`${REGION}, role: "arn:aws:iam::1234:role/a"`) },
  { name: 'role of another partition', input: withSpec(`${REGION}, role: "arn:aws-cn:iam::123456789012:role/a"`) },
  { name: 'role that is a number', input: withSpec(`${REGION}, role: 12`) },
  { name: 'duration 0', input: withSpec(`${GOOD}, requestParameters: {sessionDuration: 0}`) },
  { name: 'duration too short', input: withSpec(`${GOOD}, requestParameters: {sessionDuration: 60}`) },
  { name: 'duration too long', input: withSpec(`${GOOD}, requestParameters: {sessionDuration: 43201}`) },
  { name: 'duration as a string', input: withSpec(`${GOOD}, requestParameters: {sessionDuration: "3600"}`) },
  { name: 'duration with a fraction', input: withSpec(`${GOOD}, requestParameters: {sessionDuration: 900.5}`) },
  { name: 'duration that is no int32', input: withSpec(`${GOOD}, requestParameters: {sessionDuration: 1e12}`) },
  { name: 'external ID empty', input: withSpec(`${GOOD}, requestParameters: {externalID: ""}`) },
  { name: 'external ID of one character', input: withSpec(`${GOOD}, requestParameters: {externalID: a}`) },
  { name: 'external ID with a space', input: withSpec(`${GOOD}, requestParameters: {externalID: "a b"}`) },
  {
    name: "the older draft's names",
    input: withSpec(
      `${GOOD}, roleAssumptionParameters: {externalId: a}, requestParameters: {externalId: ab, roleSessionName: s}`,
    ),
  },
  {
    name: 'near misses',
    input: withSpec('Region: eu-west-1, roleARN: a, requestParameter: {}, sessionDuration: 3600'),
  },
  { name: 'an unknown field that could break a line', input: withSpec(`${GOOD}, "x\\ny\\u001b[31m": 1`) },
  { name: 'prototype keys', input: withSpec(`${GOOD}, __proto__: {region: eu-west-1}, constructor: 1`) },
  { name: 'auth null', input: withSpec(`${GOOD}, auth: null`) },
  { name: 'auth a list', input: withSpec(`${GOOD}, auth: [secretRef]`) },
  { name: 'both identities', input: withSpec(`${GOOD}, auth: {jwt: {serviceAccountRef: {name: a}}, ${SECRET_REF}}`) },
  { name: 'jwt', input: withSpec(`${GOOD}, auth: {jwt: {serviceAccountRef: {name: a}}}`) },
  { name: 'jwt empty', input: withSpec(`${GOOD}, auth: {jwt: {}}`) },
  { name: 'secretRef empty', input: withSpec(`${GOOD}, auth: {secretRef: {}}`) },
  {
    name: 'a pasted key where a reference belongs',
    input: withSpec(
      `${GOOD}, auth: {secretRef: {accessKeyIDSecretRef: CANARYKEY, secretAccessKeySecretRef: {name: a, key: CANARY/KEY}}}`,
    ),
  },
  {
    name: "another namespace's Secret",
    input: withSpec(
      `${GOOD}, auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id, namespace: team-b}, secretAccessKeySecretRef: {name: keys, key: secret, namespace: team-a}}}`,
    ),
  },
  {
    name: 'two specs and five faults',
    input: list(
      generator(`region: a, role: b, requestParameters: {sessionDuration: 1}`) +
        generator('region: c, rol: d', { name: 'other' }),
    ),
  },
];

const INPUT = '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n';
const withInput = (text: string, spec = GOOD) => list(generator(spec), `functionConfig:\n${INPUT}${text}`);

const chains: readonly BadInput[] = [
  {
    name: 'a role that allow does not have',
    input: withInput('  allow: [{roles: ["arn:aws:iam::123456789012:role/other-*"]}]\n'),
  },
  {
    name: 'a chain of which allow has one role',
    input: withInput(
      '  allow: [{roles: ["arn:aws:iam::123456789012:role/deployer"]}]\n  sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]\n',
    ),
  },
  {
    name: 'a chain whose roles are in two grants',
    input: withInput(
      '  allow: [{roles: ["arn:aws:iam::123456789012:role/*"]}, {roles: ["arn:aws:iam::111111111111:role/*"]}]\n  sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]\n',
    ),
  },
  {
    name: 'two entries for one generator',
    input: withInput('  sessions: [{via: []}, {match: {names: ["deploy*"]}}]\n'),
  },
  {
    name: 'an entry that matches nothing, and a wrong hop',
    input: withInput('  sessions: [{match: {names: [other]}}, {via: [role/a]}]\n'),
  },
  {
    name: 'more than an hour behind a hop',
    input: withInput(
      '  sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]\n',
      `${GOOD}, requestParameters: {sessionDuration: 7200}`,
    ),
  },
  { name: 'a variable that nobody has', input: withInput('  sessions: [{last: {sessionName: "${nope}"}}]\n') },
  {
    name: 'Secrets of the Input with faults',
    input: withInput(
      '  sessions: [{secrets: [{name: "${namespace}/x", namespaces: [Team, a, a], labels: {a: "b c"}, annotations: {config.kubernetes.io/path: a, sts.fn.crossplane.io/spec-hash: b}, key: credentials, format: env}]}]\n',
    ),
  },
  {
    name: 'Secrets of the Input that its schema refuses',
    input: withInput(
      '  sessions: [{secrets: []}, {secrets: [{namespaces: [], format: json, key: a/b, labels: {a/b/c: d, e: 1}, encrypt: {}, data: {}}]}]\n',
    ),
  },
  {
    name: 'a Secret with a variable that nobody has',
    input: withInput('  sessions: [{secrets: [{name: "${nope}"}]}]\n'),
  },
  {
    name: 'a key that no file can have, and half of a character',
    input: withInput('  sessions: [{secrets: [{format: credentialsFile, key: .., annotations: {a: "\\ud83d"}}]}]\n'),
  },
  {
    name: 'two generators that want one Secret of an entry',
    input: list(
      generator(GOOD) + generator(GOOD, { name: 'other' }),
      `functionConfig:\n${INPUT}  sessions: [{secrets: [{name: shared}]}]\n`,
    ),
  },
  { name: 'two entries that want one Secret', input: withInput('  sessions: [{secrets: [{}, {format: env}]}]\n') },
  {
    name: 'recipients that are none',
    input: withInput(
      '  sessions: [{secrets: [{encrypt: {sops: {age: []}}}, {name: b, encrypt: {sops: {age: [AGE-SECRET-KEY-1QQQ, ssh-ed25519 AAAA, age1x]}}}]}]\n',
    ),
  },
  {
    name: 'recipients that look right and are not',
    input: withInput(
      '  sessions: [{secrets: [{encrypt: {sops: {age: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q, AGE-SECRET-KEY-1QQQ]}}}]}]\n',
    ),
  },
  {
    name: 'a variable of the wrong type',
    input: withInput('  vars: {a: {value: "12", type: accountID}, b: {value: 12, type: region}}\n'),
  },
  {
    name: 'an external ID given twice',
    input: withInput('  sessions: [{last: {externalID: a-b}}]\n', `${GOOD}, requestParameters: {externalID: a-c}`),
  },
  {
    name: 'a source identity that changes, and a tag that was passed on',
    input: withInput(
      '  sessions: [{via: [{role: "arn:aws:iam::111111111111:role/hub", sourceIdentity: ci, tags: {team: a}, transitiveTagKeys: [team]}], last: {sourceIdentity: me, tags: {Team: b}}}]\n',
    ),
  },
];

const conflicts: readonly BadInput[] = [
  { name: 'two generators that want one Secret', input: list(generator(GOOD) + generator(GOOD)) },
  {
    name: 'a target that another generator reads',
    input: list(
      generator(`${GOOD}, auth: {${SECRET_REF}}`) +
        generator(GOOD, { name: 'keys' }) +
        secret('id: a, secret: b', {
          annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/keys}',
        }),
    ),
  },
  { name: 'a Secret that is not ours', input: list(generator(GOOD) + secret('a: b', { name: 'deployer' })) },
  {
    name: "another generator's Secret",
    input: list(
      generator(GOOD) +
        secret('a: b', {
          name: 'deployer',
          annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken//x}',
        }),
    ),
  },
  {
    name: 'our Secret twice',
    input: list(generator(GOOD) + secret('a: b', { name: 'deployer' }) + secret('a: b', { name: 'deployer' })),
  },
  {
    name: 'our Secret with an anchor',
    input: list(
      generator(GOOD) +
        secret('a: &a b', {
          name: 'deployer',
          annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}',
        }) +
        OTHER,
    ),
  },
];

const keys: readonly BadInput[] = [
  { name: 'no Secret', input: withSpec(`${GOOD}, auth: {${SECRET_REF}}`) },
  { name: 'no key', input: withKeys('id: AKIDCANARY') },
  { name: 'empty keys', input: withKeys('id: "", secret: ""') },
  { name: 'a trailing newline', input: withKeys('id: "AKIDCANARY\\n", secret: CANARY') },
  {
    name: 'a trailing newline, encoded',
    input: withKeys(
      `id: ${Buffer.from('AKIDCANARY\n').toString('base64')}, secret: ${Buffer.from('CANARY').toString('base64')}`,
      'data',
    ),
  },
  { name: 'white space inside', input: withKeys('id: AKID CANARY, secret: CANARY') },
  { name: 'not base64', input: withKeys('id: "CANARY!", secret: "Q0FOQVJZ"', 'data') },
  { name: 'a number', input: withKeys('id: 12345, secret: CANARY') },
  { name: 'bytes that are no text', input: withKeys('id: /v8=, secret: Q0FOQVJZ', 'data') },
  {
    name: 'encrypted by SOPS',
    input: withKeys('id: "ENC[AES256_GCM,data:CANARY,iv:a,tag:b,type:str]", secret: CANARY'),
  },
];

const settings: readonly BadInput[] = [
  {
    name: 'two endpoints',
    input: list(OTHER),
    environment: { AWS_STS_ENDPOINT: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:2' },
  },
  {
    name: 'an endpoint that is no URL',
    input: list(OTHER),
    environment: { AWS_STS_ENDPOINT: 'sts.eu-west-1.amazonaws.com' },
  },
  {
    name: 'concurrency and timeout that are no numbers',
    input: list(OTHER),
    environment: { STS_FUNCTION_CONCURRENCY: '0', STS_FUNCTION_TIMEOUT: '2m' },
  },
  {
    name: 'a mode, a policy and a cluster',
    input: list(OTHER),
    environment: { STS_FUNCTION_MODE: 'dry-run', STS_FUNCTION_POLICY: '/nonexistent', STS_FUNCTION_CLUSTER: 'prod' },
  },
  {
    name: 'paths that a package could fill',
    input: list(OTHER),
    environment: { STS_FUNCTION_POLICY: 'policy.yaml', KUBECONFIG: '/a:kubeconfig', AWS_CONFIG_FILE: './aws/config' },
  },
  {
    name: 'a bundle of authorities that is not there',
    input: withSpec(GOOD),
    environment: { AWS_CA_BUNDLE: '/nonexistent', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  },
  { name: 'no credentials', input: withSpec(GOOD) },
  {
    name: 'a port on which nobody listens',
    input: withSpec(GOOD),
    environment: { AWS_STS_ENDPOINT: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  },
];

const JWT = `${GOOD}, auth: {jwt: {serviceAccountRef: {name: a}}}`;
const inCluster = (spec: string, environment: Record<string, string> = {}) => ({
  input: withSpec(spec),
  environment: { STS_FUNCTION_CLUSTER: 'context:ci', KUBECONFIG: '/nonexistent', ...environment },
});
const withOptions = (input: string, spec = JWT) =>
  list(generator(spec), `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, ${input}}\n`);

const identities: readonly BadInput[] = [
  {
    name: 'what cannot be sent with a token',
    input: withOptions(
      'sessions: [{identity: {tokenEnv: TOKEN}, last: {tags: {a: b}}}]',
      `${GOOD}, requestParameters: {externalID: ab}`,
    ),
    environment: { TOKEN: 'CANARY' },
  },
  {
    name: "a token's role of another account",
    input: withOptions('sessions: [{identity: {tokenEnv: TOKEN}, expectAccount: "111111111111"}]', GOOD),
    environment: { TOKEN: 'CANARY' },
  },
  {
    name: 'an external ID twice',
    input: withOptions(
      'sessions: [{last: {externalIDFrom: {name: a, key: b}}}]',
      `${GOOD}, requestParameters: {externalID: ab}`,
    ),
  },
];

const clusters: readonly BadInput[] = [
  { name: 'a cluster that is none', input: withOptions('cluster: {}') },
  { name: 'two clusters in one', input: withOptions('cluster: {context: ci, inCluster: true}') },
  {
    name: 'a cluster that is not the one of the environment',
    input: withOptions('cluster: {inCluster: true}'),
    environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
  },
  { name: 'a wait for roles that is too long', input: withOptions('awaitRoles: 5m') },
  { name: 'jwt and more than an hour', ...inCluster(`${JWT}, requestParameters: {sessionDuration: 7200}`) },
  {
    name: 'jwt without a namespace',
    input: list(generator(JWT, { metadata: 'labels: {}' })),
    environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
  },
  {
    name: "the API server's own audience",
    ...inCluster(`${GOOD}, auth: {jwt: {serviceAccountRef: {name: a, audiences: ["https://kubernetes.default.svc"]}}}`),
  },
  {
    name: 'what allow does not have of a ServiceAccount and a cluster',
    input: withOptions('cluster: {context: ci}, allow: [{serviceAccounts: [b], audiences: [], cluster: false}]'),
  },
  { name: 'no kubeconfig', ...inCluster(JWT) },
  { name: 'in-cluster outside of a pod', ...inCluster(JWT, { STS_FUNCTION_CLUSTER: 'in-cluster' }) },
  {
    name: 'no Secret, and an object without namespace that no cluster is asked for',
    input: list(generator(`${GOOD}, auth: {${SECRET_REF}}`, { metadata: 'labels: {}' })),
    environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
  },
];

const usage: readonly BadInput[] = [
  { name: 'an unknown argument', input: '', arguments: ['--bogus'] },
  { name: 'a second argument', input: '', arguments: ['--help', 'me'] },
];

export const BAD_INPUTS: readonly BadInput[] = [
  ...texts,
  ...configs,
  ...specs,
  ...chains,
  ...conflicts,
  ...keys,
  ...settings,
  ...clusters,
  ...identities,
  ...usage,
];
