import { type Finding, FindingError, finding } from '../../api/finding.ts';
import type { ServeOptions } from '../../api/serve-options.ts';
import type { Environment, World } from '../../api/world.ts';
import { checkSettings } from '../check-settings.ts';

/** A composite's reconcile has two minutes for all of its steps. */
const CALL_SECONDS = '30';

/** What the operator has set, with what a server in a cluster has beside it. */
export function settingsOf({ policy }: ServeOptions, environment: Environment): Environment {
  const isInCluster = environment.KUBERNETES_SERVICE_HOST !== undefined;
  return {
    ...environment,
    STS_FUNCTION_TIMEOUT: environment.STS_FUNCTION_TIMEOUT ?? CALL_SECONDS,
    ...(isInCluster ? { STS_FUNCTION_CLUSTER: environment.STS_FUNCTION_CLUSTER ?? 'in-cluster' } : {}),
    ...(policy === undefined ? {} : { STS_FUNCTION_POLICY: policy }),
  };
}

/**
 * What would be said of every call is said once, at the start: gives the warnings.
 * @throws FindingError when every call would fail.
 */
export async function checkStart(world: World, options: ServeOptions): Promise<readonly Finding[]> {
  const { settings, findings } = await checkSettings(world);
  const faults = [...findings, ...checkMode(settings.mode, options)];
  const first = faults.find(({ severity }) => severity === 'error');
  if (first !== undefined) throw new FindingError(first);
  return faults;
}

function checkMode(mode: string, { certificates }: ServeOptions): Finding[] {
  if (mode === 'mint' || (mode === 'placeholder' && certificates === undefined)) return [];
  const cause =
    mode === 'plan'
      ? 'a server has nobody to tell a plan'
      : 'placeholders would take the place of credentials in a cluster. They are served with --insecure alone';
  return [finding('SETTING_INVALID', `cannot use STS_FUNCTION_MODE: ${cause}.`)];
}
