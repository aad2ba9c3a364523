import { basename, dirname } from 'node:path';
import type { Finding } from '../findings/finding.ts';
import { shownPath, UNSEEN, visible, visibleJson } from '../findings/quote.ts';
import { toFinding } from '../hosts/run.ts';
import { printBlock } from '../krm/print.ts';
import type { SessionPreview } from '../model/job.ts';
import { cached, withoutFaulty } from '../model/plain-data.ts';
import type { PreviewFormat } from '../model/tasks.ts';
import type { Ambient } from '../model/world.ts';
import { policyCells } from '../planner/preview.ts';
import { type ComparedPlan, comparePlans, isCompared } from './compare-plans.ts';
import { align, columnWidths, drawTree, wrap } from './draw-tree.ts';
import type { FormerPlan } from './former-plan.ts';
import { type PackageNames, packageNames } from './package-names.ts';
import { documentOf, type Lack, type PackageFinding, type PlanDocument, type RunPreview } from './plan-document.ts';
import { changedRows, labelOf, type PlanRow, packageKey, planRows, shownName, tally } from './plan-rows.ts';
import { sheetOf } from './sheet.ts';

/** What a plan says, as it is shown. */
interface Plan {
  readonly document: PlanDocument | ComparedPlan;
  readonly rows: readonly PlanRow[];
  readonly folderOf: PackageNames['folderOf'];
  readonly headingOf: Parameters<typeof drawTree>[1];
  /** One sentence about all. */
  readonly summary: string;
}

/** What runs gave. */
interface Results {
  readonly paths: readonly string[];
  readonly ran: readonly (Partial<Pick<RunPreview, 'secrets'>> &
    Pick<RunPreview, 'run'> & { readonly findings: readonly Finding[] })[];
  /** Of these runs, and all else that is said; gets faults of this function that one package makes here: the others are printed. */
  readonly findings: Set<Finding>;
  /** The plan that this one is compared with; absent: none. */
  readonly former: FormerPlan | undefined;
}

/** Prints what runs would do, and says whether anything is to be done, or differs. */
export function printPlan(
  format: PreviewFormat | undefined,
  { paths, ran, findings, former }: Results,
  ambient: Ambient,
): { readonly output: string; readonly isDue: boolean } {
  const names = packageNames(paths);
  const byPackage = new Map<string, Set<Finding>>(); // many runs of a package say the same
  for (const { run, findings: runFindings } of ran) {
    const packageFindings = cached(byPackage, run.folder, () => new Set());
    for (const each of runFindings) packageFindings.add(each);
  }
  const runRemarks = [...byPackage].flatMap(([folder, some]) => [...some].map((each) => ({ finding: each, folder })));
  const remarksOfRuns = new Set(runRemarks.map((remark) => remark.finding));
  const others = [...findings].filter((other) => !remarksOfRuns.has(other));
  const all: readonly (RunPreview | PackageFinding)[] = [
    ...ran.flatMap(({ run, secrets }) => (secrets === undefined ? [] : [{ run, secrets }])),
    ...others.map((other) => ({ finding: other, folder: other.location && dirname(other.location.file) })),
    ...runRemarks,
  ];
  const print = (some: typeof all) => {
    const runs = some.filter((value) => 'run' in value);
    const remarks = some.filter((value) => 'finding' in value);
    const now = documentOf(runs, remarks, names);
    const compared = former && comparePlans(now, former);
    const document = compared?.plan ?? now;
    const rows = compared === undefined ? planRows(now) : changedRows(compared);
    const isUnsure = compared !== undefined && compared.plan.incomplete.length > 0;
    const plan = { document, rows, folderOf: names.folderOf, headingOf: headings(runs, names) };
    const summary = compared === undefined ? summaryOf(runs, rows) : summaryOfChanges(compared.plan, rows);
    return {
      output: formatPlan({ ...plan, summary }, format, ambient),
      isDue: isUnsure || rows.some(({ does }) => does !== 'keep'),
    };
  };
  return withoutFaulty(all, print, (value, fault) =>
    findings.add(toFinding(fault, 'run' in value ? value.run.folder : (value.finding.location?.file ?? value.folder))),
  );
}

