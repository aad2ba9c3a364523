import type { Prepared } from '../api/flow.ts';
import type { World } from '../api/world.ts';
import { prepare } from '../story/prepare.ts';
import { readPolicyFile } from './policy.ts';

/** What would be said of every run, whatever it is given: of the environment and the Policy alone. */
export async function checkSettings({ ambient, now }: World): Promise<Pick<Prepared, 'settings' | 'findings'>> {
  const { policy, findings } = readPolicyFile(ambient.environment);
  const prepared = await prepare({ items: [], policy, now: now(), ambient });
  return { settings: prepared.settings, findings: [...findings, ...prepared.findings] };
}
