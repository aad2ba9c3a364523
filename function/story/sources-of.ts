import { type NamedRef, type ObjectRef, secretObject, serviceAccountObject } from '../api/kinds.ts';
import type { Job, Plan } from '../api/plan.ts';
import { originObject } from '../api/secret-template.ts';
import { externalIDsOf } from '../chain/with-external-ids.ts';

/** Every object that a job reads: for its plans, and templates. */
export function sourcesOfJob({ parts, form }: Pick<Job, 'parts' | 'form'>): ObjectRef[] {
  return [...parts.flatMap(({ plan }) => sourcesOf(plan)), ...templatesOf(form)];
}

/** Every object that a plan reads. */
export function sourcesOf(plan: Plan): ObjectRef[] {
  const { identity } = plan;
  const account = identity.source === 'serviceAccount' ? [serviceAccountObject(identity)] : [];
  return [...account, ...secretsOf(plan).map(secretObject)];
}

function secretsOf(plan: Plan): NamedRef[] {
  const { identity } = plan;
  if (identity.source !== 'secretRef') return externalIDsOf(plan);
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]), ...externalIDsOf(plan)];
}

/** Every object that the templates of a Secret are in. */
export function templatesOf({ template }: Job['form']): ObjectRef[] {
  return (template?.parts ?? []).flatMap((part) => ('from' in part ? [originObject(part.from)] : []));
}
