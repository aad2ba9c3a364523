import { type Finding, finding } from '../findings/finding.ts';
import { checkSettings } from '../hosts/policy.ts';
import { lineAt } from '../krm/line-of.ts';
import { checkName } from '../manifests/read-settings.ts';
import { asksForSecret } from '../model/kinds.ts';
import { hasText, listAt, textAt } from '../model/plain-data.ts';
import type { World } from '../model/world.ts';
import { locationIn } from '../repository/function-run.ts';
import { packedFiles } from '../repository/read-kustomization.ts';
import { isPolicy } from '../repository/read-manifests.ts';
import { POD } from './check-workflows.ts';
import { objectsOf, type Survey } from './survey.ts';

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

/** Policies in a ConfigMap that a CronJob mounts, where nothing names a Policy. What else may mount one, nobody can tell. */
export function checkPackedPolicies(survey: Survey): Finding[] {
  const { repository, others } = survey;
  const volumes = objectsOf(survey, 'batch', 'CronJob').flatMap(({ value }) =>
    listAt(value, `${POD}.volumes`.split('.')),
  );
  const mounted = new Set(volumes.map((volume) => textAt(volume, ['configMap', 'name'])));
  const isNamed = (text: string) => /STS_FUNCTION_POLICY|--policy\b/.test(text);
  if (mounted.size === 0 || others.some(({ value }) => hasText(value, isNamed))) return [];
  const maps = repository.kustomizations.map(({ file, value }) => {
    const generators = listAt(value, ['configMapGenerator']).filter((entry) => mounted.has(textAt(entry, ['name'])));
    return { file, value: { configMapGenerator: generators } };
  });
  const files = packedFiles(maps);
  const policies = repository.all.filter(({ item, file }) => isPolicy(item) && files.has(file.real));
  const message =
    'this Policy has no effect: a CronJob mounts it, and no container names it. Set STS_FUNCTION_POLICY to its path.';
  return policies.map(({ item, file }) => finding('POLICY_UNUSED', message, { location: locationIn(file, item) }));
}

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
