import { GOOD_SPEC as GOOD, generator, list, OTHER, secret } from '../support/resource-list.ts';

/** How a run is started that is no plain one. */
export interface BadRun {
  readonly input: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
}

/** By the name of what is wrong: what a run is given on standard input, or how it is started. */
export type BadInputs = Readonly<Record<string, string | Uint8Array | BadRun>>;

const REGION = 'region: eu-west-1';
const ROLE = 'role: "arn:aws:iam::123456789012:role/deployer"';
const SECRET_REF =
  'secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}';

const withKeys = (keys: string, field = 'stringData') =>
  list(generator(`${GOOD}, auth: {${SECRET_REF}}`) + secret(keys, { field }));
const withSpec = (spec: string) => list(OTHER + generator(spec));
const withConfig = (config: string) => list(OTHER, `functionConfig:\n${config}`);

const texts: BadInputs = {
  'empty input': '',
  'white space': '\n \n',
  'not UTF-8': Buffer.concat([Buffer.from(list(OTHER)), Buffer.from([0x2d, 0x20, 0xff, 0xfe, 0x0a])]),
  'a Deployment': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n',
  'a list, not an object': '- a\n- b\n',
  'a scalar': 'hello\n',
  'a ResourceList of an unknown version': list(OTHER).replace('/v1', '/v2'),
  'two documents': `${list(OTHER)}---\n${list(OTHER)}`,
  'cut inside a line': list(OTHER + generator(GOOD)).slice(0, -30),
  'cut inside a plain value': `${list(OTHER)}- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: oth`,
  'cut inside a key': `${list(OTHER)}- apiVersion: v1\n  ki`,
  'cut between two lines of an item': `${list(OTHER)}- apiVersion: v1\n  kind: ConfigMap\n`,
  'cut JSON': '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{"apiVersion":"v1"',
  'a repeated key': list(`${OTHER}  kind: Secret\n`),
  'a tab as indentation': list('- apiVersion: v1\n\tkind: ConfigMap\n'),
  'no items': 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\ntems: []\n',
  'items that are no list': 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {}\n',
  'an item that is a string': list('- hello\n'),
  'nested too deeply': list(`- ${'['.repeat(100_000)}\n`),
  'aliases that explode': list(bomb() + generator(`${GOOD}, auth: *e`)),
  'an alias without anchor': list(generator(`${GOOD}, auth: *nothing`)),
  'a terminal escape in the kind': 'apiVersion: a\nkind: "\\e[31mred\\u202e"\n',
};

/** Lists of references to the list before: 9^5 values when expanded. */
function bomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const levels = names.map((name, index) => {
    const item = index === 0 ? '"x"' : `*${names[index - 1]}`;
    return `  ${name}: &${name} [${Array(9).fill(item).join(', ')}]\n`;
  });
  return `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: bomb}\n${levels.join('')}`;
}

const configs: BadInputs = {
  'functionConfig of another kind': withConfig('  apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n'),
  'functionConfig without kind': withConfig('  metadata: {name: a}\n'),
  'functionConfig that is a string': withConfig('  hello\n'),
  'Input with parts that are for Crossplane': withConfig(
    '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  allow: [{roles: ["*"]}]\n  ttl: 60s\n  vars: {a: {fromFieldPath: spec.a, type: region}, b: {namespaceLabel: b, type: region}}\n',
  ),
  'Input with an unknown field and a generator of another kind': withConfig(
    '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  generator: []\n  generators: [{apiVersion: v1, kind: Secret}]\n',
  ),
  'Input of an unknown version': withConfig('  apiVersion: sts.fn.crossplane.io/v1\n  kind: Input\n'),
  'Input among the items only': list(
    '- apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: options}\n',
  ),
  'ConfigMap with an unknown key': withConfig(
    '  apiVersion: v1\n  kind: ConfigMap\n  data: {role: a, regoin: eu-west-1}\n',
  ),
  'ConfigMap with role alone': withConfig(
    '  apiVersion: v1\n  kind: ConfigMap\n  data: {role: "arn:aws:iam::123456789012:role/a"}\n',
  ),
  'ConfigMap without role': withConfig('  apiVersion: v1\n  kind: ConfigMap\n  data: {region: eu-west-1, name: a}\n'),
  'ConfigMap with a duration that is no number': withConfig(
    '  apiVersion: v1\n  kind: ConfigMap\n  data: {role: a, region: eu-west-1, name: a, sessionDuration: 1h}\n',
  ),
};

