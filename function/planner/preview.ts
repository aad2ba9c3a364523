import { lifetimeSecondsOf, operationOf } from '../chain/operations/operations.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote, visible } from '../findings/quote.ts';
import { HOST, render, say, theObject } from '../findings/say.ts';
import { RENEW_AFTER_ANNOTATION } from '../model/annotations.ts';
import { type Hop, hopsOf, isRoleHop } from '../model/hop.ts';
import {
  type HopPreview,
  KEPT,
  type SecretPart,
  type SecretPreview,
  type SessionPreview,
  type VerdictReason,
} from '../model/job.ts';
import { apiVersionOf, secretObject } from '../model/kinds.ts';
import { defined, wholeSeconds } from '../model/plain-data.ts';
import type { Environment } from '../model/world.ts';
import { plannedTimes } from '../secret/renewal.ts';
import type { Decision } from './plan.ts';

/** What a run would do about each Secret and why: identity, hops, lifetime, renewal. Calls nobody. */
export function previewSecrets(decisions: readonly Decision[], now: Date, environment: Environment): SecretPreview[] {
  return decisions.map(({ job, existing, verdict = KEPT }) => {
    const kept = verdict.do === 'keep' ? existing?.annotations[RENEW_AFTER_ANNOTATION] : undefined;
    const { apiVersion: _, ...generator } = job.requester;
    const [first, ...others] = job.parts;
    const also = others.map((part) => {
      const { apiVersion: _, specPath: __, ...generator } = part.generator;
      return { generator, ...previewSession(part, environment) };
    });
    return {
      target: job.target,
      generator,
      action: verdict.do,
      reason: verdict.because,
      ...previewSession(first, environment),
      ...(others.length === 0 ? {} : { also }),
      format: job.form.format ?? 'keys',
      recipients: job.form.recipients ?? [],
      specHash: job.specHash(),
      renewAfter: kept ?? wholeSeconds(plannedTimes(job, now)?.renewAfter ?? now),
    };
  });
}

function previewSession(part: SecretPart, environment: Environment): SessionPreview {
  const { identity } = part.chain;
  return {
    identity: { source: identity.source, description: render(identity.describe(environment), HOST) },
    hops: [...(identity.isRoleReadLater ? [{ roleOf: identity.source }] : []), ...hopsOf(part).map(previewHop)],
    lifetime: lifetimeSecondsOf(part),
    ...defined({ policy: part.grantPreview }),
  };
}

function previewHop(hop: Hop): HopPreview {
  const { region } = hop;
  if (!isRoleHop(hop)) return { operation: operationOf(hop).action(hop.request), region };
  const { roleArn: role, sessionName, durationSeconds: sessionDuration } = hop.request;
  return { role, region, sessionName, sessionDuration };
}

/**
 * One Secret of a plan as one line: kpt joins the lines of standard error, so a table would break. The line is stable from run to run:
 * for a Secret that would be issued it leaves out the time of renewal.
 */
export function describePreview(planned: SecretPreview): Finding {
  const { target, generator, action, reason, renewAfter, also = [] } = planned;
  const why = action === 'keep' ? `until ${renewAfter}` : REASONS[reason];
  const chains = [planned, ...also].map(describeSession).join('; and ');
  const message = say`${theObject(secretObject(target))}: ${action} (${why}); ${chains}.`;
  return finding('PLAN', message, { object: { apiVersion: apiVersionOf(generator.kind), ...generator } });
}

/** The hops stand in order: the role of an AssumeRole, the operation of any other hop. */
function describeSession(session: SessionPreview): string {
  const { identity, hops, lifetime } = session;
  const texts = hops.map((hop) => {
    if ('role' in hop) return quote(hop.role);
    return 'operation' in hop ? hop.operation : 'the role of the ServiceAccount';
  });
  const what = `${identity.description}, then ${texts.join(', then ')}, for ${lifetime} seconds`;
  return [what, ...policyCells(session)].join(', ');
}

/** What the Policy's grant does, under one that imposes something: "grants[0] imposes team=a, source identity a, supplies `via`". */
export function policyCells({ policy }: Pick<SessionPreview, 'policy'>): string[] {
  if (policy === undefined) return [];
  const { grant, tags = {}, sourceIdentity, maxDuration, supplies = [] } = policy;
  const all = [
    ...Object.entries(tags).map(([key, value]) => `${key}=${value}`),
    ...(sourceIdentity === undefined ? [] : [`source identity ${sourceIdentity}`]),
    ...(maxDuration === undefined ? [] : [`at most ${maxDuration}`]),
  ];
  const imposed = all.length > 0 || supplies.length === 0 ? [`imposes ${all.join(', ') || 'nothing'}`] : [];
  const supplied = supplies.length > 0 ? [`supplies ${supplies.map((what) => `\`${what}\``).join(', ')}`] : [];
  return [visible(`${grant} ${[...imposed, ...supplied].join(', ')}`)];
}

/** Why the Secret gets its action, in words. */
export const REASONS: Readonly<Record<VerdictReason, string>> = {
  valid: 'valid',
  due: 'due',
  forceSync: 'force-sync',
  absent: 'none yet',
  placeholder: 'a placeholder',
  specChanged: 'spec changed',
  notEncrypted: 'not encrypted',
  otherRecipients: 'other recipients',
  keysMissing: 'keys missing',
  dataChanged: 'data changed',
  timesUnreadable: 'times unreadable',
  expired: 'expired',
};
