import type { Known } from '../api/known.ts';
import { distinctNeeds, type Need } from '../api/need.ts';

/** What was decided, and on what it rests. */
export interface Settled<D> {
  readonly decided: D;
  readonly known: Known;
}

/**
 * Decides, looks up what is lacking, and decides again, until nothing is. `decide` gets what it decided before; `resolve` answers
 * every need that it is given.
 */
export async function settle<D extends { readonly needs: readonly Need[] }>(
  decide: (known: Known, before?: D) => D | Promise<D>,
  resolve: (open: readonly Need[], decided: D) => Known | Promise<Known>,
): Promise<Settled<D>> {
  let known: Known = new Map();
  let decided = await decide(known);
  for (let open = openIn(decided, known); open.length > 0; open = openIn(decided, known)) {
    known = new Map([...known, ...(await resolve(open, decided))]);
    decided = await decide(known, decided);
  }
  return { decided, known };
}

function openIn({ needs }: { readonly needs: readonly Need[] }, known: Known): Need[] {
  return distinctNeeds(needs.filter(({ key }) => !known.has(key)));
}