const specs: BadInputs = {
  'no spec': list(generator(GOOD).replace(/ {2}spec.*\n/, '')),
  'no metadata.name': list(generator(GOOD).replace('name: deployer, ', '')),
  'a name that climbs out of the folder': list(generator(GOOD, { name: '../../etc/passwd' })),
  'a version that does not exist': list(generator(GOOD).replace('v1alpha1', 'v1')),
  'a kind in other letters, without a version': list(
    generator(GOOD).replace('/v1alpha1', '').replace('STSAssume', 'stsAssume'),
  ),
  'empty spec': withSpec(''),
  'region missing': withSpec(ROLE),
  'region empty, and none in the environment': withSpec(`region: "", ${ROLE}`),
  'region that is a host name': withSpec(`region: "eu-west-1.attacker.example#", ${ROLE}`),
  'region null': withSpec(`region: null, ${ROLE}`),
  'role empty': withSpec(`${REGION}, role: ""`),
  'role that is a user': withSpec(`${REGION}, role: "arn:aws:iam::123456789012:user/a"`),
  'role with a glob': withSpec(`${REGION}, role: "arn:aws:iam::123456789012:role/*"`),
  'role with a short account': withSpec(`${REGION}, role: "arn:aws:iam::1234:role/a"`),
  'role of another partition': withSpec(`${REGION}, role: "arn:aws-cn:iam::123456789012:role/a"`),
  'role that is a number': withSpec(`${REGION}, role: 12`),
  'duration 0': withSpec(`${GOOD}, requestParameters: {sessionDuration: 0}`),
  'duration too short': withSpec(`${GOOD}, requestParameters: {sessionDuration: 60}`),
  'duration too long': withSpec(`${GOOD}, requestParameters: {sessionDuration: 43201}`),
  'duration as a string': withSpec(`${GOOD}, requestParameters: {sessionDuration: "3600"}`),
  'duration with a fraction': withSpec(`${GOOD}, requestParameters: {sessionDuration: 900.5}`),
  'duration that is no int32': withSpec(`${GOOD}, requestParameters: {sessionDuration: 1e12}`),
  'external ID empty': withSpec(`${GOOD}, requestParameters: {externalID: ""}`),
  'external ID of one character': withSpec(`${GOOD}, requestParameters: {externalID: a}`),
  'external ID with a space': withSpec(`${GOOD}, requestParameters: {externalID: "a b"}`),
  "the older draft's names": withSpec(
    `${GOOD}, roleAssumptionParameters: {externalId: a}, requestParameters: {externalId: ab, roleSessionName: s}`,
  ),
  'near misses': withSpec('Region: eu-west-1, roleARN: a, requestParameter: {}, sessionDuration: 3600'),
  'an unknown field that could break a line': withSpec(`${GOOD}, "x\\ny\\u001b[31m": 1`),
  'prototype keys': withSpec(`${GOOD}, __proto__: {region: eu-west-1}, constructor: 1`),
  'auth null': withSpec(`${GOOD}, auth: null`),
  'auth a list': withSpec(`${GOOD}, auth: [secretRef]`),
  'both identities': withSpec(`${GOOD}, auth: {jwt: {serviceAccountRef: {name: a}}, ${SECRET_REF}}`),
  jwt: withSpec(`${GOOD}, auth: {jwt: {serviceAccountRef: {name: a}}}`),
  'jwt empty': withSpec(`${GOOD}, auth: {jwt: {}}`),
  'secretRef empty': withSpec(`${GOOD}, auth: {secretRef: {}}`),
  'a pasted key where a reference belongs': withSpec(
    `${GOOD}, auth: {secretRef: {accessKeyIDSecretRef: CANARYKEY, secretAccessKeySecretRef: {name: a, key: CANARY/KEY}}}`,
  ),
  "another namespace's Secret": withSpec(
    `${GOOD}, auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id, namespace: team-b}, secretAccessKeySecretRef: {name: keys, key: secret, namespace: team-a}}}`,
  ),
  'two specs and five faults': list(
    generator(`region: a, role: b, requestParameters: {sessionDuration: 1}`) +
      generator('region: c, rol: d', { name: 'other' }),
  ),
};

const INPUT = '  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n';
const withInput = (text: string, spec = GOOD) => list(generator(spec), `functionConfig:\n${INPUT}${text}`);

