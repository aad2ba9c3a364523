import { OWN_ANNOTATIONS } from '../api/annotations.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { Job } from '../api/plan.ts';
import type { SuppliedObject } from '../api/supplied.ts';

/**
 * The Secret of a job as it is, in the form in which it was emitted: our annotations, those of its form, its labels and its
 * data, and nothing that others added. For a host that has to say again in each run what is to stay.
 */
export function keepSecret(
  { target, form: { labels, annotations } }: Pick<Job, 'target' | 'form'>,
  existing: SuppliedObject,
): SecretManifest {
  const own = OWN_ANNOTATIONS.flatMap((name) => {
    const value = Object.hasOwn(existing.annotations, name) ? existing.annotations[name] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  const data = Object.entries(existing.data ?? {}).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...target,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, ...Object.fromEntries(own) },
    },
    type: 'Opaque',
    data: Object.fromEntries(data),
  };
}
