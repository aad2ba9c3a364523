import { hasColours } from '../findings/colours.ts';
import { type Finding, messageOf, type SourceLocation } from '../findings/finding.ts';
import { visible, visibleJson } from '../findings/quote.ts';
import { printVisible } from '../krm/print.ts';
import type { PreviewFormat } from '../model/flow.ts';
import type { SecretPreview, SessionPreview } from '../model/job.ts';
import { apiVersionOf } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { Ambient } from '../model/world.ts';
import { policyCells, REASONS } from '../planner/preview.ts';
import { type FunctionRun, locationOf } from '../repository/function-run.ts';
import { align, columnWidths, drawTree, labelOf, type RunPreview, shownName, summaryOf, wrap } from './draw-tree.ts';

/** A Secret of a plan, and where its generator is written, if it is. `plan -o json` prints these: names are public. */
interface PlacedSecret extends SecretPreview, Pick<FunctionRun, 'host'>, Partial<SourceLocation> {
  /** The folder of the Kptfile, of the kustomization, or of the manifests. */
  readonly package: string;
}

/**
 * A plan as a person reads it, or a program, which gets errors too: without a format a tree on a terminal, a table elsewhere, where nothing is
 * cut.
 */
export function printPreview(
  runs: readonly RunPreview[],
  findings: readonly Finding[],
  format: PreviewFormat | undefined,
  { environment, terminal }: Pick<Ambient, 'environment' | 'terminal'>,
): string {
  const errors = findings.map((finding) => {
    const { code, location, object, field } = finding;
    return { code, message: messageOf(finding), ...location, ...defined({ object, field }) };
  });
  const placed = runs.flatMap(({ run, secrets }) => secrets.map((secret) => placedIn(run, secret)));
  const isTerminal = terminal !== undefined;
  const columns = (isTerminal && (Math.trunc(Number(environment.COLUMNS)) || terminal.columns())) || 0;
  const sheet = { width: columns > 0 ? columns : Infinity, isColoured: hasColours(environment, isTerminal) };
  switch (format ?? (isTerminal ? 'tree' : 'table')) {
    case 'json':
      return `${visibleJson(JSON.stringify({ secrets: placed, errors }, null, 2))}\n`;
    case 'yaml':
      return printVisible({ secrets: placed, errors });
    case 'tree':
      return `${drawTree(runs, sheet)}${wrap(summaryOf(runs), sheet.width)}`;
    case 'markdown':
      return markdown(runs, placed);
    case 'table': {
      const head = placed.some(({ policy }) => policy !== undefined) ? [...HEAD, 'POLICY'] : HEAD;
      const rows = placed.length === 0 ? [] : [head, ...placed.flatMap(rowsOf)];
      const widths = columnWidths(rows, sheet.width);
      return rows.map((row) => `${align(row, widths, sheet.isColoured ? 0 : undefined)}\n`).join('');
    }
  }
}

function placedIn(run: FunctionRun, planned: SecretPreview): PlacedSecret {
  const object = { apiVersion: apiVersionOf(planned.generator.kind), ...planned.generator };
  return { package: run.folder, host: run.host, ...locationOf(run, { object }), ...planned };
}

const HEAD = ['ACTION', 'SECRET', 'WHY', 'PACKAGE', 'ROLE', 'SECONDS'];

/** A Secret's row with the last role for it, and a row for each further session in it. */
function rowsOf(planned: PlacedSecret): string[][] {
  const { action, target, reason, also = [] } = planned;
  return [
    [action, shownName(target), REASONS[reason], visible(planned.package), ...lastOf(planned)],
    ...also.map((session) => ['', '', '', '', ...lastOf(session)]),
  ];
}

function lastOf(session: SessionPreview): string[] {
  const { hops, lifetime } = session;
  const last = hops.findLast((hop) => !('operation' in hop)) ?? hops.at(-1); // without a role, the call
  return [last === undefined ? '' : labelOf(last), String(lifetime), ...policyCells(session)];
}

/** A comment for a pull request: how much is done, each Secret that is due and why, and the whole tree. */
function markdown(runs: readonly RunPreview[], placed: readonly PlacedSecret[]): string {
  const due = placed.filter(({ action }) => action !== 'keep');
  const rows = due.map(({ file, line, ...planned }) => {
    const [[action = '', secret = '', why = '', folder = '', role = ''] = []] = rowsOf(planned);
    return [action, code(secret), why, code(folder), code(role), file === undefined ? '' : code(`${file}:${line}`)];
  });
  const head = ['', 'Secret', 'why', 'package', 'role', 'written in'];
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const changes = due.length === 0 ? [] : [...lines, ''];
  const tree =
    placed.length === 0
      ? ['None of the files that were read makes a Secret.']
      : ['```text', drawTree(runs, { width: Infinity, isColoured: false }).trimEnd(), '```'];
  return `${summaryOf(runs)}\n\n${[...changes, ...tree].join('\n')}\n`;
}

/** A text of somebody else's as code in a table of Markdown. */
function code(text: string): string {
  return `\`${visible(text).replaceAll(/[`|]/g, ' ')}\``;
}
