import { type Finding, FindingError, finding } from '../../api/finding.ts';
import type { ServeOptions } from '../../api/serve-options.ts';
import type { Environment, World } from '../../api/world.ts';
import { prepare } from '../../story/prepare.ts';
import { readPolicyFile } from '../policy.ts';

/** A composite's reconcile has two minutes for all of its steps. */
const CALL_SECONDS = '30';

/** What the operator has set, with what a server in a cluster has beside it. */
export function settingsOf({ policy }: ServeOptions, environment: Environment): Environment {
  const isInCluster = environment.KUBERNETES_SERVICE_HOST !== undefined;
  return {
    ...environment,
    STS_FUNCTION_TIMEOUT: environment.STS_FUNCTION_TIMEOUT || CALL_SECONDS,
    ...(isInCluster ? { STS_FUNCTION_CLUSTER: environment.STS_FUNCTION_CLUSTER || 'in-cluster' } : {}),
    ...(policy === undefined ? {} : { STS_FUNCTION_POLICY: policy }),
  };
}

/**
 * All that would fail every call is said once, at the start.
 * @throws FindingError when something would.
 */
export async function checkSettings(world: World, options: ServeOptions): Promise<void> {
  const { policy, findings } = readPolicyFile(world.ambient.environment);
  const prepared = await prepare({ items: [], policy, now: world.now(), ambient: world.ambient });
  const faults = [...findings, ...prepared.findings, ...checkMode(prepared.settings.mode, options)];
  const first = faults.find(({ severity }) => severity === 'error');
  if (first !== undefined) throw new FindingError(first);
}

function checkMode(mode: string, { certificates }: ServeOptions): Finding[] {
  if (mode === 'mint' || (mode === 'placeholder' && certificates === undefined)) return [];
  const cause =
    mode === 'plan'
      ? 'a server has nobody to tell a plan'
      : 'placeholders would take the place of credentials in a cluster. They are served with --insecure alone';
  return [finding('SETTING_INVALID', `cannot use STS_FUNCTION_MODE: ${cause}.`)];
}
