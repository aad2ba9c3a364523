import {
  parseTemplate,
  renderBytes,
  TemplateError,
  type TemplateErrorCode,
} from '../../../function/gotemplate/gotemplate.ts';
import { type Answer, askGo, type Question } from './ask-go.ts';

/** How both stand to a template. `refused`: an error for us alone. */
export type Verdict = 'rendered by both' | 'error for both' | 'refused' | 'different';

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
