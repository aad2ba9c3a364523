import { type Finding, finding } from '../findings/finding.ts';
import { quoted, say, theObject } from '../findings/say.ts';
import type { Job } from '../model/job.ts';
import { defined } from '../model/plain-data.ts';
import { namespaceName, objectName } from '../model/schema-parts.ts';
import { type FunctionRun, locationOf } from '../repository/function-run.ts';
import { NO_CHANGE, renamed } from '../repository/metadata-change.ts';

/** Refuses names that a kustomization gives to Secrets and no API server takes: they would be printed as somebody wrote them. */
export function checkRenamed(jobs: readonly Job[], run: FunctionRun): Finding[] {
  const { change } = run.after;
  if (change === NO_CHANGE) return [];
  return jobs.flatMap(({ requester, target }) => {
    const { name, namespace } = renamed(target, change);
    const fields = [
      ['namespace', namespaceName, namespace],
      ['name', objectName, name],
    ] as const;
    return fields.flatMap(([field, schema, value]) => {
      const issue = value === undefined ? undefined : schema.safeParse(value).error?.issues[0];
      if (value === undefined || issue === undefined) return [];
      const cause = say`kustomize would give it the ${field} ${quoted(value)}, which ${issue.message}`;
      const fault = field === 'name' ? '`namePrefix` and `nameSuffix`' : '`namespace`';
      const message = say`cannot make the Secret of ${theObject(requester)}: ${cause}. Correct ${fault} of the kustomizations in ${quoted(run.folder)}.`;
      const location = locationOf(run, { object: requester });
      return [finding('SPEC_INVALID', message, { object: requester, ...defined({ location }) })];
    });
  });
}
