import type { Code } from '../findings/codes.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { say, theObject } from '../findings/say.ts';
import { type Ran, runAll } from '../hosts/files/answer-files.ts';
import { placeOf } from '../hosts/files/function-run.ts';
import { toFinding, withoutFaulty } from '../hosts/run.ts';
import { objectKey } from '../model/kinds.ts';
import { defined, distinct } from '../model/plain-data.ts';
import type { World } from '../model/world.ts';
import type { Survey } from './survey.ts';

/** Objects that `doctor` looks at also where nothing else is. */
const NEEDS_NO_GENERATOR = /^argoproj\.io\/|\.fluxcd\.io\/|^(?:pkg|apiextensions)\.crossplane\.io\//;

/** Warnings of `plan`, since another machine may run it, that are errors here. */
const STOPPING: readonly Code[] = ['PIPELINES_NESTED', 'FUNCTION_NOT_FOUND'];

/** What `plan` says of the folder, run by run, and references that kustomize leads astray. */
export async function checkRuns({ repository, others, deadline }: Survey, world: World): Promise<Finding[]> {
  const environment = { ...world.ambient.environment, STS_FUNCTION_MODE: 'plan' };
  const planning = { ...world, ambient: { ...world.ambient, environment } };
  const findings = new Set<Finding>();
  try {
    const ran = await runAll(repository, { plan: undefined }, planning, deadline, findings);
    const renamed = withoutFaulty(
      ran,
      (some) => some.flatMap(checkRenamed),
      ({ of }, fault) => findings.add(toFinding(fault, of.folder)),
    );
    for (const one of renamed) findings.add(one);
  } catch (error) {
    findings.add(toFinding(error));
  }
  const isOfOthers = others.some(({ object }) => NEEDS_NO_GENERATOR.test(object.apiVersion));
  return [...findings]
    .filter(({ severity }) => severity !== 'info')
    .filter(({ code, place }) => code !== 'GENERATOR_NONE' || place !== undefined || !isOfOthers)
    .map((one) => (STOPPING.includes(one.code) ? { ...one, severity: 'error' } : one));
}

/** Objects that a prefix or suffix of kustomize renames before a transformer looks for them. Their references stay as they are. */
function checkRenamed({ of, draft }: Ran): Finding[] {
  const { names } = of;
  if (names === undefined || names.edits.length > 0) return [];
  const reads = (draft?.jobs ?? []).flatMap(({ reads: objects, generator }) =>
    objects.map((object) => ({ object, generator })),
  );
  return distinct(reads, ({ object }) => objectKey(object)).flatMap(({ object, generator }) => {
    const name = names.nameOf(object);
    if (name === undefined || names.has(object)) return [];
    const cause = `kustomize has named it ${quote(name)} when the function runs, and leaves the reference as it is`;
    const cure = `Write \`name: ${shellWord(name)}\` there, or put \`namePrefix\` and \`nameSuffix\` into an overlay`;
    const message = say`cannot read ${theObject(object)} for ${theObject(generator)}: ${cause}. ${cure}.`;
    const place = placeOf(of, { object: generator });
    return [finding('REFERENCE_MISSING', message, { object: generator, ...defined({ place }) })];
  });
}
