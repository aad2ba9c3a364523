import type { ObjectRef } from '../findings/say.ts';
import { GENERATOR_API_VERSION, GENERATOR_KINDS, INPUT_API_VERSION, INPUT_KIND } from './kinds.ts';

/** Where kustomize looks for the plugin of a kind, in its plugin home: group, version and kind (kustomize 5.8.1, api/internal/plugins/loader/loader.go). */
export function pluginPath({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>): string {
  return `${apiVersion}/${kind.toLowerCase()}/${kind}`;
}

/** The paths of all plugins that this function is: one for each kind that can be a plugin's configuration. */
export const PLUGIN_PATHS: readonly string[] = [
  ...GENERATOR_KINDS.map((kind) => ({ apiVersion: GENERATOR_API_VERSION, kind })),
  { apiVersion: INPUT_API_VERSION, kind: INPUT_KIND },
].map(pluginPath);
