import { cut } from '../findings/quote.ts';
import type { HopPreview, SessionPreview } from '../model/job.ts';
import type { NamedRef } from '../model/kinds.ts';
import { REASONS } from '../planner/preview.ts';
import type { comparePlans, FormerValues } from './compare-plans.ts';
import type { PlacedSecret, PlanDocument } from './plan-document.ts';

/** A Secret as tree, table and Markdown show it: what is done about it and why, or how it differs from what was, and how. */
export interface PlanRow
  extends SessionPreview,
    Pick<PlacedSecret, 'package' | 'host' | 'target'>,
    Partial<Pick<PlacedSecret, 'file' | 'line'>> {
  readonly also?: readonly SessionPreview[];
  readonly does: string;
  readonly why: string;
}

/** The rows of a plan: all. */
export function planRows({ secrets }: PlanDocument): readonly PlanRow[] {
  return secrets.map((secret) => ({ ...secret, does: secret.action, why: whyOf(secret) }));
}

/** The rows of a plan beside an earlier one: those that are not the same. */
export function changedRows({ plan: { secrets, gone }, renames }: ReturnType<typeof comparePlans>): readonly PlanRow[] {
  const compared = secrets.flatMap((secret): PlanRow[] => {
    const { change, was } = secret;
    const former = renames.get(secret);
    if (former !== undefined) return [{ ...secret, does: 'renamed', why: `was ${shownName(former.target)}` }];
    const isHidden = change === 'unknown' && secret.digest === '';
    const why = isHidden ? 'its template is not known' : tellChange(secret, was);
    return change === 'same' ? [] : [{ ...secret, does: change, why }];
  });
  const lost = gone.flatMap((was) => (was.renamedTo === undefined ? [{ ...was, does: was.change, why: '' }] : []));
  return [...compared, ...lost];
}

/** The same for rows that stand under one heading. */
export function packageKey({ package: name, host }: Pick<PlanRow, 'package' | 'host'>): string {
  return JSON.stringify([name, host]);
}

function whyOf({ action, reason, renewAfter }: PlacedSecret): string {
  return action === 'keep' ? `until ${renewAfter.slice(0, 16).replace('T', ' ')}Z` : REASONS[reason];
}

/** What a field was that differs. */
function tellChange({ hops }: SessionPreview, was: FormerValues = {}): string {
  const parts = [
    was.target && `was ${shownName(was.target)}`,
    was.identity && `was ${was.identity.description}`,
    ...(was.hops === undefined ? [] : tellHops(hops, was.hops)),
    was.lifetime !== undefined && `was ${was.lifetime} s`,
    was.also && `was with ${was.also.map((session) => chainOf(session.hops)).join(' and ') || 'one session'}`,
    was.format && `was in the format ${was.format}`,
    was.recipients && `was for ${was.recipients.length === 0 ? 'all readers' : was.recipients.join(', ')}`,
    was.specHash && 'other parameters',
  ];
  return cut(parts.filter(Boolean).join('; '), MOST_TOLD);
}
const MOST_TOLD = 1000;

function tellHops(hops: readonly HopPreview[], were: readonly HopPreview[]): string[] {
  const isOther = chainOf(hops) !== chainOf(were);
  const details = were.flatMap((was, index) =>
    Object.entries(was).flatMap(([field, value]) => {
      const isSame = value === Reflect.get(hops[index] ?? was, field);
      return isSame || (isOther && field === 'role') ? [] : [`${field} was ${value}`];
    }),
  );
  return [...(isOther ? [`was ${chainOf(were)}`] : []), ...details];
}

const chainOf = (hops: readonly HopPreview[]) => hops.map(labelOf).join(' → ');

/** An account and the role in it, or the operation. */
export function labelOf(hop: HopPreview): string {
  if ('roleOf' in hop) return 'the role of the ServiceAccount';
  if ('operation' in hop) return hop.operation;
  const [, partition, , , account, role = ''] = hop.role.split(':');
  return `${partition === 'aws' ? '' : `${partition} `}${account} ${role.replace(/^role\//, '')}`;
}

/** NAMESPACE/NAME, as kubectl's users write it. */
export function shownName({ name, namespace }: NamedRef): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** How many rows are to be done, or differ in each way. */
export function tally(rows: readonly PlanRow[]): string {
  const by = Map.groupBy(rows, ({ does }) => does);
  const number = (...all: readonly string[]) => all.reduce((sum, does) => sum + (by.get(does)?.length ?? 0), 0);
  const changes = CHANGES.flatMap((does) => (by.has(does) ? [`${number(does)} ${does}`] : []));
  return changes.length > 0 ? changes.join(', ') : `${number('issue', 'renew')} due, ${number('keep')} good`;
}

const CHANGES = ['new', 'changed', 'renamed', 'gone', 'unknown'];
