import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Finding, finding } from '../../findings/finding.ts';
import { shellWord } from '../../findings/quote.ts';
import { type ObjectRef, say, theObject } from '../../findings/say.ts';
import { IGNORE_ANNOTATION } from '../../model/annotations.ts';
import { isKptfile, objectKey } from '../../model/kinds.ts';
import { distinct } from '../../model/plain-data.ts';
import { PROGRAM, pluginPath } from '../../model/program.ts';
import type { Environment } from '../../model/world.ts';
import type { Draft } from '../../planner/draft.ts';
import { isMeant, nearestAbove, stepsOf } from '../kpt-steps.ts';
import { BASES, entriesOf, inFolders, type PipelineFile } from '../pipelines.ts';
import { type FunctionRun, isBelow, placeIn } from './function-run.ts';
import { placeOfField } from './kustomize-runs.ts';
import type { ManifestFile } from './read-manifests.ts';
import type { Repository } from './repository.ts';

/** What makes kustomize start this function. */
export const STARTING_ANNOTATION = `config.kubernetes.io/function: "exec: {path: ${PROGRAM}}"`;

interface Drafted {
  readonly of: FunctionRun;
  readonly draft?: Pick<Draft, 'jobs'>;
}

/** Warns of what no host will start this function for. What is in no package is for `render`, or for a cluster. */
export function checkStarted(all: readonly Drafted[], repository: Repository, environment: Environment): Finding[] {
  return [...checkPackages(all, repository), ...checkPlugins(all, environment)];
}

/** A generator in no run of a host, and the Input beside it. */
interface Idle {
  readonly generator: ObjectRef;
  readonly file: ManifestFile;
  readonly input: ManifestFile | undefined;
}

function checkPackages(all: readonly Drafted[], { kptfiles, kustomizations }: Repository): Finding[] {
  const idle = all.flatMap(({ of, draft }) => (of.host === 'none' ? idleOf(of, draft?.jobs ?? []) : []));
  if (idle.length === 0) return [];
  const builtBy = new Map(kustomizations.flatMap((one) => entriesOf(one, BASES).map(({ path }) => [path, one])));
  const packages = inFolders(kptfiles);
  const packageOf = nearestAbove((folder) => packages.get(folder));
  const found = Map.groupBy(idle, ({ file }) => builtBy.get(file.real) ?? packageOf(file.real));
  return [...found].flatMap(([pipeline, [first, ...others]]) => {
    const isMisspelt = pipeline !== undefined && stepsOf(pipeline, isMeant).length > 0; // its host fails
    return pipeline === undefined || isMisspelt || first === undefined
      ? []
      : [notStarted(pipeline, first, others.length)];
  });
}

function idleOf({ byKey, configFile: input }: FunctionRun, jobs: Draft['jobs']): Idle[] {
  return distinct(jobs, ({ generator }) => objectKey(generator)).flatMap(({ generator }) => {
    const file = byKey.get(objectKey(generator))?.[0]?.file ?? input;
    return file === undefined ? [] : [{ generator, file, input }];
  });
}

function notStarted({ file, value }: PipelineFile, { generator, input }: Idle, more: number): Finding {
  const of = say`${theObject(generator)}${more === 0 ? '' : ` and ${more} more`}`;
  const folder = dirname(file.real);
  const path = input && isBelow(folder, input.real) ? shellWord(relative(folder, input.real)) : undefined;
  const step = `exec: ${PROGRAM}${path === undefined ? '' : `, configPath: ${path}`}`;
  const [field, cause, cure] = isKptfile(Object(value))
    ? ['pipeline', 'no step of this package does', `\`pipeline: {mutators: [{${step}}]}\``]
    : [
        'resources',
        'kustomize only copies it, as a resource',
        `\`transformers: [${path ?? 'options.yaml'}]\`, an Input with the annotation \`${STARTING_ANNOTATION}\``,
      ];
  const otherwise = `or give the generator the annotation \`${IGNORE_ANNOTATION}: "true"\`, where a cluster's operator is meant`;
  const message = say`cannot start the function for ${of}: ${cause}. Add ${cure}; ${otherwise}.`;
  return finding('GENERATOR_UNUSED', message, { place: placeOfField({ file }, field) });
}

/** Without a function annotation kustomize starts the plugin of an object's kind, or fails. */
function checkPlugins(all: readonly Drafted[], environment: Environment): Finding[] {
  const home = pluginHomes(environment).find((folder) => existsSync(folder));
  const plain = all.flatMap(({ of }) => (of.start !== undefined && of.start.how === undefined ? [of] : []));
  return [...new Map(plain.map((of) => [of.start, of])).values()].flatMap(({ functionConfig, configFile }) => {
    const object = functionConfig?.object;
    if (object === undefined || functionConfig === undefined || configFile === undefined) return [];
    if (home !== undefined && existsSync(join(home, pluginPath(object)))) return [];
    const cause = 'it has no function annotation, and kustomize has no plugin for its kind';
    const message = say`cannot start ${theObject(object)}: ${cause}. Add the annotation \`${STARTING_ANNOTATION}\`.`;
    const place = placeIn(configFile, functionConfig);
    return [{ ...finding('FUNCTION_NOT_FOUND', message, { place }), severity: 'warning' }];
  });
}

/** kustomize's plugin folders; it uses the first that exists (kubernetes-sigs/kustomize, kustomize/v5.8.1, api/konfig/plugins.go). */
export function pluginHomes({ KUSTOMIZE_PLUGIN_HOME, XDG_CONFIG_HOME, HOME }: Environment): string[] {
  return [
    ...(KUSTOMIZE_PLUGIN_HOME ? [KUSTOMIZE_PLUGIN_HOME] : []),
    ...(XDG_CONFIG_HOME ? [join(XDG_CONFIG_HOME, 'kustomize/plugin')] : []),
    ...(HOME ? [join(HOME, '.config/kustomize/plugin'), join(HOME, 'kustomize/plugin')] : []),
  ];
}
