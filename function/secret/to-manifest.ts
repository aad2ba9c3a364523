import type { SecretManifest } from '../api/flow.ts';
import type { SecretForm, WantedSecret } from '../api/job.ts';

/** Type of a Secret that `imagePullSecrets` may name. */
export const DOCKER_CONFIG_TYPE = 'kubernetes.io/dockerconfigjson';

/** A Secret in its form, with annotations of ours and data in base64. */
export function toManifest(
  { target, form }: Pick<WantedSecret, 'target' | 'form'>,
  ours: Readonly<Record<string, string>>,
  data: SecretManifest['data'],
): SecretManifest {
  const { labels, annotations, finalizers, immutable } = form;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...target,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, ...ours },
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    type: typeOf(form),
    ...(immutable === undefined ? {} : { immutable }),
    data,
  };
}

/** The type of a Secret of this form. */
export function typeOf({ type, format }: SecretForm): string {
  return type ?? (format === 'dockerConfigJson' ? DOCKER_CONFIG_TYPE : 'Opaque');
}
