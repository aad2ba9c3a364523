import { basename, dirname, resolve } from 'node:path';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { parseDocuments } from '../krm/documents.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { textsUnder } from '../krm/texts-under.ts';
import { isGenerator, isInput } from '../model/kinds.ts';
import { listAt, textAt } from '../model/plain-data.ts';
import { PROGRAM } from '../model/program.ts';
import type { FilePath } from './files/find-files.ts';
import type { FileItem, ManifestFile } from './files/read-manifests.ts';

/** A Kptfile or kustomization as plain data: what tells a host to start functions. Nothing in `value` is checked. */
export interface PipelineFile {
  readonly file: FilePath & { readonly text: string };
  readonly value: unknown;
}

/** How a pipeline has the function started; undefined: as kustomize's plugin for a kind. */
export type How = { readonly exec: string } | { readonly image: string } | undefined;

/** An entry of a Kptfile's pipeline that starts this function. */
export interface Step {
  /** Path of the entry in the Kptfile. */
  readonly field: string;
  readonly value: unknown;
  readonly how: NonNullable<How>;
}

/** An object under `generators` or `transformers` of a kustomization that starts this function. */
export interface Start {
  readonly list: 'generators' | 'transformers';
  readonly config: FileItem;
  readonly how: How;
}

/** Fields of a kustomization with resources and other kustomizations. */
export const BASES = ['resources', 'components', 'bases'] as const;

/** The steps of a Kptfile that start this function, or what `isWanted` says. */
export function stepsOf({ value }: Pick<PipelineFile, 'value'>, isWanted = isOurs): readonly Step[] {
  return ['mutators', 'validators'].flatMap((list) =>
    listAt(value, ['pipeline', list]).flatMap((entry, index) => {
      const [exec] = (textAt(entry, ['exec']) ?? '').split(/\s+/);
      const image = textAt(entry, ['image']);
      const how = exec ? { exec } : image === undefined ? undefined : { image };
      return how !== undefined && isWanted(how) ? [{ field: `pipeline.${list}[${index}]`, value: entry, how }] : [];
    }),
  );
}

/** A Kptfile, and its path as messages show it. */
interface ShownKptfile {
  readonly path: string;
  readonly value: unknown;
}

/**
 * Warns of a package that starts this function inside of another one that does: kpt runs the outer pipeline over the results of the inner
 * one (kptdev/kpt, v1.0.0-beta.67, pkg/lib/kptops/render_executor.go, hydrate), so each generator inside is rendered twice.
 */
export function checkNested(kptfiles: readonly ShownKptfile[]): Finding[] {
  const starting = kptfiles.flatMap(({ path, value }) => {
    const [step] = stepsOf({ value });
    return step === undefined ? [] : [{ path, folder: dirname(path), field: step.field }];
  });
  const byFolder = new Map(starting.map((one) => [one.folder, one]));
  return starting.flatMap(({ path, folder, field }) => {
    for (let at = folder; dirname(at) !== at; ) {
      at = dirname(at);
      const outer = byFolder.get(at);
      if (outer !== undefined) return [nested(outer, { path, field })];
    }
    return [];
  });
}

function nested(outer: Record<'path' | 'field', string>, inner: Record<'path' | 'field', string>): Finding {
  const cause = `\`${outer.field}\` of ${quote(outer.path)} starts it over the same generators, so kpt renders them twice, and issues sessions in every run`;
  const message = `cannot rely on \`${inner.field}\` of ${quote(inner.path)}: ${cause}. Keep one of the two steps.`;
  return finding('PIPELINES_NESTED', message);
}

/** The objects of a kustomization that start this function. `at` gives the items of a file. */
export function startsOf(kustomization: PipelineFile, at: (path: string) => readonly FileItem[]): readonly Start[] {
  return (['generators', 'transformers'] as const).flatMap((list) =>
    listAt(kustomization.value, [list])
      .flatMap((entry) => itemsOf(String(entry), kustomization, at))
      .flatMap((config) => {
        const how = howOf(config.item.annotations);
        const isKnown = isGenerator(config.item) || isInput(config.item);
        return isKnown || isOurs(how) ? [{ list, config, how }] : [];
      }),
  );
}

/** The items of a kustomization's entry: written in it, or those of a file that it names. */
function itemsOf(
  entry: string,
  { file }: PipelineFile,
  at: (path: string) => readonly FileItem[],
): readonly FileItem[] {
  if (!/[\n{]/.test(entry)) return at(resolve(dirname(file.real), entry));
  if (parseObject(entry) === undefined) return [];
  const { line = 1 } = textsUnder(file.text, ['generators', 'transformers'])?.find(({ text }) => text === entry) ?? {};
  const written: ManifestFile = { ...file, ...parseDocuments(entry, file.shown), firstLine: line };
  return written.items.map((item) => ({ item, file: written }));
}

/** True for this function's executable or image. */
export function isOurs(how: How): boolean {
  if (how === undefined) return false;
  const [name] = basename('exec' in how ? how.exec : how.image).split(/[:@]/);
  return name === PROGRAM;
}

const FUNCTION_ANNOTATIONS = ['config.kubernetes.io/function', 'config.k8s.io/function'];

/** How an object says that it is started. */
export function howOf(annotations: Readonly<Record<string, string>>): How {
  const text = FUNCTION_ANNOTATIONS.map((name) => annotations[name]).find((one) => one !== undefined);
  const value = text === undefined ? undefined : parseObject(text);
  const exec = textAt(value, ['exec', 'path']);
  const image = textAt(value, ['container', 'image']);
  return exec !== undefined ? { exec } : image !== undefined ? { image } : undefined;
}
