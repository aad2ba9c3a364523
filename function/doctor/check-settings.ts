import { type Finding, finding } from '../api/finding.ts';
import { isSpec } from '../api/kinds.ts';
import { PROGRAM } from '../api/program.ts';
import { quote } from '../api/quote.ts';
import type { World } from '../api/world.ts';
import { checkSettings } from '../hosts/policy.ts';
import { startsOf, stepsOf } from './starts.ts';
import { ofFile, type Survey } from './survey.ts';

/** What every run on this machine would say of its environment, and of the Policy that it names. */
export async function checkEnvironment(_: Survey, world: World): Promise<readonly Finding[]> {
  return (await checkSettings(world)).findings;
}

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

/**
 * A container gets no credentials: kpt gives it no environment, and no network without a flag (kpt 1.0.0-beta.67,
 * pkg/fn/runtime/runner.go, NewRunner).
 */
export function checkContainers(seen: Survey): Finding[] {
  const steps = stepsOf(seen).flatMap(({ kptfile, field, how }) =>
    'image' in how ? [contained(`\`${field}\` of ${quote(kptfile.file.shown)}`, `\`exec: ${PROGRAM}\``)] : [],
  );
  const starts = startsOf(seen).flatMap(({ found, how }) =>
    how !== undefined && 'image' in how ? [contained(ofFile(found), `\`exec: {path: ${PROGRAM}}\``)] : [],
  );
  return [...steps, ...starts];
}

function contained(what: string, exec: string): Finding {
  const cause = 'a container gets neither environment nor network from its host, and so no credentials of AWS';
  return finding('FUNCTION_IN_CONTAINER', `cannot be sure of ${what}: ${cause}. Write ${exec} in place of the image.`);
}
