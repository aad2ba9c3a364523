import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiServer } from '../api-server/start-api-server.ts';

/** Where Crossplane is installed. */
export const NAMESPACE = 'crossplane-system';

/** Mounts a Secret of Crossplane's namespace as a kubelet does: a file for each key. */
export async function writeSecret(kubectl: ApiServer['kubectl'], name: string, folder: string): Promise<void> {
  const text = await kubectl(['get', 'secret', name, `--namespace=${NAMESPACE}`, '--output=json']);
  const { data = {} } = JSON.parse(text) as { data?: Record<string, string> };
  await mkdir(folder, { recursive: true });
  for (const [key, value] of Object.entries(data)) await writeFile(join(folder, key), Buffer.from(value, 'base64'));
}
