import type { World } from '../api/world.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { readPolicyFile } from './policy.ts';

/** What would be said of every run, whatever it is given: of the environment and the Policy alone. */
export async function checkSettings({ ambient }: World): Promise<Pick<Draft, 'settings' | 'findings'>> {
  const { policy, findings } = readPolicyFile(ambient.environment);
  const drafted = await draft({ items: [], policy, ambient });
  return { settings: drafted.settings, findings: [...findings, ...drafted.findings] };
}
