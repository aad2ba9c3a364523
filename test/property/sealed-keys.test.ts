import { beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { messageOf } from '../../function/findings/finding.ts';
import { runResourceList } from '../../function/hosts/stdio.ts';
import { encryptSecret } from '../../function/sops/sops.ts';
import { type AgeKeys, newAgeKeys } from '../support/age-keys.ts';
import { IS_WHOLE } from '../support/is-whole.ts';
import { findLeaks, needlesOf } from '../support/leaks/find-leaks.ts';
import { newAccessKeyId, newCanary } from '../support/leaks/secret-sources.ts';
import { functionConfig, GOOD_SPEC, generatorDocument, item, list } from '../support/manifests.ts';
import { ambient, fakeWorld } from '../support/world/fake-world.ts';

/** Each way to name the values of a Secret that SOPS encrypted: exchanged, repeated, misnamed, and beside another reader. */
const VALUES: Readonly<Record<string, string>> = {
  id: newAccessKeyId(),
  temporary: newAccessKeyId().replace('AKIA', 'ASIA'),
  secret: newCanary(),
  token: newCanary(),
  password: newCanary(),
};
const NAMES = [...Object.keys(VALUES), 'nothing'];
/** The secret key is never sent: which one it is matters less. */
const SECRETS = IS_WHOLE ? NAMES : ['secret', 'nothing'];
const NEEDLES = needlesOf(VALUES);
const ref = (key: string) => `{name: keys, key: ${key}}`;

let keys: AgeKeys;
let sealed: string;
beforeAll(async () => {
  keys = await newAgeKeys();
  const data = Object.entries(VALUES).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const metadata = { name: 'keys', namespace: 'team-a' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: Object.fromEntries(data) };
  sealed = stringify(await encryptSecret(secret, { recipients: [keys.recipient], now: new Date() }));
});

/** The references of a generator's keys. */
interface References {
  readonly id: string;
  readonly secret: string;
  readonly token: string | undefined;
}

/** What else is read from the Secret. */
const READERS = {
  'nobody else': { documents: [], sessions: '[]' },
  'an external ID': { documents: [], sessions: `[{last: {externalIDFrom: ${ref('password')}}}]` },
  'a template': {
    documents: [
      'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: other, namespace: team-a}\nspec: {target: {template: {templateFrom: [{secret: {name: keys, items: [{key: password}]}}]}}, dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}]}\n',
    ],
    sessions: '[]',
  },
};

/** The ID and the token that are sent, for each client that is made, and which of the values are anywhere else. */
async function run({ id, secret, token }: References, { documents, sessions }: (typeof READERS)[keyof typeof READERS]) {
  const ofToken = token === undefined ? '' : `, sessionTokenSecretRef: ${ref(token)}`;
  const auth = `auth: {secretRef: {accessKeyIDSecretRef: ${ref(id)}, secretAccessKeySecretRef: ${ref(secret)}${ofToken}}}`;
  const items = [sealed, generatorDocument(`${GOOD_SPEC}, ${auth}`), ...documents].map(item).join('');
  const input = list(items, functionConfig(`  metadata: {name: options}\n  sessions: ${sessions}\n`));
  const world = fakeWorld();
  const sent: (string | undefined)[][] = [];
  const client: typeof world.sts.client = (options) => {
    const { accessKeyId, sessionToken } = options.credentials ?? {};
    sent.push([accessKeyId?.reveal(), sessionToken?.reveal()]);
    return world.sts.client(options);
  };
  const environment = { SOPS_AGE_KEY: keys.identity.reveal() };
  const recording = { ...world, sts: { client }, ambient: ambient(environment) };
  const { output, findings } = await runResourceList(Buffer.from(input), recording);
  const requests = JSON.stringify(world.calls.map(({ request }) => request));
  const texts = [output.slice(input.indexOf('functionConfig:')), ...findings.map((one) => messageOf(one)), requests];
  return { sent, leaks: texts.flatMap((text) => findLeaks(text, NEEDLES)) };
}

test.each(Object.entries(READERS))(
  'what SOPS encrypted reaches nothing but a signer, beside %s',
  async (name, reader) => {
    const wrong: object[] = [];
    let honest = 0;
    for (const id of NAMES)
      for (const secret of SECRETS)
        for (const token of [undefined, ...NAMES]) {
          const areThere = [id, secret, token].every((key) => key !== 'nothing');
          const isSession = id === 'temporary' && token !== undefined;
          const isHonest = name === 'nobody else' && areThere && (isSession || (id === 'id' && token === undefined));
          const { sent, leaks } = await run({ id, secret, token }, reader);
          const expected = isHonest ? [[VALUES[id], token && VALUES[token]]] : [];
          if (isHonest) honest += 1;
          if (leaks.length > 0 || JSON.stringify(sent) !== JSON.stringify(expected))
            wrong.push({ id, secret, token, leaks, clients: sent.length });
        }
    expect({ wrong, honest }).toEqual({ wrong: [], honest: name === 'nobody else' ? 6 * (SECRETS.length - 1) : 0 });
  },
);
