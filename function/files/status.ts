import { type Finding, messageOf } from '../findings/finding.ts';
import { cut, shownPath, visible, visibleJson } from '../findings/quote.ts';
import { toFinding } from '../hosts/run.ts';
import {
  EXPIRATION_ANNOTATION,
  FORCE_SYNC_ANNOTATION,
  GENERATOR_ANNOTATION,
  PLACEHOLDER_ANNOTATION,
} from '../model/annotations.ts';
import { keyOfSecret } from '../model/kinds.ts';
import type { RunReport } from '../model/outcome.ts';
import { defined, typedKeys, wholeSeconds } from '../model/plain-data.ts';
import { Deadline } from '../model/run-limits.ts';
import type { StatusTask } from '../model/tasks.ts';
import type { World } from '../model/world.ts';
import { believedTimes } from '../secret/renewal.ts';
import { align, columnWidths, wrap } from './draw-tree.ts';
import { type LiveSecret, readLiveSecrets } from './live-secrets.ts';
import { shownName } from './plan-rows.ts';
import { type Sheet, sheetOf } from './sheet.ts';

/** How a Secret stands, the worst first: its session has ended, it is past `renew-after`, nobody knows, it has no session, all is well. */
const STATES = ['over', 'late', 'unknown', 'placeholder', 'good'] as const;

/** Why a Secret may be as it is, and what to do. */
const CAUSES = {
  'not renewed by Crossplane':
    'look at CredentialsReady of its composite, and at the log of the function. If it is True, Crossplane does not call.',
  'no run renewed it': 'look at the job that runs kpt, kustomize or `render`. `plan` says what a run would do.',
  'no readable times': 'AWS gave no end, or somebody changed annotations. The next run makes it anew.',
  'no credentials': 'run without `--placeholder` and STS_FUNCTION_MODE.',
} as const;

/** A Secret as it is told. */
interface Row extends LiveSecret {
  readonly state: (typeof STATES)[number];
  readonly why?: keyof typeof CAUSES;
  readonly expiration?: string;
  readonly renewAfter?: string;
}

/** Says which Secrets end when, which are late, and why that may be. It reads files alone, and calls nobody. Never throws. */
export function showStatus(
  { paths, isJson, tellsLate }: StatusTask,
  { ambient, now }: Pick<World, 'ambient' | 'now'>,
  readInput: () => Uint8Array,
): RunReport {
  try {
    const { throwIfExpired } = new Deadline(ambient.environment);
    const { secrets, findings } = readLiveSecrets(paths, throwIfExpired, readInput);
    const time = now();
    const rows = inOrder(secrets.map((secret) => rowOf(secret, time)));
    const isLate = rows.some(({ state }) => state !== 'good' && state !== 'placeholder'); // what nobody knows may be over
    const output = isJson ? json(rows, findings) : table(rows, findings.length > 0, sheetOf(ambient));
    return { output, findings, ...(tellsLate && isLate ? { exit: 2 } : {}) };
  } catch (error) {
    return { output: '', findings: [toFinding(error)] };
  }
}

function rowOf(secret: LiveSecret, now: Date): Row {
  const { [PLACEHOLDER_ANNOTATION]: mark, [EXPIRATION_ANNOTATION]: end } = secret.annotations;
  if (mark === 'true' && end === undefined) return { ...secret, state: 'placeholder', why: 'no credentials' };
  const times = believedTimes(secret, now);
  if (times === undefined) return { ...secret, state: 'unknown', why: 'no readable times' };
  const [expiration, renewAfter] = [times.expiration, times.renewAfter].map((time) => wholeSeconds(new Date(time)));
  const row = { ...secret, ...defined({ expiration, renewAfter }) };
  if (now.getTime() < times.renewAfter) return { ...row, state: 'good' };
  const why = secret.composite === undefined ? 'no run renewed it' : 'not renewed by Crossplane';
  return { ...row, state: now.getTime() < times.expiration ? 'late' : 'over', why };
}

/** The worst first, then what ends first. */
function inOrder(rows: readonly Row[]): Row[] {
  const keyOf = ({ state, expiration, target, file }: Row) =>
    [STATES.indexOf(state), expiration, keyOfSecret(target), file].join(' ');
  const keyed = rows.map((row) => [keyOf(row), row] as const);
  return keyed.toSorted(([first], [second]) => (first < second ? -1 : 1)).map(([, row]) => row);
}

const toldOf = (why: keyof typeof CAUSES) => `${why}: ${CAUSES[why]}`;

function json(rows: readonly Row[], findings: readonly Finding[]): string {
  const secrets = rows.map(({ annotations, why, ...row }) => {
    const { [GENERATOR_ANNOTATION]: generator, [FORCE_SYNC_ANNOTATION]: forceSync } = annotations;
    return { ...row, generator, ...defined({ forceSync, why: why && toldOf(why) }) };
  });
  const errors = findings.map((finding) => ({ code: finding.code, message: messageOf(finding), ...finding.location }));
  return `${visibleJson(JSON.stringify({ version: 1, secrets, errors }, null, 2))}\n`;
}

const MOST_SHOWN = 200;

/** A line for each Secret, what to do, and how many there are of each state. */
function table(rows: readonly Row[], hasFaults: boolean, sheet: Sheet): string {
  const { width } = sheet;
  const shown = (text = '') => visible(cut(text, MOST_SHOWN));
  const minutes = (time = '') => time.slice(0, 16).replace(/T(.*)/, ' $1Z');
  const lines = rows.map(({ state, target, expiration, renewAfter, annotations, composite, why = '', file }) => {
    const owner = composite === undefined ? annotations[GENERATOR_ANNOTATION] : `composite ${composite}`;
    const place = file === undefined ? '' : shownPath(file);
    return [state, shown(shownName(target)), minutes(expiration), minutes(renewAfter), shown(owner), why, place];
  });
  const all = rows.length === 0 ? [] : [['STATE', 'SECRET', 'ENDS', 'RENEWAL', 'OF', 'WHY', 'FILE'], ...lines];
  const widths = columnWidths(all, width);
  const drawn = all.map((cells) => `${align(cells, widths, 0, sheet)}\n`);
  const causes = typedKeys(CAUSES).filter((cause) => rows.some(({ why }) => why === cause));
  const byState = Map.groupBy(rows, ({ state }) => state);
  const counts = STATES.flatMap((state) => (byState.has(state) ? [`${byState.get(state)?.length} ${state}`] : []));
  const summary = `Secrets of this function: ${counts.join(', ') || (hasFaults ? 'not known' : 'none')}.`;
  return [...drawn, ...[...causes.map(toldOf), summary].map((text) => wrap(text, width))].join('');
}
