import { test } from '@jest/globals';
import { generatorItem, list, secret } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { MATCH_OTHER_KINDS, REGION, REGISTRY_TOKEN, ROLE, SESSION_TOKEN, withInput } from './resource-lists.ts';

const DEVICE = 'serialNumber: "arn:aws:iam::111111111111:mfa/ci"';
const JWT = 'auth: {jwt: {serviceAccountRef: {name: a}}}';
const KEYS = 'accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}';
const SESSION_KEYS = `auth: {secretRef: {${KEYS}, sessionTokenSecretRef: {name: keys, key: token}}}`;
const ELSEWHERE = KEYS.replaceAll('name: keys', 'name: keys, namespace: team-b');

const session = (spec: string) => list(generatorItem(spec, SESSION_TOKEN));
const parameters = (text: string) => session(`${REGION}, requestParameters: {${text}}`);

test('what is said of the spec of an STSSessionToken', async () => {
  const shown = await showEach({
    'a session token without region': session(''),
    'a session token with a role': session(`${REGION}, ${ROLE}`),
    'a session token for a ServiceAccount': session(`${REGION}, ${JWT}`),
    'a session token for keys of a session': session(`${REGION}, ${SESSION_KEYS}`),
    'a session token for keys of a session, told by their ID': list(
      generatorItem(`${REGION}, auth: {secretRef: {${KEYS}}}`, SESSION_TOKEN) +
        secret('id: ASIACANARY, secret: CANARY'),
    ),
    'a session token for keys of a session, in the environment': {
      input: session(REGION),
      environment: { AWS_ACCESS_KEY_ID: 'ASIACANARY', AWS_SECRET_ACCESS_KEY: 'CANARY', AWS_SESSION_TOKEN: 'CANARY' },
    },
    'references into another namespace': list(
      [SESSION_TOKEN, REGISTRY_TOKEN]
        .map((one) => generatorItem(`${REGION}, auth: {secretRef: {${ELSEWHERE}}}`, one))
        .join(''),
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
      input: withInput(
        `sessions: [{${MATCH_OTHER_KINDS}, identity: {tokenEnv: TOKEN}, via: ["arn:aws:iam::111111111111:role/hub"], last: {sessionName: me}}]`,
        generatorItem(REGION, SESSION_TOKEN),
      ),
      environment: { TOKEN: 'CANARY' },
    },
  });
  expectMessages(import.meta.filename, shown);
});
