import { dirname } from 'node:path';
import { CODES } from '../findings/codes.ts';
import { hasColours } from '../findings/colours.ts';
import type { Finding } from '../findings/finding.ts';
import { shownPath, visible, visibleJson } from '../findings/quote.ts';
import { toFinding } from '../hosts/run.ts';
import { printVisible } from '../krm/print.ts';
import type { PreviewFormat } from '../model/flow.ts';
import type { SessionPreview } from '../model/job.ts';
import { withoutFaulty } from '../model/plain-data.ts';
import type { Ambient } from '../model/world.ts';
import { REASONS } from '../planner/preview.ts';
import { align, columnWidths, count, drawTree, labelOf, shownName, summaryOf, wrap } from './draw-tree.ts';
import { type PackageNames, packageNames } from './package-names.ts';
import {
  documentOf,
  type Lack,
  type PackageFinding,
  type PlacedSecret,
  type PlanDocument,
  type RunPreview,
} from './plan-document.ts';

/** What a plan says, with its runs, which a tree shows. */
interface Plan {
  readonly runs: readonly RunPreview[];
  readonly document: PlanDocument;
  readonly folderOf: PackageNames['folderOf'];
}

/** What runs gave. */
interface Results {
  readonly paths: readonly string[];
  readonly ran: readonly (Partial<Pick<RunPreview, 'secrets'>> &
    Pick<RunPreview, 'run'> & { readonly findings: readonly Finding[] })[];
  /** Of these runs and of others; gets faults of this function that one package makes here: the others are printed. */
  readonly findings: Set<Finding>;
}

/** Prints what runs would do. */
export function printPlan(
  format: PreviewFormat | undefined,
  { paths, ran, findings }: Results,
  ambient: Ambient,
): string {
  const names = packageNames(paths);
  const ofRuns = new Set(ran.flatMap((result) => result.findings));
  const others = [...findings].filter((other) => !ofRuns.has(other));
  const all: readonly (RunPreview | PackageFinding)[] = [
    ...ran.flatMap(({ run, secrets }) => (secrets === undefined ? [] : [{ run, secrets }])),
    ...others.map((other) => ({ finding: other, folder: other.location && dirname(other.location.file) })),
    ...ran.flatMap(({ run: { folder }, findings: own }) => own.map((each) => ({ finding: each, folder }))),
  ];
  const print = (some: typeof all) => {
    const runs = some.filter((value) => 'run' in value);
    const remarks = some.filter((value) => 'finding' in value);
    return written({ runs, document: documentOf(runs, remarks, names), folderOf: names.folderOf }, format, ambient);
  };
  return withoutFaulty(all, print, (value, fault) =>
    findings.add(toFinding(fault, 'run' in value ? value.run.folder : (value.finding.location?.file ?? value.folder))),
  );
}

/** A plan as a person reads it, or a program: without a format a tree on a terminal, a table elsewhere, where nothing is cut. */
function written(
  plan: Plan,
  format: PreviewFormat | undefined,
  { environment, terminal }: Pick<Ambient, 'environment' | 'terminal'>,
): string {
  const isTerminal = terminal !== undefined;
  const columns = (isTerminal && (Math.trunc(Number(environment.COLUMNS)) || terminal.columns())) || 0;
  const sheet = { width: columns > 0 ? columns : Infinity, isColoured: hasColours(environment, isTerminal) };
  const lacks = lacksOf(plan);
  const head = lacks.length === 0 ? '' : `${lacks.join('\n')}\n\n`;
  switch (format ?? (isTerminal ? 'tree' : 'table')) {
    case 'json':
      return `${visibleJson(JSON.stringify(plan.document, null, 2))}\n`;
    case 'yaml':
      return printVisible(plan.document);
    case 'tree':
      return `${head}${drawTree(plan.runs, sheet)}${wrap(summaryOf(plan.runs), sheet.width)}`;
    case 'markdown':
      return markdown(plan, lacks);
    case 'table': {
      const { secrets } = plan.document;
      const rows = secrets.length === 0 ? [] : [HEAD, ...secrets.flatMap((secret) => rowsOf(secret, plan))];
      const widths = columnWidths(rows, sheet.width);
      return head + rows.map((row) => `${align(row, widths, sheet.isColoured ? 0 : undefined)}\n`).join('');
    }
  }
}

