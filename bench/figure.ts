import { median, spread } from './measure.ts';

/** What a section of the page says: its text, and the figures that have a goal. */
export interface Section {
  readonly text: string;
  readonly figures: readonly Figure[];
}

/** A ratio to a peer of the same run, round by round, or a size; judged by its median. */
export interface Figure {
  readonly what: string;
  readonly values: readonly number[];
  readonly goal: Goal;
}

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

const DIGITS = 2;

/** A section, whose figures are printed as they are there. */
export function section(title: string, text: string, figures: readonly Figure[]): Section {
  for (const figure of figures)
    console.log(`${figure.what}: ${said(figure)}, goal ${goalOf(figure)}: ${isMet(figure)}`);
  const goals = figures.length === 0 ? '' : `\n${tableOf(figures)}`;
  return { text: `## ${title}\n\n${text}${goals}`, figures };
}

/** The table of figures: goal, and whether it is met. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => `| ${figure.what} | ${goalOf(figure)} | ${said(figure)} | ${isMet(figure)} |\n`);
  return `| figure | goal | measured | met |\n|---|---|---|---|\n${rows.join('')}`;
}

function isMet({ values, goal }: Figure): string {
  const figure = median(values);
  const holds = 'atMost' in goal ? figure <= goal.atMost : figure >= goal.atLeast;
  return holds ? 'yes' : '**no**';
}

function goalOf({ goal }: Figure): string {
  return 'atMost' in goal ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
}

function said({ values }: Figure): string {
  return spread(values, DIGITS);
}
