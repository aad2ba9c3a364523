import { othersIn } from '../../api/annotations.ts';
import type { SecretManifest } from '../../api/flow.ts';
import type { Job, SecretForm } from '../../api/job.ts';
import { secretKey } from '../../api/kinds.ts';
import type { KnownObject } from '../../api/known.ts';
import type { Decision } from '../../planner/plan.ts';
import { isUsable, isValid, keepSecret } from '../../planner/standing.ts';
import type { Call } from './call.ts';
import { refOf } from './composite.ts';
import type { Shown } from './find-objects.ts';
import { type Composed, composedKey, isOurSecret } from './response.ts';

/** Each job's Secret: the new one, or as it is. */
export function compose(
  { observed, now }: Call,
  decisions: readonly Decision[],
  made: readonly SecretManifest[],
): Composed[] {
  const fresh = new Map(made.map((secret) => [secretKey(secret.metadata), secret]));
  return decisions.flatMap(({ job, existing }) => {
    const key = secretKey(job.target);
    const secret = fresh.get(key) ?? (existing === null ? undefined : keepSecret(retyped(job, existing), existing));
    if (secret === undefined || !isOurSecret(secret)) return [];
    const shown = observed.get(key);
    return [{ secret, isReady: shown !== undefined && isUsable(job, shown, now) }];
  });
}

/** What stays has the type that it has: Kubernetes changes none. */
function retyped({ target, form }: Job, { type }: KnownObject): Pick<Job, 'target' | 'form'> {
  return { target, form: type === undefined ? form : { ...form, type } };
}

/**
 * Every Secret that was made, beside those that are `composed` already, for a call that does not know yet all that is wanted: what is
 * left out is deleted. What an earlier step of this function says of its own is newer than what was observed.
 */
export function keepObserved({ request, composite, observed, now }: Call, composed: readonly Composed[]): Composed[] {
  const said = new Set(composed.map(({ secret }) => secretKey(secret.metadata)));
  return [...observed].flatMap(([key, shown]) => {
    const { name, namespace } = refOf(shown.manifest);
    const target = { name, ...(namespace === undefined ? {} : { namespace }) };
    const isSaid = said.has(key) || Object.hasOwn(request.desired?.resources ?? {}, composedKey(target, composite));
    if (isSaid || !isOurSecret(shown.manifest)) return [];
    const secret = keepSecret({ target, form: formOf(shown) }, shown);
    return [{ secret, isReady: isValid(shown, now) }];
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
