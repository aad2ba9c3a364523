import { existsSync, realpathSync } from 'node:fs';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { GENERATOR_KINDS_TEXT, INPUT_API_VERSION, INPUT_GROUP, POLICY_KIND } from '../model/kinds.ts';
import { meantByFields } from '../model/meant-kind.ts';
import { attempt, listAt, textAt } from '../model/plain-data.ts';
import { locationIn } from '../repository/function-run.ts';
import { packedFiles } from '../repository/read-kustomization.ts';
import { type FileItem, isPolicy, type ManifestFile } from '../repository/read-manifests.ts';
import type { Repository } from '../repository/repository.ts';

/** The warning for paths without a generator: nearly always a wrong path. */
export function noGeneratorFinding({ paths }: Repository): Finding {
  const message = `nothing in ${paths.map(quote).join(', ')} is ${GENERATOR_KINDS_TEXT}. Name a folder that has one.`;
  return finding('GENERATOR_NONE', message);
}

/** Counts the steps of Compositions with an input of this function, which only a server carries out. */
export class CompositionSteps {
  #count = 0;

  see({ text }: Pick<ManifestFile, 'text'>): void {
    if (!text.includes(`${INPUT_GROUP}/`) || !text.includes('apiextensions.crossplane.io/')) return;
    for (const { start, end } of splitDocuments(text)) {
      const steps = listAt(parseObject(text.slice(start, end)), ['spec', 'pipeline']);
      this.#count += steps.filter((step) =>
        textAt(step, ['input', 'apiVersion'])?.startsWith(`${INPUT_GROUP}/`),
      ).length;
    }
  }

  notPlanned(isPreview: boolean): Finding[] {
    if (this.#count === 0) return [];
    const steps = this.#count === 1 ? '1 step of a Composition is' : `${this.#count} steps of Compositions are`;
    const message = `${steps} not ${isPreview ? 'planned' : 'rendered'}: Crossplane alone knows the variables. \`doctor\` judges them, and \`crossplane composition render\` shows them.`;
    return [finding('PLAN', message)];
  }
}

/** Warns of what nearly is ours: to pass it over would drop a guard, or `encrypt`. */
export function checkNearlyOurs({ item, file }: FileItem): Finding[] {
  if (item.apiVersion !== undefined) return [];
  const meant = attempt(() => meantByFields(item.toJS())); // there may be aliases without an anchor, or too many
  if (meant === undefined) return [];
  const lines = `\`apiVersion: ${INPUT_API_VERSION}\` and \`kind: ${meant}\``;
  const message = `this document is unused: it looks like ${meant === POLICY_KIND ? 'a Policy' : 'an Input'}, and has no \`apiVersion\`. Write ${lines}, if that is meant.`;
  return [
    finding(`${meant === POLICY_KIND ? 'POLICY' : 'INPUT'}_UNUSED`, message, { location: locationIn(file, item) }),
  ];
}

/**
 * Warns of a Policy among the files: its author may believe that it guards them, but only the operator's Policy does. One that a kustomization
 * packs is a server's.
 */
export function checkPolicies({ all, kustomizations }: Repository, operators: string | undefined): Finding[] {
  const policies = all.filter(({ item }) => isPolicy(item));
  if (policies.length === 0) return [];
  const used = packedFiles(kustomizations);
  if (operators && existsSync(operators)) used.add(realpathSync(operators)); // an unreadable one is refused elsewhere
  return policies.flatMap(({ item, file }) => {
    if (used.has(file.real)) return [];
    const message = `this Policy has no effect: only the one in the file that STS_FUNCTION_POLICY or --policy names is used. Name this file there, or leave it out.`;
    return [finding('POLICY_UNUSED', message, { location: locationIn(file, item) })];
  });
}
