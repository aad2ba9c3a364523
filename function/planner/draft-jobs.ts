import { type Choice, checkComparisons, choose } from '../chain/guard.ts';
import type { Asked } from '../chain/powers.ts';
import { type Finding, hasErrors } from '../findings/finding.ts';
import type { ReadRequest } from '../manifests/read-request.ts';
import type { Job } from '../model/job.ts';
import { objectKey } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import { refuseMore } from '../model/run-limits.ts';
import { type ApplyTemplate, loadTemplates } from '../secret/apply-template.ts';
import { checkConflicts } from '../secret/ownership.ts';
import { draftExternalSecret } from './draft-external-secret.ts';
import { type DraftContext, type DraftedGenerator, toJob } from './draft-generator.ts';

/** The jobs of a request. */
export interface DraftedJobs {
  /** Of the generators and ExternalSecrets that could be read, in the order of the request. */
  readonly jobs: readonly Job[];
  /** Present when a job has a template. */
  readonly applyTemplate?: ApplyTemplate;
  readonly findings: readonly Finding[];
}

/**
 * The jobs of all generators, then those of ExternalSecrets. A generator has one for each Secret, all with the same role chain. Where the
 * request is unsure there are none: what would be said of them follows from what was said already.
 */
export async function draftJobs(
  draftedGenerators: readonly DraftedGenerator[],
  { guards: given, externalSecrets, isUnsure, findings: faults }: ReadRequest,
  context: DraftContext,
): Promise<DraftedJobs> {
  const { work, limits } = context;
  if (isUnsure)
    return { jobs: [], findings: [...draftedGenerators, ...externalSecrets].flatMap((one) => one.findings) };
  const byKey = new Map(draftedGenerators.map((one) => [objectKey(one.generator.object), one]));
  const isGuarded = Object.keys(given).length > 0; // without a guard there is nothing to judge
  const tooMany = isGuarded ? checkComparisons(askedOf(draftedGenerators, byKey, externalSecrets), given, work) : [];
  const isPolicyWrong = faults.some(({ code }) => code === 'SETTING_INVALID');
  const guards = tooMany.length > 0 || isPolicyWrong ? {} : given; // the run is refused already
  const hasTemplates = externalSecrets.some(({ spec }) => spec?.target?.template !== undefined);
  const applyTemplate = hasTemplates ? await loadTemplates() : undefined;
  const drafted: DraftedJobs[] = [];
  for (const { generator, part, findings } of draftedGenerators) {
    limits.check();
    const { object, annotations, wanted } = generator;
    const [one] = hasErrors(findings) || !isGuarded ? [] : wanted; // a guard judges all alike
    const { granted, findings: refused }: Choice =
      part && one ? choose({ ...part, target: one.target, form: one.form }, guards) : { findings: [] };
    const parts = part && ([{ ...part, ...defined({ granted }) }] as const);
    const own = parts ? wanted.map((secret) => toJob({ generator: object, annotations, ...secret, parts })) : [];
    drafted.push({ jobs: own, findings: [...refused, ...findings] });
  }
  for (const one of externalSecrets) {
    limits.check();
    drafted.push(await draftExternalSecret(one, byKey, { ...context, guards, applyTemplate }));
  }
  const jobs = drafted.flatMap((one) => one.jobs);
  refuseMore('Secrets', jobs.length);
  const findings = [...tooMany, ...drafted.flatMap((one) => one.findings), ...checkConflicts(jobs)];
  return { jobs, findings, ...defined({ applyTemplate }) };
}

/** All that the guards will judge: each session with each Secret that it goes into. */
function askedOf(
  draftedGenerators: readonly DraftedGenerator[],
  byKey: ReadonlyMap<string, DraftedGenerator>,
  externalSecrets: ReadRequest['externalSecrets'],
): Asked[] {
  const own = draftedGenerators.flatMap(({ generator: { wanted }, part }) =>
    wanted.map(({ target }) => ({ part, target })),
  );
  const consumed = externalSecrets.flatMap(({ target, generators }) =>
    generators.map((key) => ({ part: byKey.get(key)?.part, target })),
  );
  return [...own, ...consumed].flatMap(({ part, target }) => (part === undefined ? [] : [{ ...part, target }]));
}
