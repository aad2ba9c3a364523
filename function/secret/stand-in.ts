import type { Chain } from '../api/job.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Obtained, RegistryToken, Session } from '../api/session.ts';

/** Looks like a session and is none: AWS's documentation keys, and a token as long as a real one. */
const SESSION: Session = {
  accessKeyId: new Sensitive('ASIAIOSFODNN7EXAMPLE'),
  secretAccessKey: new Sensitive('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  sessionToken: new Sensitive('EXAMPLETOKEN'.repeat(40)),
  expiration: new Date(2_000_000_000_000),
};

/** The same of a login. */
const LOGIN: RegistryToken = {
  username: new Sensitive('AWS'),
  password: new Sensitive('EXAMPLEPASSWORD'.repeat(100)),
  expiration: new Date(2_000_000_000_000),
};

/** Stands for what the last hop of a chain will give; for a session while the chain is not known. */
export function standIn(chain: Chain | undefined): Obtained {
  const last = chain?.hops.at(-1);
  if (last?.operation !== 'GetAuthorizationToken') return SESSION;
  if (last.request.scope === 'public') return LOGIN;
  return { ...LOGIN, proxyEndpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com' };
}
