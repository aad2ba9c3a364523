import { refusersOfPlaintext } from '../chain/guard.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import type { NeedAnswers } from '../model/answers.ts';
import type { Job, Need } from '../model/job.ts';
import { keyOfSecret, type NamedRef, secretObject } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { distinct } from '../model/plain-data.ts';
import type { Draft } from './draft.ts';
import { type Plan, type Planning, planJobs } from './plan.ts';

/** Where a host puts the Secrets of a draft. */
export interface Destination {
  /** Where they go, as the command line says. Absent: where kpt or kustomize puts the output, only the operator knows. */
  readonly writtenTo?: 'files' | 'stream';
  /** The paths of Secrets, by `objectKey`, if those are files: enough for a warning. */
  readonly files?: ReadonlyMap<string, string>;
  /** About the places of all jobs, whether due or not. */
  readonly findings: readonly Finding[];
  /** Checks that the Secrets of these jobs can be written, in a preview too; absent: `resolve` has checked it. */
  check?(due: readonly Job[]): readonly Finding[];
  /**
   * Gets each Secret as soon as it is rendered, in any order, so that a host can print it while other requests are under way. It may be
   * used only after an outcome without errors.
   */
  add?(secret: SecretManifest): void;
}

/** What a host adds to a decision. */
interface Host<P extends Destination> {
  /** What it has said before the draft. */
  readonly findings: readonly Finding[];
  readonly destination: P;
  /** Must answer every need. `findings`: what is said so far; with an error among them the run is refused. */
  resolve(needs: readonly Need[], findings: readonly Finding[]): Resolution | Promise<Resolution>;
}

/** The answers to needs, and what is said of the look-up. */
export interface Resolution {
  readonly answers: NeedAnswers;
  readonly findings?: readonly Finding[];
}

/** A run whose plan has no need without an answer; under Crossplane `pending` is one. Nothing is issued yet. */
export interface DecidedRun<P extends Destination = Destination> {
  readonly plan: Plan;
  readonly destination: P;
  /** What the plan rests on. */
  readonly answers: NeedAnswers;
  /** All but those of the plan's decisions. */
  readonly findings: readonly Finding[];
  /** About plain text, for a host that has written the Secrets; what had to be said before is in `findings`. */
  readonly plaintextWarnings: readonly Finding[];
}

/** Decides a run of any host: plans until no need is open. */
export async function planUntilResolved<P extends Destination>(
  drafted: Draft,
  host: Host<P>,
  context: Planning,
): Promise<DecidedRun<P>> {
  const { destination } = host;
  const plaintextFindings = checkPlaintext(drafted, destination);
  // an error refuses the run, and a preview writes nothing: both are told now, other warnings only once Secrets are written
  const immediate = plaintextFindings.filter(({ severity }) => severity === 'error' || !drafted.purpose.acts);
  const earlyFindings = [...host.findings, ...drafted.findings, ...destination.findings, ...immediate];
  const { takeTurn } = context;
  const { result, answers, findings } = await untilResolved<Plan, Need>(
    (answers, former) =>
      takeTurn === undefined
        ? planJobs(drafted, answers, context, former)
        : takeTurn(() => planJobs(drafted, answers, context, former)),
    (needs, _, resolutionFindings) => host.resolve(needs, [...earlyFindings, ...resolutionFindings]),
  );
  const due = result.decisions.flatMap(({ job, verdict }) => (verdict?.do === 'keep' ? [] : [job]));
  const plaintextWarnings = plaintextFindings.filter((finding) => !immediate.includes(finding));
  return {
    plan: result,
    destination,
    answers,
    findings: [...earlyFindings, ...findings, ...(destination.check?.(due) ?? [])],
    plaintextWarnings,
  };
}

/**
 * Calls `make`, has its open needs resolved, and calls it again with the answers, until no need is open. `make` gets its previous result;
 * `resolve` must answer every need that it gets. `pending` is an answer here, and the host must not carry such a plan out. Gives the last
 * result, the answers that it rests on, and what `resolve` said.
 */
