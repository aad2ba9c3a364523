import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { toFinding } from '../hosts/run.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import { isClusterGenerator, isGenerator, isInput } from '../model/kinds.ts';
import { distinct, isRecord, listAt, textAt, valueAt, withoutFaulty } from '../model/plain-data.ts';
import { REGION } from '../model/schema-parts.ts';
import { type FunctionRun, locationIn } from '../repository/function-run.ts';
import type { FileItem } from '../repository/read-manifests.ts';

/** Warns of regions that the SDK does not know, each once, where it is first written. */
export async function checkRegions(runs: readonly FunctionRun[]): Promise<Finding[]> {
  const faults: Finding[] = [];
  const written = withoutFaulty(
    [...new Set(runs.flatMap(({ byKey }) => [...byKey.values()].flat()))],
    (some) =>
      some.flatMap((manifest) => regionsOf(manifest).map(([field, region]) => ({ ...manifest, field, region }))),
    ({ file }, fault) => faults.push(toFinding(fault, file.shown)),
  );
  if (written.length === 0) return faults;
  const { isRegion, meantRegion } = await import('../clients/regions.ts');
  const once = distinct(written, ({ region }) => region);
  const unknown = once.filter(({ region }) => REGION.test(region) && !isRegion(region)); // others are refused anyway
  const warnings = unknown.map(({ file, item, field, region }) =>
    notKnown(region, meantRegion(region), locationIn(file, item, field)),
  );
  return [...faults, ...warnings];
}

function regionsOf({ item }: FileItem): (readonly [field: string, region: string])[] {
  if (item.annotations[IGNORE_ANNOTATION] === 'true') return [];
  if (isGenerator(item)) return regionIn('spec', valueAt(item.toJS(), ['spec']));
  const manifest = isInput(item) || isClusterGenerator(item) ? item.toJS() : undefined;
  const shared = valueAt(manifest, ['spec', 'generator']);
  return [
    ...Object.entries(isRecord(shared) ? shared : {}).flatMap(([kind, spec]) =>
      regionIn(`spec.generator.${kind}`, spec),
    ),
    ...listAt(manifest, ['generators']).flatMap((generator, index) =>
      regionIn(`generators[${index}].spec`, valueAt(generator, ['spec'])),
    ),
    ...listAt(manifest, ['sessions']).flatMap((session, index) =>
      listAt(session, ['via']).flatMap((hop, at) => regionIn(`sessions[${index}].via[${at}]`, hop)),
    ),
  ];
}

function regionIn(field: string, value: unknown): (readonly [field: string, region: string])[] {
  const region = textAt(value, ['region']);
  return region === undefined ? [] : [[`${field}.region`, region]];
}

function notKnown(region: string, meant: string | undefined, location: SourceLocation): Finding {
  const cure = meant === undefined ? 'Correct the region.' : `Did you mean \`${meant}\`?`;
  const message = `region ${quote(region)} is not in the AWS SDK's list. ${cure} If it is newer than this version, leave it as it is.`;
  return finding('REGION_UNKNOWN', message, { location });
}
