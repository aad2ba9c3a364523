import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { checkSettings } from '../hosts/policy.ts';
import { isSpec } from '../model/kinds.ts';
import { PROGRAM } from '../model/program.ts';
import type { World } from '../model/world.ts';
import { ofFile, type Survey, startsIn, stepsIn } from './survey.ts';

/** Findings that every run on this machine would have about its environment and its Policy. */
export async function checkEnvironment(_: Survey, world: World): Promise<readonly Finding[]> {
  return (await checkSettings(world)).findings;
}

/** Variables that CI systems set. */
const CI_VARIABLES = ['GITHUB_ACTIONS', 'GITLAB_CI', 'JENKINS_URL', 'BUILDKITE', 'CIRCLECI', 'TF_BUILD', 'CI'];

/** A package chooses its own roles. On a CI machine, which runs many packages, only a Policy limits them. */
export function checkPolicy({ repository }: Survey, { ambient: { environment } }: World): Finding[] {
  const variable = CI_VARIABLES.find((name) => environment[name]);
  if (
    variable === undefined ||
    environment.STS_FUNCTION_POLICY !== undefined ||
    !repository.all.some(({ item }) => isSpec(item))
  )
    return [];
  const cause = `${variable} says that this machine runs what others write, and STS_FUNCTION_POLICY names no Policy`;
  return [
    finding(
      'POLICY_ABSENT',
      `cannot limit the roles of packages: ${cause}. Run \`export STS_FUNCTION_POLICY=/etc/sts-policy.yaml\` with a file of grants (docs/input.md).`,
    ),
  ];
}

/**
 * A container gets no credentials: kpt passes it no environment, and no network without a flag (kptdev/kpt, v1.0.0-beta.67,
 * pkg/fn/runtime/runner.go, NewRunner).
 */
export function checkContainers(survey: Survey): Finding[] {
  const steps = stepsIn(survey).flatMap(({ kptfile, field, how }) =>
    'image' in how ? [contained(`\`${field}\` of ${quote(kptfile.file.shown)}`, `\`exec: ${PROGRAM}\``)] : [],
  );
  const starts = startsIn(survey).flatMap(({ config, how }) =>
    how !== undefined && 'image' in how ? [contained(ofFile(config), `\`exec: {path: ${PROGRAM}}\``)] : [],
  );
  return [...steps, ...starts];
}

function contained(what: string, exec: string): Finding {
  const cause = 'a container gets neither environment nor network from its host, and so no credentials of AWS';
  return finding('FUNCTION_IN_CONTAINER', `cannot be sure of ${what}: ${cause}. Write ${exec} in place of the image.`);
}