export async function untilResolved<D extends { readonly needs: readonly N[] }, N extends Need>(
  make: (answers: NeedAnswers, former?: D) => D | Promise<D>,
  resolve: (open: readonly N[], made: D, findings: readonly Finding[]) => Resolution | Promise<Resolution>,
): Promise<Required<Resolution> & { readonly result: D }> {
  let answers: NeedAnswers = new Map();
  const findings: Finding[] = [];
  let made = await make(answers);
  for (;;) {
    const unanswered = made.needs.filter(({ key }) => !answers.has(key));
    const open = distinct(unanswered, ({ key }) => key);
    if (open.length === 0) return { result: made, answers, findings };
    const resolution = await resolve(open, made, findings);
    findings.push(...(resolution.findings ?? []));
    answers = new Map([...answers, ...resolution.answers]);
    made = await make(answers, made);
  }
}

/** The other cure, beside encryption. */
const OTHERWISE = {
  host: 'or, if the output goes into a pipe (`kpt fn render -o unwrap`, `kustomize build`), let the operator set STS_FUNCTION_OUTPUT=stream',
  files: 'or render to standard output (without `-i`)',
};
const LATER = 'a run of kpt, kustomize or `render -i` with credentials will be refused';

/**
 * Findings for Secrets that are not encrypted, unless their output is known to be a stream. A guard may refuse plain text: an error for
 * each generator, or one warning where this run has no credentials. Otherwise one warning names the first Secret and counts the others.
 */
function checkPlaintext(
  { jobs, settings, purpose }: Pick<Draft, 'jobs' | 'settings' | 'purpose'>,
  { writtenTo, files }: Destination,
): Finding[] {
  const output = purpose.acts ? (writtenTo ?? settings.output) : settings.output; // of a preview `writtenTo` is where the preview goes, not its Secrets
  if (output === 'stream') return [];
  const plain = jobs.filter(({ form }) => form.recipients === undefined);
  const byPart = Map.groupBy(
    plain.flatMap((job) => job.parts.map((part) => ({ part, job }))),
    ({ part }) => part,
  ); // all Secrets of a generator have the same
  const otherwise = OTHERWISE[writtenTo === 'files' ? 'files' : 'host'];
  const refused = [...byPart].flatMap(([{ generator: object, chosenGrants }, [first]]) =>
    (chosenGrants ? refusersOfPlaintext(chosenGrants) : []).map((guard) => {
      const field = first?.job.field;
      const secret = field === undefined ? 'its Secret' : say`its Secret of \`${field}\``;
      const where = output === 'files' ? say`${secret} goes into one` : 'the output of this run may go into one';
      const end = say`refuses plain text in files, and ${where}. Encrypt it (\`encrypt\` in an Input), ${otherwise}.`;
      return { object, text: say`cannot use ${theObject(object)}: ${guard} ${end}` };
    }),
  );
  if (!purpose.mints)
    return refused.slice(0, 1).map(({ object, text }) => finding('PLAINTEXT', say`${LATER}: ${text}`, { object }));
  if (refused.length > 0) return refused.map(({ object, text }) => finding('NOT_GRANTED', text, { object }));
  const [first, ...others] = plain
    .map(({ target }) => target)
    .filter((target) => output === 'files' || files?.has(keyOfSecret(target)));
  return first === undefined ? [] : [warning(first, others.length, output === 'files')];
}

function warning(first: NamedRef, more: number, isCertain: boolean): Finding {
  const object = secretObject(first);
  const which = say`${theObject(object)}${more === 0 ? '' : say` and ${more} more`}`;
  const what = say`credentials of ${which} go into files in plain text${isCertain ? '' : ', unless the host writes elsewhere'}`;
  const cure = `${isCertain ? 'or ' : ''}keep the files out of git${isCertain ? '' : ', or render to standard output (kpt: `-o unwrap`)'}`;
  const message = say`${what}. Set \`encrypt\` in an Input, ${cure}.`;
  return finding('PLAINTEXT', message, { object });
}
