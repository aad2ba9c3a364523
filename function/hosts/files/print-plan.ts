import { printBlock } from '../../krm/print.ts';
import { secretObject } from '../../model/kinds.ts';
import type { PlannedSecret, PlannedSession } from '../../model/verdict.ts';
import { callsOf, describeReason } from '../../planner/describe-plan.ts';

export type PlanFormat = 'table' | 'yaml' | 'json';

/** A plan as a person or a program reads it. */
export function printPlan(secrets: readonly PlannedSecret[], format: PlanFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ secrets }, null, 2)}\n`;
    case 'yaml':
      return printBlock({ secrets });
    case 'table':
      return secrets.length === 0 ? '' : table([HEAD, ...secrets.flatMap(rowsOf)]);
  }
}

const HEAD = ['ACTION', 'SECRET', 'WHY', 'IDENTITY', 'ROLES', 'SECONDS', 'RENEW AFTER'];

/** A Secret's row, and one row for each further session in it. */
function rowsOf(planned: PlannedSecret): string[][] {
  const { action, target, also = [], renewAfter } = planned;
  const { name, namespace } = secretObject(target);
  const secret = namespace === undefined ? name : `${namespace}/${name}`;
  return [
    [action, secret, describeReason(planned), ...sessionOf(planned), renewAfter],
    ...also.map((session) => ['', '', '', ...sessionOf(session), '']),
  ];
}

function sessionOf(session: PlannedSession): string[] {
  const roles = callsOf(session).map((role) => role.replaceAll('"', ''));
  return [session.identity.description, roles.join(' > '), String(session.lifetime)];
}

/** Aligns columns, two spaces apart. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
