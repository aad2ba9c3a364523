import { ci, roles } from './accounts.ts';
import { type EmbeddedSts, type StsOptions, startSts } from './sts/start-sts.ts';

/** An STS that knows `ci` and the roles of the examples and tests, unless told otherwise. */
export function startExampleSts(options: StsOptions = {}): Promise<EmbeddedSts> {
  return startSts({ users: [ci], roles, ...options });
}
