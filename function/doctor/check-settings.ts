import { type Finding, finding } from '../findings/finding.ts';
import { checkSettings } from '../hosts/policy.ts';
import { lineAt } from '../krm/line-of.ts';
import { checkName } from '../manifests/read-settings.ts';
import { asksForSecret } from '../model/kinds.ts';
import type { World } from '../model/world.ts';
import type { Survey } from './survey.ts';

/** Findings that every run on this machine would have about its environment and its Policy. */
export async function checkEnvironment(_: Survey, world: World): Promise<readonly Finding[]> {
  return (await checkSettings(world)).findings;
}

/** What is set in scripts and workflows under a name that is nearly ours. */
export function checkVariables({ scripts, deadline }: Survey): Finding[] {
  return scripts.flatMap(({ file, text }) => {
    deadline.throwIfExpired();
    const set = new Map(text.matchAll(SET).map(({ 0: name, index }) => [name, index]));
    const near = [...set].flatMap(([name, index]) => checkName(name).map((slip) => ({ slip, index })));
    const locationOf = (index: number) => ({ file: file.shown, line: lineAt(text, index) });
    return near.slice(0, 5).map(({ slip, index }) => ({ ...slip, location: locationOf(index) })); // for each of them the lines are counted
  });
}

const SET = /(?<!\w)\w{14,40}(?= ?[:=])/g;

/** Variables that CI systems set. */
const CI_VARIABLES = ['GITHUB_ACTIONS', 'GITLAB_CI', 'JENKINS_URL', 'BUILDKITE', 'CIRCLECI', 'TF_BUILD', 'CI'];

/** A package chooses its own roles. On a CI machine, which runs many packages, only a Policy limits them. */
export function checkPolicy({ repository }: Survey, { ambient: { environment } }: World): Finding[] {
  const variable = CI_VARIABLES.find((name) => environment[name]);
  if (variable === undefined || environment.STS_FUNCTION_POLICY !== undefined) return [];
  if (!repository.all.some(({ item }) => asksForSecret(item))) return [];
  const cause = `${variable} is set, so this machine may run manifests of many authors, and STS_FUNCTION_POLICY names no Policy`;
  const cure = 'Run `export STS_FUNCTION_POLICY=/etc/sts-policy.yaml` with a file of grants (docs/policy.md)';
  return [finding('POLICY_ABSENT', `packages choose their own roles: ${cause}. ${cure}.`)];
}
