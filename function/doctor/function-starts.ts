import { basename, dirname, resolve } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { isBelow } from '../hosts/files/function-run.ts';
import { type How, isOurs, type Step as PipelineStep, stepsOf as stepsOfKptfile } from '../hosts/kpt-steps.ts';
import { BASES, howOf, STARTING } from '../hosts/pipelines.ts';
import { isGenerator, isInput } from '../model/kinds.ts';
import { listAt } from '../model/plain-data.ts';
import { PROGRAM } from '../model/program.ts';
import { type FoundObject, objectsIn, objectsOf, type Survey } from './survey.ts';

/** An object under `generators` or `transformers` of a kustomization that starts this function. */
export interface FunctionStart {
  readonly kustomization: FoundObject;
  readonly list: 'generators' | 'transformers';
  readonly found: FoundObject;
  readonly how: How;
}

/** A step, and its Kptfile. */
export interface Step extends PipelineStep {
  readonly kptfile: FoundObject;
}

/** True for a Kustomization or Component. */
export function isKustomization({ object: { apiVersion, kind } }: FoundObject): boolean {
  return apiVersion.split('/')[0] === 'kustomize.config.k8s.io' && ['Kustomization', 'Component'].includes(kind);
}

/** Every kustomization. */
export function kustomizationsOf({ objects }: Pick<Survey, 'objects'>): readonly FoundObject[] {
  return objects.filter(isKustomization);
}

/** The starts of this function by kustomizations, or of what `isWanted` says. */
export function startsOf(survey: Survey, isWanted = isOurs): readonly FunctionStart[] {
  return kustomizationsOf(survey).flatMap((kustomization) =>
    STARTING.flatMap((list) =>
      listAt(kustomization.value, [list])
        .flatMap((entry) => entryOf(String(entry), kustomization, survey))
        .flatMap((found) => {
          const how = howOf(found.annotations);
          const isKnown = isGenerator(found.object) || isInput(found.object);
          return isKnown || isWanted(how) ? [{ kustomization, list, found, how }] : [];
        }),
    ),
  );
}

/** The objects of a kustomization's entry: written in it, or those of a file or folder that it names. */
export function entryOf(entry: string, { file }: FoundObject, { at }: Pick<Survey, 'at'>): readonly FoundObject[] {
  const written = /[\n{]/.test(entry) ? objectsIn(entry, file) : [];
  if (written.length > 0) return written;
  return at.get(resolve(dirname(file.real), entry)) ?? [];
}

/** A start of this function when a kustomization is built: its own, or that of the nearest of its bases. */
export function startedBy(starts: readonly FunctionStart[], survey: Survey): ReadonlyMap<FoundObject, FunctionStart> {
  const includers = new Map<FoundObject, FoundObject[]>();
  for (const one of kustomizationsOf(survey))
    for (const base of basesOf(one, survey))
      includers
        .set(base, includers.get(base) ?? [])
        .get(base)
        ?.push(one);
  const started = new Map(starts.toReversed().map((start) => [start.kustomization, start]));
  for (const [base, start] of started)
    for (const one of includers.get(base) ?? []) if (!started.has(one)) started.set(one, start); // the map grows in this loop
  return started;
}

/** The kustomizations that one includes. */
export function basesOf({ value, file }: FoundObject, { at }: Pick<Survey, 'at'>): readonly FoundObject[] {
  return BASES.flatMap((list) => listAt(value, [list]))
    .flatMap((entry) => at.get(resolve(dirname(file.real), String(entry))) ?? [])
    .filter(isKustomization);
}

/** True for a file of a Kptfile's package: kpt renders a package and its subpackages. */
export function isIn(kptfile: FoundObject, { file }: FoundObject): boolean {
  return isBelow(dirname(kptfile.file.real), file.real);
}

/** The steps of Kptfiles that start this function, or what `isWanted` says. */
export function stepsOf(survey: Pick<Survey, 'objects'>, isWanted = isOurs): readonly Step[] {
  return objectsOf(survey, 'kpt.dev', 'Kptfile').flatMap((kptfile) =>
    stepsOfKptfile(kptfile, isWanted).map((step) => ({ kptfile, ...step })),
  );
}

const LONGEST_SLIP = 64;
const MOST_SLIPS = 2;

/** True for an executable that has nearly the name of this function. */
export function isMisspelt(exec: string): boolean {
  const name = basename(exec);
  if (name === PROGRAM || name.length > LONGEST_SLIP) return false;
  return distance(name.toLowerCase().replaceAll('_', '-'), PROGRAM) <= MOST_SLIPS;
}

/** True for this function, and where it is most likely meant. */
export function isMeant(how: How): boolean {
  return isOurs(how) || (how !== undefined && 'exec' in how && isMisspelt(how.exec));
}
