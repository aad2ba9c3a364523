import { dirname, join } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { textAt } from '../model/plain-data.ts';
import { isStartedBy, jobsOf } from './check-workflows.ts';
import { makingIn } from './making.ts';
import { ACTION, type Survey, WORKFLOWS } from './survey.ts';

/**
 * Jobs of GitHub that would start this function, and are never started: in a folder that GitHub does not read, or behind an `if` that is never
 * true (docs.github.com, Workflow syntax; Contexts reference, `github.ref` and `github.event_name`).
 */
export function checkIdleJobs(survey: Survey): Finding[] {
  const making = makingIn(survey);
  const folder = join(survey.folder, WORKFLOWS);
  return jobsOf(survey.workflows).flatMap((each) => {
    const { file, value: workflow, isOfGitlab } = each.workflow;
    if (isOfGitlab) return [];
    const steps = each.steps().filter(({ commands }) => making(commands).length > 0);
    const isElsewhere = dirname(file.shown) !== folder && !ACTION.test(file.shown);
    const cause = steps
      .map(({ step }) => {
        if (isElsewhere) return `GitHub reads workflows in ${quote(WORKFLOWS)} alone. Move the file there`;
        const conditions = [each.scopes[0], step].map((scope) => textAt(scope, ['if']) ?? '');
        return conditions
          .map((condition) => causeIn(condition, each.isCalledByOthers ? undefined : workflow))
          .find(Boolean);
      })
      .find(Boolean);
    return cause ? [finding('FUNCTION_NOT_STARTED', `cannot start the function in ${each.where}: ${cause}.`)] : [];
  });
}

/** Why a condition is never true: one of its parts that must all be true cannot be. `workflow`: undefined where its caller's events count. */
function causeIn(condition: string, workflow: unknown): string | undefined {
  if (condition.length > LONGEST || /\|\||!/.test(condition)) return undefined;
  const [, ref] = /\bgithub\.ref *== *'(?!refs\/)([\w./-]+)'/i.exec(condition) ?? [];
  if (ref !== undefined)
    return `its \`if\` compares \`github.ref\` with ${quote(ref)}, and a ref begins with "refs/". Compare \`github.ref_name\``;
  const [, event] = /\bgithub\.event_name *== *'(\w+)'/i.exec(condition) ?? [];
  if (event === undefined || workflow === undefined || isStartedBy(workflow, event)) return undefined;
  return `its \`if\` wants the event ${quote(event)}, which does not start the workflow. Name that in \`on\``;
}
const LONGEST = 1000;
