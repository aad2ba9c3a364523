import { emittedSecrets } from '../emitted.ts';
import type { Ended } from '../run-function.ts';
import type { RecordedCall } from '../sts/start-sts.ts';

/**
 * Holds what `plan` and `render` say and make of a package to what its host makes. Where the host makes a Secret, ours makes the same, or
 * `plan` calls the package incomplete and `render` refuses it. Ours makes none beside those, or `plan` says that nothing starts it.
 */

/** The program's answers about a folder with many packages. */
export interface Answers {
  readonly plan: Ended;
  readonly render: Ended;
}

/** What a host made of the folder of a package. */
export interface HostAnswer extends Ended {
  /** The folder, below the package's own. */
  readonly root: string;
  /** Folders that belong to it: what is said of one of them is said of it. */
  readonly reads: readonly string[];
}

/** A package by the text that is in all names of its generators, and by its folder; and the host that made what ours is held to. */
export interface PackageName {
  readonly id: string;
  readonly folder: string;
  /** What only another host would make of the folder says nothing. */
  readonly host: 'kpt' | 'kustomize';
}

/** What became of a package. */
export interface Verdict {
  /** What differs without a word. */
  readonly silent: readonly string[];
  readonly isRefused: boolean;
  readonly isIncomplete: boolean;
  /** The host fails. */
  readonly isFailed: boolean;
  /** The host makes a Secret. */
  readonly isMade: boolean;
  /** Why it is refused or incomplete: the lines that say so, without names and numbers. */
  readonly causes: readonly string[];
}

/** The metadata of Secrets but for times and the hash of the values. */
function metadataIn(text: string): string[] {
  const differing = /"sts\.fn\.crossplane\.io\/(?:expiration|renew-after|data-hash)":"[^"]*",?/g;
  const sorted = (_: string, value: unknown) =>
    Object(value) === value ? Object.fromEntries(Object.entries(value as object).toSorted()) : value;
  const documents = text.split(/^---$/m).filter((document) => document.includes('sts.fn.crossplane.io/generator')); // others may not parse
  return documents
    .flatMap(emittedSecrets)
    .map(({ metadata }) => JSON.stringify(metadata, sorted).replaceAll(differing, '').replaceAll(',}', '}'));
}

/** Sessions as STS's log has them: role, seconds and name. */
function sessionsIn(calls: readonly RecordedCall[]): ReadonlySet<string> {
  return new Set(
    calls.map(({ parameters: { RoleArn = '', DurationSeconds = '3600', RoleSessionName = '' } }) =>
      [RoleArn, DurationSeconds, RoleSessionName].join(' '),
    ),
  );
}

/** A Secret of `plan -o json`. */
interface Row {
  readonly package: string;
  readonly host: string;
  readonly file: string;
  readonly target: Target;
  readonly hops: readonly Hop[];
  readonly also?: readonly { readonly hops: readonly Hop[] }[];
}
interface Target {
  readonly name: string;
  readonly namespace?: string;
}
interface Hop {
  readonly role?: string;
  readonly sessionName?: string;
  readonly sessionDuration?: number;
}

const place = ({ name, namespace = '' }: Target) => `${namespace}/${name}`;
const placeOf = (metadata: string) => place(JSON.parse(metadata) as Target);

/** The sessions of a row, as {@link sessionsIn} gives them. */
const sessionsOf = ({ hops, also = [] }: Row) =>
  [{ hops }, ...also].map(({ hops: own }) => {
    const { role, sessionName, sessionDuration = 3600 } = own.at(-1) ?? {};
    return [role, sessionDuration, sessionName].join(' ');
  });

