import { realProgram } from '../process/real-programs.ts';
import { runProcess } from '../run-function.ts';

/** A template with what it is given. */
export interface Question {
  readonly template: string;
  readonly data: Readonly<Record<string, string>>;
}

/** What a template gives, in base64, or that it is an error. */
export type Answer = string | 'error';

/** What Go makes of templates, as External Secrets runs it: test/hosts/templates/main.go. Its zone is UTC. */
export async function askGo(questions: readonly Question[]): Promise<Answer[]> {
  const input = questions.map(({ template, data }) => `${JSON.stringify({ template, data })}\n`).join('');
  const options = { input, environment: { TZ: 'UTC' }, timeoutMilliseconds: 300_000 };
  const { exit, stdout, stderr } = await runProcess(realProgram('templates'), [], options);
  const answers = stdout.split('\n').slice(0, -1);
  if (exit !== 0 || answers.length !== questions.length)
    throw new Error(`cannot ask Go: ${answers.length} answers to ${questions.length} questions. ${stderr}`);
  return answers;
}
