import { GOALS } from './goals.ts';

/** The medians of one commit. */
export interface Row {
  readonly commit: string;
  /** Of the commit, YYYY-MM-DD. */
  readonly day: string;
  readonly machine: string;
  /** One spec, times an empty Node.js process. */
  readonly start: number;
  /** 10,000 items whose Secrets are to be minted, the same. */
  readonly items: number;
  /** A call whose Secret is good: milliseconds of the processor more than a function that does nothing. */
  readonly call: number;
  /** MB that a server has after {@link CALLS} such calls. */
  readonly megabytes: number;
}

/** Calls before a server's memory is looked at. */
export const CALLS = 8000;

type Figure = 'start' | 'items' | 'call' | 'megabytes';

const PANELS: Readonly<Record<Figure, { readonly title: string; readonly goal?: number }>> = {
  start: { title: 'one spec, times an empty Node.js process', goal: GOALS.start.scriptTimesEmptyNode.atMost },
  items: { title: '10,000 items, times an empty Node.js process' },
  call: { title: 'a call of Crossplane, ms of the processor more than nothing' },
  megabytes: { title: `MB after ${CALLS.toLocaleString('en')} calls`, goal: GOALS.calls.scriptMegabytes.atMost },
};

const [WIDTH, HEIGHT] = [420, 220];
const [LEFT, TOP, RIGHT, BOTTOM] = [46, 34, 16, 44];

/** The rows as an SVG of one panel for each figure: a dot for each commit, in the order of the rows, and the goal as a dashed line. */
export function drawSeries(rows: readonly Row[]): string {
  const panels = Object.keys(PANELS) as Figure[]; // an object literal has no other keys
  const drawn = panels.map((figure, index) => {
    const [x, y] = [(index % 2) * WIDTH, Math.floor(index / 2) * HEIGHT];
    return `<g transform="translate(${x} ${y})">${panel(figure, rows)}</g>`;
  });
  const size = `width="${2 * WIDTH}" height="${2 * HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11">
<title>Figures of builds, commit by commit</title>
<rect ${size} fill="white"/>
${drawn.join('\n')}
</svg>
`;
}

function panel(figure: Figure, rows: readonly Row[]): string {
  const { title, goal } = PANELS[figure];
  const values = rows.map((row) => row[figure]);
  const most = Math.max(...values, goal ?? 0) * 1.1 || 1;
  const x = (index: number) => LEFT + (rows.length < 2 ? 0 : (index * (WIDTH - LEFT - RIGHT)) / (rows.length - 1));
  const y = (value: number) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const at = (index: number, value: number) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`;
  const line = (value: number, how: string) =>
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}" ${how}/>`;
  const dots = rows.map(({ commit, day }, index) => {
    const value = values[index] ?? 0;
    const [cx, cy] = [x(index).toFixed(1), y(value).toFixed(1)];
    return `<circle cx="${cx}" cy="${cy}" r="3" fill="#1f77b4"/><text x="${cx}" y="${(y(value) - 7).toFixed(1)}" text-anchor="middle">${value}</text><text x="${cx}" y="${HEIGHT - 26}" text-anchor="middle">${commit}</text><text x="${cx}" y="${HEIGHT - 12}" text-anchor="middle" fill="#666">${day.slice(5)}</text>`;
  });
  return [
    `<text x="${LEFT}" y="16" font-weight="bold">${title}</text>`,
    line(0, 'stroke="#999"'),
    ...(goal === undefined
      ? []
      : [
          line(goal, 'stroke="#2ca02c" stroke-dasharray="4 3"'),
          `<text x="4" y="${y(goal) + 4}" fill="#2ca02c">${goal}</text>`,
        ]),
    `<polyline fill="none" stroke="#1f77b4" points="${values.map((value, index) => at(index, value)).join(' ')}"/>`,
    ...dots,
  ].join('');
}
