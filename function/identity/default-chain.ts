import { quoted, type Sayable, say } from '../findings/say.ts';
import { TEMPORARY_KEY_PREFIX } from '../model/hop.ts';
import type { Identity } from '../model/identity.ts';
import type { Environment } from '../model/world.ts';
import { areTemporary, lackSessionToken } from './source.ts';

/** The SDK's default chain, which looks for credentials where the process runs. What it finds is known only once the SDK has looked. */
export const defaultChain: Identity = {
  source: 'default',
  name: "the SDK's default chain",
  hashed: 'default',
  reads: [],
  demands: [],
  hasOwnRole: false,
  describe: (environment) => say`the SDK's default chain (${firstSource(environment)})`,
  mayBeSession: ({ AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN }) =>
    !AWS_ACCESS_KEY_ID || Boolean(AWS_SESSION_TOKEN) || Boolean(AWS_PROFILE), // with AWS_PROFILE the SDK skips the environment's keys
  refusals: () => [],
  check({ generator, isForUsers, environment }) {
    const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
    if (AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return { faults: [] };
    if (AWS_SESSION_TOKEN) {
      const what = 'the keys of the environment are of a session (AWS_SESSION_TOKEN is set)';
      return { faults: isForUsers ? [areTemporary(generator, what)] : [] };
    }
    if (!AWS_ACCESS_KEY_ID.startsWith(TEMPORARY_KEY_PREFIX)) return { faults: [] };
    const text = 'AWS_ACCESS_KEY_ID is of a session, and needs its session token. Set AWS_SESSION_TOKEN too';
    return { faults: [lackSessionToken(generator, text)] };
  },
};

/** The first source that the environment has something for, in the SDK's order (@aws-sdk/credential-provider-node, defaultProvider.js). */
function firstSource(environment: Environment): Sayable {
  const has = (...names: string[]) => names.every((name) => Boolean(environment[name]));
  if (has('AWS_PROFILE')) return say`profile ${quoted(environment.AWS_PROFILE ?? '')}`;
  if (has('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')) return 'keys of the environment';
  if (has('AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN')) return 'web identity, unless a file has a default profile';
  if (has('AWS_CONTAINER_CREDENTIALS_FULL_URI') || has('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'))
    return 'container credentials, unless a file has a default profile';
  if (has('AWS_EC2_METADATA_DISABLED')) return 'the default profile of its files';
  return "the default profile of its files, else the instance's metadata";
}
