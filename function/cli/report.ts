import type { Code, Severity } from '../findings/codes.ts';
import { styled } from '../findings/colours.ts';
import { type Finding, messageOf } from '../findings/finding.ts';
import { visible } from '../findings/quote.ts';

/** How findings are shown to people. */
export interface ReportStyle {
  /** False: all are shown, and all that is known of a fault. */
  readonly isShort: boolean;
  /** A sentence that says where those are that are not shown. */
  readonly hint?: string;
  readonly isColoured: boolean;
}

/** So many are shown of those that are alike. */
const MOST_ALIKE = 5;
/** One slip, or one habit, makes many of these. */
const TOLD_ONCE: readonly Code[] = ['TEMPLATE_LEFT_OUT', 'VALUE_MISSING', 'PLAINTEXT'];

/** A line for each finding: of many errors, or warnings, with one code the first ones and a count. A plan is shown whole. */
export function linesOf(findings: readonly Finding[], { isShort, hint, isColoured }: ReportStyle): string[] {
  const kinds = Map.groupBy(findings, ({ severity, code, awsCode }) => JSON.stringify([severity, code, awsCode]));
  const counts = new Map<Finding, string>(); // in the place of the first that is left out
  const left = new Set<Finding>();
  for (const alike of kinds.values()) {
    const isOnce = alike.some(({ code }) => TOLD_ONCE.includes(code));
    const [first, ...others] = alike.slice(isOnce ? 1 : MOST_ALIKE);
    if (!isShort || first === undefined || first.severity === 'info') continue;
    counts.set(first, countOf(first, 1 + others.length, hint));
    for (const finding of others) left.add(finding);
  }
  const shown = findings.filter((finding) => !left.has(finding));
  return shown.flatMap((finding) => {
    const count = counts.get(finding);
    const line = count === undefined ? lineOf(finding, isColoured) : plainLine(finding.severity, count, isColoured);
    const frames = isShort ? undefined : finding.frames;
    return [line, ...(frames ?? []).map((frame) => `  at ${frame}`)];
  });
}

function countOf({ code, awsCode }: Finding, count: number, hint?: string): string {
  const alike = [code, ...(awsCode === undefined ? [] : [awsCode])].join(', ');
  return `${count} more like these (${alike}).${hint === undefined ? '' : ` ${hint}`}`;
}

/** A message behind the file and line that it is about. */
function placed(finding: Finding): string {
  const { location } = finding;
  if (location === undefined) return messageOf(finding);
  return `${[location.file, ...(location.line === undefined ? [] : [location.line])].join(':')}: ${messageOf(finding)}`;
}

const COLOURS = { error: 'red', warning: 'yellow' } as const;

/** The line of a finding, with its code behind it, which `help` explains. */
function lineOf(finding: Finding, isColoured: boolean): string {
  const code = `[${finding.code}]`;
  return `${plainLine(finding.severity, placed(finding), isColoured)} ${isColoured ? styled('dim', code) : code}`;
}

/** One line of standard error, in which every character is seen. */
export function plainLine(severity: Severity, text: string, isColoured: boolean): string {
  const head = `${severity}:`;
  return `${!isColoured || severity === 'info' ? head : styled(COLOURS[severity], head)} ${visible(text)}`;
}
