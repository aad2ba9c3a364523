import type { Finding } from '../api/finding.ts';
import { type Chain, isToken, type Job, type SecretPart } from '../api/job.ts';
import { type Known, tokenFaultIn } from '../api/known.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Keys } from '../api/session.ts';
import type { Environment } from '../api/world.ts';
import { behindServiceAccount } from '../chain/behind-service-account.ts';
import { checkTokenAccount } from '../chain/check-account.ts';
import { checkGuards } from '../chain/guard.ts';
import { withExternalIDs } from '../chain/with-external-ids.ts';
import { checkKeys } from '../identity/check-long-term.ts';
import { checkEnvironmentKeys, checkSessionToken } from '../identity/check-session-token.ts';
import { explainValueFault } from '../identity/explain-value-fault.ts';
import { readSecretValue } from '../identity/read-secret-value.ts';
import { ROLE_ANNOTATION, readServiceAccount } from '../identity/read-service-account.ts';
import { readStaticKeys } from '../identity/read-static-keys.ts';
import { explainTokenFault } from '../identity/take-token.ts';
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

function completePart(
  part: SecretPart,
  { target, form }: Pick<Job, 'target' | 'form'>,
  basis: Basis,
): CompletePart & { readonly faults: readonly Finding[] } {
  const { chain, faults } = completeChain({ ...part, target, form }, basis);
  const whole = { ...part, chain };
  const { keys, faults: signing } = checkIdentity(whole, basis);
  return { part: whole, ...(keys === undefined ? {} : { keys }), faults: [...faults, ...signing] };
}

/** The role of a ServiceAccount is held against the guards here, by the grant that the declared chain has chosen. */
function completeChain(
  part: SecretPart & Pick<Job, 'target' | 'form'>,
  { draft: { cluster, guards, settings }, known }: Basis,
): { readonly chain: Chain; readonly faults: readonly Finding[] } {
  const { generator } = part;
  const { chain, findings } = withExternalIDs(part.chain, generator, (reference) => {
    const value = readSecretValue(reference, known);
    return value instanceof Sensitive ? value : explainValueFault(generator, value, cluster);
  });
  const { identity } = chain;
  // without those a ServiceAccount has been refused
  if (identity.source !== 'serviceAccount' || identity.namespace === undefined || cluster === undefined)
    return { chain, faults: findings };
  const read = readServiceAccount(identity, generator, known);
  if ('severity' in read) return { chain, faults: [...findings, read] };
  const customEndpoint = settings.stsEndpoint !== undefined;
  const behind = behindServiceAccount(chain, { ...read, annotation: ROLE_ANNOTATION }, { customEndpoint });
  const whole = { ...part, chain: behind.chain };
  const refused = behind.findings.length > 0 ? [] : [...checkGuards(whole, guards, part), ...checkTokenAccount(whole)];
  return { chain: behind.chain, faults: [...findings, ...behind.findings, ...refused] };
}

/** What signs the first hop, as far as it can be known before that hop, or what is wrong with it. */
function checkIdentity(
  { generator, chain: { identity, hops } }: SecretPart,
  { draft, known, environment }: Basis,
): { readonly keys?: Keys; readonly faults: readonly Finding[] } {
  const isForUsers = hops.at(-1)?.operation === 'GetSessionToken';
  const checkUserKeys = (keys: Keys | undefined) => (isForUsers ? checkKeys(generator, keys, environment) : []);
  if (isToken(identity)) {
    const fault = tokenFaultIn(known, identity);
    return { faults: fault === undefined ? [] : [explainTokenFault(generator, identity, fault)] };
  }
  switch (identity.source) {
    case 'default':
      return { faults: [...checkUserKeys(undefined), ...checkEnvironmentKeys(generator, environment)] };
    case 'secretRef': {
      const keys = readStaticKeys(identity, known);
      if (!('accessKeyId' in keys))
        return { faults: keys.map((fault) => explainValueFault(generator, fault, draft.cluster)) };
      const temporary = checkUserKeys(keys);
      return { keys, faults: temporary.length > 0 ? temporary : checkSessionToken(generator, identity, keys) };
    }
    case 'serviceAccount':
      return { faults: [] };
  }
}

/** The job with the texts of its template, which are tried before any session is asked for. */
function withTexts(job: Job, { draft: { applyTemplate }, known }: Basis): [Job, readonly Finding[]] {
  const { template: written } = job.form;
  if (written?.parts.every((part) => 'text' in part) !== false) return [job, []];
  const { template, findings } = readTemplate(job.generator, written, known);
  const whole = { ...job, form: { ...job.form, template } };
  return [whole, [...findings, ...(applyTemplate === undefined ? [] : tryTemplate(whole, applyTemplate))]];
}
