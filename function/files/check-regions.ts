import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { toFinding } from '../hosts/run.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import { isClusterGenerator, isGenerator, isInput } from '../model/kinds.ts';
import { distinct, isRecord, listAt, textAt, valueAt, withoutFaulty } from '../model/plain-data.ts';
import { REGION } from '../model/schema-parts.ts';
import { type FunctionRun, locationIn } from '../repository/function-run.ts';

/** Warns of regions that the SDK does not know, each once, where it is first written. */
export async function checkRegions(runs: readonly FunctionRun[]): Promise<Finding[]> {
  const faults: Finding[] = [];
  const regions = withoutFaulty(
    [...new Set(runs.flatMap(({ byKey }) => [...byKey.values()].flat()))],
    (some) =>
      some.flatMap(({ item, file }) =>
        item.annotations[IGNORE_ANNOTATION] === 'true' ||
        !(isGenerator(item) || isInput(item) || isClusterGenerator(item))
          ? []
          : regionsOf(item.toJS(), (field) => locationIn(file, item, field)),
      ),
    ({ file }, fault) => faults.push(toFinding(fault, file.shown)),
  );
  return [...faults, ...(await checkWritten(regions))];
}

/** A region, and where it is written. */
interface WrittenRegion {
  readonly region: string;
  readonly location: () => SourceLocation;
}

/** Warns of those that the SDK does not know. */
export async function checkWritten(regions: readonly WrittenRegion[]): Promise<Finding[]> {
  if (regions.length === 0) return [];
  const { isRegion, meantRegion } = await import('../clients/regions.ts');
  const once = distinct(regions, ({ region }) => region);
  const unknown = once.filter(({ region }) => REGION.test(region) && !isRegion(region)); // others are refused anyway
  return unknown.map(({ region, location }) => notKnown(region, meantRegion(region), location()));
}

/** The regions of a generator, a ClusterGenerator or an Input. */
export function regionsOf(manifest: unknown, locationOf: (field: string) => SourceLocation): WrittenRegion[] {
  const shared = valueAt(manifest, ['spec', 'generator']);
  const all = [
    ['spec', valueAt(manifest, ['spec'])] as const,
    ...Object.entries(isRecord(shared) ? shared : {}).map(([kind, spec]) => [`spec.generator.${kind}`, spec] as const),
    ...listAt(manifest, ['generators']).map(
      (generator, index) => [`generators[${index}].spec`, valueAt(generator, ['spec'])] as const,
    ),
    ...listAt(manifest, ['sessions']).flatMap((session, index) =>
      listAt(session, ['via']).map((hop, at) => [`sessions[${index}].via[${at}]`, hop] as const),
    ),
  ];
  return all.flatMap(([field, value]) => {
    const region = textAt(value, ['region']);
    return region === undefined ? [] : [{ region, location: () => locationOf(`${field}.region`) }];
  });
}

function notKnown(region: string, meant: string | undefined, location: SourceLocation): Finding {
  const cure = meant === undefined ? 'Correct the region.' : `Did you mean \`${meant}\`?`;
  const message = `region ${quote(region)} is not in the AWS SDK's list. ${cure} If it is newer than this version, leave it as it is.`;
  return finding('REGION_UNKNOWN', message, { location });
}
