import type { PermissionRequest } from '../chain/permissions.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quoted, say, theObject } from '../findings/say.ts';
import { isIgnored } from '../model/annotations.ts';
import type { Guards } from '../model/grant.ts';
import { hopsOf } from '../model/hop.ts';
import type { Job } from '../model/job.ts';
import { identify, objectKey } from '../model/kinds.ts';
import { distinct, listAt, matchesGlob, textAt, valueAt } from '../model/plain-data.ts';
import { sizeOf, WorkBudget } from '../model/run-limits.ts';
import type { Draft } from '../planner/draft.ts';

/** In place of an account or a name that the author of a composite may choose: nobody lists it. */
export const ANY_ACCOUNT = '000000000000';
export const ANY_NAME = 'any-name';

/** What a composite's author chooses of a role's ARN. In a folder, or behind a prefix, the operator has chosen too. */
const CHOSEN: readonly (readonly [what: string, isIn: (role: string) => boolean])[] = [
  ['account', (role) => role.includes(`:${ANY_ACCOUNT}:`)],
  ['role', (role) => role.endsWith(`:role/${ANY_NAME}`)],
];

/** Roles of any name, or in any account, that a composite names: neither `allow` nor the Policy refuses any. */
export function openChoices(
  requests: readonly (PermissionRequest & Pick<Job, 'requester'>)[],
  { findings }: Draft,
): Finding[] {
  if (findings.some(({ severity, object }) => severity === 'error' && object === undefined)) return []; // then `allow` was not asked
  const refused = new Set(
    findings.flatMap(({ severity, object }) => (severity === 'error' && object ? [objectKey(object)] : [])),
  );
  const sure = requests.filter(
    ({ requester, generator }) => ![requester, generator].map(objectKey).some((key) => refused.has(key)),
  );
  return CHOSEN.flatMap(([what, isIn]) => {
    const open = sure.filter((part) =>
      hopsOf(part).some(({ request }) => 'roleArn' in request && isIn(request.roleArn)),
    );
    return distinct(open, ({ generator }) => objectKey(generator)).map(({ generator: object }) => {
      const cause = 'a field fills it in, and `allow` has any';
      const message = say`the author of a composite chooses the ${what} of ${theObject(object)}: ${cause}. List the ${what}s in \`roles\` of \`allow\` (docs/security.md).`;
      return finding('POLICY_ABSENT', message, { object, field: 'spec.role' });
    });
  });
}

/** Roles with variables that no grant has, whatever these are. */
export function rolesOfNoGrant(input: unknown, { policy = [] }: Guards, work = new WorkBudget()): Finding[] {
  const allow = listAt(input, ['allow']).map((grant) => valueAt(grant, ['roles']));
  const guards = Object.entries({ '`allow`': allow, 'the Policy': policy.map(({ roles }) => roles) });
  const size = TIMES_A_TEXT * sizeOf(guards);
  return listAt(input, ['generators']).flatMap((generator) => {
    const role = textAt(generator, ['spec', 'role']) ?? '';
    if (!role.includes('${') || role.length > LONGEST || !work.spend('grants', size)) return [];
    const mayHave = (roles: unknown) =>
      !Array.isArray(roles) || roles.some((granted) => typeof granted !== 'string' || mayBeIn(granted, role));
    const refusing = guards.find(([, lists]) => lists.length > 0 && !lists.some(mayHave));
    if (refusing === undefined || isIgnored(generator)) return [];
    const object = identify(generator);
    const cause = say`no grant of ${refusing[0]} has the role ${quoted(role)}, whatever its variables are`;
    const message = say`cannot use ${theObject(object)}: ${cause}. Use what is granted, or widen ${refusing[0]}.`;
    return [finding('NOT_GRANTED', message, { object, field: 'spec.role' })];
  });
}

/** No ARN of a role has more letters: what is longer is refused elsewhere. */
const LONGEST = 2048;

/** A role with variables is compared part by part, which takes so many times what the price of a grant's text is for. */
const TIMES_A_TEXT = 8;

/** A variable's value has neither ":" nor "/", for which `*` does not stand either. */
function mayBeIn(granted: string, role: string): boolean {
  const [patterns = [], parts = []] = [granted, role].map((text) => text.split(/[:/]/));
  const isAlike = (pattern: string, part: string) => {
    const [start = '', end = ''] = [part.split('${')[0], part.split('}').at(-1)];
    const [first = '', last = ''] = [pattern.split('*')[0], pattern.split('*').at(-1)];
    return (first.startsWith(start) || start.startsWith(first)) && (last.endsWith(end) || end.endsWith(last));
  };
  const isIn = (part: string, at: number) => (part.includes('${') ? isAlike : matchesGlob)(patterns[at] ?? '', part);
  return patterns.length === parts.length && parts.every(isIn);
}
