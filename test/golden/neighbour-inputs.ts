import { generator, list, secret } from '../support/resource-list.ts';
import type { BadInputs } from './bad-inputs.ts';

const SESSION = { kind: 'STSSessionToken', name: 'me' };
const REGISTRY = { kind: 'ECRAuthorizationToken', name: 'registry' };
const REGION = 'region: eu-west-1';
const ROLE = 'role: "arn:aws:iam::123456789012:role/deployer"';
const DEVICE = 'serialNumber: "arn:aws:iam::111111111111:mfa/ci"';
const JWT = 'auth: {jwt: {serviceAccountRef: {name: a}}}';
const KEYS = 'accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}';
const SESSION_KEYS = `auth: {secretRef: {${KEYS}, sessionTokenSecretRef: {name: keys, key: token}}}`;
const ELSEWHERE = KEYS.replaceAll('name: keys', 'name: keys, namespace: team-b');
const KINDS = 'match: {kinds: [STSSessionToken, ECRAuthorizationToken]}';

const options = (fields: string) =>
  `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, ${fields}}\n`;
const session = (spec: string, fields?: string) =>
  list(generator(spec, SESSION), fields === undefined ? '' : options(fields));
const registry = (spec: string, fields?: string) =>
  list(generator(spec, REGISTRY), fields === undefined ? '' : options(fields));
const both = (fields: string) => list(generator(REGION, SESSION) + generator(REGION, REGISTRY), options(fields));
const parameters = (text: string) => session(`${REGION}, requestParameters: {${text}}`);

/** What is refused of the two generators beside STSAssumeRoleToken. */
export const NEIGHBOUR_INPUTS: BadInputs = {
  'a session token without region': session(''),
  'a session token with a role': session(`${REGION}, ${ROLE}`),
  'a session token for a ServiceAccount': session(`${REGION}, ${JWT}`),
  'a session token for keys of a session': session(`${REGION}, ${SESSION_KEYS}`),
  'a session token for keys of a session, told by their ID': list(
    generator(`${REGION}, auth: {secretRef: {${KEYS}}}`, SESSION) + secret('id: ASIACANARY, secret: CANARY'),
  ),
  'a session token for keys of a session, in the environment': {
    input: session(REGION),
    environment: { AWS_ACCESS_KEY_ID: 'ASIACANARY', AWS_SECRET_ACCESS_KEY: 'CANARY', AWS_SESSION_TOKEN: 'CANARY' },
  },
  'references into another namespace': list(
    [SESSION, REGISTRY].map((one) => generator(`${REGION}, auth: {secretRef: {${ELSEWHERE}}}`, one)).join(''),
  ),
  'a session token that is too short': parameters('sessionDuration: 899'),
  'a session token that is too long': parameters('sessionDuration: 129601'),
  'a session token of no duration': parameters('sessionDuration: 0'),
  'a device without a code': parameters(DEVICE),
  'a code without a device': parameters('tokenCode: "123456"'),
  'a code of five digits, and a device that is none': parameters('serialNumber: "a b", tokenCode: "98765"'),
  'a code without quotes': parameters(`${DEVICE}, tokenCode: 987654`),
  'an external ID, and an old name': parameters('externalID: ab, mfaSerial: a'),
  'an entry with a token and roles, for a session token': {
    input: session(
      REGION,
      `sessions: [{${KINDS}, identity: {tokenEnv: TOKEN}, via: ["arn:aws:iam::111111111111:role/hub"], last: {sessionName: me}}]`,
    ),
    environment: { TOKEN: 'CANARY' },
  },
  'a scope that is none': registry(`${REGION}, scope: protected`),
  'a registry with parameters': registry(`${REGION}, requestParameters: {sessionDuration: 3600}`),
  'a registry with an empty role': registry(`${REGION}, role: ""`),
  'a registry in a region that is a host name': registry('region: "x.attacker.example#"'),
  'public registries of another partition': registry('region: cn-north-1, scope: public'),
  'a token and no role to exchange it for': {
    input: registry(REGION, `sessions: [{${KINDS}, identity: {tokenEnv: TOKEN}}]`),
    environment: { TOKEN: 'CANARY' },
  },
  'the last hop, where there is none': registry(REGION, `sessions: [{${KINDS}, last: {sessionName: me}}]`),
  'formats for what others give': both(
    `sessions: [{${KINDS}, secrets: [{format: env}, {name: "\${name}-b", format: dockerConfigJson}]}]`,
  ),
  'a key where Kubernetes chooses it': registry(
    REGION,
    `sessions: [{${KINDS}, secrets: [{format: dockerConfigJson, key: a}]}]`,
  ),
  'an entry for kinds that are not there': both('sessions: [{via: []}]'),
  'a kind that nobody has': both('sessions: [{match: {kinds: [ECRAuthorisationToken]}}]'),
  'what allow does not have without a role': both('allow: [{withoutRole: []}]'),
  'two endpoints of registries': {
    input: registry(REGION),
    environment: {
      AWS_ECR_ENDPOINT: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:2',
      AWS_ECR_PUBLIC_ENDPOINT: 'public.ecr.aws',
    },
  },
  'a registry on a port on which nobody listens': {
    input: registry(REGION),
    environment: { AWS_ECR_ENDPOINT: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  },
  'a registry, and no credentials': registry(REGION),
};

const MFA = `${REGION}, requestParameters: {${DEVICE}, tokenCode: "CODE"}`;

/** What AWS refuses of them, by the name of a fault in messages.test.ts. */
export const NEIGHBOURS = {
  session: session(REGION),
  mfa: session(MFA),
  registry: registry(`${REGION}, ${ROLE}`),
  publicRegistry: registry(`${REGION}, scope: public`),
} as const;