const chains: BadInputs = {
  'a role that allow does not have': withInput('  allow: [{roles: ["arn:aws:iam::123456789012:role/other-*"]}]\n'),
  'a chain of which allow has one role': withInput(
    '  allow: [{roles: ["arn:aws:iam::123456789012:role/deployer"]}]\n  sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]\n',
  ),
  'a chain whose roles are in two grants': withInput(
    '  allow: [{roles: ["arn:aws:iam::123456789012:role/*"]}, {roles: ["arn:aws:iam::111111111111:role/*"]}]\n  sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]\n',
  ),
  'two entries for one generator': withInput('  sessions: [{via: []}, {match: {names: ["deploy*"]}}]\n'),
  'an entry that matches nothing, and a wrong hop': withInput(
    '  sessions: [{match: {names: [other]}}, {via: [role/a]}]\n',
  ),
  'more than an hour behind a hop': withInput(
    '  sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]\n',
    `${GOOD}, requestParameters: {sessionDuration: 7200}`,
  ),
  'a variable that nobody has': withInput('  sessions: [{last: {sessionName: "${nope}"}}]\n'),
  'Secrets of the Input with faults': withInput(
    '  sessions: [{secrets: [{name: "${namespace}/x", namespaces: [Team, a, a], labels: {a: "b c"}, annotations: {config.kubernetes.io/path: a, sts.fn.crossplane.io/spec-hash: b}, key: credentials, format: env}]}]\n',
  ),
  'Secrets of the Input that its schema refuses': withInput(
    '  sessions: [{secrets: []}, {secrets: [{namespaces: [], format: json, key: a/b, labels: {a/b/c: d, e: 1}, encrypt: {}, data: {}}]}]\n',
  ),
  'a Secret with a variable that nobody has': withInput('  sessions: [{secrets: [{name: "${nope}"}]}]\n'),
  'a key that no file can have, and half of a character': withInput(
    '  sessions: [{secrets: [{format: credentialsFile, key: .., annotations: {a: "\\ud83d"}}]}]\n',
  ),
  'two generators that want one Secret of an entry': list(
    generator(GOOD) + generator(GOOD, { name: 'other' }),
    `functionConfig:\n${INPUT}  sessions: [{secrets: [{name: shared}]}]\n`,
  ),
  'two entries that want one Secret': withInput('  sessions: [{secrets: [{}, {format: env}]}]\n'),
  'recipients that are none': withInput(
    '  sessions: [{secrets: [{encrypt: {sops: {age: []}}}, {name: b, encrypt: {sops: {age: [AGE-SECRET-KEY-1QQQ, ssh-ed25519 AAAA, age1x]}}}]}]\n',
  ),
  'recipients that look right and are not': withInput(
    '  sessions: [{secrets: [{encrypt: {sops: {age: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q, AGE-SECRET-KEY-1QQQ]}}}]}]\n',
  ),
  'a variable of the wrong type': withInput(
    '  vars: {a: {value: "12", type: accountID}, b: {value: 12, type: region}}\n',
  ),
  'an external ID given twice': withInput(
    '  sessions: [{last: {externalID: a-b}}]\n',
    `${GOOD}, requestParameters: {externalID: a-c}`,
  ),
  'a source identity that changes, and a tag that was passed on': withInput(
    '  sessions: [{via: [{role: "arn:aws:iam::111111111111:role/hub", sourceIdentity: ci, tags: {team: a}, transitiveTagKeys: [team]}], last: {sourceIdentity: me, tags: {Team: b}}}]\n',
  ),
};

const conflicts: BadInputs = {
  'two generators that want one Secret': list(generator(GOOD) + generator(GOOD)),
  'a target that another generator reads': list(
    generator(`${GOOD}, auth: {${SECRET_REF}}`) +
      generator(GOOD, { name: 'keys' }) +
      secret('id: a, secret: b', {
        annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/keys}',
      }),
  ),
  'a Secret that is not ours': list(generator(GOOD) + secret('a: b', { name: 'deployer' })),
  "another generator's Secret": list(
    generator(GOOD) +
      secret('a: b', {
        name: 'deployer',
        annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken//x}',
      }),
  ),
  'our Secret twice': list(
    generator(GOOD) + secret('a: b', { name: 'deployer' }) + secret('a: b', { name: 'deployer' }),
  ),
  'our Secret with an anchor': list(
    generator(GOOD) +
      secret('a: &a b', {
        name: 'deployer',
        annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}',
      }) +
      OTHER,
  ),
};

const keys: BadInputs = {
  'no Secret': withSpec(`${GOOD}, auth: {${SECRET_REF}}`),
  'no key': withKeys('id: AKIDCANARY'),
  'empty keys': withKeys('id: "", secret: ""'),
  'a trailing newline': withKeys('id: "AKIDCANARY\\n", secret: CANARY'),
  'a trailing newline, encoded': withKeys(
    `id: ${Buffer.from('AKIDCANARY\n').toString('base64')}, secret: ${Buffer.from('CANARY').toString('base64')}`,
    'data',
  ),
  'white space inside': withKeys('id: AKID CANARY, secret: CANARY'),
  'not base64': withKeys('id: "CANARY!", secret: "Q0FOQVJZ"', 'data'),
  'a number': withKeys('id: 12345, secret: CANARY'),
  'bytes that are no text': withKeys('id: /v8=, secret: Q0FOQVJZ', 'data'),
  'encrypted by SOPS': withKeys('id: "ENC[AES256_GCM,data:CANARY,iv:a,tag:b,type:str]", secret: CANARY'),
};

