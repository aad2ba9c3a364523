import { dirname, join } from 'node:path';
import { finding } from '../findings/finding.ts';
import { shellPath } from '../findings/quote.ts';
import { quoted, type Sayable, say, theObject } from '../findings/say.ts';
import { functionName, isOurs, type Step } from '../hosts/kpt-steps.ts';
import { LOCAL_CONFIG_ANNOTATION } from '../krm/file-positions.ts';
import type { Item } from '../krm/item.ts';
import { identify, objectKey } from '../model/kinds.ts';
import { cached, distinct, once, textAt, valueAt } from '../model/plain-data.ts';
import type { Draft } from '../planner/draft.ts';
import { type FunctionRun, isBelow, type Kptfile, type KptStart, locationIn, objectsOf } from './function-run.ts';
import { allSteps, findsSetters, isSelected } from './kpt-runs.ts';
import type { FileItem } from './read-manifests.ts';

/**
 * Functions of kpt's catalogue after which our objects have the names that they had (kptdev/krm-functions-catalog, functions/go and
 * contrib/functions).
 */
const NAMES_STAY =
  /^(?:set-(?:labels?|annotations?|image|enforcement-mode)|(?:enforce-)?gatekeeper|kube(?:val|conform)|(?:list|create)-setters|(?:render|inflate)-helm-chart)$/;

/** What only kpt knows of a run's objects, once for each step before it: a plan says it, and else it is a refusal. `behind`: of the command. */
export function tellChanges(run: FunctionRun, { jobs }: Pick<Draft, 'jobs'>, isPreview: boolean, behind: string) {
  const { kpt, byKey, folder } = run;
  const before = kpt === undefined ? [] : stepsBefore(kpt);
  if (before.length === 0) return [];
  const objects = jobs.flatMap((job) => [...objectsOf(job), ...job.parts.map((part) => part.generator)]);
  const manifests = distinct(objects, objectKey).flatMap((object) => byKey.get(objectKey(object)) ?? []);
  const command = `kpt fn render ${shellPath(folder)} --allow-exec${behind}`;
  const inPackage = new Map<Kptfile, readonly FileItem[]>();
  const below = (of: Kptfile) => manifests.filter(({ file }) => isBelow(dirname(of.file.real), file.real));
  return before.flatMap(({ step, of, options }) => {
    const change = ({ item }: FileItem) => (isSelected(item, step) ? changeBy(step, item, options()) : undefined);
    const does = cached(inPackage, of, below)
      .values()
      .map(change)
      .find((effect) => effect !== undefined);
    if (does === undefined) return [];
    const what = say`\`${step.field}\` ${does}, before this function starts`;
    const message = isPreview
      ? say`the plan leaves out that ${what}. Run \`STS_FUNCTION_MODE=plan ${command}\` to plan with it.`
      : say`cannot render this package: ${what}. Run \`${command}\`.`;
    return [
      finding(isPreview ? 'PLAN' : 'HOST_NEEDED', message, { location: locationIn(of.file, of.item, step.field) }),
    ];
  });
}

/** Others' steps before ours, with their options: those of its pipeline, and of the packages inside, which kpt renders first. */
function stepsBefore({ step: ours, kptfile, inPackage, kptfiles }: KptStart) {
  return inPackage.flatMap(({ item }) => {
    const of = kptfiles.get(item);
    if (of === undefined) return [];
    const all = allSteps(of);
    const end = of === kptfile ? all.findIndex(({ field }) => field === ours.field) : -1;
    const mutators = (end < 0 ? all : all.slice(0, end)).filter(({ field }) => field.startsWith('pipeline.mutators'));
    const others = mutators.filter(({ how }) => !isOurs(how) && !NAMES_STAY.test(functionName(how)));
    return others.map((step) => {
      const path = textAt(step.value, ['configPath']);
      const config = (real: string) => inPackage.find(({ file }) => file.real === real)?.item.toJS();
      const options = () =>
        path === undefined ? { data: valueAt(step.value, ['configMap']) } : config(join(dirname(of.file.real), path));
      return { step, of, options: once(options) };
    });
  });
}

/**
 * What a step does to an object. Before v0.4 set-namespace gave every object its namespace. Since then it leaves local objects alone, and
 * those without a namespace whose kind it does not know (kptdev/krm-functions-catalog, functions/go/set-namespace/transformer/namespace.go).
 */
function changeBy(step: Step, item: Item, options: unknown): Sayable | undefined {
  const { how } = step;
  const data = valueAt(options, ['data']);
  const ofPackage = textAt(options, ['metadata', 'name']) === 'kptfile.kpt.dev' ? textAt(data, ['name']) : undefined;
  const to = textAt(data, ['namespace']) ?? ofPackage;
  const object = theObject(item.object ?? identify(item.toJS()));
  if (functionName(how) === 'set-namespace' && to !== undefined) {
    const isOld = 'image' in how && /:v0\.[0-3](?:\.|$)/.test(how.image);
    const isLeft = !isOld && (item.annotations[LOCAL_CONFIG_ANNOTATION] ?? 'false') !== 'false';
    const from = item.object?.namespace ?? (isOld ? '' : item.apiVersion === 'v1' ? 'default' : to);
    const isMeant = from === (textAt(data, ['namespaceMatcher']) ?? from);
    return from === to || isLeft || !isMeant ? undefined : say`sets the namespace of ${object} to ${quoted(to)}`;
  }
  const isSame = findsSetters(step) && data !== undefined && !isSet(item, data);
  return isSame ? undefined : say`may change ${object}`;
}

/** Whether a setter gives a line of an object another value (GoogleContainerTools/kpt-functions-catalog, functions/go/apply-setters). */
function isSet({ text, range: [start, , end] }: Item, values: unknown): boolean {
  const lines = text.slice(start, end).split('\n');
  return lines.some((line) => {
    const [before = '', pattern = ''] = line.split(' # kpt-set: ', 2);
    let room = before.length; // what has more does not stand there, and may be endless
    const expansion = pattern.replaceAll(/\$\{([^${}]*)\}/g, (setter, name) => {
      const value = textAt(values, [name]) ?? setter;
      room -= value === setter ? 0 : value.length;
      return room < 0 ? '' : value;
    });
    const stands = ['', '"', "'"].some((mark) => before.trimEnd().endsWith(` ${mark}${expansion.trim()}${mark}`));
    return room < 0 || (expansion !== pattern && !stands);
  });
}
