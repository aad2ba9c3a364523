import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { cached, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { jobsOf } from './check-workflows.ts';
import { type Command, commandsOfScript } from './commands.ts';
import type { Survey } from './survey.ts';

const VARIABLE = 'STS_FUNCTION_OUTPUT';

/**
 * Commands of kpt that write into files, where the variable tells the function of a pipe: it then says nothing of plain text, and a
 * Policy refuses none. In a workflow of GitHub a step's variable goes before its job's, and that before the workflow's.
 */
export function checkOutputs({ commands, workflows }: Survey): Finding[] {
  const ofCommands = commands
    .filter((command) => command.before.includes(`${VARIABLE}=stream`) && writesFiles(command))
    .map(({ file, line }) => toldOfPipe(`${quote(file.shown)}, line ${line},`));
  const ofJobs = workflows.flatMap(({ file, value }) => {
    const scripts = new Map<string, boolean>(); // aliases may repeat steps and scripts many times
    const lists = { stream: new Map<unknown, boolean>(), others: new Map<unknown, boolean>() };
    const isInFiles = (script: string) =>
      cached(scripts, script, () =>
        commandsOfScript(script, { file, line: 1 }).some(
          (command) => writesFiles(command) && !command.before.some((word) => word.startsWith(`${VARIABLE}=`)),
        ),
      );
    return jobsOf(value).flatMap(([name, job]) => {
      const around = outputOf(job) ?? outputOf(value);
      const steps = valueAt(job, ['steps']);
      const isTold = cached(lists[around === 'stream' ? around : 'others'], steps, () =>
        listAt(steps, []).some(
          (step) => (outputOf(step) ?? around) === 'stream' && isInFiles(textAt(step, ['run']) ?? ''),
        ),
      );
      return isTold ? [toldOfPipe(`job ${quote(name)} of ${quote(file.shown)}`)] : [];
    });
  });
  return [...ofCommands, ...ofJobs];
}

function outputOf(scope: unknown): string | undefined {
  return textAt(scope, ['env', VARIABLE]);
}

/** True for `kpt fn render` without `-o`, or into another folder. */
function writesFiles({ program, words }: Command): boolean {
  if (program !== 'kpt fn render') return false;
  const at = words.findIndex((word) => /^(?:-o|--output)(?:=|$)/.test(word));
  const output = words[at]?.split('=')[1] ?? words[at + 1] ?? '';
  return at < 0 || !/^(?:stdout|unwrap)$|\$/.test(output); // a variable may stand for either
}

function toldOfPipe(where: string): Finding {
  const cause = `${where} sets ${VARIABLE}=stream, and its \`kpt fn render\` writes into files`;
  return finding('PLAINTEXT', `credentials go into files: ${cause}. Add \`-o unwrap\`, or set it to "files".`);
}
