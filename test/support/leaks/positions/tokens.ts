import { join } from 'node:path';
import { GOOD_SPEC, generatorDocument } from '../../manifests.ts';
import { BASE, linesOfKey, type MakePosition, newCanary, serviceAccountDocument } from '../secret-sources.ts';

const documents = [generatorDocument()];
const entry = (identity: string) => `[{identity: {${identity}, role: "${BASE}"}}]`;

/** Tokens that are exchanged for a session. */
export const TOKEN_POSITIONS: Readonly<Record<string, MakePosition>> = {
  tokenFile: async ({ newToken, files }) => {
    const [token, broken] = [await newToken(), newCanary()];
    files.write('token', `${token}\n`);
    return {
      documents,
      sessions: entry(`tokenFile: "${join(files.path, 'token')}"`),
      canaries: { token, broken },
    };
  },
  tokenEnv: async ({ newToken }) => {
    const [token, broken] = [await newToken(), newCanary()];
    return {
      documents,
      sessions: entry('tokenEnv: OIDC_TOKEN'),
      environment: { OIDC_TOKEN: token },
      canaries: { token, broken },
      spoilt: {
        'white space in it': { environment: { OIDC_TOKEN: `${broken} ${broken}` } },
        'no token at all': { environment: { OIDC_TOKEN: broken } },
        'a token that is changed': { environment: { OIDC_TOKEN: `${token}${broken}` } },
      },
    };
  },
  github: ({ url: origin, passwords, githubToken }) => {
    const url = `${origin}/github?a=b`;
    const password = newCanary();
    const canaries = { 'request token': passwords.github, token: githubToken, password };
    const echo = Object.values(canaries).join(' ');
    const unreachable = `http://user:${encodeURIComponent(password)}@127.0.0.1:1/github`;
    return {
      documents,
      sessions: entry('github: {}'),
      environment: { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: passwords.github },
      canaries,
      spoilt: {
        'a refusal': { answer: { status: 403, body: echo } },
        nonsense: { answer: { status: 200, body: echo } },
        'a token with white space': { answer: { status: 200, body: JSON.stringify({ value: echo }) } },
        'a request token that no header can have': {
          environment: { ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${password}\n${password}` },
        },
        'an address that is none': { environment: { ACTIONS_ID_TOKEN_REQUEST_URL: password } },
        'nobody at the address': { environment: { ACTIONS_ID_TOKEN_REQUEST_URL: unreachable } },
      },
    };
  },
  'a ServiceAccount': ({ apiServer, clientKey, files, serviceAccountToken, url }) => {
    const [caller, failing, password] = [newCanary(), newCanary(), newCanary()];
    const pem = (text: string) => Buffer.from(text).toString('base64');
    const user = `token: "${caller}", client-certificate-data: ${pem(clientKey.cert)}, client-key-data: ${pem(clientKey.key)}`;
    const plugin = (argument: string, script: string) => {
      const run = `{apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Never, args: [-c, ${JSON.stringify(script)}, "${argument}"]}`;
      return `exec: ${run}`;
    };
    const kubeconfig = (name: string, text: string) => {
      files.write(name, apiServer.kubeconfigText.replace('token: CANARY-caller', text));
      return { KUBECONFIG: join(files.path, name) };
    };
    const canaries = {
      ...{ 'token of the kubeconfig': caller, 'token of the ServiceAccount': serviceAccountToken, password },
      ...{ "a plugin's": failing, ...linesOfKey('client key', clientKey.key) },
    };
    const echo = Object.values(canaries).join(' ');
    return {
      documents: [
        generatorDocument(`${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: deployer}}}`),
        serviceAccountDocument('deployer', BASE),
      ],
      environment: { STS_FUNCTION_CLUSTER: 'context:ci', ...kubeconfig('kubeconfig', user) },
      canaries,
      spoilt: {
        'an API server that does not know the caller': { answer: { status: 401, body: echo } },
        'an API server that forbids it': { answer: { status: 403, body: echo } },
        nonsense: { answer: { status: 200, body: echo } },
        'a proxy with a password that nobody listens at': {
          environment: { HTTPS_PROXY: `http://user:${encodeURIComponent(password)}@127.0.0.1:1` },
        },
        'a proxy with a password that refuses': {
          environment: { HTTPS_PROXY: url.replace('//', `//user:${encodeURIComponent(password)}@`) },
        },
        'a plugin that fails': {
          environment: kubeconfig('failing', plugin('a', `echo ${failing}; echo ${failing} >&2; exit 1`)),
        },
        'a plugin that prints nonsense': { environment: kubeconfig('nonsense', plugin('a', `echo ${failing}`)) },
        'a kubeconfig that is broken': { environment: kubeconfig('broken', `token: "${caller}`) },
        'a client key that is none': {
          environment: kubeconfig('no-key', user.replace(/client-key-data: .*/, `client-key-data: ${pem(failing)}`)),
        },
      },
    };
  },
};
