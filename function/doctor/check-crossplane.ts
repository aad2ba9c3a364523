import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { isOurs } from '../hosts/kpt-steps.ts';
import { readPolicy } from '../manifests/read-policy.ts';
import { hasText, listAt, once, textAt, valueAt } from '../model/plain-data.ts';
import { patchFiles } from '../repository/kustomize-edits.ts';
import type { MountedText } from './check-mounted.ts';
import { checkRights, checkTokens } from './check-rights.ts';
import {
  checkRuntimes,
  inManifest,
  isGuarded,
  mountedPolicies,
  type ReadArguments,
  unreliable,
} from './check-runtimes.ts';
import { compositionSteps, type FoundObject, objectsOf, ourFunctions, type Survey } from './survey.ts';

const GROUP = 'pkg.crossplane.io';

/** Checks the Functions that install this function in Crossplane, their runtimes, and the Compositions that use it. */
export function checkCrossplane(survey: Survey, _: unknown, readArguments: ReadArguments): Finding[] {
  const functions = objectsOf(survey, GROUP, 'Function');
  const ours = ourFunctions(survey);
  const installed = installedIn(survey);
  const configs = objectsOf(survey, GROUP, 'DeploymentRuntimeConfig');
  const arePatched = once(() => isPatched(survey));
  return [
    ...installed.flatMap(({ name, manifests, runtimes }) => {
      if (name !== undefined && runtimes.length === 0) {
        const cause = `\`spec.runtimeConfigRef\` names DeploymentRuntimeConfig ${quote(name)}, which is not among the manifests`;
        return manifests.map((manifest) =>
          inManifest(manifest, 'spec.runtimeConfigRef', cause, 'Add it, or correct the name'),
        );
      }
      const faults = checkRuntimes(runtimes, readArguments, survey);
      const isSure = faults.length === 0 && !isGuarded(runtimes[0]) && !arePatched();
      return isSure ? manifests.map(withoutGuard) : faults;
    }),
    ...(functions.length === 0 ? [] : checkSteps(survey, ours)),
    ...(installed.length === 0 ? [] : checkRights(survey)),
    ...checkTokens(survey, configs),
    ...mountedIn(survey, readArguments).flatMap(checkMountedPolicy),
  ];
}

/** The Functions that install this one for a cluster, by the runtime that they name, and the manifests of that. */
function installedIn(survey: Survey) {
  const isForRender = ({ value }: FoundObject) =>
    valueAt(value, ['metadata', 'annotations', 'render.crossplane.io/runtime']) !== undefined;
  const installed = ourFunctions(survey).filter((manifest) => !isForRender(manifest));
  const configs = Map.groupBy(objectsOf(survey, GROUP, 'DeploymentRuntimeConfig'), ({ object }) => object.name);
  const byConfig = Map.groupBy(installed, ({ value }) => textAt(value, ['spec', 'runtimeConfigRef', 'name']));
  const runtimesOf = (name = 'default') => configs.get(name) ?? []; // the default of Crossplane's own schema
  return [...byConfig].map(([name, manifests]) => ({ name, manifests, runtimes: runtimesOf(name) }));
}

/** The Policies of this function's servers, where files of the folder show them. */
export function mountedIn(survey: Survey, readArguments: ReadArguments): readonly MountedText[] {
  return installedIn(survey).flatMap(({ runtimes }) => mountedPolicies(runtimes, readArguments, survey));
}

/** What a server would say of the Policy that it mounts. Variables of its environment may come from anywhere. */
function checkMountedPolicy({ value, locationOf }: MountedText): readonly Finding[] {
  const variables = (JSON.stringify(value) ?? '').matchAll(/\$\{env\.([^}]*)\}/g);
  const environment = Object.fromEntries(variables.map(([, name = '']) => [name, 'any']));
  return readPolicy(value, { environment, hasCustomEndpoint: false }, locationOf).findings;
}

/** True where a patch of the repository has a Policy: which runtime it is for is not followed. */
function isPatched({ repository: { kustomizations }, policyFiles }: Survey): boolean {
  return kustomizations.some((each) => [each.file.real, ...patchFiles(each)].some((path) => policyFiles.has(path)));
}

/** A server serves every composite of its cluster. Without a Policy the `allow` of each Composition is the only limit. */
function withoutGuard(manifest: FoundObject): Finding {
  const cure = 'Mount a Policy and start the function with `args: [--policy, FILE]` (docs/policy.md)';
  const message = `Compositions choose their own roles: ${describeObject(manifest.object)} is started without a Policy. ${cure}.`;
  return finding('POLICY_ABSENT', message, { location: manifest.locationOf('spec.runtimeConfigRef') });
}

/** Crossplane runs a pipeline only if all its Functions are installed. */
function checkSteps(survey: Survey, ours: readonly FoundObject[]): Finding[] {
  const configurations = objectsOf(survey, 'meta.pkg.crossplane.io', 'Configuration');
  const dependencies = configurations.flatMap(({ value }) => listAt(value, ['spec', 'dependsOn']));
  const isDependency = dependencies.some(
    (
      each, // Crossplane makes its name
    ) => ['function', 'package'].some((field) => isOurs({ image: textAt(each, [field]) ?? '' })),
  );
  const names = new Set(ours.map(({ object }) => object.name));
  return compositionSteps(survey).flatMap(({ step, isFirst, what, locationOf }) => {
    const name = textAt(step, ['functionRef', 'name']) ?? '';
    if (names.has(name) || isDependency) return checkCredentials(step, isFirst, what, locationOf);
    const cause = `it names Function ${quote(name)}, and no manifest installs this function under that name`;
    return [unreliable(what, locationOf('functionRef.name'), cause, 'Correct `functionRef`, or add the Function')];
  });
}

/** Credentials that no generator of the step names: then the function signs with its own. Earlier steps may bring generators. */
function checkCredentials(
  step: unknown,
  isFirst: boolean,
  what: string,
  locationOf: (field: string) => SourceLocation,
): Finding[] {
  const input = valueAt(step, ['input']);
  if (!isFirst && listAt(input, ['generators']).length === 0) return [];
  const texts = new Set<string>(); // very many may be compared with them
  hasText(input, (text) => {
    texts.add(text);
    return false; // all of them
  });
  return listAt(step, ['credentials']).flatMap((entry, index) => {
    const name = textAt(entry, ['name']) ?? '';
    if (name === '' || texts.has(name)) return [];
    const cause = `no \`secretRef\` in its \`input\` names \`credentials\` ${quote(name)}, so they sign nothing`;
    return [unreliable(what, locationOf(`credentials[${index}].name`), cause, 'Correct one of the names')];
  });
}
