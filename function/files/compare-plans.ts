import { keyOfSecret } from '../model/kinds.ts';
import { cached } from '../model/plain-data.ts';
import type { FormerPlan, FormerSecret } from './former-plan.ts';
import type { PlacedSecret, PlanDocument } from './plan-document.ts';

/** Fields of a Secret in which a difference is a change. */
const FIELDS = ['target', 'identity', 'hops', 'lifetime', 'also', 'format', 'recipients'] as const;

/** The former values of those that differ. `specHash`: something else differs, which no field shows. */
export type FormerValues = Partial<Pick<FormerSecret, (typeof FIELDS)[number] | 'specHash'>>;

/** A Secret beside its former self. It is not known to have changed, or not, where it or its package is not known whole on one side. */
interface ComparedSecret extends PlacedSecret {
  readonly change: 'new' | 'changed' | 'same' | 'unknown';
  readonly was?: FormerValues;
}

/** A Secret that was there. `renamedTo`: it differs from that new one by its name alone, and no other of the two sides has their shape. */
interface GoneSecret extends FormerSecret {
  readonly change: 'gone' | 'unknown';
  readonly renamedTo?: PlacedSecret['target'];
}

/** A plan beside an earlier one. `incomplete` has the packages of both. */
export interface ComparedPlan extends PlanDocument {
  readonly secrets: readonly ComparedSecret[];
  readonly gone: readonly GoneSecret[];
}

/** Whether a plan was compared with an earlier one. */
export function isCompared(plan: PlanDocument | ComparedPlan): plan is ComparedPlan {
  return 'gone' in plan;
}

/** `renames`: the former selves of new Secrets that differ from these by their name alone. */
export function comparePlans(
  now: PlanDocument,
  former: FormerPlan,
): { readonly plan: ComparedPlan; readonly renames: ReadonlyMap<PlacedSecret, FormerSecret> } {
  const formerLacks = former.incomplete.flatMap((lack) => (lack.isFormer ? [] : [{ ...lack, isFormer: true }]));
  const incomplete = [...now.incomplete, ...formerLacks];
  const unsure = new Set(incomplete.map((lack) => lack.package));
  const pairs = pairsOf(now.secrets, former.secrets);
  const secrets = now.secrets.map((secret): ComparedSecret => {
    const was = pairs.get(secret);
    const values = was === undefined ? {} : formerValues(secret, was);
    const change = was === undefined ? 'new' : Object.keys(values).length === 0 ? 'same' : 'changed';
    return {
      ...secret,
      change: unsure.has(secret.package) || (change === 'same' && secret.digest === '') ? 'unknown' : change,
      ...(change === 'changed' && { was: values }),
    };
  });
  const kept = new Set(pairs.values());
  const fresh = Map.groupBy(
    secrets.filter(({ change }) => change === 'new'),
    shapeOf,
  );
  const renames = new Map<PlacedSecret, FormerSecret>();
  const left = former.secrets.filter((was) => !kept.has(was));
  const byShape = Map.groupBy(left, shapeOf);
  const gone = left.map((was): GoneSecret => {
    if (unsure.has(was.package)) return { ...was, change: 'unknown' };
    const shape = shapeOf(was);
    const [renamed, ...others] = fresh.get(shape) ?? [];
    const isPair = was.digest !== '' && others.length === 0 && byShape.get(shape)?.length === 1; // else it is not known which became which
    if (renamed === undefined || !isPair) return { ...was, change: 'gone' };
    renames.set(renamed, was);
    return { ...was, change: 'gone', renamedTo: renamed.target };
  });
  return { plan: { ...now, secrets, gone, incomplete }, renames };
}

/** Each Secret with its former self: of its package and generator the same target, else what stood in the same place among that one's. */
function pairsOf(secrets: readonly PlacedSecret[], former: readonly FormerSecret[]): Map<PlacedSecret, FormerSecret> {
  const groupOf = ({ package: folder, generator: { kind, namespace, name } }: PlacedSecret | FormerSecret) =>
    JSON.stringify([folder, kind, namespace, name]);
  const pairs = new Map<PlacedSecret, FormerSecret>();
  const formerByGroup = Map.groupBy(former, groupOf);
  for (const [group, ours] of Map.groupBy(secrets, groupOf)) {
    const theirs = formerByGroup.get(group) ?? [];
    const left = new Map<string, Set<FormerSecret>>();
    for (const was of theirs) cached(left, keyOfSecret(was.target), () => new Set()).add(was);
    for (const secret of ours) {
      const [was] = left.get(keyOfSecret(secret.target)) ?? [];
      if (was === undefined) continue;
      left.get(keyOfSecret(secret.target))?.delete(was);
      pairs.set(secret, was);
    }
    for (const [index, secret] of ours.entries()) {
      const was = theirs[index];
      if (was === undefined || pairs.has(secret) || !left.get(keyOfSecret(was.target))?.delete(was)) continue;
      pairs.set(secret, was);
    }
  }
  return pairs;
}

function formerValues(secret: PlacedSecret, was: FormerSecret): FormerValues {
  const fields = FIELDS.filter((field) => textOf(valueIn(secret, field)) !== textOf(valueIn(was, field)));
  const isOther = secret.digest !== was.digest || (fields.length === 0 && secret.specHash !== was.specHash);
  return Object.fromEntries(
    [...fields, ...(isOther ? ['specHash' as const] : [])].map((field) => [
      field,
      field === 'specHash' ? was.specHash : valueIn(was, field),
    ]),
  );
}

/** Of further sessions without what their Policy says of them: what it imposes is in the calls. */
function valueIn(secret: PlacedSecret | FormerSecret, field: (typeof FIELDS)[number]): unknown {
  if (field !== 'also') return secret[field];
  return (secret.also ?? []).map(({ generator, identity, hops, lifetime }) => ({
    generator,
    identity,
    hops,
    lifetime,
  }));
}

/** Equal for equal values, in whatever order their fields stand. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Equal for Secrets of one package and namespace that differ by their own names alone, and by session names that follow from these. */
function shapeOf(secret: PlacedSecret | FormerSecret): string {
  const { package: folder, target, digest } = secret;
  const { kind, namespace, name } = secret.generator;
  const usual = [...(namespace === undefined ? [] : [namespace]), name].join('.');
  const hops = secret.hops.map((hop) =>
    'sessionName' in hop && hop.sessionName === usual ? { ...hop, sessionName: '' } : hop,
  );
  const fields = FIELDS.filter((field) => field !== 'target' && field !== 'hops').map((field) =>
    valueIn(secret, field),
  );
  return textOf([folder, kind, namespace, target.namespace, hops, digest, ...fields]);
}
