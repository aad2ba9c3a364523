import { dirname, resolve, sep } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { LOCAL_CONFIG_ANNOTATION } from '../krm/places.ts';
import { isSpec } from '../model/kinds.ts';
import { textAt, valueAt } from '../model/plain-data.ts';
import { PROGRAM } from '../model/program.ts';
import { notStarted } from './check-calls.ts';
import { hasFlag } from './commands.ts';
import { type FunctionStart, isKustomization, startedBy, startsOf, stepsOf } from './function-starts.ts';
import { type FoundObject, inFile, objectsOf, ofFile, type Survey } from './survey.ts';

const JOB = 'Let a Job or CronJob render and apply what has credentials (docs/renewal.md), and Argo CD everything else';

/**
 * Argo CD stores rendered manifests in its cache or in git (viaduct-ai/kustomize-sops, issue 263). Flux starts no functions
 * (fluxcd/kustomize-controller, issue 120).
 */
export function checkGitops(survey: Survey): Finding[] {
  const starts = startsOf(survey);
  const started = startedBy(starts, survey);
  return [
    ...objectsOf(survey, 'v1', 'ConfigMap').flatMap((found) => checkBuildOptions(found, starts)),
    ...objectsOf(survey, 'argoproj.io', 'Application').flatMap((found) => checkHydrator(found, ['spec'], survey)),
    ...objectsOf(survey, 'argoproj.io', 'ApplicationSet').flatMap((found) =>
      checkHydrator(found, ['spec', 'template', 'spec'], survey),
    ),
    ...objectsOf(survey, 'argoproj.io', 'ConfigManagementPlugin').flatMap(checkPlugin),
    ...objectsOf(survey, 'kustomize.toolkit.fluxcd.io', 'Kustomization').flatMap((found) =>
      checkFlux(found, started, survey),
    ),
  ];
}

/** Checks Argo CD's settings if a kustomization starts this function. */
function checkBuildOptions(found: FoundObject, [start]: readonly FunctionStart[]): Finding[] {
  const { object, value } = found;
  const data = valueAt(value, ['data']);
  if (object.name !== 'argocd-cm' || typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, options]) => {
    if (!/^kustomize\.buildOptions(?:\.|$)/.test(key) || typeof options !== 'string') return [];
    const words = options.split(/\s+/);
    if (start === undefined || !hasFlag({ words }, '--enable-alpha-plugins')) return [];
    const where = `\`data[${quote(key)}]\` of ${inFile(found)}`;
    const what = describeObject(start.found.object);
    const isExec = start.how !== undefined && 'exec' in start.how;
    if (isExec && !hasFlag({ words }, '--enable-exec')) {
      const cause = `${where} has no \`--enable-exec\`, so kustomize leaves the Secret out without a word`;
      const cure = `Do not add the flag, since Argo CD would keep the credentials in its cache. ${JOB}`;
      return [notStarted(`the function for ${what} under Argo CD`, cause, cure)];
    }
    return [keptByArgo(`the credentials of ${what}`, `${where} lets Argo CD render it`)];
  });
}

/** Argo CD's hydrator pushes rendered manifests to a branch. */
function checkHydrator(found: FoundObject, path: readonly string[], survey: Survey): Finding[] {
  const hydrator = valueAt(found.value, [...path, 'sourceHydrator']);
  if (hydrator === undefined || !survey.objects.some((one) => isSpec(one.object))) return [];
  const where = `\`${[...path, 'sourceHydrator'].join('.')}\` of ${inFile(found)}`;
  const message = `cannot keep credentials out of git: ${where} writes rendered manifests to a branch. ${JOB}.`;
  return [finding('CREDENTIALS_KEPT', message)];
}

function checkPlugin(found: FoundObject): Finding[] {
  if (!JSON.stringify(valueAt(found.value, ['spec']) ?? '').includes(PROGRAM)) return [];
  return [keptByArgo('credentials', `${inFile(found)} runs the function in Argo CD`)];
}

function keptByArgo(what: string, how: string): Finding {
  const cause = `${how}, and Argo CD keeps rendered manifests, Secrets included`;
  return finding('CREDENTIALS_KEPT', `cannot keep ${what} out of Argo CD's cache: ${cause}. ${JOB}.`);
}

function checkFlux(found: FoundObject, started: ReadonlyMap<FoundObject, FunctionStart>, survey: Survey): Finding[] {
  const folder = resolve(survey.root, textAt(found.value, ['spec', 'path']) || '.'); // the path counts from the root of the source, usually this folder
  const there = (survey.at.get(folder) ?? []).filter(isKustomization);
  // without a kustomization, Flux generates one of all manifests below
  const isBelow = ({ file }: FoundObject) => file.real.startsWith(`${folder}${sep}`);
  const built = there.length > 0 ? there : [...started.keys()].filter(isBelow);
  const [start] = built.flatMap((one) => started.get(one) ?? []);
  if (start === undefined) return [];
  const what = `${describeObject(start.found.object)} under Flux`;
  const cause = `${inFile(found)} builds it, and Flux starts neither functions nor plugins`;
  return [notStarted(what, cause, 'Let a Job or CronJob render and apply it (docs/renewal.md)')];
}

/** Generators that `kpt live apply` would send to the cluster, since they lack the annotation `local-config`. */
export function checkLiveApply(survey: Survey): Finding[] {
  const packages = stepsOf(survey).map(({ kptfile }) => dirname(kptfile.file.real));
  const isInventory = objectsOf(survey, 'kpt.dev', 'ResourceGroup').length > 0;
  const hasInventory = objectsOf(survey, 'kpt.dev', 'Kptfile').some(
    ({ value }) => valueAt(value, ['inventory']) !== undefined,
  );
  const isCalled = survey.commands.some(({ program }) => program === 'kpt live apply');
  if (!isInventory && !hasInventory && !isCalled) return [];
  return survey.objects.flatMap(({ object, annotations, file }) => {
    const isInPackage = packages.some((folder) => file.real.startsWith(`${folder}${sep}`));
    if (!isInPackage || !isSpec(object) || annotations[LOCAL_CONFIG_ANNOTATION] === 'true') return [];
    const annotate = `kubectl annotate --local -o yaml -f ${shellWord(file.shown)} ${LOCAL_CONFIG_ANNOTATION}=true`;
    const message = `cannot keep ${ofFile({ object, file })} out of the cluster: \`kpt live apply\` sends it, and the cluster may not know its kind. Give it the annotation \`${LOCAL_CONFIG_ANNOTATION}: "true"\`, as \`${annotate}\` shows.`;
    return [finding('GENERATOR_APPLIED', message)];
  });
}