const settings: BadInputs = {
  'two endpoints': {
    input: list(OTHER),
    environment: { AWS_STS_ENDPOINT: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:2' },
  },
  'an endpoint that is no URL': {
    input: list(OTHER),
    environment: { AWS_STS_ENDPOINT: 'sts.eu-west-1.amazonaws.com' },
  },
  'concurrency and timeout that are no numbers': {
    input: list(OTHER),
    environment: { STS_FUNCTION_CONCURRENCY: '0', STS_FUNCTION_TIMEOUT: '2m' },
  },
  'a mode, a policy and a cluster': {
    input: list(OTHER),
    environment: { STS_FUNCTION_MODE: 'dry-run', STS_FUNCTION_POLICY: '/nonexistent/a', STS_FUNCTION_CLUSTER: 'prod' },
  },
  'paths that a package could fill': {
    input: list(OTHER),
    environment: { STS_FUNCTION_POLICY: 'policy.yaml', KUBECONFIG: '/a:kubeconfig', AWS_CONFIG_FILE: './aws/config' },
  },
  'a bundle of authorities that is not there': {
    input: withSpec(GOOD),
    environment: { AWS_CA_BUNDLE: '/nonexistent/a', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  },
  'no credentials': withSpec(GOOD),
  'a port on which nobody listens': {
    input: withSpec(GOOD),
    environment: { AWS_STS_ENDPOINT: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  },
};

const JWT = `${GOOD}, auth: {jwt: {serviceAccountRef: {name: a}}}`;
const inCluster = (spec: string, environment: Record<string, string> = {}) => ({
  input: withSpec(spec),
  environment: { STS_FUNCTION_CLUSTER: 'context:ci', KUBECONFIG: '/nonexistent', ...environment },
});
const withOptions = (input: string, spec = JWT) =>
  list(generator(spec), `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, ${input}}\n`);

const identities: BadInputs = {
  'what cannot be sent with a token': {
    input: withOptions(
      'sessions: [{identity: {tokenEnv: TOKEN}, last: {tags: {a: b}}}]',
      `${GOOD}, requestParameters: {externalID: ab}`,
    ),
    environment: { TOKEN: 'CANARY' },
  },
  "a token's role of another account": {
    input: withOptions('sessions: [{identity: {tokenEnv: TOKEN}, expectAccount: "111111111111"}]', GOOD),
    environment: { TOKEN: 'CANARY' },
  },
  'an external ID twice': withOptions(
    'sessions: [{last: {externalIDFrom: {name: a, key: b}}}]',
    `${GOOD}, requestParameters: {externalID: ab}`,
  ),
};

const clusters: BadInputs = {
  'a cluster that is none': withOptions('cluster: {}'),
  'two clusters in one': withOptions('cluster: {context: ci, inCluster: true}'),
  'a cluster that is not the one of the environment': {
    input: withOptions('cluster: {inCluster: true}'),
    environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
  },
  'a wait for roles that is too long': withOptions('awaitRoles: 5m'),
  'jwt and more than an hour': inCluster(`${JWT}, requestParameters: {sessionDuration: 7200}`),
  'jwt without a namespace': {
    input: list(generator(JWT, { metadata: 'labels: {}' })),
    environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
  },
  "the API server's own audience": inCluster(
    `${GOOD}, auth: {jwt: {serviceAccountRef: {name: a, audiences: ["https://kubernetes.default.svc"]}}}`,
  ),
  'what allow does not have of a ServiceAccount and a cluster': withOptions(
    'cluster: {context: ci}, allow: [{serviceAccounts: [b], audiences: [], cluster: false}]',
  ),
  'no kubeconfig': inCluster(JWT),
  'in-cluster outside of a pod': inCluster(JWT, { STS_FUNCTION_CLUSTER: 'in-cluster' }),
  'no Secret, and an object without namespace that no cluster is asked for': {
    input: list(generator(`${GOOD}, auth: {${SECRET_REF}}`, { metadata: 'labels: {}' })),
    environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
  },
};

const usage: BadInputs = {
  'an unknown argument': { input: '', arguments: ['--bogus'] },
  'a second argument': { input: '', arguments: ['--help', 'me'] },
};

export const BAD_INPUTS: BadInputs = {
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
};
