import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { isOurs } from '../hosts/kpt-steps.ts';
import { PROGRAM } from '../model/kinds.ts';
import { cached, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { compositionSteps, type FoundObject, inFile, objectsOf, type Survey } from './survey.ts';

const GROUP = 'pkg.crossplane.io';
const ACCOUNT = ['spec', 'serviceAccountTemplate', 'metadata'];

/** Checks the Functions that install this function in Crossplane, and the Compositions that use it. */
export function checkCrossplane(survey: Survey): Finding[] {
  const functions = objectsOf(survey, GROUP, 'Function');
  const ours = functions.filter(({ value }) => isOurs({ image: textAt(value, ['spec', 'package']) ?? '' }));
  const configs = objectsOf(survey, GROUP, 'DeploymentRuntimeConfig');
  return [
    ...ours.flatMap((manifest) => checkRuntime(manifest, configs)),
    ...(functions.length === 0 ? [] : checkSteps(survey, ours)),
  ];
}

function checkRuntime(manifest: FoundObject, configs: readonly FoundObject[]): Finding[] {
  const { value } = manifest;
  if (valueAt(value, ['metadata', 'annotations', 'render.crossplane.io/runtime']) !== undefined) return []; // for `crossplane render` only
  const what = inFile(manifest);
  const name = textAt(value, ['spec', 'runtimeConfigRef', 'name']);
  const config = configs.find((candidate) => candidate.object.name === name);
  if (name !== undefined && config === undefined) {
    const cause = `\`spec.runtimeConfigRef\` names DeploymentRuntimeConfig ${quote(name)}, which is not among the manifests`;
    return [unreliable(what, cause, 'Add it, or correct the name')];
  }
  return [...(config === undefined ? [] : checkAccount(config)), ...checkGuard(what, config)];
}

/** A role's trust policy names the ServiceAccount, and the name that Crossplane gives it changes with each version. */
function checkAccount(manifest: FoundObject): Finding[] {
  const { value } = manifest;
  const hasRole = textAt(value, [...ACCOUNT, 'annotations', 'eks.amazonaws.com/role-arn']) !== undefined;
  if (!hasRole || textAt(value, [...ACCOUNT, 'name']) !== undefined) return [];
  const field = `\`${[...ACCOUNT, 'name'].join('.')}\``;
  const cause = `its ServiceAccount has an AWS role, but ${field} is not set, so the name changes with each version of the package`;
  return [unreliable(inFile(manifest), cause, `Set the name, for example to "${PROGRAM}"`)];
}

/** A server serves every composite of its cluster. Without a Policy the `allow` of each Composition is the only limit. */
function checkGuard(what: string, config: FoundObject | undefined): Finding[] {
  if (config !== undefined && cached(GUARDED, config, isGuarded)) return [];
  const cure = 'Mount a Policy and start the function with `args: [--policy, FILE]` (docs/policy.md)';
  const message = `Compositions choose their own roles: ${what} is started without a Policy. ${cure}.`;
  return [finding('POLICY_ABSENT', message)];
}

/** Very many Functions may name one. */
const GUARDED = new WeakMap<FoundObject, boolean>();

function isGuarded({ value }: FoundObject): boolean {
  const containers = listAt(value, ['spec', 'deploymentTemplate', 'spec', 'template', 'spec', 'containers']);
  return containers.some(
    (container) =>
      listAt(container, ['args']).some((word) => typeof word === 'string' && /^--policy(?:=.|$)/.test(word)) ||
      listAt(container, ['env']).some(
        (variable) => textAt(variable, ['name']) === 'STS_FUNCTION_POLICY' && textAt(variable, ['value']) !== '',
      ),
  );
}

/** Crossplane runs a pipeline only if all its Functions are installed. */
function checkSteps(survey: Survey, ours: readonly FoundObject[]): Finding[] {
  return compositionSteps(survey).flatMap(({ step, name, location }) => {
    const functionName = textAt(step, ['functionRef', 'name']) ?? '';
    if (ours.some((manifest) => manifest.object.name === functionName)) return [];
    const cause = `${name} names Function ${quote(functionName)}, and no manifest installs this function under that name`;
    return [unreliable(location, cause, 'Correct `functionRef`, or add the Function')];
  });
}

function unreliable(what: string, cause: string, cure: string): Finding {
  return finding('RUNTIME_INCOMPLETE', `${what} may not work: ${cause}. ${cure}.`);
}