/** Reads the answers once for all packages; gives the verdict on each. */
export function judgeOf({ plan, render }: Answers, calls: Record<'theirs' | 'ours', readonly RecordedCall[]>) {
  const lines = { plan: plan.stderr.split('\n'), render: render.stderr.split('\n') };
  const all = { rows: rowsIn(plan.stdout), secrets: metadataIn(render.stdout) };
  const sessions = { theirs: sessionsIn(calls.theirs), ours: sessionsIn(calls.ours) };
  return ({ id, folder, host }: PackageName, answers: readonly HostAnswer[]): Verdict => {
    const ofPackage = (texts: Iterable<string>) => new Set([...texts].filter((text) => text.includes(id)));
    const allRows = all.rows.filter((row) => `${row.package}/`.startsWith(`${folder}/`));
    const rows = allRows.filter((row) => row.host === host || row.host === 'none');
    const elsewhere = allRows.filter((row) => !rows.some(({ target }) => place(target) === place(row.target)));
    const isElsewhere = (is: (row: Row) => boolean) => elsewhere.some(is);
    const own = {
      ...{ id, folder, host },
      said: { plan: linesAbout(folder, lines.plan), render: linesAbout(folder, lines.render) },
      rows,
      others: allRows.filter((row) => !rows.includes(row)),
      loose: all.rows.filter((row) => row.host === 'none' && row.file.startsWith(`${folder}/`)),
      secrets: ofPackage(
        all.secrets.filter((secret) => !isElsewhere(({ target }) => place(target) === placeOf(secret))),
      ),
      sessions: {
        theirs: ofPackage(sessions.theirs),
        ours: ofPackage(
          sessions.ours.values().filter((session) => !isElsewhere((row) => sessionsOf(row).includes(session))),
        ),
      },
      roots: answers.map((answer) => {
        const secrets = ofPackage(answer.exit === 0 ? metadataIn(answer.stdout) : []);
        return { ...answer, secrets, places: new Set([...secrets].map(placeOf)) };
      }),
    };
    const { said } = own;
    const refusals = said.render.filter(({ isError }) => isError);
    const isPreview = ({ line }: Line) => line.endsWith('[PLAN]');
    const reasons = refusals.length > 0 ? refusals : said.plan.filter(isPreview);
    return {
      causes: [...new Set(reasons.map(({ line }) => withoutNames(line)))],
      silent: [...tooMuch(own), ...lacking(own), ...wrongRows(own)],
      isRefused: refusals.length > 0,
      isIncomplete: said.plan.some(isPreview),
      isFailed: answers.some(({ exit }) => exit !== 0),
      isMade: own.roots.some(({ secrets }) => secrets.size > 0),
    };
  };
}

