import { OWN_ANNOTATIONS } from '../api/annotations.ts';
import type { SecretManifest } from '../api/flow.ts';
import type { WantedSecret } from '../api/plan.ts';
import { stringsIn } from '../api/strings-in.ts';
import type { SuppliedObject } from '../api/supplied.ts';
import { toManifest } from './to-manifest.ts';

/**
 * The Secret of a job as it is, in the form in which it was emitted: our annotations, those of its form, its labels and its
 * data, and nothing that others added. For a host that has to say again in each run what is to stay.
 */
export function keepSecret(
  secret: Pick<WantedSecret, 'target' | 'form'>,
  { annotations, data }: SuppliedObject,
): SecretManifest {
  const own = OWN_ANNOTATIONS.flatMap((name) => {
    const value = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return toManifest(secret, Object.fromEntries(own), stringsIn(data));
}
