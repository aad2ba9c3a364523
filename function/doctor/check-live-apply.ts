import { dirname, sep } from 'node:path';
import { type Finding, finding } from '../api/finding.ts';
import { isSpec } from '../api/kinds.ts';
import { shellWord } from '../api/shell-word.ts';
import { valueAt } from '../api/value-at.ts';
import { LOCAL_CONFIG_ANNOTATION } from '../krm/annotations.ts';
import { stepsOf } from './starts.ts';
import { objectsOf, ofFile, type Survey } from './survey.ts';

/** Generators that `kpt live apply` would send to the cluster, in packages that are applied so (krm-hosts.md 2.3). */
export function checkLiveApply(seen: Survey): Finding[] {
  const packages = stepsOf(seen).map(({ kptfile }) => dirname(kptfile.file.real));
  const isInventory = objectsOf(seen, 'kpt.dev', 'ResourceGroup').length > 0;
  const hasInventory = objectsOf(seen, 'kpt.dev', 'Kptfile').some(
    ({ value }) => valueAt(value, ['inventory']) !== undefined,
  );
  const isCalled = seen.commands.some(({ program }) => program === 'kpt live apply');
  if (!isInventory && !hasInventory && !isCalled) return [];
  return seen.objects.flatMap(({ object, annotations, file }) => {
    const isInPackage = packages.some((folder) => file.real.startsWith(`${folder}${sep}`));
    if (!isInPackage || !isSpec(object) || annotations[LOCAL_CONFIG_ANNOTATION] === 'true') return [];
    const annotate = `kubectl annotate --local -o yaml -f ${shellWord(file.shown)} ${LOCAL_CONFIG_ANNOTATION}=true`;
    const message = `cannot keep ${ofFile({ object, file })} out of the cluster: \`kpt live apply\` sends it, and the cluster may not know its kind. Give it the annotation \`${LOCAL_CONFIG_ANNOTATION}: "true"\`, as \`${annotate}\` shows.`;
    return [finding('GENERATOR_APPLIED', message)];
  });
}
