import type { Finding } from '../api/finding.ts';
import type { Job, SecretPart } from '../api/job.ts';
import type { Known } from '../api/known.ts';
import type { Keys } from '../api/session.ts';
import type { Environment } from '../api/world.ts';
import { behindOwnRole } from '../chain/behind-own-role.ts';
import { checkTokenAccount } from '../chain/check-account.ts';
import { checkGuards } from '../chain/guard.ts';
import { withExternalIDs } from '../chain/with-external-ids.ts';
import { readSecretValue } from '../identity/read-secret-value.ts';
import { tryTemplate } from '../secret/apply-template.ts';
import { readTemplate } from '../secret/read-template.ts';
import type { Draft } from './draft.ts';

/** What completing a job rests on. */
export interface Basis {
  readonly draft: Draft;
  readonly known: Known;
  readonly environment: Environment;
}

/** A part whose chain is whole. */
export interface CompletePart {
  readonly part: SecretPart;
  /** What signs its first hop, where that was read in a Secret. */
  readonly keys?: Keys;
}

/** A job with all that it gives by reference, or what is wrong with that: then there are no parts. */
export interface Completed {
  readonly job: Job;
  readonly parts: readonly CompletePart[];
  readonly faults: readonly Finding[];
}

/** Puts everything that a job names into its chains and its template: a ServiceAccount's role, keys, external IDs, texts. */
export function complete(job: Job, basis: Basis): Completed {
  const parts = job.parts.map((part) => completePart(part, job, basis));
  const [whole, templateFaults] = withTexts(job, basis);
  const faults = [...parts.flatMap((one) => one.faults), ...templateFaults];
  return { job: whole, parts: faults.length > 0 ? [] : parts, faults };
}

/** A role that an object names is held against the guards here, by the grant that the declared chain has chosen. */
function completePart(
  part: SecretPart,
  { target, form }: Pick<Job, 'target' | 'form'>,
  { draft: { cluster, guards, settings }, known, environment }: Basis,
): CompletePart & { readonly faults: readonly Finding[] } {
  const { generator } = part;
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
  const held = { ...whole, target, form };
  const refused =
    limits.length > 0
      ? []
      : [...checkGuards(held, guards, { ...held, chain: part.chain }), ...checkTokenAccount(whole)];
  return { part: whole, ...signing, faults: [...findings, ...limits, ...refused, ...faults] };
}

/** The job with the texts of its template, which are tried before any session is asked for. */
function withTexts(job: Job, { draft: { applyTemplate }, known }: Basis): [Job, readonly Finding[]] {
  const { template: written } = job.form;
  if (written?.parts.every((part) => 'text' in part) !== false) return [job, []];
  const { template, findings } = readTemplate(job.generator, written, known);
  const whole = { ...job, form: { ...job.form, template } };
  return [whole, [...findings, ...(applyTemplate === undefined ? [] : tryTemplate(whole, applyTemplate))]];
}
