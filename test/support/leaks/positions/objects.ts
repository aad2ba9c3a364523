import { stringify } from 'yaml';
import { encryptSecret } from '../../../../function/sops/sops.ts';
import { newAgeKeys } from '../../age-keys.ts';
import { GOOD_SPEC, generatorDocument } from '../../manifests.ts';
import { type MakePosition, newCanary, PARTNER, secretDocument } from '../secret-sources.ts';
import { external } from './templates.ts';

const reference = (key: string) => `{name: keys, key: ${key}}`;
const keysAt = (id: string, secret: string, token?: string) =>
  `, auth: {secretRef: {accessKeyIDSecretRef: ${reference(id)}, secretAccessKeySecretRef: ${reference(secret)}${token === undefined ? '' : `, sessionTokenSecretRef: ${reference(token)}`}}}`;
const WITH_KEYS = keysAt('id', 'secret');
const WITH_SESSION = keysAt('id', 'secret', 'token');

/** Secrets that lie in objects of the package. */
export const OBJECT_POSITIONS: Readonly<Record<string, MakePosition>> = {
  'keys and a session token in a Secret': ({ session }) => {
    const values = { id: session.AccessKeyId, secret: session.SecretAccessKey, token: session.SessionToken };
    const document = secretDocument('keys', values);
    const generator = generatorDocument(GOOD_SPEC + WITH_SESSION);
    const changed = (text: string) => ({ documents: [generator, text] });
    return {
      documents: [generator, document],
      canaries: values,
      spoilt: {
        'a newline behind a key': changed(secretDocument('keys', { ...values, id: `${values.id}\n` })),
        'white space in a token': changed(secretDocument('keys', { ...values, token: `a ${values.token}` })),
        'a key whose value is not in base64': changed(
          document.replace(/ {2}secret: .*/, `  secret: "${values.secret}!"`),
        ),
        'a key twice': changed(document.replace('  token:', '  id:')),
        'YAML that is broken': changed(document.replace('  token: ', '  token: "')),
        'a list in place of a value': changed(document.replace(/ {2}token: (.*)/, '  token: [$1]')),
      },
    };
  },
  'keys and an external ID in Secrets': ({ user, externalID }) => {
    const keys = secretDocument('keys', { id: user.accessKeyId, secret: user.secretAccessKey });
    const generator = generatorDocument(`region: eu-west-1, role: "${PARTNER}"${WITH_KEYS}`);
    const changed = (text: string) => ({
      documents: [generator, keys, secretDocument('external', { id: text })],
    });
    return {
      documents: [generator, keys, secretDocument('external', { id: externalID })],
      sessions: '[{last: {externalIDFrom: {name: external, key: id}}}]',
      canaries: { 'access key ID': user.accessKeyId, 'secret key': user.secretAccessKey, 'external ID': externalID },
      spoilt: {
        'an external ID that STS cannot take': changed(`${externalID} ä`),
        'an external ID that is too long': changed(externalID.repeat(60)),
        'another external ID': changed(externalID.toLowerCase()),
      },
    };
  },
  'keys that SOPS encrypted': async ({ user, files }) => {
    const [keys, others] = await Promise.all([newAgeKeys(), newAgeKeys()]);
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const metadata = { name: 'keys', namespace: 'team-a', annotations: {} };
    const password = newCanary();
    const data = { id: base64(user.accessKeyId), secret: base64(user.secretAccessKey), password: base64(password) };
    const encrypted = await encryptSecret(
      { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data },
      { recipients: [keys.recipient], now: new Date() },
    );
    const [own, other, broken] = [keys.identity.reveal(), others.identity.reveal(), newCanary()];
    files.write('keys.txt', `# canary: ${broken}\n${broken}\n`);
    const document = stringify(encrypted);
    const generator = generatorDocument(GOOD_SPEC + WITH_KEYS);
    const changed = document.replace(/(?<=id: ENC\[AES256_GCM,data:)./, (first) => (first === 'Z' ? 'Y' : 'Z'));
    return {
      documents: [generator, document],
      environment: { SOPS_AGE_KEY: own },
      isRefusedByServe: true,
      canaries: {
        ...{
          'access key ID': user.accessKeyId,
          'secret key': user.secretAccessKey,
          password,
          'broken age key': broken,
        },
        // all begin alike
        ...{ 'age key': own.slice(16), "somebody else's age key": other.slice(16) },
      },
      spoilt: {
        "somebody else's age key": { environment: { SOPS_AGE_KEY: other } },
        'an age key that is none': { environment: { SOPS_AGE_KEY: `AGE-SECRET-KEY-1${broken}` } },
        'a file of age keys that are none': {
          environment: { SOPS_AGE_KEY: '', SOPS_AGE_KEY_FILE: `${files.path}/keys.txt` },
        },
        'a value that was changed': { documents: [generator, changed] },
        'references that are exchanged': {
          documents: [generatorDocument(GOOD_SPEC + keysAt('secret', 'id')), document],
        },
        'a reference to another value': {
          documents: [generatorDocument(GOOD_SPEC + keysAt('password', 'secret')), document],
        },
        'a value as the token of long-term keys': {
          documents: [generatorDocument(GOOD_SPEC + keysAt('id', 'secret', 'password')), document],
        },
        'the same value for all': {
          documents: [generatorDocument(GOOD_SPEC + keysAt('password', 'password', 'password')), document],
        },
        'a template of it': {
          documents: [generator, document, external('', '{name: keys, items: [{key: password}]}')],
        },
      },
    };
  },
};
