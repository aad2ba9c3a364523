import {
  parseTemplate,
  renderBytes,
  TemplateError,
  type TemplateErrorCode,
} from '../../function/gotemplate/gotemplate.ts';
import { realProgram } from '../support/hosts/real-programs.ts';
import { runProcess } from '../support/run-function.ts';
import { generateCases } from '../support/templates/generate-template.ts';

/** A template with what it is given. */
interface Question {
  readonly template: string;
  readonly data: Readonly<Record<string, string>>;
}

/** What a template gives, in base64, or that it is an error. */
type Answer = string | 'error';

/** What Go makes of templates, as External Secrets runs it: test/hosts/templates/main.go. Its zone is UTC. */
async function askGo(questions: readonly Question[]): Promise<Answer[]> {
  const input = questions.map(({ template, data }) => `${JSON.stringify({ template, data })}\n`).join('');
  const options = { input, environment: { TZ: 'UTC' }, timeoutMilliseconds: 300_000 };
  const { exit, stdout, stderr } = await runProcess(realProgram('templates'), [], options);
  const answers = stdout.split('\n').slice(0, -1);
  if (exit !== 0 || answers.length !== questions.length)
    throw new Error(`cannot ask Go: ${answers.length} answers to ${questions.length} questions. ${stderr}`);
  return answers;
}

/** How both stand to a template. `refused`: an error for us alone. */
type Verdict = 'rendered by both' | 'error for both' | 'refused' | 'different';

export interface Compared extends Question {
  readonly verdict: Verdict;
  readonly go: Answer;
  readonly ours: Answer;
  /** Of our error, both. */
  readonly reason: string | undefined;
  readonly code: TemplateErrorCode | undefined;
}

/** Renders templates both ways. */
export async function compare(questions: readonly Question[]): Promise<Compared[]> {
  const answers = await askGo(questions);
  return questions.map((question, index) => {
    const go = answers[index] ?? '';
    const here = renderHere(question);
    return { ...question, verdict: judge(go, here.ours), go, ...here };
  });
}

function judge(go: Answer, ours: Answer): Verdict {
  if (go === ours) return go === 'error' ? 'error for both' : 'rendered by both';
  return ours === 'error' ? 'refused' : 'different';
}

function renderHere({ template, data }: Question): Pick<Compared, 'ours' | 'reason' | 'code'> {
  try {
    const bytes = renderBytes(parseTemplate(template), data);
    return { ours: Buffer.from(bytes).toString('base64'), reason: undefined, code: undefined };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error; // nothing else is ever thrown
    return { ours: 'error', reason: error.reason, code: error.code };
  }
}

/** How many there are of each verdict. */
export function count(compared: readonly Compared[]): Record<Verdict, number> {
  const counts = { 'rendered by both': 0, 'error for both': 0, refused: 0, different: 0 };
  for (const { verdict } of compared) counts[verdict] += 1;
  return counts;
}

/** Of generated cases: how many of each verdict, and those in which Go and we differ. */
interface Survey {
  readonly counts: Record<Verdict, number>;
  readonly differing: Compared[];
}

/** All at once would be much to hold. */
const PORTION = 5000;

/** Compares generated cases, in portions whose seeds follow from this one; `calls` has all names that they call. */
export async function survey(
  cases: number,
  seed: number,
): Promise<{ whole: Survey; mutated: Survey; calls: Set<string> }> {
  const [whole, mutated] = [emptySurvey(), emptySurvey()];
  const calls = new Set<string>();
  for (let at = 0; at < cases; at += PORTION) {
    const generated = generateCases(Math.min(PORTION, cases - at), seed + at);
    for (const { template } of generated) for (const [name] of template.matchAll(/\b[a-z]\w+/gi)) calls.add(name);
    add(whole, await compare(generated.filter(({ isMutated }) => !isMutated)));
    add(mutated, await compare(generated.filter(({ isMutated }) => isMutated)));
  }
  return { whole, mutated, calls };
}

function emptySurvey(): Survey {
  return { counts: count([]), differing: [] };
}

function add({ counts, differing }: Survey, compared: readonly Compared[]): void {
  for (const one of compared) {
    counts[one.verdict] += 1;
    if (one.verdict === 'different' || one.verdict === 'refused') differing.push(one);
  }
}
