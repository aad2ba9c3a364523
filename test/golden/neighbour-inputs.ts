import { generator, list, secret } from '../support/resource-list.ts';
import type { BadInput } from './bad-inputs.ts';

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
export const NEIGHBOUR_INPUTS: readonly BadInput[] = [
  { name: 'a session token without region', input: session('') },
  { name: 'a session token with a role', input: session(`${REGION}, ${ROLE}`) },
  { name: 'a session token for a ServiceAccount', input: session(`${REGION}, ${JWT}`) },
  { name: 'a session token for keys of a session', input: session(`${REGION}, ${SESSION_KEYS}`) },
  {
    name: 'a session token for keys of a session, told by their ID',
    input: list(
      generator(`${REGION}, auth: {secretRef: {${KEYS}}}`, SESSION) + secret('id: ASIACANARY, secret: CANARY'),
    ),
  },
  {
    name: 'a session token for keys of a session, in the environment',
    input: session(REGION),
    environment: { AWS_ACCESS_KEY_ID: 'ASIACANARY', AWS_SECRET_ACCESS_KEY: 'CANARY', AWS_SESSION_TOKEN: 'CANARY' },
  },
  {
    name: 'references into another namespace',
    input: list(
      [SESSION, REGISTRY].map((one) => generator(`${REGION}, auth: {secretRef: {${ELSEWHERE}}}`, one)).join(''),
    ),
  },
  { name: 'a session token that is too short', input: parameters('sessionDuration: 899') },
  { name: 'a session token that is too long', input: parameters('sessionDuration: 129601') },
  { name: 'a session token of no duration', input: parameters('sessionDuration: 0') },
  { name: 'a device without a code', input: parameters(DEVICE) },
  { name: 'a code without a device', input: parameters('tokenCode: "123456"') },
  {
    name: 'a code of five digits, and a device that is none',
    input: parameters('serialNumber: "a b", tokenCode: "98765"'),
  },
  { name: 'a code without quotes', input: parameters(`${DEVICE}, tokenCode: 987654`) },
  { name: 'an external ID, and an old name', input: parameters('externalID: ab, mfaSerial: a') },
  {
    name: 'an entry with a token and roles, for a session token',
    input: session(
      REGION,
      `sessions: [{${KINDS}, identity: {tokenEnv: TOKEN}, via: ["arn:aws:iam::111111111111:role/hub"], last: {sessionName: me}}]`,
    ),
    environment: { TOKEN: 'CANARY' },
  },
  { name: 'a scope that is none', input: registry(`${REGION}, scope: protected`) },
  { name: 'a registry with parameters', input: registry(`${REGION}, requestParameters: {sessionDuration: 3600}`) },
  { name: 'a registry with an empty role', input: registry(`${REGION}, role: ""`) },
  { name: 'a registry in a region that is a host name', input: registry('region: "x.attacker.example#"') },
  { name: 'public registries of another partition', input: registry('region: cn-north-1, scope: public') },
  {
    name: 'a token and no role to exchange it for',
    input: registry(REGION, `sessions: [{${KINDS}, identity: {tokenEnv: TOKEN}}]`),
    environment: { TOKEN: 'CANARY' },
  },
  {
    name: 'the last hop, where there is none',
    input: registry(REGION, `sessions: [{${KINDS}, last: {sessionName: me}}]`),
  },
  {
    name: 'formats for what others give',
    input: both(`sessions: [{${KINDS}, secrets: [{format: env}, {name: "\${name}-b", format: dockerConfigJson}]}]`),
  },
  {
    name: 'a key where Kubernetes chooses it',
    input: registry(REGION, `sessions: [{${KINDS}, secrets: [{format: dockerConfigJson, key: a}]}]`),
  },
  { name: 'an entry for kinds that are not there', input: both('sessions: [{via: []}]') },
  { name: 'a kind that nobody has', input: both('sessions: [{match: {kinds: [ECRAuthorisationToken]}}]') },
  { name: 'what allow does not have without a role', input: both('allow: [{withoutRole: []}]') },
  {
    name: 'two endpoints of registries',
    input: registry(REGION),
    environment: {
      AWS_ECR_ENDPOINT: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:2',
      AWS_ECR_PUBLIC_ENDPOINT: 'public.ecr.aws',
    },
  },
  {
    name: 'a registry on a port on which nobody listens',
    input: registry(REGION),
    environment: { AWS_ECR_ENDPOINT: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  },
  { name: 'a registry, and no credentials', input: registry(REGION) },
];

const MFA = `${REGION}, requestParameters: {${DEVICE}, tokenCode: "CODE"}`;

/** What AWS refuses of them, by the name of a fault in messages.test.ts. */
export const NEIGHBOURS = {
  session: session(REGION),
  mfa: session(MFA),
  registry: registry(`${REGION}, ${ROLE}`),
  publicRegistry: registry(`${REGION}, scope: public`),
} as const;
