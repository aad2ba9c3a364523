import { generatorDocument } from '../../manifests.ts';
import { type MakePosition, newCanary, secretDocument } from '../secret-sources.ts';

/** An ExternalSecret whose template is in a Secret. */
export const external = (
  rewrite = '',
  origin = '{name: texts, items: [{key: text}]}',
) => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: credentials, namespace: team-a}
spec:
  dataFrom:
  - sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}
${rewrite}  target:
    template:
      templateFrom:
      - secret: ${origin}
`;

/** Templates that stop at a value: the function, and what it cannot do with it. */
const STOPPING = [
  '{{ atoi .session_token | add .access_key_id }}',
  '{{ index .session_token 99999 }}',
  '{{ index .session_token "a" }}',
  '{{ .session_token.access_key_id }}',
  '{{ fail .session_token }}',
  '{{ slice .session_token 900 1000 }}',
  '{{ range $one := .session_token }}{{ end }}',
  '{{ template .session_token }}',
];

/** What templates read, and what is written around it. */
export const TEMPLATE_POSITIONS: Readonly<Record<string, MakePosition>> = {
  'a template in a Secret': ({ user }) => {
    const canary = newCanary();
    const generator = generatorDocument();
    const withText = (text: string, rewrite?: string) => ({
      documents: [generator, external(rewrite), secretDocument('texts', { text })],
    });
    const broken = [`{{ "${canary}" | nothing }}`, `{{ ${canary} }}`, `{{ if "${canary}" }}`, `{{ "${canary} }}`];
    return {
      ...withText(`{{ .access_key_id }} {{ .session_token }} ${canary}`),
      environment: { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey },
      canaries: { 'secret key': user.secretAccessKey, 'text of a template': canary },
      spoilt: Object.fromEntries([
        ...STOPPING.map((text) => [text, withText(`${canary} ${text}`)]),
        ...broken.map((text, index) => [`a template that is broken, ${index + 1}`, withText(text)]),
        ['a rewrite whose pattern is none', withText('a', '    rewrite: [{regexp: {source: "(", target: "a"}}]\n')],
      ]),
    };
  },
};
