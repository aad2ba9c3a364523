import type { Code, Severity } from '../findings/codes.ts';
import { type Finding, keyOfFinding, messageOf, type SourceLocation } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { SecretPreview } from '../model/job.ts';
import { apiVersionOf } from '../model/kinds.ts';
import { defined, distinct } from '../model/plain-data.ts';
import { type FunctionRun, locationOf } from '../repository/function-run.ts';
import type { PackageNames } from './package-names.ts';

/** What one run would do. */
export interface RunPreview {
  readonly run: FunctionRun;
  readonly secrets: readonly HashedPreview[];
}

/** What a run would do about a Secret. `digest`: of what neither the other fields show nor what the Secret is today. */
export interface HashedPreview extends SecretPreview {
  readonly digest: string;
}

/** What is said, and of which folder's package, if it is of one. */
export interface PackageFinding {
  readonly finding: Finding;
  readonly folder: string | undefined;
}

/** A Secret of a plan, and where its generator is written, if it is. */
export interface PlacedSecret extends HashedPreview, Pick<FunctionRun, 'host'>, Partial<SourceLocation> {
  /** The folder of the Kptfile, of the kustomization, or of the manifests. */
  readonly package: string;
}

/** A finding as programs read it. */
interface TextFinding extends Partial<SourceLocation> {
  readonly severity: Severity;
  readonly code: Code;
  readonly message: string;
  readonly object?: ObjectRef;
  readonly field?: string;
}

/** Why the plan has no Secret of a package, or does not know all of them. `command`: what does; absent: an error. */
export interface Lack extends Partial<SourceLocation> {
  readonly code: string;
  readonly package: string;
  readonly state: 'missing' | 'incomplete';
  readonly reason: string;
  readonly command?: string;
  /** True where this was so of the earlier plan. */
  readonly isFormer?: boolean;
}

/** What a plan says: `-o json` prints it as it stands, since names are public, and all other formats are written from it. */
export interface PlanDocument {
  readonly version: typeof PLAN_VERSION;
  readonly secrets: readonly PlacedSecret[];
  readonly incomplete: readonly Lack[];
  readonly errors: readonly TextFinding[];
  readonly notes: readonly TextFinding[];
}

/** Of the JSON: a reader of version 1 has to understand all that has this number. */
export const PLAN_VERSION = 1;

export function documentOf(
  runs: readonly RunPreview[],
  all: readonly PackageFinding[],
  { nameOf }: PackageNames,
): PlanDocument {
  const findings = distinct(
    all.map(({ finding }) => finding),
    keyOfFinding,
  );
  const secrets = runs.flatMap(({ run, secrets }) =>
    secrets.map((secret) => placedIn(run, secret, nameOf(run.folder))),
  );
  const lacks = all.flatMap(({ finding, folder }) => {
    const { severity, code, command, location } = finding;
    if (folder === undefined || (severity !== 'error' && command === undefined)) return [];
    return { package: nameOf(folder), code, reason: messageOf(finding), ...defined({ command }), ...location };
  });
  const some = new Set(secrets.map((secret) => secret.package));
  const failed = new Set(lacks.flatMap((lack) => ('command' in lack ? [] : lack.package)));
  const incomplete = lacks.map((lack): Lack => {
    const isMissing = failed.has(lack.package) && !some.has(lack.package);
    return { ...lack, state: isMissing ? 'missing' : 'incomplete' };
  });
  return {
    version: PLAN_VERSION,
    secrets,
    incomplete: distinct(incomplete, (lack) => JSON.stringify(lack)),
    errors: findings.filter(({ severity }) => severity === 'error').map(asText),
    notes: findings.filter(({ severity }) => severity !== 'error').map(asText),
  };
}

function placedIn(run: FunctionRun, planned: HashedPreview, name: string): PlacedSecret {
  const object = { apiVersion: apiVersionOf(planned.generator.kind), ...planned.generator };
  return { package: name, host: run.host, ...locationOf(run, { object }), ...planned };
}

function asText(finding: Finding): TextFinding {
  const { severity, code, location, object, field } = finding;
  return { severity, code, message: messageOf(finding), ...location, ...defined({ object, field }) };
}
