import { basename, dirname, resolve, sep } from 'node:path';
import { isGenerator, isInput } from '../api/kinds.ts';
import { PROGRAM } from '../api/program.ts';
import { listAt, textAt } from '../api/value-at.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { type Found, objectsIn, objectsOf, type Survey } from './survey.ts';

/** How an object says that the function is to be started; undefined: kustomize looks for a plugin of its kind. */
type How = { readonly exec: string } | { readonly image: string } | undefined;

/** An object under `generators` or `transformers` of a kustomization that starts this function. */
export interface Start {
  readonly kustomization: Found;
  readonly list: 'generators' | 'transformers';
  readonly found: Found;
  readonly how: How;
}

/** An entry of a Kptfile's pipeline that starts this function. */
export interface Step {
  readonly kptfile: Found;
  /** Path of the entry in the Kptfile. */
  readonly field: string;
  readonly value: unknown;
  readonly how: NonNullable<How>;
}

/** Lists in which a kustomization names what it builds on. */
export const BASES = ['resources', 'components', 'bases'];

/** True for what kustomize builds. */
export function isKustomization({ object: { apiVersion, kind } }: Found): boolean {
  return apiVersion.split('/')[0] === 'kustomize.config.k8s.io' && ['Kustomization', 'Component'].includes(kind);
}

/** Every kustomization. */
export function kustomizationsOf({ objects }: Pick<Survey, 'objects'>): readonly Found[] {
  return objects.filter(isKustomization);
}

/** What kustomizations start. */
export function startsOf(seen: Survey): readonly Start[] {
  return kustomizationsOf(seen).flatMap((kustomization) =>
    (['generators', 'transformers'] as const).flatMap((list) =>
      listAt(kustomization.value, [list])
        .flatMap((entry) => entryOf(String(entry), kustomization, seen))
        .flatMap((found) => toStart(found, list, kustomization)),
    ),
  );
}

function toStart(found: Found, list: Start['list'], kustomization: Found): Start[] {
  const how = howOf(found.annotations);
  const isKnown = isGenerator(found.object) || isInput(found.object);
  return isKnown || names(how) ? [{ kustomization, list, found, how }] : [];
}

/** What an entry of a kustomization is: an object written in it, those of a file, or those of a folder. */
export function entryOf(entry: string, { file }: Found, { at }: Pick<Survey, 'at'>): readonly Found[] {
  const written = /[\n{]/.test(entry) ? objectsIn(entry, file) : [];
  if (written.length > 0) return written;
  return at.get(resolve(dirname(file.real), entry)) ?? [];
}

/** What is started when a kustomization is built, by itself or by what it builds on: the first of such starts. */
export function startedBy(starts: readonly Start[], seen: Survey): ReadonlyMap<Found, Start> {
  const own = new Map(starts.toReversed().map((start) => [start.kustomization, start]));
  return new Map(
    kustomizationsOf(seen).flatMap((kustomization) => {
      const [first] = withBases(kustomization, seen).flatMap((one) => own.get(one) ?? []);
      return first === undefined ? [] : [[kustomization, first] as const];
    }),
  );
}

/** A kustomization and all that it builds on, folder by folder. */
function withBases(kustomization: Found, { at }: Survey): readonly Found[] {
  const all = new Set([kustomization]);
  for (const { value, file } of all) // which grows meanwhile
    for (const entry of BASES.flatMap((list) => listAt(value, [list])))
      for (const one of at.get(resolve(dirname(file.real), String(entry))) ?? [])
        if (isKustomization(one)) all.add(one);
  return [...all];
}

/** kpt renders a package and those below it, and none above. */
export function isIn(kptfile: Found, { file }: Found): boolean {
  return file.real.startsWith(`${dirname(kptfile.file.real)}${sep}`);
}

/** What Kptfiles start. */
export function stepsOf(seen: Pick<Survey, 'objects'>): readonly Step[] {
  return objectsOf(seen, 'kpt.dev', 'Kptfile').flatMap((kptfile) =>
    ['mutators', 'validators'].flatMap((list) =>
      listAt(kptfile.value, ['pipeline', list]).flatMap((value, index) => {
        const [exec] = (textAt(value, ['exec']) ?? '').split(/\s+/);
        const image = textAt(value, ['image']);
        const how = exec ? { exec } : image === undefined ? undefined : { image };
        return how !== undefined && names(how) ? [{ kptfile, field: `pipeline.${list}[${index}]`, value, how }] : [];
      }),
    ),
  );
}

/** True when it is this function that is started. */
function names(how: How): boolean {
  if (how === undefined) return false;
  const [name] = basename('exec' in how ? how.exec : how.image).split(/[:@]/);
  return name === PROGRAM;
}

const FUNCTION_ANNOTATIONS = ['config.kubernetes.io/function', 'config.k8s.io/function'];

function howOf(annotations: Found['annotations']): How {
  const text = FUNCTION_ANNOTATIONS.map((name) => annotations[name]).find((one) => one !== undefined);
  const value = text === undefined ? undefined : parseObject(text);
  const exec = textAt(value, ['exec', 'path']);
  const image = textAt(value, ['container', 'image']);
  return exec !== undefined ? { exec } : image !== undefined ? { image } : undefined;
}
