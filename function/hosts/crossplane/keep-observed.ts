import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { othersIn } from '../../api/annotations.ts';
import type { SecretForm } from '../../api/plan.ts';
import { expiresAt, keep } from '../../story/standing.ts';
import type { Composite } from './composite.ts';
import { findObserved, type Shown } from './find-objects.ts';
import { type Composed, composedKey, isOurSecret } from './response.ts';

/**
 * Every Secret that was made, for a call that does not know yet what is wanted: what is left out is deleted. What an earlier step
 * of this function says of its own is newer than what was observed.
 */
export function keepObserved(request: RunFunctionRequest, composite: Composite, now: Date): Composed[] {
  return Object.values(request.observed?.resources ?? {}).flatMap(({ resource }) => {
    if (!isOurSecret(resource)) return [];
    const { name, namespace } = (resource?.metadata ?? {}) as { name: string; namespace?: string }; // the API server's
    const target = { name, ...(namespace === undefined ? {} : { namespace }) };
    const shown = findObserved(request, target, composite);
    const isSaid = Object.hasOwn(request.desired?.resources ?? {}, composedKey(target, composite));
    if (shown === undefined || isSaid) return [];
    const secret = keep({ target, form: formOf(shown) }, shown);
    return [{ secret, isReady: (expiresAt(secret) ?? 0) > now.getTime() }];
  });
}

/** What may have come from an entry of `secrets`: said again, since what is left out is taken away. The engine's own is its own. */
function formOf({ labels, annotations, type }: Shown): SecretForm {
  const kept = othersIn(labels);
  return {
    ...(Object.keys(kept).length === 0 ? {} : { labels: kept }),
    annotations: othersIn(annotations),
    ...(type === undefined ? {} : { type }),
  };
}
