import { hasColours } from '../findings/colours.ts';
import type { Ambient } from '../model/world.ts';

/** What is written on: so many columns (Infinity: nothing is cut), and whether what is done has its colour. */
export interface Sheet {
  readonly width: number;
  readonly isColoured: boolean;
}

/** A terminal as wide as it is; elsewhere nothing is cut. */
export function sheetOf({ environment, terminal }: Pick<Ambient, 'environment' | 'terminal'>): Sheet {
  const isTerminal = terminal !== undefined;
  const columns = (isTerminal && (Math.trunc(Number(environment.COLUMNS)) || terminal.columns())) || 0;
  return { width: columns > 0 ? columns : Infinity, isColoured: hasColours(environment, isTerminal) };
}