/** A plan as a person reads it, or a program: without a format a tree on a terminal, a table elsewhere, where nothing is cut. */
function formatPlan(
  plan: Plan,
  format: PreviewFormat | undefined,
  ambient: Pick<Ambient, 'environment' | 'terminal'>,
): string {
  const sheet = sheetOf(ambient);
  const lacks = lacksOf(plan);
  const head = lacks.length === 0 ? '' : `${lacks.join('\n')}\n\n`;
  switch (format ?? (ambient.terminal === undefined ? 'table' : 'tree')) {
    case 'json':
      return `${visibleJson(JSON.stringify(plan.document, null, 2))}\n`;
    case 'yaml':
      return printBlock(plan.document, UNSEEN);
    case 'tree':
      return `${head}${drawTree(plan.rows, plan.headingOf, sheet)}${wrap(plan.summary, sheet.width)}`;
    case 'markdown':
      return markdown(plan, lacks);
    case 'table': {
      const { rows, document, summary } = plan;
      const lines = rows.length === 0 ? [] : [headOf(plan), ...rows.flatMap((row) => cellsOf(row, plan))];
      const widths = columnWidths(lines, sheet.width);
      const table = lines.map((cells) => `${align(cells, widths, 0, sheet)}\n`).join('');
      return `${head}${table}${isCompared(document) ? wrap(summary, sheet.width) : ''}`;
    }
  }
}

/** Which packages the plan lacks, or has in part, and why; and the errors of no package. A command is never cut. */
function lacksOf({ document: { incomplete, errors }, folderOf }: Plan): string[] {
  const stateOf = ({ state, isFormer }: Lack) => `${state}${isFormer ? ' before' : ''}`;
  const states = [...Map.groupBy(incomplete, stateOf)].map(([state, lacks]) => {
    const number = new Set(lacks.map((lack) => lack.package)).size;
    return `${count(number, 'package')} ${number === 1 ? 'is' : 'are'} ${state}`;
  });
  const reasons = Map.groupBy(incomplete, ({ package: _, ...lack }) => JSON.stringify(lack));
  const byPackages = Map.groupBy([...reasons.values()], (same) => {
    const [first] = same;
    return `${first && stateOf(first)}: ${same.map((lack) => shownPath(folderOf(lack.package))).join(', ')}`;
  });
  const lines = [...byPackages].flatMap(([which, all]) => [
    which,
    ...all.flatMap(([lack]) =>
      lack === undefined ? [] : `  ${lack.command === undefined ? 'error' : 'note'}: ${located(lack.reason, lack)}`,
    ),
  ]);
  const packageReasons = new Set(incomplete.map(({ reason }) => reason));
  const others = errors
    .filter(({ message }) => !packageReasons.has(message))
    .map((error) => `error: ${located(error.message, error)}`);
  return [...(states.length === 0 ? [] : [`${states.join(', ')}:`]), ...lines, ...others];
}

/** A message behind its location, with its code. */
function located(message: string, { file, line, code }: Pick<Lack, 'file' | 'line' | 'code'>): string {
  const location = [file, line].filter((part) => part !== undefined).join(':');
  return visible(`${location}${location && ': '}${message} [${code}]`);
}

const headOf = ({ document, rows }: Plan) => [
  ...(isCompared(document) ? ['CHANGE', 'SECRET', 'WAS'] : ['ACTION', 'SECRET', 'WHY']),
  ...['PACKAGE', 'ROLE', 'SECONDS'],
  ...(rows.some(({ policy }) => policy !== undefined) ? ['POLICY'] : []),
];

/** A Secret's cells with the last role for it, and those for each further session in it. */
function cellsOf(row: PlanRow, { folderOf }: Pick<Plan, 'folderOf'>): string[][] {
  const { does, target, why, also = [] } = row;
  return [
    [does, shownName(target), visible(why), shownPath(folderOf(row.package)), ...lastOf(row)],
    ...also.map((session) => ['', '', '', '', ...lastOf(session)]),
  ];
}

function lastOf(session: SessionPreview): string[] {
  const { hops, lifetime } = session;
  const last = hops.findLast((hop) => !('operation' in hop)) ?? hops.at(-1); // without a role, the call
  return [last === undefined ? '' : visible(labelOf(last)), String(lifetime), ...policyCells(session)];
}

