import type { Resource, RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { configFinding, type Finding, finding, specFinding } from '../../api/finding.ts';
import { describeObject, secretObject } from '../../api/kinds.ts';
import { OBJECT_NAME_MAX } from '../../api/names.ts';
import type { Job } from '../../api/plan.ts';
import { quote } from '../../api/quote.ts';
import type { Call } from './call.ts';
import { composedKey, isOurSecret } from './response.ts';

/**
 * Secrets that Kubernetes or the engine would not take: a name that is too long, another namespace than the composite's, a key
 * that is somebody else's; and templates of what came to sign with. A fault of one kind stands behind those of the kind before.
 */
export function checkTargets(jobs: readonly Job[], consumed: readonly string[], call: Call): Finding[] {
  const { request, composite } = call;
  const { namespace } = composite;
  const passed = Object.entries(request.desired?.resources ?? {}).filter(([key]) => !consumed.includes(key));
  return [
    ...jobs.flatMap((job) => [
      ...checkName(job),
      ...checkForm(job),
      ...(namespace === undefined ? [] : checkNamespace(job, namespace)),
    ]),
    ...jobs.flatMap((job) => checkTemplate(job, request)),
    ...jobs.flatMap((job) => checkKey(job, composedKey(job.target, composite), new Map(passed))),
  ];
}

/**
 * A template that is looked for in the step's credentials: they came to sign with, and a template would write them into a Secret
 * of the composite as they are.
 */
function checkTemplate({ generator, form }: Job, { credentials }: RunFunctionRequest): Finding[] {
  return (form.template?.parts ?? []).flatMap((part) => {
    if (!('from' in part) || part.from.kind !== 'Secret' || !Object.hasOwn(credentials, part.from.name)) return [];
    const text = `names credentials of this step, ${quote(part.from.name)}, which are to sign with; name another Secret`;
    return [specFinding(generator, part.field, text)];
  });
}

/** A key that another step uses for something else. */
function checkKey({ generator, target }: Job, key: string, passed: ReadonlyMap<string, Resource>): Finding[] {
  const other = passed.get(key)?.resource;
  if (other === undefined || isOurSecret(other)) return [];
  const message = `cannot write ${describeObject(secretObject(target))} for ${describeObject(generator)}: an earlier step already composes a resource under the key ${quote(key)}. Rename that resource or this generator.`;
  return [finding('TARGET_CONFLICT', message, { object: generator })];
}

/** The composite's name is a part of it. */
function checkName({ generator, target }: Job): Finding[] {
  const { length } = target.name;
  if (length <= OBJECT_NAME_MAX) return [];
  const cause = `its name would have ${length} characters, and Kubernetes takes ${OBJECT_NAME_MAX}`;
  const message = `cannot name the Secret of ${describeObject(generator)}: ${cause}. Shorten the name of the composite or of the generator.`;
  return [finding('SPEC_INVALID', message, { object: generator, field: 'metadata.name' })];
}

/** What a composite cannot hold on to: the engine owns its Secrets whole, and applies each new session. */
function checkForm({ generator, form }: Job): Finding[] {
  const merge = 'must be "Owner", "Orphan" or "None" here: a composite does not add to Secrets of others';
  const immutable = 'must be false here: the API server would refuse the next session';
  return [
    ...(form.merge === undefined ? [] : [specFinding(generator, 'spec.target.creationPolicy', merge)]),
    ...(form.immutable === undefined ? [] : [specFinding(generator, 'spec.target.immutable', immutable)]),
  ];
}

/** A namespaced composite composes in its own namespace only: the engine would move the Secret there. */
function checkNamespace({ target, field = '' }: Job, namespace: string): Finding[] {
  if (target.namespace === namespace) return [];
  const text = `must be absent or the composite's, ${quote(namespace)}, got ${quote(target.namespace ?? '')}`;
  return [configFinding(`${field}.namespaces`, text)];
}
