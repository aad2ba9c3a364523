import { dirname, resolve, sep } from 'node:path';
import { type Finding, finding } from '../api/finding.ts';
import { describeObject, isSpec } from '../api/kinds.ts';
import { PROGRAM } from '../api/program.ts';
import { quote } from '../api/quote.ts';
import { shellWord } from '../api/shell-word.ts';
import { textAt, valueAt } from '../api/value-at.ts';
import { LOCAL_CONFIG_ANNOTATION } from '../krm/places.ts';
import { notStarted } from './check-calls.ts';
import { hasFlag } from './commands.ts';
import { isKustomization, type Start, startedBy, startsOf, stepsOf } from './starts.ts';
import { type Found, inFile, objectsOf, ofFile, type Survey } from './survey.ts';

const JOB = 'Let a Job or CronJob render and apply what has credentials (docs/renewal.md), and Argo CD everything else';

/**
 * Argo CD keeps what it renders, in its cache or in git (viaduct-ai/kustomize-sops, issue 263); Flux starts no functions
 * (fluxcd/kustomize-controller, issue 120).
 */
export function checkGitops(seen: Survey): Finding[] {
  const starts = startsOf(seen);
  const started = startedBy(starts, seen);
  return [
    ...objectsOf(seen, 'v1', 'ConfigMap').flatMap((found) => checkBuildOptions(found, starts)),
    ...objectsOf(seen, 'argoproj.io', 'Application').flatMap((found) => checkHydrator(found, ['spec'], seen)),
    ...objectsOf(seen, 'argoproj.io', 'ApplicationSet').flatMap((found) =>
      checkHydrator(found, ['spec', 'template', 'spec'], seen),
    ),
    ...objectsOf(seen, 'argoproj.io', 'ConfigManagementPlugin').flatMap(checkPlugin),
    ...objectsOf(seen, 'kustomize.toolkit.fluxcd.io', 'Kustomization').flatMap((found) =>
      checkFlux(found, started, seen),
    ),
  ];
}

/** Argo CD's settings, where something here is started by kustomize. */
function checkBuildOptions(found: Found, [start]: readonly Start[]): Finding[] {
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
    return [kept(`the credentials of ${what}`, `${where} lets Argo CD render it`)];
  });
}

/** The hydrator pushes what it renders to a branch. */
function checkHydrator(found: Found, path: readonly string[], seen: Survey): Finding[] {
  const hydrator = valueAt(found.value, [...path, 'sourceHydrator']);
  if (hydrator === undefined || !seen.objects.some((one) => isSpec(one.object))) return [];
  const where = `\`${[...path, 'sourceHydrator'].join('.')}\` of ${inFile(found)}`;
  const message = `cannot keep credentials out of git: ${where} writes rendered manifests to a branch. ${JOB}.`;
  return [finding('CREDENTIALS_KEPT', message)];
}

function checkPlugin(found: Found): Finding[] {
  if (!JSON.stringify(valueAt(found.value, ['spec']) ?? '').includes(PROGRAM)) return [];
  return [kept('credentials', `${inFile(found)} runs the function in Argo CD`)];
}

function kept(what: string, how: string): Finding {
  const cause = `${how}, and Argo CD keeps rendered manifests, Secrets included`;
  return finding('CREDENTIALS_KEPT', `cannot keep ${what} out of Argo CD's cache: ${cause}. ${JOB}.`);
}

function checkFlux(found: Found, started: ReadonlyMap<Found, Start>, seen: Survey): Finding[] {
  const folder = resolve(seen.root, textAt(found.value, ['spec', 'path']) || '.'); // the source's root, as a rule ours
  const there = (seen.at.get(folder) ?? []).filter(isKustomization);
  // where there is none, Flux makes one of all that is below
  const isBelow = ({ file }: Found) => file.real.startsWith(`${folder}${sep}`);
  const built = there.length > 0 ? there : [...started.keys()].filter(isBelow);
  const [start] = built.flatMap((one) => started.get(one) ?? []);
  if (start === undefined) return [];
  const what = `${describeObject(start.found.object)} under Flux`;
  const cause = `${inFile(found)} builds it, and Flux starts neither functions nor plugins`;
  return [notStarted(what, cause, 'Let a Job or CronJob render and apply it (docs/renewal.md)')];
}

/** Generators that `kpt live apply` would send to the cluster, in packages that are applied so: it skips what has `local-config`. */
export function checkLiveApply(seen: Survey): Finding[] {
  const packages = stepsOf(seen).map(({ kptfile }) => dirname(kptfile.file.real));
  const isInventory = objectsOf(seen, 'kpt.dev', 'ResourceGroup').length > 0;
  const hasInventory = objectsOf(seen, 'kpt.dev', 'Kptfile').some(
    ({ value }) => valueAt(value, ['inventory']) !== undefined,
  );
  const isCalled = seen.commands.some(({ program }) => program === 'kpt live apply');
  if (!isInventory && !hasInventory && !isCalled) return [];
  return seen.objects.flatMap(({ object, annotations, file }) => {
    const isInPackage = packages.some((folder) => file.real.startsWith(`${folder}${sep}`));
    if (!isInPackage || !isSpec(object) || annotations[LOCAL_CONFIG_ANNOTATION] === 'true') return [];
    const annotate = `kubectl annotate --local -o yaml -f ${shellWord(file.shown)} ${LOCAL_CONFIG_ANNOTATION}=true`;
    const message = `cannot keep ${ofFile({ object, file })} out of the cluster: \`kpt live apply\` sends it, and the cluster may not know its kind. Give it the annotation \`${LOCAL_CONFIG_ANNOTATION}: "true"\`, as \`${annotate}\` shows.`;
    return [finding('GENERATOR_APPLIED', message)];
  });
}
