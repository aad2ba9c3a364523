import { type NamedRef, type ObjectRef, secretObject, serviceAccountObject } from './api/kinds.ts';
import type { Plan } from './api/plan.ts';
import { externalIDsOf } from './chain/with-external-ids.ts';

/** Every object that a plan reads. */
export function sourcesOf(plan: Plan): ObjectRef[] {
  const { identity } = plan;
  const account = identity.source === 'serviceAccount' ? [serviceAccountObject(identity)] : [];
  return [...account, ...secretsOf(plan).map(secretObject)];
}

/** Every Secret that a plan reads. */
export function secretsOf(plan: Plan): NamedRef[] {
  const { identity } = plan;
  if (identity.source !== 'secretRef') return externalIDsOf(plan);
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]), ...externalIDsOf(plan)];
}
