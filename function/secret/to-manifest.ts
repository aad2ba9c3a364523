import { DOCKER_CONFIG_TYPE, type SecretManifest } from '../api/flow.ts';
import type { WantedSecret } from '../api/plan.ts';

/** A Secret in its form, with annotations of ours and data in base64. */
export function toManifest(
  { target, form: { format, labels, annotations } }: Pick<WantedSecret, 'target' | 'form'>,
  ours: Readonly<Record<string, string>>,
  data: SecretManifest['data'],
): SecretManifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...target, ...(labels === undefined ? {} : { labels }), annotations: { ...annotations, ...ours } },
    type: format === 'dockerConfigJson' ? DOCKER_CONFIG_TYPE : 'Opaque',
    data,
  };
}