/** A line of standard error without its place, names and numbers: the same for all with one cause. */
const withoutNames = (line: string) =>
  line
    .replace(/^(\w+): (?:\S+:\d+: )?/, '$1: ')
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\bk?t?\d+\S*|(?:kustomize build|kpt fn render) [^`]*/g, '…');

/** A package, what its host made of it, and what ours said and made. */
interface Case extends PackageName {
  readonly said: Record<'plan' | 'render', readonly Line[]>;
  readonly rows: readonly Row[];
  /** Those of another host, which may make what this one fails at. */
  readonly others: readonly Row[];
  /** Those of no host: such runs may have files of several packages. */
  readonly loose: readonly Row[];
  readonly secrets: ReadonlySet<string>;
  readonly sessions: Record<'theirs' | 'ours', ReadonlySet<string>>;
  readonly roots: readonly Root[];
}

/** What a host made of a folder: metadata of Secrets, and their places. */
interface Root extends HostAnswer {
  readonly secrets: ReadonlySet<string>;
  readonly places: ReadonlySet<string>;
}

/** What ours makes and the host does not. A run of a root may be refused, and another of the same root give its Secrets. */
function tooMuch({ id, secrets, sessions, roots, said, rows, others, loose, folder }: Case): string[] {
  const refused = roots.filter((root) =>
    [said.plan, said.render].every((own) => own.some((line) => line.isError && isAbout(line, root, roots))),
  );
  const isOfRefused = (is: (row: Row) => boolean) =>
    rows.some((row) => row.host !== 'none' && refused.some(({ root }) => isOf(row, folder, root)) && is(row));
  const theirs = new Set(roots.flatMap((root) => [...root.secrets]));
  const isOutside = (is: (row: Row) => boolean) =>
    others.some(is) || loose.some((row) => !isInRoots(row, folder, roots) && is(row));
  const extraSecrets = [...secrets].filter(
    (secret) =>
      !theirs.has(secret) &&
      !isUnused(secret, said.plan, id) &&
      ![isOfRefused, isOutside].some((isExcused) => isExcused(({ target }) => place(target) === placeOf(secret))),
  );
  const extraSessions = [...sessions.ours].filter(
    (session) =>
      !sessions.theirs.has(session) &&
      !isUnused(session, said.plan, id) &&
      ![isOfRefused, isOutside].some((isExcused) => isExcused((row) => sessionsOf(row).includes(session))),
  );
  return [
    ...extraSecrets.map((secret) => `render makes ${secret}, and the host does not`),
    ...extraSessions.map((session) => `render asks for ${session}, and the host does not`),
  ];
}

/** What the host makes and ours does not, where it does not say so. */
function lacking({ secrets, roots, rows, said }: Case): string[] {
  return roots.flatMap((root) => {
    const has = (lines: readonly Line[]) => isIncomplete(root, roots, lines);
    const isShown = (secret: string) => rows.some(({ target }) => place(target) === placeOf(secret));
    return [...root.secrets].flatMap((secret) => {
      if (secrets.has(secret)) return [];
      const silent = [
        ...(has(said.plan) || isShown(secret) ? [] : ['plan']), // what is shown is compared elsewhere
        ...(has(said.render) ? [] : ['render']),
      ];
      return silent.length === 0
        ? []
        : [`${root.root}: the host makes ${secret}, ${silent.join(' and ')} says nothing`];
    });
  });
}

/** Where a plan that is not incomplete shows what the host does not make, and the reverse. */
function wrongRows(own: Case): string[] {
  const { roots, rows, said, folder } = own;
  const strays = rows.filter(
    (row) =>
      !roots.some(({ root }) => isOf(row, folder, root)) &&
      (row.host !== 'none' || isInRoots(row, folder, roots)) &&
      !roots.some((root) => isInRoots(row, folder, [root]) && isIncomplete(root, roots, said.plan)),
  );
  const anywhere = new Set(roots.flatMap(({ places }) => [...places]));
  const ofRoots = roots.flatMap((root) => {
    if (isIncomplete(root, roots, said.plan)) return [];
    const shown = rows.filter((row) => isOf(row, folder, root.root));
    const places = new Set(shown.map(({ target }) => place(target)));
    const missing = [...root.places].filter((target) => !places.has(target));
    return [
      ...shown.flatMap((row) => wrongIn(row, root.places, own)),
      ...missing.map((target) => `${root.root}: the host makes ${target}, and plan shows none`),
    ];
  });
  return [...strays.flatMap((row) => wrongIn(row, anywhere, own)), ...ofRoots];
}

function wrongIn(row: Row, places: ReadonlySet<string>, { id, said, sessions }: Case): string[] {
  const target = place(row.target);
  if (isUnused(target, said.plan, id)) return [];
  if (!places.has(target)) return [`${row.package}: plan shows ${target}, and the host makes none`];
  const extra = sessionsOf(row).filter((session) => !sessions.theirs.has(session));
  return extra.map((session) => `${row.package}: plan shows ${session}, and the host asks for none`);
}

function rowsIn(text: string): readonly Row[] {
  try {
    return (JSON.parse(text) as { secrets: Row[] }).secrets;
  } catch {
    return [];
  }
}

/** A line of standard error, and folders of a package that it names, or '' for the package's own. */
interface Line {
  readonly line: string;
  readonly isError: boolean;
  /** True where it says that only a host knows all, with the host's command. */
  readonly isIncomplete: boolean;
  readonly folders: readonly string[];
}

function linesAbout(folder: string, lines: readonly string[]): Line[] {
  const names = new RegExp(`(?<![\\w.-])${folder}(?:/([^/\\s":]+))?(?![\\w-])`, 'g');
  return lines.flatMap((line) => {
    const folders = [...line.matchAll(names)].map(([, name = '']) => name);
    const isError = line.startsWith('error: ');
    const isIncomplete = line.endsWith('[PLAN]') && /`[^`]*(?:kustomize build|kpt fn render) /.test(line);
    return folders.length === 0 ? [] : [{ line, isError, isIncomplete, folders }];
  });
}

function isIncomplete(root: Root, roots: readonly Root[], plan: readonly Line[]): boolean {
  return plan.some((line) => (line.isError || line.isIncomplete) && isAbout(line, root, roots));
}

/** Whether a line names a folder that belongs to a root, or to none: it may be any root's. */
function isAbout({ folders }: Line, own: HostAnswer, all: readonly HostAnswer[]): boolean {
  const isRead = ({ root, reads }: HostAnswer, folder: string) => folder === root || reads.includes(folder);
  return folders.some((folder) => isRead(own, folder) || !all.some((other) => isRead(other, folder)));
}

/** Whether a plan shows a Secret in a root; '' is the package with all that is in it. */
function isOf(row: Row, folder: string, root: string): boolean {
  return root === '' || row.package === `${folder}/${root}`;
}

/** False for what is in no folder of a root: no host reads it, and it has a run of its own (docs/decisions/040). */
function isInRoots(row: Row, folder: string, roots: readonly HostAnswer[]): boolean {
  const isAt = (name: string) => row.file.startsWith(`${folder}/${name}/`.replace('//', '/'));
  return roots.some(({ root, reads }) => [root, ...reads].some(isAt));
}

/** Ends what says that a host starts nothing, or fails to. */
const UNUSED = /\[(?:GENERATOR_UNUSED|FUNCTION_NOT_FOUND)\]$/;

/** Whether a plan says of what is in a text that nothing starts it: of that generator, of a pipeline, or of several of which it names one. */
function isUnused(text: string, plan: readonly Line[], id: string): boolean {
  const namesIn = (line: string) => [...line.matchAll(new RegExp(`[\\w-]*${id}`, 'g'))].map(([name]) => name);
  const names = namesIn(text);
  return plan.some(
    ({ line }) =>
      UNUSED.test(line) &&
      (namesIn(line).some((own) => names.some((name) => name.includes(own))) || // or it has a prefix
        / and \d+ more/.test(line) ||
        !line.includes(id)),
  );
}
