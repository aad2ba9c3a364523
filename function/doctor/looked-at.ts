import { quote } from '../findings/quote.ts';
import {
  asksForSecret,
  GENERATOR_API_VERSION,
  isClusterGenerator,
  isExternalSecret,
  isGenerator,
  isInput,
  type TypeMeta,
} from '../model/kinds.ts';
import { listAt, textAt, valueAt } from '../model/plain-data.ts';
import { argoSettings } from './check-gitops.ts';
import type { Survey } from './survey.ts';

/** How many there are of what this function acts on, also in Inputs, and of what starts it. */
export function countsOf({ files, repository, others, commands }: Survey): Readonly<Record<string, number>> {
  const items = repository.all.map(({ item }) => item);
  const specsIn = (item: (typeof items)[number]) =>
    isInput(item) ? listAt(item.toJS(), ['generators']) : [item.toJS()];
  const specs = items
    .filter((item) => asksForSecret(item) || isInput(item))
    .flatMap(specsIn)
    .map((manifest): TypeMeta => Object(manifest));
  const generators = specs.filter((spec) =>
    isGenerator(isClusterGenerator(spec) ? { ...spec, kind: textAt(spec, ['spec', 'kind']) } : spec),
  );
  const shared = new Set(
    generators.filter(isClusterGenerator).map((generator) => textAt(generator, ['metadata', 'name'])),
  );
  const isNamed = (entry: unknown) => {
    const ref: TypeMeta = {
      apiVersion: GENERATOR_API_VERSION,
      ...Object(valueAt(entry, ['sourceRef', 'generatorRef'])),
    };
    return isGenerator(ref) || (isClusterGenerator(ref) && shared.has(textAt(ref, ['name'])));
  };
  const groups = (pattern: RegExp) => others.filter(({ object }) => pattern.test(object.apiVersion)).length;
  return {
    files,
    generators: generators.length,
    ExternalSecrets: specs.filter((spec) => isExternalSecret(spec) && listAt(spec, ['spec', 'dataFrom']).some(isNamed))
      .length,
    Inputs: items.filter(isInput).length,
    Kptfiles: repository.kptfiles.length,
    kustomizations: repository.kustomizations.length,
    commands: commands.length,
    'Argo CD or Flux objects': groups(/^argoproj\.io\/|\.fluxcd\.io\//) + argoSettings({ others }).length,
    'Crossplane objects': groups(/^(?:pkg|apiextensions)\.crossplane\.io\//),
  };
}

/** The same as a sentence, without what there is none of. */
export function describeCounts(folder: string, counts: ReturnType<typeof countsOf>, findingCount: number): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  const parts = some.map(([name, count]) => `${count} ${count === 1 ? name.replace(/s$/, '') : name}`);
  return `looked at ${quote(folder)}: ${parts.join(', ') || 'no files'}. Found: ${findingCount === 0 ? 'nothing to mend' : findingCount}.\n`;
}
