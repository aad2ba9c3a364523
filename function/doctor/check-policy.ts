import { type Finding, finding } from '../api/finding.ts';
import { isSpec } from '../api/kinds.ts';
import type { World } from '../api/world.ts';
import type { Survey } from './survey.ts';

/** Variables that machines set which run other people's changes. */
const SHARED = ['GITHUB_ACTIONS', 'GITLAB_CI', 'JENKINS_URL', 'BUILDKITE', 'CIRCLECI', 'TF_BUILD', 'CI'];

/** A package chooses its roles: on a machine that runs many, only a Policy says which. */
export function checkPolicy({ objects }: Survey, { ambient: { environment } }: World): Finding[] {
  const shared = SHARED.find((name) => environment[name]);
  if (
    shared === undefined ||
    environment.STS_FUNCTION_POLICY !== undefined ||
    !objects.some(({ object }) => isSpec(object))
  )
    return [];
  const cause = `${shared} says that this machine runs what others write, and STS_FUNCTION_POLICY names no Policy`;
  return [
    finding(
      'POLICY_ABSENT',
      `cannot limit the roles of packages: ${cause}. Run \`export STS_FUNCTION_POLICY=/etc/sts-policy.yaml\` with a file of grants (docs/input.md).`,
    ),
  ];
}