/** A comment for a pull request: what it lacks, how much is done or differs, each such Secret and why, the tree, and all warnings. */
function markdown(plan: Plan, lacks: readonly string[]): string {
  const { document, rows, headingOf, summary } = plan;
  const lines = rows.flatMap((row) => {
    if (row.does === 'keep') return [];
    const [[does = '', secret = '', why = '', folder = '', role = ''] = []] = cellsOf(row, plan);
    const location = row.file === undefined ? '' : code(`${row.file}:${row.line}`);
    return [[does, code(secret), why && code(why), code(folder), code(role), location]];
  });
  const hasFormer = isCompared(document);
  const head = ['', 'Secret', hasFormer ? 'was' : 'why', 'package', 'role', 'written in'];
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const tree = drawTree(rows, headingOf, { width: Infinity, isColoured: false }).trimEnd();
  const none = hasFormer || lacks.length > 0 ? [] : ['None of the files that were read makes a Secret.'];
  const warnings = document.notes.flatMap((note) =>
    note.severity === 'warning' ? [`warning: ${located(note.message, note)}`] : [],
  );
  const parts = [
    ...(lacks.length === 0 ? [] : [fenced(lacks)]),
    summary,
    ...(lines.length === 0 ? [] : [table]),
    ...(rows.length === 0 ? none : [fenced([tree])]),
    ...(warnings.length === 0 ? [] : [fenced(warnings)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A text of somebody else's as code in a table of Markdown. */
function code(text: string): string {
  return `\`${visible(text).replaceAll('`', String.raw`\u0060`).replaceAll('|', String.raw`\u007c`)}\``;
}

/** Lines that Markdown shows as they stand: the fence is longer than any in them. */
function fenced(lines: readonly string[]): string {
  const text = lines.join('\n');
  const longest = (text.match(/`+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** The package on the left; its host, its options and how many rows of each sort it has on the right. */
function headings(runs: readonly RunPreview[], { nameOf, folderOf }: PackageNames): Plan['headingOf'] {
  const configs = new Map<string, Set<string>>();
  for (const {
    run: { folder, host, configFile },
    secrets,
  } of runs)
    if (configFile !== undefined && secrets.length > 0)
      cached(configs, packageKey({ package: nameOf(folder), host }), () => new Set()).add(basename(configFile.shown));
  return (rows) => {
    const [row = { package: '.', host: 'none' as const }] = rows;
    const { package: name, host } = row;
    const [first, ...others] = configs.get(packageKey(row)) ?? [];
    const named = [...(host === 'none' ? [] : [host]), ...(first === undefined ? [] : [first])];
    const more = others.length === 0 ? [] : [`${others.length} more`];
    return [shownPath(folderOf(name)), `${visible([...named, ...more].join(', '))}   ${tally(rows)}`];
  };
}

/** One sentence about all runs. */
function summaryOf(runs: readonly RunPreview[], rows: readonly PlanRow[]): string {
  const [together, apart] = callsOfRuns(runs);
  const shared = together === apart ? '' : ` (${apart} without sharing)`;
  const packages = new Set(rows.map(packageKey)).size;
  return `${count(packages, 'package')}, ${count(rows.length, 'Secret')}: ${tally(rows)}. ${count(together, 'call')} of STS${shared}.`;
}

/** The same of what differs. */
function summaryOfChanges({ secrets, gone, incomplete, notes }: ComparedPlan, rows: readonly PlanRow[]): string {
  const same = secrets.filter(({ change }) => change === 'same').length;
  const isWhole = incomplete.length === 0 && !notes.some(({ code }) => code === 'PLAN');
  const none = isWhole ? 'No Secret changes' : 'No Secret is known to change';
  const packages = new Set(secrets.map((secret) => secret.package));
  const isApart = secrets.length * gone.length > 0 && gone.every((was) => !packages.has(was.package)) && same === 0;
  const apart = isApart ? ' No package is in both plans: unless all have moved, make both of one PATH.' : '';
  return `${rows.length === 0 ? none : tally(rows)}. ${count(same, 'Secret')} ${same === 1 ? 'is' : 'are'} the same.${apart}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** How many calls of STS the due Secrets take: with sessions that are shared within a run, and without. */
function callsOfRuns(runs: readonly RunPreview[]): readonly [together: number, apart: number] {
  let [together, apart] = [0, 0];
  for (const { secrets } of runs) {
    const shared = new Set<string>();
    const sessions = secrets
      .filter(({ action }) => action !== 'keep')
      .flatMap((secret) => [secret, ...(secret.also ?? [])]);
    for (const { identity, hops } of sessions)
      for (const [index, hop] of hops.entries()) {
        if ('operation' in hop && !hop.operation.startsWith('sts:')) continue;
        apart += 1;
        shared.add(JSON.stringify([identity, hops.slice(0, index + 1)]));
      }
    together += shared.size;
  }
  return [together, apart];
}
