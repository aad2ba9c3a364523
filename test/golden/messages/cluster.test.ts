import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { forAllTests } from '../../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, list } from '../../support/manifests.ts';
import {
  type ApiAnswer,
  type Cluster,
  kubeconfigFor,
  SERVICE_ACCOUNT_PATH,
  serviceAccount,
  startCluster,
  TOKEN_PATH,
  WITH_SERVICE_ACCOUNT,
} from '../../support/stand-in-cluster.ts';
import { expectMessages, show, showEach } from './expect-messages.ts';
import { JWT, SECRET_REF, withInput } from './resource-lists.ts';

/** What an API server does, or what leads to it, and what is made of it. */
interface ClusterFault {
  /** Default: a generator that asks for the session of a ServiceAccount. */
  readonly input?: string;
  /** Answers for the next requests to a path. */
  readonly put?: readonly (readonly [path: string, answer: ApiAnswer])[];
  readonly environment?: (cluster: Cluster) => Readonly<Record<string, string>>;
}

const status = (code: number): ApiAnswer => ({ status: code, body: { kind: 'Status', code, message: 'CANARY' } });
const account = (annotations: Record<string, string>): ApiAnswer => ({
  status: 200,
  body: serviceAccount({ annotations }),
});
const ROLE = { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111111111111:role/service-account' };
const withKeys = list(generatorItem(`${GOOD_SPEC}, auth: {${SECRET_REF}}`));
const KEYS = '/api/v1/namespaces/team-a/secrets/keys';
const GENERATORS = '/apis/generators.external-secrets.io/v1alpha1';
const GENERATOR = `${GENERATORS}/namespaces/team-a/stsassumeroletokens/deployer`;
const SHARED = `${GENERATORS}/clustergenerators/deployer`;
const external = (kind: string) =>
  list(`- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: credentials, namespace: team-a}
  spec: {dataFrom: [{sourceRef: {generatorRef: {kind: ${kind}, name: deployer}}}]}
`);
/** A token as an API server makes it for itself: its audience is its issuer. */
const ownToken = ['{}', JSON.stringify({ iss: 'https://own', aud: ['https://own'] }), 'CANARY']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');
const kubeconfig = (text: string) => (cluster: Cluster) => {
  const path = join(cluster.kubeconfig, '..', 'other');
  writeFileSync(path, text);
  return { KUBECONFIG: path };
};

const faults: Readonly<Record<string, ClusterFault>> = {
  'RBAC without get serviceaccounts': { put: [[SERVICE_ACCOUNT_PATH, status(403)]] },
  'RBAC without create serviceaccounts/token': { put: [[TOKEN_PATH, status(403)]] },
  'RBAC without get secrets': { input: withKeys, put: [[KEYS, status(403)]] },
  'a ServiceAccount that is nowhere': { put: [[SERVICE_ACCOUNT_PATH, status(404)]] },
  'a ServiceAccount that was deleted meanwhile': { put: [[TOKEN_PATH, status(404)]] },
  'a ServiceAccount without a role': { put: [[SERVICE_ACCOUNT_PATH, account({})]] },
  'a ServiceAccount whose role is none': {
    put: [[SERVICE_ACCOUNT_PATH, account({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:user/x' })]],
  },
  "a ServiceAccount with the API server's audience": {
    put: [[SERVICE_ACCOUNT_PATH, account({ ...ROLE, 'eks.amazonaws.com/audience': 'kubernetes.svc' })]],
  },
  'a token for its own issuer': {
    put: [[TOKEN_PATH, { status: 201, body: { kind: 'TokenRequest', status: { token: ownToken } } }]],
  },
  'a Secret that is nowhere': { input: withKeys },
  'RBAC without get of a generator': { input: external('STSAssumeRoleToken'), put: [[GENERATOR, status(403)]] },
  'RBAC without get of a ClusterGenerator': { input: external('ClusterGenerator'), put: [[SHARED, status(403)]] },
  'a generator that is nowhere': { input: external('STSAssumeRoleToken') },
  'a caller whom the API server does not know': { put: [[SERVICE_ACCOUNT_PATH, status(401)]] },
  'a token request that the API server refuses': { put: [[TOKEN_PATH, status(422)]] },
  'an API server that answers something else': { put: [[TOKEN_PATH, { status: 201, body: ['CANARY'] }]] },
  'a context that the kubeconfig does not have': { environment: () => ({ STS_FUNCTION_CLUSTER: 'context:prod' }) },
  'a kubeconfig without https': { environment: kubeconfig(kubeconfigFor('http://127.0.0.1:1')) },
  'an API server on which nobody listens': { environment: kubeconfig(kubeconfigFor('https://127.0.0.1:1')) },
  'an API server whose authority is unknown': {
    environment: (cluster) => kubeconfig(kubeconfigFor(`https://127.0.0.1:${cluster.port}`))(cluster),
  },
  'a plugin of the kubeconfig that fails': {
    environment: kubeconfig(
      kubeconfigFor('https://127.0.0.1:1').replace(
        'token: CANARY-caller',
        'exec: {apiVersion: client.authentication.k8s.io/v1, command: "false", interactiveMode: Never}',
      ),
    ),
  },
};

const cluster = forAllTests(startCluster);

const inCluster = (spec: string, environment: Record<string, string> = {}) => ({
  input: list(generatorItem(spec)),
  environment: { STS_FUNCTION_CLUSTER: 'context:ci', KUBECONFIG: '/nonexistent', ...environment },
});

test('what is said of a cluster, and of what it answers', async () => {
  const shown = await showEach({
    'a cluster that is none': withInput('cluster: {}', generatorItem(JWT)),
    'two clusters in one': withInput('cluster: {context: ci, inCluster: true}', generatorItem(JWT)),
    'a cluster that is not the one of the environment': {
      input: withInput('cluster: {inCluster: true}', generatorItem(JWT)),
      environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
    },
    'jwt without a namespace': {
      input: list(generatorItem(JWT, { metadata: 'labels: {}' })),
      environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
    },
    "the API server's own audience": inCluster(
      `${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: a, audiences: ["https://kubernetes.default.svc"]}}}`,
    ),
    'no kubeconfig': inCluster(JWT),
    'in-cluster outside of a pod': inCluster(JWT, { STS_FUNCTION_CLUSTER: 'in-cluster' }),
    'no Secret, and an object without namespace that no cluster is asked for': {
      input: list(generatorItem(`${GOOD_SPEC}, auth: {${SECRET_REF}}`, { metadata: 'labels: {}' })),
      environment: { STS_FUNCTION_CLUSTER: 'context:ci' },
    },
  });
  for (const [name, fault] of Object.entries(faults)) shown.push(await showFault(name, fault));
  expectMessages(import.meta.filename, shown);
});

async function showFault(name: string, { input = WITH_SERVICE_ACCOUNT, put = [], environment }: ClusterFault) {
  for (const [path, answer] of put) cluster.put(path, answer);
  const port = new RegExp(`:${cluster.port}\\b`, 'g');
  const { stderr, ...ended } = await cluster.run(input, environment?.(cluster));
  return show(name, input, { ...ended, stderr: stderr.replaceAll(port, ':PORT') });
}
