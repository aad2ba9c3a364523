import type { Finding } from '../api/finding.ts';
import type { World } from '../api/world.ts';
import { checkSettings } from '../hosts/check-settings.ts';
import type { Survey } from './survey.ts';

/** What every run on this machine would say of its environment, and of the Policy that it names. */
export async function checkEnvironment(_: Survey, world: World): Promise<readonly Finding[]> {
  return (await checkSettings(world)).findings;
}
