import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { IGNORE_ANNOTATION, isIgnored } from '../model/annotations.ts';
import { CLUSTER_EXTERNAL_SECRET_KIND, identify, inCluster, isExternalSecret, objectKey } from '../model/kinds.ts';
import { hasOurGenerator } from '../model/meant-kind.ts';
import { partsOf, valueAt } from '../model/plain-data.ts';
import type { LoopLimits } from '../model/run-limits.ts';
import { inNamespace } from './generator-catalogue.ts';
import type { GeneratorWithSecrets } from './match-entries.ts';

/**
 * Takes the default Secret from generators that a PushSecret or ClusterExternalSecret names: External Secrets' operator answers these, and
 * nobody asked for another Secret. One that an entry of the Input names stays. Of a generator that only ExternalSecrets name that are to be
 * ignored, it says that the Secret is another than theirs. It names who makes nothing of a ClusterGenerator, and the ClusterExternalSecret beside
 * an ExternalSecret: that makes the Secret of one namespace alone.
 */
export function leaveToController(
  manifests: readonly unknown[],
  generators: readonly GeneratorWithSecrets[],
  clusterGenerators: readonly unknown[],
  { throwIfExpired }: LoopLimits,
): { readonly generators: readonly GeneratorWithSecrets[]; readonly findings: readonly Finding[] } {
  const users = new Map<string, ObjectRef>();
  for (const manifest of manifests.filter((each) => !isIgnored(each) || isExternalSecret(Object(each)))) {
    throwIfExpired();
    const by = identify(manifest);
    const spec = valueAt(manifest, ['spec']);
    for (const ref of partsOf(spec)) users.set(keyOf(inNamespace(ref, by), by), by);
  }
  const userOf = (object: ObjectRef) =>
    users.get(keyOf(object, object)) ?? users.get(keyOf(object, { kind: CLUSTER_EXTERNAL_SECRET_KIND }));
  const sources = generators.flatMap(({ object, consumer }) => (consumer === undefined ? [] : [object]));
  const sourceKeys = new Set(sources.map((object) => keyOf(object, object)));
  const idle = [...sources, ...clusterGenerators.filter(hasOurGenerator).map(identify)].flatMap((object) => {
    const by = userOf(object);
    const isUseless = by?.kind === CLUSTER_EXTERNAL_SECRET_KIND || !sourceKeys.has(keyOf(object, object));
    return by === undefined || isExternalSecret(by) || !isUseless ? [] : [by];
  });
  const cure = say`Write an ExternalSecret for each Secret, or give it the annotation ${IGNORE_ANNOTATION}: "true", if an operator handles it`;
  const findings = [...new Set(idle)].map((object) => {
    const message = say`no Secret is made of ${theObject(object)}: only an operator in the cluster reads it. ${cure}.`;
    return finding('GENERATOR_UNUSED', message, { object });
  });
  const remaining = generators.map((generator) => {
    const { object, secrets } = generator;
    const by = userOf(object);
    const entrySecrets = secrets.filter(({ field }) => field !== undefined);
    if (by === undefined || entrySecrets.length === secrets.length) return generator;
    if (isExternalSecret(by)) {
      const message = say`${theObject(object)} makes a Secret of its own: ${theObject(by)}, which names it, is to be ignored. Remove its annotation ${IGNORE_ANNOTATION}, or give it to the generator too.`;
      findings.push(finding('GENERATOR_UNUSED', message, { object: by }));
      return generator;
    }
    const cure = say`For one, name the generator in an ExternalSecret, or give it \`secrets\` in an Input; for none, give it the annotation ${IGNORE_ANNOTATION}: "true"`;
    const message = say`no Secret is made of ${theObject(object)}: ${theObject(by)} names it, and is for an operator in the cluster. ${cure}.`;
    findings.push(finding('GENERATOR_UNUSED', message, { object }));
    return { ...generator, secrets: entrySecrets };
  });
  return { generators: remaining, findings };
}

/** A ClusterExternalSecret uses generators of many namespaces: they have a common one here. A ClusterGenerator has none. */
function keyOf(ref: ObjectRef, { kind }: Pick<ObjectRef, 'kind'>): string {
  return objectKey(inCluster(kind === CLUSTER_EXTERNAL_SECRET_KIND ? { ...ref, namespace: '*' } : ref));
}
