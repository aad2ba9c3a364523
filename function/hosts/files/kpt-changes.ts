import { dirname } from 'node:path';
import { type Finding, FindingError, finding, type Place } from '../../findings/finding.ts';
import { shellPath } from '../../findings/quote.ts';
import { quoted, type Sayable, say, theObject } from '../../findings/say.ts';
import type { Item } from '../../krm/item.ts';
import { LOCAL_CONFIG_ANNOTATION } from '../../krm/places.ts';
import { identify, objectKey, secretObject } from '../../model/kinds.ts';
import { cached, distinct, once, textAt, valueAt } from '../../model/plain-data.ts';
import type { Draft } from '../../planner/draft.ts';
import { functionName, isOurs, type Step, stepsOf } from '../kpt-steps.ts';
import { type FunctionRun, isBelow, type Kptfile, type KptStart, placeIn } from './function-run.ts';
import { configOf, isSelected } from './kpt-runs.ts';
import type { FileItem } from './read-manifests.ts';

/**
 * Functions of kpt's catalogue after which our objects have the names that they had (kptdev/krm-functions-catalog, functions/go and
 * contrib/functions).
 */
const NAMES_STAY =
  /^(?:set-(?:labels?|annotations?|image|enforcement-mode)|(?:enforce-)?gatekeeper|kube(?:val|conform)|(?:list|create)-setters|(?:render|inflate)-helm-chart)$/;

const STEPS = new WeakMap<Kptfile, readonly Step[]>();

/** What only kpt knows of a run's objects, once for each step before it: a plan says it, and else it is a refusal. `behind`: of the command. */
export function tellChanges(
  { kpt, byKey, folder }: FunctionRun,
  { jobs }: Pick<Draft, 'jobs'>,
  { isPlan, behind }: { readonly isPlan: boolean; readonly behind: string },
): Finding[] {
  if (kpt === undefined) return [];
  const changesOf = changesBefore(kpt);
  const objects = jobs.flatMap(({ generator, parts, reads, target }) => [
    ...[generator, secretObject(target), ...reads],
    ...parts.map((part) => part.generator),
  ]);
  const keys = new Set(objects.map(objectKey));
  const all = [...keys].flatMap((key) => (byKey.get(key) ?? []).flatMap(changesOf));
  const command = `kpt fn render ${shellPath(folder)} --allow-exec${behind}`;
  return distinct(all, ({ place }) => `${place.line} ${place.file}`).map(({ place, said }) => {
    const what = say`${said}, before this function starts`;
    return isPlan
      ? finding('PLAN', say`the plan leaves out that ${what}. \`STS_FUNCTION_MODE=plan ${command}\` plans with it.`, {
          place,
        })
      : finding('HOST_CHANGES', say`cannot render this package: ${what}. Run \`${command}\`.`, { place });
  });
}

interface Change {
  readonly place: Place;
  readonly said: Sayable;
}

/** What the steps before ours do to an object: those of its pipeline, and of the packages inside, which kpt renders first. */
function changesBefore({ step: ours, kptfile, inPackage, kptfiles }: KptStart): (one: FileItem) => Change[] {
  const before = inPackage.flatMap(({ item }) => {
    const of = kptfiles.get(item);
    if (of === undefined) return [];
    const all = cached(STEPS, of, () => stepsOf(of, () => true));
    const end = of === kptfile ? all.findIndex(({ field }) => field === ours.field) : -1;
    const others = (end < 0 ? all : all.slice(0, end)).filter(
      ({ field, how }) => field.startsWith('pipeline.mutators') && !isOurs(how) && !NAMES_STAY.test(functionName(how)),
    );
    return others.map((step) => ({ step, of, options: once(() => optionsOf(step, of, inPackage)) }));
  });
  return (one) =>
    before.flatMap(({ step, of, options }) => {
      if (!isBelow(dirname(of.file.real), one.file.real) || !isSelected(one.item, step)) return [];
      const does = changeBy(step, one.item, options());
      const place = placeIn(of.file, of.item, step.field);
      return does === undefined ? [] : [{ place, said: say`\`${step.field}\` ${does}` }];
    });
}

/** The options that a step gives its function; undefined where they are not there. */
function optionsOf(step: Step, kptfile: Kptfile, inPackage: readonly FileItem[]): unknown {
  try {
    return configOf(step, kptfile, inPackage)?.item.toJS();
  } catch (error) {
    if (error instanceof FindingError) return undefined;
    throw error;
  }
}

function changeBy({ how }: Step, item: Item, options: unknown): Sayable | undefined {
  const object = theObject(item.object ?? identify(item.toJS()));
  const data = valueAt(options, ['data']);
  const ofPackage = textAt(options, ['metadata', 'name']) === 'kptfile.kpt.dev' ? textAt(data, ['name']) : undefined;
  const namespace = textAt(data, ['namespace']) ?? ofPackage;
  if (functionName(how) === 'set-namespace' && namespace !== undefined) {
    const isOther = isMoved(item, { how, namespace, matcher: textAt(data, ['namespaceMatcher']) });
    return isOther ? say`sets the namespace of ${object} to ${quoted(namespace)}` : undefined;
  }
  const isKnown = functionName(how) === 'apply-setters' && data !== undefined;
  return isKnown && !isSet(item, data) ? undefined : say`may change ${object}`;
}

/**
 * Whether set-namespace gives an object another namespace. Before v0.4 it gave it to all, since then to none that is local, nor to one of
 * a kind that it does not know and without a namespace (kptdev/krm-functions-catalog, functions/go/set-namespace/transformer/namespace.go).
 */
function isMoved(
  { object, apiVersion, annotations }: Item,
  { how, namespace, matcher }: Pick<Step, 'how'> & Record<'namespace', string> & Record<'matcher', string | undefined>,
): boolean {
  const isOld = 'image' in how && /:v0\.[0-3](?:\.|$)/.test(how.image);
  const isLocal = (annotations[LOCAL_CONFIG_ANNOTATION] ?? 'false') !== 'false';
  const own = object?.namespace ?? (isOld ? '' : apiVersion === 'v1' ? 'default' : namespace);
  return own !== namespace && (isOld || !isLocal) && (matcher === undefined || matcher === own);
}

/** Whether a setter gives a line of an object another value (GoogleContainerTools/kpt-functions-catalog, functions/go/apply-setters). */
function isSet({ text, range: [start, , end] }: Item, values: unknown): boolean {
  return text
    .slice(start, end)
    .split('\n')
    .some((line) => {
      const [before = '', pattern = ''] = line.split(' # kpt-set: ', 2);
      const wanted = pattern.replaceAll(/\$\{([^}]*)\}/g, (setter, name) => textAt(values, [name]) ?? setter);
      const stands = ['', '"', "'"].some((mark) => before.trimEnd().endsWith(` ${mark}${wanted.trim()}${mark}`));
      return wanted !== pattern && !stands;
    });
}
