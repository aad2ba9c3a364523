import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { type Finding, hasErrors } from '../../api/finding.ts';
import type { Prepared, Reference } from '../../api/flow.ts';
import { objectKey } from '../../api/kinds.ts';
import { prepare } from '../../story/prepare.ts';
import type { Service } from './call.ts';
import type { Composite } from './composite.ts';
import { findRequired } from './find-objects.ts';
import { type Step, withHandled } from './read-step.ts';

/** A step as the core has read it. */
interface PreparedStep {
  readonly prepared: Prepared;
  readonly step: Step;
  /** Generators that only ExternalSecrets name: Crossplane is asked for them in each call. */
  readonly required: readonly Reference[];
  /** True when one of them was not shown yet. */
  readonly isIncomplete: boolean;
}

/** Prepares a step, once more where an ExternalSecret names a generator that only the cluster can have. */
export async function prepareStep(
  request: RunFunctionRequest,
  read: Step,
  composite: Composite,
  { service, policy, now }: { service: Service; policy: unknown; now: Date },
): Promise<PreparedStep> {
  const asked = {
    items: read.desired.map(({ manifest }) => manifest),
    functionConfig: read.functionConfig,
    policy,
    now,
    ambient: service.world.ambient,
    owner: { prefix: `${composite.name}-`, values: new Map([['composite', composite.name]]) },
  };
  const first = await prepare(asked);
  const required = hasErrors(first.findings) ? [] : first.unseen;
  const looked = required.map(({ object }) => [objectKey(object), findRequired(request, object)] as const);
  const shown = looked.flatMap(([key, found]) => (found === undefined ? [] : [[key, found] as const]));
  const isIncomplete = shown.length < looked.length;
  const isWhole = required.length === 0 || isIncomplete;
  const prepared = isWhole ? first : await prepare({ ...asked, looked: new Map(shown) });
  return { prepared, step: withHandled(read, prepared.handled), required, isIncomplete };
}

/** What may be there in the next call: a generator that an ExternalSecret names and that nobody has made yet. */
export function isAwaited({ code, severity }: Finding): boolean {
  return severity === 'error' && code === 'REFERENCE_MISSING';
}