/** Which packages the plan lacks, or has in part, and why; and the errors of no package. A command is never cut. */
function lacksOf({ document: { incomplete, errors }, folderOf }: Plan): string[] {
  const numberOf = (state: Lack['state']) =>
    new Set(incomplete.filter((lack) => lack.state === state).map((lack) => lack.package)).size;
  const states = (['missing', 'incomplete'] as const).flatMap((state) => {
    const number = numberOf(state);
    return number === 0 ? [] : [`${count(number, 'package')} ${number === 1 ? 'is' : 'are'} ${state}`];
  });
  const reasons = Map.groupBy(incomplete, ({ package: _, ...lack }) => JSON.stringify(lack));
  const byPackages = Map.groupBy([...reasons.values()], (same) =>
    [same[0]?.state, same.map((lack) => shownPath(folderOf(lack.package))).join(', ')].join(': '),
  );
  const lines = [...byPackages].flatMap(([which, all]) => [
    which,
    ...all.flatMap(([lack]) =>
      lack === undefined
        ? []
        : `  ${CODES[lack.code].severity === 'error' ? 'error' : 'note'}: ${placed(lack.reason, lack)}`,
    ),
  ]);
  const ofPackages = new Set(incomplete.map(({ reason }) => reason));
  const others = errors
    .filter(({ message }) => !ofPackages.has(message))
    .map((error) => `error: ${placed(error.message, error)}`);
  return [...(states.length === 0 ? [] : [`${states.join(', ')}:`]), ...lines, ...others];
}

/** A message behind its place, with its code. */
function placed(message: string, { file, line, code }: Pick<Lack, 'file' | 'line' | 'code'>): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  return visible(`${place}${place && ': '}${message} [${code}]`);
}

const HEAD = ['ACTION', 'SECRET', 'WHY', 'PACKAGE', 'ROLE', 'SECONDS'];

/** A Secret's row with the last role for it, and a row for each further session in it. */
function rowsOf(planned: PlacedSecret, { folderOf }: Plan): string[][] {
  const { action, target, reason, also = [] } = planned;
  return [
    [action, shownName(target), REASONS[reason], shownPath(folderOf(planned.package)), ...lastOf(planned)],
    ...also.map((session) => ['', '', '', '', ...lastOf(session)]),
  ];
}

function lastOf({ hops, lifetime }: SessionPreview): string[] {
  const last = hops.findLast((hop) => !('operation' in hop)) ?? hops.at(-1); // without a role, the call
  return [last === undefined ? '' : labelOf(last), String(lifetime)];
}

/** A comment for a pull request: what it lacks, how much is done, each Secret that is due and why, the whole tree, and all notes. */
function markdown(plan: Plan, lacks: readonly string[]): string {
  const { secrets, notes } = plan.document;
  const rows = secrets
    .filter(({ action }) => action !== 'keep')
    .map((planned) => {
      const [[action = '', secret = '', why = '', folder = '', role = ''] = []] = rowsOf(planned, plan);
      const { file, line } = planned;
      return [action, code(secret), why, code(folder), code(role), file === undefined ? '' : code(`${file}:${line}`)];
    });
  const head = ['', 'Secret', 'why', 'package', 'role', 'written in'];
  const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  const tree = drawTree(plan.runs, { width: Infinity, isColoured: false }).trimEnd();
  const warnings = notes.filter(({ severity }) => severity === 'warning');
  return [
    ...(lacks.length === 0 ? [] : [fenced(lacks.join('\n'))]),
    summaryOf(plan.runs),
    ...(rows.length === 0 ? [] : [table]),
    secrets.length === 0 ? 'None of the files that were read makes a Secret.' : fenced(tree),
    ...(warnings.length === 0
      ? []
      : [fenced(warnings.map((note) => `warning: ${placed(note.message, note)}`).join('\n'))]),
  ]
    .join('\n\n')
    .concat('\n');
}

/** A text of somebody else's as code in a table of Markdown. */
function code(text: string): string {
  return `\`${visible(text).replaceAll('`', String.raw`\u0060`).replaceAll('|', String.raw`\u007c`)}\``;
}

/** Lines that Markdown shows as they stand: the fence is longer than any in them. */
function fenced(lines: string): string {
  const fence = '`'.repeat(Math.max(3, ...(lines.match(/`+/g) ?? []).map(({ length }) => length + 1)));
  return `${fence}text\n${lines}\n${fence}`;
}
