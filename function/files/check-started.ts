import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { nearestAbove } from '../hosts/folders.ts';
import { isMeant, isOurs, stepsOf } from '../hosts/kpt-steps.ts';
import { type Item, itemKey } from '../krm/item.ts';
import { FUNCTION_ANNOTATIONS, IGNORE_ANNOTATION } from '../model/annotations.ts';
import type { Job, ObjectNeed } from '../model/job.ts';
import { isExternalSecret, isKptfile, keyOfSecret, objectKey, PROGRAM } from '../model/kinds.ts';
import { attempt, defined, distinct, once, succeeds } from '../model/plain-data.ts';
import { pluginPath } from '../model/plugin-paths.ts';
import type { Environment } from '../model/world.ts';
import type { Draft } from '../planner/draft.ts';
import { type FunctionRun, isBelow, locationOf } from '../repository/function-run.ts';
import { locationOfField } from '../repository/kustomize-edits.ts';
import { isDoubted } from '../repository/kustomize-runs.ts';
import { BASES, entriesOf, inFolders, type PipelineFile, STARTING } from '../repository/pipelines.ts';
import { packedFiles } from '../repository/read-kustomization.ts';
import type { FileItem } from '../repository/read-manifests.ts';
import type { Repository } from '../repository/repository.ts';

/** What makes kustomize start this function. */
const STARTING_ANNOTATION = `config.kubernetes.io/function: "exec: {path: ${PROGRAM}}"`;

/** A run and what it drafted. */
interface DraftedRun {
  readonly run: FunctionRun;
  readonly draft?: Pick<Draft, 'jobs' | 'needs'>;
}

/** True for what a loose run needs and a kustomization of its folder builds: `checkStarted` tells of who needs it, if nothing packs that. */
export function builtBeside({ all, kustomizations }: Repository) {
  const placeOf = ({ file }: FileItem, key: string) => JSON.stringify([dirname(file.real), key]);
  const packed = once(() => packedFiles(kustomizations));
  const built = once(() => {
    const paths = new Set(kustomizations.flatMap((by) => entriesOf(by, BASES).map(({ path }) => path)));
    return new Set(all.filter(({ file }) => paths.has(file.real)).map((base) => placeOf(base, itemKey(base.item))));
  });
  return ({ key, by }: ObjectNeed, run: FunctionRun): boolean => {
    const [manifest] = (run.host === 'none' && !isDoubted(run, by) && run.byKey.get(objectKey(by))) || [];
    return manifest !== undefined && built().has(placeOf(manifest, key)) && !packed().has(manifest.file.real);
  };
}

/** Warns of what no host will start this function for. What is in no package is for `render`, or for a cluster. */
export function checkStarted(all: readonly DraftedRun[], repository: Repository, environment: Environment): Finding[] {
  return [
    ...checkPackages(all, repository),
    ...checkSpelling(repository, environment),
    ...checkPlugins(all, environment),
  ];
}

/** Warns of steps with nearly the name of this function, where PATH has no such program: kpt fails there. */
function checkSpelling({ kptfiles }: Repository, environment: Environment): Finding[] {
  return kptfiles.flatMap((kptfile) =>
    stepsOf(kptfile, isMeant).flatMap(({ field, how }) => {
      if (isOurs(how) || !('exec' in how) || how.exec.includes('/') || isOnPath(how.exec, environment)) return [];
      const message = `kpt fails at \`${field}\`: there is no ${quote(how.exec)}. Write ${quote(PROGRAM)}, if that was meant.`;
      const location = locationOfField(kptfile, field);
      return [{ ...finding('FUNCTION_NOT_FOUND', message, { location }), severity: 'warning' }];
    }),
  );
}

/** True where a folder of PATH has an executable of this name. */
export function isOnPath(name: string, { PATH = '' }: Environment): boolean {
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => stateOf(join(folder, name)) === 'executable');
}

export function stateOf(path: string): 'executable' | 'notExecutable' | 'absent' {
  if (attempt(() => statSync(path).isFile()) !== true) return 'absent';
  return isExecutable(path) ? 'executable' : 'notExecutable';
}

function checkPackages(all: readonly DraftedRun[], { kptfiles, kustomizations }: Repository): Finding[] {
  const builtBy = once(
    () =>
      new Map(
        kustomizations.flatMap((kustomization) =>
          entriesOf(kustomization, BASES).map(({ path }) => [path, kustomization]),
        ),
      ),
  );
  const isBuilt = (run: FunctionRun, key: string) =>
    (run.byKey.get(key) ?? []).some(({ file }) => builtBy().has(file.real));
  const loose = all.flatMap(({ run, draft }) => {
    if (run.host !== 'none') return [];
    const isMade = ({ target, requester }: Job) =>
      isBuilt(run, keyOfSecret(target)) && !isBuilt(run, objectKey(requester)); // by `render -i`, for that kustomization
    const mayStart = (generator: ObjectRef) => run.doubtsOf?.(generator).some(({ host }) => host === 'kustomize');
    const generators = [
      ...(draft?.jobs ?? []).flatMap((job) => (isMade(job) ? [] : job.requester)),
      ...(draft?.needs ?? []).map(({ by }) => by),
    ];
    const idle = distinct(generators, objectKey).filter((generator) => !mayStart(generator));
    return idle.map((generator) => ({ run, generator }));
  });
  if (loose.length === 0) return [];
  const packages = inFolders(kptfiles.filter((kptfile) => stepsOf(kptfile, isMeant).length === 0)); // a misspelt step fails
  const packageOf = nearestAbove((folder) => packages.get(folder));
  const around = inFolders(kustomizations);
  const kustomizationOf = nearestAbove((folder) => around.get(folder));
  const packed = packedFiles(kustomizations);
  const idle = Map.groupBy(loose, ({ run: { byKey, configFile }, generator }) => {
    const path = (byKey.get(objectKey(generator))?.[0]?.file ?? configFile)?.real ?? '';
    const by = builtBy().get(path);
    if (by === undefined && packed.has(path)) return undefined; // it goes into the cluster as a text, for a CronJob
    return by ?? packageOf(path) ?? kustomizationOf(path);
  });
  return [...idle].flatMap(([pipeline, [first, ...others]]) =>
    pipeline === undefined || first === undefined ? [] : [notStarted(pipeline, first, others.length)],
  );
}

