import { dirname } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellPath } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { foldersAbove } from '../hosts/folders.ts';
import { LOCAL_CONFIG_ANNOTATION } from '../model/annotations.ts';
import { asksForSecret, CONFIG_MAP_KIND, INPUT_GROUP, PROGRAM } from '../model/kinds.ts';
import { resolve } from '../model/paths.ts';
import { cached, globOf, hasText, listAt, once, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import { isBelow, locationIn } from '../repository/function-run.ts';
import { packedFiles } from '../repository/read-kustomization.ts';
import type { FileItem } from '../repository/read-manifests.ts';
import { notStarted, type StartsByPipeline, startedBy } from './check-calls.ts';
import { commandsOfScript, hasFlag } from './commands.ts';
import {
  describeItem,
  describeWithFile,
  type FoundObject,
  type FunctionStart,
  inFile,
  objectsOf,
  type Survey,
  startsIn,
  stepsIn,
} from './survey.ts';

const JOB = 'Render and apply what has credentials in a CronJob (docs/renewal.md), and leave the rest to Argo CD';

/**
 * Argo CD stores rendered manifests in its cache or in git (viaduct-ai/kustomize-sops, issue 263). Flux starts no functions
 * (fluxcd/kustomize-controller, issue 120).
 */
export function checkGitops(survey: Survey): Finding[] {
  const starts = startsIn(survey);
  const started = startedBy(starts, survey);
  const argoObjects = (kind: string, ...path: readonly string[]) =>
    objectsOf(survey, 'argoproj.io', kind).map((object) => ({ object, path: [...path, 'spec'] }));
  const seen = argoSettings(survey).flatMap((settings) => checkBuildOptions(settings, starts));
  const hasSpecs = once(() => survey.repository.all.some(({ item }) => asksForSecret(item)));
  const startsBelow = byFolderAround(started);
  const firsts: Firsts = new Map();
  return [
    ...seen,
    ...[...argoObjects('Application'), ...argoObjects('ApplicationSet', 'spec', 'template')].flatMap(
      ({ object, path }) => [
        ...checkHydrator(object, path, hasSpecs),
        ...(seen.length > 0 ? [] : checkSources(object, path, started, survey)),
      ],
    ),
    ...argoObjects('ConfigManagementPlugin').flatMap(({ object }) => checkPlugin(object, starts)),
    ...objectsOf(survey, 'kustomize.toolkit.fluxcd.io', 'Kustomization').flatMap((manifest) => [
      ...checkFlux(manifest, survey, { started, startsBelow }),
      ...checkSubstitution(manifest, survey, firsts),
    ]),
  ];
}

/** The ConfigMaps with settings of Argo CD. */
export function argoSettings(survey: Pick<Survey, 'others'>): readonly FoundObject[] {
  return objectsOf(survey, 'v1', 'ConfigMap').filter(({ object }) => object.name === 'argocd-cm');
}

/** Checks Argo CD's settings if a kustomization starts this function. */
function checkBuildOptions(settings: FoundObject, [start]: readonly FunctionStart[]): Finding[] {
  return Object.entries(stringsIn(valueAt(settings.value, ['data']))).flatMap(([key, options]) => {
    const words = options.split(/\s+/);
    const isOfBuilds = /^kustomize\.buildOptions(?:\.|$)/.test(key) && hasFlag({ words }, '--enable-alpha-plugins');
    return start === undefined || !isOfBuilds
      ? []
      : [underArgo(start, `\`data[${quote(key)}]\` of ${inFile(settings)}`, words)];
  });
}

/** What becomes of a kustomization that starts this function where Argo CD builds it with these arguments. */
function underArgo({ what, how }: FunctionStart, where: string, words: readonly string[]): Finding {
  const isExec = how !== undefined && 'exec' in how;
  if (!isExec || hasFlag({ words }, '--enable-exec'))
    return kept(`the credentials of ${what} ${CACHE}`, `${where} lets Argo CD render it, ${KEEPS}`);
  const cause = `${where} has no \`--enable-exec\`, so kustomize silently leaves the Secret out`;
  const cure = `Do not add the flag: Argo CD would keep the credentials in its cache. ${JOB}`;
  return notStarted(`the function for ${what} under Argo CD`, cause, cure);
}

/** Argo CD's hydrator pushes rendered manifests to a branch. */
function checkHydrator(application: FoundObject, path: readonly string[], hasSpecs: () => boolean): Finding[] {
  const hydrator = valueAt(application.value, [...path, 'sourceHydrator']);
  if (hydrator === undefined || !hasSpecs()) return [];
  const where = `\`${[...path, 'sourceHydrator'].join('.')}\` of ${inFile(application)}`;
  return [kept('credentials out of git', `${where} writes rendered manifests to a branch`)];
}

/** What Argo CD makes of a kustomization that starts this function depends on settings that are not among the files. */
function checkSources(
  application: FoundObject,
  path: readonly string[],
  started: StartsByPipeline,
  survey: Survey,
): Finding[] {
  const { root, kustomizations } = survey;
  const sources = [valueAt(application.value, [...path, 'source']), ...listAt(application.value, [...path, 'sources'])];
  const paths = [...new Set(sources.flatMap((source) => textAt(source, ['path']) ?? []))];
  const templates = paths.filter(isTemplate);
  const patterns = new Set([
    ...(templates.some(isGenerated) ? directoriesOf(application) : []),
    ...templates.flatMap((path) => (isGenerated(path) ? [] : patternOf(path))),
  ]);
  const budget = cached(LEFT, survey, () => ({ pairs: MOST_PAIRS }));
  budget.pairs -= patterns.size * started.size;
  const fits = once(() => (budget.pairs < 0 ? ['*'] : [...patterns]).map((pattern) => globOf(resolve(root, pattern))));
  const built = paths.flatMap((path) => {
    const kustomization = kustomizations.get(resolve(root, path));
    return (kustomization && started.get(kustomization)) ?? [];
  });
  const mayBuild = () =>
    started.entries().find(([{ file }]) => {
      survey.deadline.throwIfExpired();
      return fits().some((matches) => matches(dirname(file.real)));
    });
  const start = built[0] ?? (patterns.size === 0 ? undefined : mayBuild()?.[1]);
  if (start === undefined) return [];
  const cause = `${inFile(application)} ${built.length === 0 ? 'may build' : 'builds'} it, and no \`argocd-cm\` in these files enables exec plugins. Without the plugins there is no Secret; with them, Argo CD keeps the credentials in its cache`;
  const message = `Argo CD may not start ${start.what}: ${cause}. ${JOB}.`;
  return [{ ...finding('FUNCTION_NOT_STARTED', message), severity: 'warning' }];
}

/** So many patterns of all applications are compared with folders, whose paths may be long: what is behind that may fit. */
const MOST_PAIRS = 150_000;
const LEFT = new WeakMap<Survey, { pairs: number }>();
const isTemplate = (path: string) => path.includes('{{'); // of an ApplicationSet
/** True for one that is a folder of its generators. */
const isGenerated = (path: string) => /^\{\{\s*\.?path(?:\.path)?\s*\}\}$/.test(path);

/** A pattern for the folders that another one may mean. */
function patternOf(template: string): string {
  const pattern = template.replaceAll(/\{\{[^{}]*\}\}/g, '*');
  return isTemplate(pattern) ? '*' : pattern;
}

/** Patterns for the folders that an ApplicationSet generates from, if its generators show them. */
function directoriesOf({ value }: FoundObject): readonly string[] {
  const generators = listAt(value, ['spec', 'generators']);
  const directories = generators.map((generator) => listAt(generator, ['git', 'directories']));
  if (directories.some(({ length }) => length === 0)) return ['*'];
  return directories
    .flat()
    .flatMap((each) => (valueAt(each, ['exclude']) === true ? [] : (textAt(each, ['path']) ?? '*')));
}

/** A plugin of Argo CD that runs this function, or kustomize where a kustomization starts it. */
function checkPlugin(plugin: FoundObject, [start]: readonly FunctionStart[]): Finding[] {
  const spec = valueAt(plugin.value, ['spec']);
  if (hasText(spec, (text) => text.includes(PROGRAM)))
    return [kept(`credentials ${CACHE}`, `${inFile(plugin)} runs the function in Argo CD, ${KEEPS}`)];
  const words = ['command', 'args'].flatMap((field) => Object.values(stringsIn(valueAt(spec, ['generate', field]))));
  const build = commandsOfScript(words.join(' '), { file: plugin.file, line: 1 }).find(
    ({ program }) => program === 'kustomize build',
  );
  return start === undefined || build === undefined ? [] : [underArgo(start, inFile(plugin), build.words)];
}

const CACHE = "out of Argo CD's cache";
const KEEPS = 'and Argo CD keeps rendered manifests, Secrets included';

function kept(what: string, cause: string): Finding {
  return finding('CREDENTIALS_KEPT', `cannot keep ${what}: ${cause}. ${JOB}.`);
}

/** The first start in each folder or below it. */
function byFolderAround(started: StartsByPipeline): ReadonlyMap<string, FunctionStart> {
  const first = new Map<string, FunctionStart>();
  for (const [{ file }, start] of started)
    for (const folder of foldersAbove(file.real)) {
      if (first.has(folder)) break; // and so have those above
      first.set(folder, start);
    }
  return first;
}

function checkFlux(
  manifest: FoundObject,
  { root, kustomizations }: Survey,
  starts: { readonly started: StartsByPipeline; readonly startsBelow: ReadonlyMap<string, FunctionStart> },
): Finding[] {
  const folder = resolve(root, textAt(manifest.value, ['spec', 'path']) || '.'); // the path counts from the root of the source, usually this folder
  const there = kustomizations.get(folder);
  // without a kustomization, Flux generates one of all manifests below
  const start = there === undefined ? starts.startsBelow.get(folder) : starts.started.get(there);
  if (start === undefined) return [];
  const cause = `${inFile(manifest)} builds it, and Flux starts neither functions nor plugins`;
  return [notStarted(`${start.what} under Flux`, cause, 'Render and apply it in a Job or CronJob (docs/renewal.md)')];
}

/** Variables of this function; behind another `$` Flux leaves them. */
const VARIABLE = /(?<!\$)\$\{(name|namespace|role\.(?:account|partition))\}/g;
const SUBSTITUTE = 'kustomize.toolkit.fluxcd.io/substitute';

/**
 * An Input in a ConfigMap whose variables Flux replaces before the function sees them (fluxcd.io, Kustomization, Post build variable
 * substitution). A name for which the author gives Flux a value is meant.
 */
function checkSubstitution({ value, object }: FoundObject, survey: Survey, firsts: Firsts): Finding[] {
  const { root, deadline } = survey;
  const postBuild = valueAt(value, ['spec', 'postBuild']);
  const substitutes = Object.keys(Object(valueAt(postBuild, ['substitute'])));
  const folder = resolve(root, textAt(value, ['spec', 'path']) || '.');
  const isNone = substitutes.length + listAt(postBuild, ['substituteFrom']).length === 0;
  if (isNone || hasText(value, isOff)) return [];
  const meant = ['name', 'namespace', 'role.account', 'role.partition'].filter((name) => substitutes.includes(name));
  const first = cached(firsts, JSON.stringify([folder, meant]), () => {
    deadline.throwIfExpired();
    const { texts, offIn } = cached(VARIABLES, survey.repository, variablesIn);
    const isHere = (file: string) => isBelow(folder, file);
    const isLost = ({ names, in: places }: TextWithVariables) =>
      places.some(isHere) && names.some((name) => !meant.includes(name));
    return offIn.some(isHere) ? undefined : texts.find((text) => isLost(text))?.manifest;
  });
  if (first === undefined) return [];
  const cause = `${describeObject(object)} has \`postBuild\`, so Flux puts its own values, or nothing, for them`;
  const message = `variables of ${describeItem(first.item)} get lost: ${cause}. Give its ConfigMap the annotation \`${SUBSTITUTE}: disabled\`.`;
  return [
    { ...finding('VALUE_MISSING', message, { location: locationIn(first.file, first.item) }), severity: 'warning' },
  ];
}

/** By a folder, and the variables that are meant: very many objects may have the same. */
type Firsts = Map<string, FileItem | undefined>;

const isOff = (text: string) => text.includes(SUBSTITUTE);

/** A text of a ConfigMap with variables of an Input. `in`: where it stands, or the kustomizations that pack it. */
interface TextWithVariables {
  readonly manifest: FileItem;
  readonly names: readonly string[];
  readonly in: readonly string[];
}

const VARIABLES = new WeakMap<Survey['repository'], ReturnType<typeof variablesIn>>();

/** All texts of ConfigMaps with variables, and the kustomizations that turn Flux's replacing off. */
function variablesIn({ all, kustomizations }: Survey['repository']) {
  const packers = new Map<string, string[]>();
  for (const by of kustomizations)
    for (const real of packedFiles([by])) cached(packers, real, () => []).push(by.file.real);
  const namesIn = (text: string) =>
    text.includes(`${INPUT_GROUP}/`) ? [...text.matchAll(VARIABLE).map(([, name = '']) => name)] : [];
  const texts = all.flatMap((manifest): TextWithVariables[] => {
    const { item, file } = manifest;
    const names = new Set<string>();
    const note = (text: string) => {
      for (const name of namesIn(text)) names.add(name);
      return false;
    };
    if (item.kind === CONFIG_MAP_KIND && !isOff(file.text)) hasText(item.toJS(), note);
    const by = packers.get(file.real);
    packers.delete(file.real); // each file once
    return [
      { manifest, names: [...names], in: [file.real] },
      ...(by === undefined ? [] : [{ manifest, names: [...new Set(namesIn(file.text))], in: by }]),
    ].filter((text) => text.names.length > 0);
  });
  return { texts, offIn: kustomizations.flatMap(({ file }) => (isOff(file.text) ? file.real : [])) };
}

/** Generators that `kpt live apply` would send to the cluster, since they lack the annotation `local-config`. */
export function checkLiveApply(survey: Survey): Finding[] {
  const { all, kptfiles, at } = survey.repository;
  const isInventory = objectsOf(survey, 'kpt.dev', 'ResourceGroup').length > 0;
  const hasInventory = kptfiles.some(({ value }) => valueAt(value, ['inventory']) !== undefined);
  const isCalled = survey.commands.some((command) => command.program === 'kpt live apply');
  if (!isInventory && !hasInventory && !isCalled) return [];
  const inPackages = new Set(stepsIn(survey).flatMap(({ kptfile }) => at(dirname(kptfile.file.real))));
  return all.flatMap((manifest) => {
    const { item, file } = manifest;
    if (!inPackages.has(manifest) || !asksForSecret(item) || item.annotations[LOCAL_CONFIG_ANNOTATION] === 'true')
      return [];
    const annotate = `kubectl annotate --local -o yaml -f ${shellPath(file.shown)} ${LOCAL_CONFIG_ANNOTATION}=true`;
    const message = `${describeWithFile(manifest)} goes into the cluster: \`kpt live apply\` sends it, and the cluster may not know its kind. Give it the annotation \`${LOCAL_CONFIG_ANNOTATION}: "true"\`, as \`${annotate}\` shows.`;
    return [finding('GENERATOR_APPLIED', message)];
  });
}
