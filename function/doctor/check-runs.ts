import { runAll } from '../files/answer-files.ts';
import { CODES } from '../findings/codes.ts';
import type { Finding } from '../findings/finding.ts';
import { toFinding } from '../hosts/run.ts';
import type { World } from '../model/world.ts';
import type { Survey } from './survey.ts';

/** Objects that `doctor` looks at also where nothing else is. */
const NEEDS_NO_GENERATOR = /^argoproj\.io\/|\.fluxcd\.io\/|^(?:pkg|apiextensions)\.crossplane\.io\//;

/** What `plan` says of the folder, run by run. */
export async function checkRuns({ repository, others, deadline }: Survey, world: World): Promise<Finding[]> {
  const environment = { ...world.ambient.environment, STS_FUNCTION_MODE: 'plan' };
  const planning = { ...world, ambient: { ...world.ambient, environment } };
  const findings = new Set<Finding>();
  try {
    await runAll(repository, { preview: undefined }, { world: planning, deadline }, findings);
  } catch (error) {
    findings.add(toFinding(error));
  }
  const isOfOthers = others.some(({ object }) => NEEDS_NO_GENERATOR.test(object.apiVersion));
  return [...findings]
    .filter(({ severity, code }) => severity !== 'info' && code !== 'PLAINTEXT') // whose run it will be, a plan cannot know
    .filter(({ code, location }) => code !== 'GENERATOR_NONE' || location !== undefined || !isOfOthers)
    .map((finding) => (CODES[finding.code].isErrorHere ? { ...finding, severity: 'error' } : finding));
}
