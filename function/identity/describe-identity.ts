import type { Identity } from '../api/job.ts';
import { describeObject, secretObject, serviceAccountObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import type { Environment } from '../api/world.ts';

/** Where the first hop's credentials would come from, as environment and manifests say; nothing is read. */
export function describeIdentity(identity: Identity, environment: Environment): string {
  switch (identity.source) {
    case 'secretRef':
      return `keys of ${describeObject(secretObject(identity.accessKeyId))}`;
    case 'serviceAccount':
      return `a token of ${describeObject(serviceAccountObject(identity))}`;
    case 'tokenFile':
      return `the token in ${quote(identity.path)}`;
    case 'tokenEnv':
      return `the token in the variable ${identity.name}`;
    case 'github':
      return "GitHub's token";
    case 'default':
      return `the SDK's default chain (${describeDefaultChain(environment)})`;
  }
}

/** The first source of the SDK's chain that the environment speaks of, in the SDK's order (aws-sts.md section 5). */
function describeDefaultChain(environment: Environment): string {
  const has = (...names: string[]) => names.every((name) => Boolean(environment[name]));
  if (has('AWS_PROFILE')) return `profile ${quote(environment.AWS_PROFILE ?? '')}`;
  if (has('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')) return 'keys of the environment';
  if (has('AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN')) return 'web identity, unless a file has a default profile';
  if (has('AWS_CONTAINER_CREDENTIALS_FULL_URI') || has('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'))
    return 'container credentials, unless a file has a default profile';
  if (has('AWS_EC2_METADATA_DISABLED')) return 'the default profile of its files';
  return "the default profile of its files, else the instance's metadata";
}
