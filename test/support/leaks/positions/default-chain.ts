import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { generatorDocument } from '../../manifests.ts';
import { BASE, type MakePosition, newCanary, type Position, type SecretSources } from '../secret-sources.ts';

const documents = [generatorDocument()];
const keysOf = ({ user }: SecretSources) => ({ 'access key ID': user.accessKeyId, 'secret key': user.secretAccessKey });
const sessionOf = ({ session }: SecretSources) => ({
  'access key ID': session.AccessKeyId,
  'secret key': session.SecretAccessKey,
  'session token': session.SessionToken,
});

/** A server that hands out sessions, and everything that it may answer instead. */
function handedOut(sources: SecretSources, password: string, environment: Record<string, string>): Position {
  const canaries = { ...sessionOf(sources), password };
  const echo = Object.values(canaries).join(' ');
  return {
    documents,
    environment,
    canaries,
    spoilt: {
      'a refusal': { answer: { status: 403, body: echo } },
      nonsense: { answer: { status: 200, body: echo } },
      'half of an answer': {
        answer: { status: 200, body: JSON.stringify({ AccessKeyId: echo, Code: echo, Message: echo }) },
      },
    },
  };
}

/** Where the SDK's own chain finds credentials. */
export const DEFAULT_CHAIN_POSITIONS: Readonly<Record<string, MakePosition>> = {
  'keys and a session token in the environment': (sources) => {
    const { session } = sources;
    return {
      documents,
      environment: {
        AWS_ACCESS_KEY_ID: session.AccessKeyId,
        AWS_SECRET_ACCESS_KEY: session.SecretAccessKey,
        AWS_SESSION_TOKEN: session.SessionToken,
      },
      canaries: sessionOf(sources),
      spoilt: {
        'a token that no header can have': { environment: { AWS_SESSION_TOKEN: `${session.SessionToken}\n` } },
        'keys of somebody else': { environment: { AWS_SECRET_ACCESS_KEY: session.SessionToken } },
      },
    };
  },
  'keys in a shared file': (sources) => {
    const { user, files } = sources;
    const keys = `aws_access_key_id = ${user.accessKeyId}\naws_secret_access_key = ${user.secretAccessKey}\n`;
    files.write('credentials', `[ci]\n${keys}`);
    files.write('config', `[profile base]\nrole_arn = ${BASE}\nsource_profile = ci\n`);
    files.write('broken', `[profile base\n${keys.replaceAll('\n', '\n[')}`);
    files.write(
      'denied',
      `[profile base]\nrole_arn = ${BASE}x\nsource_profile = ci\nexternal_id = ${user.secretAccessKey}\n`,
    );
    const at = (name: string) => join(files.path, name);
    return {
      documents,
      environment: {
        AWS_SHARED_CREDENTIALS_FILE: at('credentials'),
        AWS_CONFIG_FILE: at('config'),
        AWS_PROFILE: 'base',
      },
      canaries: keysOf(sources),
      spoilt: {
        'files that are broken': {
          environment: { AWS_SHARED_CREDENTIALS_FILE: at('broken'), AWS_CONFIG_FILE: at('broken') },
        },
        'a role that is denied': { environment: { AWS_CONFIG_FILE: at('denied') } },
      },
    };
  },
  'keys that a process prints': (sources) => {
    const { user, files } = sources;
    const failing = newCanary();
    const program = (name: string, text: string) => {
      files.write(name, `#!/bin/sh\n${text}\n`);
      chmodSync(join(files.path, name), 0o700);
      files.write(`${name}.config`, `[profile p]\ncredential_process = ${join(files.path, name)} --as ci\n`);
      return { AWS_CONFIG_FILE: join(files.path, `${name}.config`), AWS_PROFILE: 'p' };
    };
    const answer = JSON.stringify({ Version: 1, AccessKeyId: user.accessKeyId, SecretAccessKey: user.secretAccessKey });
    // Beside its answer it writes down how it and its parent were started.
    const recorded = `for id in $$ $PPID; do tr '\\0' ' ' </proc/$id/cmdline; done >"$HOME/arguments.txt"`;
    return {
      documents,
      environment: program('good', `${recorded}\necho '${answer}'`),
      canaries: { ...keysOf(sources), "a process's": failing },
      spoilt: {
        'a process that fails': { environment: program('fails', `echo ${failing}; echo ${failing} >&2; exit 1`) },
        'a process that prints nonsense': { environment: program('nonsense', `echo ${failing}`) },
      },
    };
  },
  'a token file, as EKS mounts it': async ({ newToken, files }) => {
    const [token, broken] = [await newToken(), newCanary()];
    files.write('token', token);
    files.write('broken', `${broken} ${broken}`);
    const environment = {
      AWS_WEB_IDENTITY_TOKEN_FILE: join(files.path, 'token'),
      AWS_ROLE_ARN: BASE,
      AWS_REGION: 'eu-west-1',
    };
    return {
      documents,
      environment,
      canaries: { token, broken },
      spoilt: { 'no token': { environment: { AWS_WEB_IDENTITY_TOKEN_FILE: join(files.path, 'broken') } } },
    };
  },
  "a container's credentials": (sources) => {
    sources.files.write('pod-token', sources.passwords.container);
    return handedOut(sources, sources.passwords.container, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${sources.url}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(sources.files.path, 'pod-token'),
    });
  },
  "an instance's credentials": (sources) =>
    handedOut(sources, sources.passwords.instance, {
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: sources.url,
    }),
  'keys for a registry': (sources) => ({
    documents: [generatorDocument('region: eu-west-1', { kind: 'ECRAuthorizationToken' })],
    environment: {
      AWS_ACCESS_KEY_ID: sources.user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sources.user.secretAccessKey,
      AWS_ECR_ENDPOINT: sources.sts.url,
    },
    canaries: keysOf(sources),
  }),
};
