import { checkTokenAccount } from '../chain/check-account.ts';
import { behindOwnRole, withExternalIDs } from '../chain/complete-chain.ts';
import { checkGuards } from '../chain/guard.ts';
import type { Finding } from '../findings/finding.ts';
import { readSecretValue } from '../identity/read-secret-value.ts';
import type { Job, SecretPart } from '../model/job.ts';
import type { Known } from '../model/known.ts';
import type { Keys } from '../model/session.ts';
import type { Environment } from '../model/world.ts';
import { tryTemplate } from '../secret/apply-template.ts';
import { readTemplate } from '../secret/read-template.ts';
import type { Draft } from './draft.ts';

/** What a job is planned with. */
export interface PlanContext {
  readonly draft: Draft;
  readonly known: Known;
  readonly environment: Environment;
}

/** A part with nothing left to resolve in its chain. */
export interface CompletePart {
  readonly part: SecretPart;
  /** The keys that sign its first hop, if they come from a Secret. */
  readonly keys?: Keys;
}

/** A job with its references resolved. With a fault there are no parts. */
export interface Completed {
  readonly job: Job;
  readonly parts: readonly CompletePart[];
  readonly faults: readonly Finding[];
}

/** Resolves a job's references: a ServiceAccount's role, static keys, external IDs, template texts. */
export function complete(job: Job, context: PlanContext): Completed {
  const parts = job.parts.map((part) => completePart(part, job, context));
  const [whole, templateFaults] = job.form.template === undefined ? [job, []] : withTemplateTexts(job, context);
  const faults = [...parts.flatMap((one) => one.faults), ...templateFaults];
  return { job: whole, parts: faults.length > 0 ? [] : parts, faults };
}

/** A role that an object names is held against the guards here, by the grant that the declared chain has chosen. */
function completePart(
  part: SecretPart,
  { target, form }: Pick<Job, 'target' | 'form'>,
  { draft: { cluster, guards, settings }, known, environment }: PlanContext,
): CompletePart & { readonly faults: readonly Finding[] } {
  const { generator, expectAccount } = part;
  const isForUsers = part.chain.hops.at(-1)?.operation === 'GetSessionToken';
  const asked = { generator, isForUsers, known, environment, cluster };
  const { chain: declared, findings } = withExternalIDs(part.chain, generator, (reference) =>
    readSecretValue(reference, asked),
  );
  const { own, faults, ...signing } = declared.identity.check(asked);
  if (own === undefined) return { part: { ...part, chain: declared }, ...signing, faults: [...findings, ...faults] };
  const customEndpoint = settings.stsEndpoint !== undefined;
  const { chain, findings: limits } = behindOwnRole(declared, own, { customEndpoint });
  const whole = { ...part, chain };
  const guarded = { ...whole, target, form };
  const refused = limits.length > 0 ? [] : checkGuards(guarded, guards, { ...guarded, chain: part.chain });
  const otherAccount = limits.length > 0 || expectAccount === undefined ? [] : checkTokenAccount(whole, expectAccount);
  return { part: whole, ...signing, faults: [...findings, ...limits, ...refused, ...otherAccount, ...faults] };
}

/** The job with its template texts. They are rendered once with sample data, so that a fault shows before a session is issued. */
function withTemplateTexts(job: Job, { draft: { applyTemplate }, known }: PlanContext): [Job, readonly Finding[]] {
  const { template: written } = job.form;
  if (written?.parts.every((part) => 'text' in part) !== false) return [job, []];
  const { template, findings } = readTemplate(job.generator, written, known);
  const whole = { ...job, form: { ...job.form, template } };
  return [whole, [...findings, ...(applyTemplate === undefined ? [] : tryTemplate(whole, applyTemplate))]];
}
