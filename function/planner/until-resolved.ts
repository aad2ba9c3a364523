import type { Known } from '../model/known.ts';
import { distinctNeeds, type Need } from '../model/need.ts';

/** The last decision, and the answers that it rests on. */
export interface Resolved<D> {
  readonly decided: D;
  readonly known: Known;
}

/**
 * Calls `decide`, has its open needs resolved, and calls it again, until no need is open. `decide` gets its previous result; `resolve`
 * must answer every need that it is given.
 */
export async function untilResolved<D extends { readonly needs: readonly Need[] }>(
  decide: (known: Known, before?: D) => D | Promise<D>,
  resolve: (open: readonly Need[], decided: D) => Known | Promise<Known>,
): Promise<Resolved<D>> {
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
