import { isDeepStrictEqual } from 'node:util';
import { matcherOf } from '../chain/permissions.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { readPolicy } from '../manifests/read-policy.ts';
import type { Demand, Grant } from '../model/grant.ts';
import { defined } from '../model/plain-data.ts';
import { sizeOf, WorkBudget } from '../model/run-limits.ts';
import type { RunRequest } from '../model/run-request.ts';

/** So many grants are compared with each other. */
const MOST = 200;

/** Grants of a Policy that never count: an earlier one has all that they have, and the first counts. What cannot be shown is not said. */
export function unusedGrants({
  policy,
  locationInPolicy,
  ambient: { environment },
}: Pick<RunRequest, 'policy' | 'locationInPolicy' | 'ambient'>): Finding[] {
  if (policy === undefined) return [];
  const { grants, findings } = readPolicy(policy, { environment, hasCustomEndpoint: false }, locationInPolicy);
  if (findings.length > 0) return [];
  const work = new WorkBudget();
  const isCovered = (later: Grant) => (earlier: Grant) =>
    work.spend('grants', sizeOf(earlier) * sizeOf(later)) && covers(earlier, later);
  return grants.slice(0, MOST).flatMap((grant, index) => {
    const [field, first] = [`grants[${index}]`, grants.slice(0, index).findIndex(isCovered(grant))];
    if (first < 0) return [];
    const message = `\`${field}\` of the Policy never counts: \`grants[${first}]\` has all of it, and comes first. Put it before that one, or remove it.`;
    return [finding('POLICY_UNUSED', message, { field, ...defined({ location: locationInPolicy?.(field) }) })];
  });
}

/** Lists whose patterns are held against those of another grant, as a name is. */
const PATTERNS: ReadonlySet<string> = new Set(['identities', 'audiences', 'via', 'roles', 'withoutRole', 'regions']);
/** What allows all where it is absent, or asks for nothing. */
const LIMITS = ['namespaces', 'regions', 'session'] as const;

/** True where whatever the later grant has the earlier one surely has too. */
function covers(earlier: Grant, later: Grant): boolean {
  const hasAll = ([field, value]: readonly [string, unknown]) => {
    if (field === 'plaintext' || isDeepStrictEqual(earlier[field as keyof Grant], value)) return true;
    if (LIMITS.some((limit) => limit === field && earlier[limit] === undefined)) return true;
    const texts = value as readonly string[];
    if (field === 'namespaces') return texts.every((name) => earlier.namespaces?.includes(name));
    const isGranted = (of: string) => matcherOf({ list: field, of } as Demand).isGranted(earlier, false);
    return PATTERNS.has(field) && texts.every(isGranted);
  };
  const isLimited = LIMITS.some((limit) => earlier[limit] !== undefined && later[limit] === undefined);
  return !isLimited && Object.entries(defined(later)).every(hasAll);
}