function notStarted(
  { file, value }: PipelineFile,
  { generator, run: { byKey, configFile } }: Pick<DraftedRun, 'run'> & { readonly generator: ObjectRef },
  more: number,
): Finding {
  const folder = dirname(file.real);
  const [manifest] = byKey.get(objectKey(generator)) ?? [];
  const isOwn = configFile !== undefined && isBelow(folder, configFile.real);
  const path = isOwn ? shellWord(relative(folder, configFile.real)) : 'options.yaml';
  const [field, cause, cure] = isKptfile(Object(value))
    ? [
        'pipeline',
        'no step of this package starts it',
        `Add \`pipeline: {mutators: [{exec: ${PROGRAM}${isOwn ? `, configPath: ${path}` : ''}}]}\``,
      ]
    : notBuilt({ file, value }, manifest, path);
  const what = say`${theObject(generator)}${more === 0 ? '' : ` and ${more} more`}`;
  const otherwise = `If an operator in the cluster handles ${isExternalSecret(generator) ? 'the ExternalSecret' : 'the generator'}, give it the annotation \`${IGNORE_ANNOTATION}: "true"\``;
  const message = say`nothing starts the function for ${what}: ${cause}. ${cure}. ${otherwise}.`;
  return finding('GENERATOR_UNUSED', message, { location: locationOfField({ file }, field) });
}

/** Why kustomize does not start the function for a manifest: the field at fault, cause and cure. */
function notBuilt(kustomization: PipelineFile, manifest: FileItem | undefined, options: string) {
  const isCopied = entriesOf(kustomization, BASES).some(({ path }) => path === manifest?.file.real);
  const cause = isCopied ? 'kustomize only copies the generator, as a resource' : 'no kustomization names its file';
  if (manifest !== undefined && hasAnnotation(manifest.item))
    return ['resources', cause, 'It has the annotation of a function: move it to `generators`'] as const;
  const isLeftOut = manifest !== undefined && !isCopied;
  const file = isLeftOut
    ? [`${quote(relative(dirname(kustomization.file.real), manifest.file.real))} to \`resources\``]
    : [];
  const starts = `\`transformers: [${options}]\`, an Input with the annotation \`${STARTING_ANNOTATION}\``;
  const isStarted = isLeftOut && entriesOf(kustomization, STARTING).length > 0;
  const orPack =
    isLeftOut && packedFiles([kustomization]).size > 0
      ? ', or to `files` of `configMapGenerator` if that is for a CronJob'
      : '';
  return ['resources', cause, `Add ${[...file, ...(isStarted ? [] : [starts])].join(' and ')}${orPack}`] as const;
}

/** Looks for plugins: without a function annotation kustomize starts the plugin of an object's kind, or fails. */
function checkPlugins(all: readonly DraftedRun[], environment: Environment): Finding[] {
  const homes = pluginHomes(environment);
  const home = homes.find((folder) => existsSync(folder)) ?? homes[0] ?? '.config/kustomize/plugin';
  const plain = all.flatMap(({ run }) => (run.start !== undefined && run.start.how === undefined ? [run] : []));
  return [...new Map(plain.map((run) => [run.start, run])).values()].flatMap((run) => {
    const object = run.functionConfig?.object;
    if (object === undefined) return [];
    const isUnfit = run.functionConfig !== undefined && hasAnnotation(run.functionConfig);
    if (!isUnfit && isExecutable(join(home, pluginPath(object)))) return [];
    const fails = (why: string, how: string): Finding[] => {
      const message = say`kustomize fails at ${theObject(object)}: ${why}. ${how}.`;
      const location = locationOf(run, { object });
      return [{ ...finding('FUNCTION_NOT_FOUND', message, defined({ location })), severity: 'warning' }];
    };
    if (isUnfit) return fails('its function annotation has no path', `Write \`${STARTING_ANNOTATION}\``);
    const cause = `it has no function annotation, and its plugin ${quote(join(home, pluginPath(object)))} is not there, or not executable`;
    const install = `mkdir -p ${shellWord(home)} && ${PROGRAM} install --kustomize-plugin-home ${shellWord(home)}`;
    const cure = `Add the annotation \`${STARTING_ANNOTATION}\`, or run \`${install}\``;
    return fails(cause, cure);
  });
}

function hasAnnotation({ annotations }: Pick<Item, 'annotations'>): boolean {
  return FUNCTION_ANNOTATIONS.some((name) => name in annotations);
}

function isExecutable(path: string): boolean {
  return succeeds(() => accessSync(path, constants.X_OK));
}

/** kustomize's plugin folders; it uses the first that exists (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/konfig/plugins.go). */
function pluginHomes({ KUSTOMIZE_PLUGIN_HOME, XDG_CONFIG_HOME, HOME }: Environment): string[] {
  return [
    ...(KUSTOMIZE_PLUGIN_HOME ? [KUSTOMIZE_PLUGIN_HOME] : []),
    ...(XDG_CONFIG_HOME ? [join(XDG_CONFIG_HOME, 'kustomize/plugin')] : []),
    ...(HOME ? [join(HOME, '.config/kustomize/plugin'), join(HOME, 'kustomize/plugin')] : []),
  ];
}
