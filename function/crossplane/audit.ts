import { type Finding, subjectsOf } from '../findings/finding.ts';
import { cut } from '../findings/quote.ts';
import { EXPIRATION_ANNOTATION } from '../model/annotations.ts';
import { hopsOf } from '../model/hop.ts';
import type { SecretPart } from '../model/job.ts';
import { isInput, objectKey } from '../model/kinds.ts';
import type { IssuedSessions } from '../model/outcome.ts';
import { defined, distinct } from '../model/plain-data.ts';
import type { Decision } from '../planner/plan.ts';
import type { Call } from './read-request.ts';

/** Most characters of a name in a line of the log. */
const MOST_OF_A_NAME = 300;
/** Of one that AWS takes, all: in a step that is refused it may be longer. */
const MOST_OF_AN_ARN = 2048;
/** At most one refusal of a bucket is told in that time: a tenant, who may change its reason again and again, must not fill the log. */
const TOLD_MILLISECONDS = 60_000;

/** What is the same for all requests to AWS and lines of the log of one call. */
export interface CallContext {
  readonly call: Call;
  /** SHA-256 of the Policy in force. */
  readonly policyDigest: string | undefined;
  /** The bucket of the limits for a generator or ExternalSecret, by its `objectKey`. */
  readonly bucketOf: (key: string) => string;
}

/**
 * Logs the new sessions of a Secret: one line, whatever their number, with each generator once. Without `expiration` no Secret came of
 * them; null: there is a Secret, but AWS gave no expiration.
 */
export function auditSessions(
  { target, secret, reason, parts }: IssuedSessions,
  { call, policyDigest }: CallContext,
): void {
  const partsOfGenerators = distinct(parts, ({ part }) => objectKey(part.generator)); // an ExternalSecret may name one thousands of times
  const sessions = partsOfGenerators.map(({ part, requestIDs }) => sessionOf(part, requestIDs));
  const expiration = secret && (secret.metadata.annotations[EXPIRATION_ANNOTATION] ?? null);
  const facts = { ...call.facts, secret: target.name, reason, expiration, sessions, policy: policyDigest };
  call.service.audit({ event: 'issued a session', ...facts });
}

/**
 * Logs Secrets without a session, also those of a refused step: the first in each bucket, where its reason is another than before, and at
 * most once a minute. The author cannot choose the bucket, nor get a line sooner by mending it in between.
 */
export function auditRefusals(
  decisions: readonly Pick<Decision, 'job' | 'verdict'>[],
  problems: readonly Finding[],
  { call, policyDigest, bucketOf }: CallContext,
): void {
  const { composite, now, service } = call;
  const { toldRefusals } = service;
  if (problems.length === 0 && !toldRefusals.hasAny(composite)) return;
  const problemOfEach = problems.flatMap((problem) => keysOfSubjects(problem).map((key) => [key, problem] as const));
  const problemsBySubject = new Map(problemOfEach.toReversed()); // the first counts
  const buckets = Map.groupBy(decisions, ({ job }) => bucketOf(objectKey(job.requester)));
  for (const [bucket, decisionsOfBucket] of buckets) {
    const [first] = decisionsOfBucket.flatMap(({ job, verdict }) => {
      if (verdict?.do === 'keep') return []; // it wants no session, whatever is wrong with it
      const subjects = [job.requester, ...job.parts.map(({ generator }) => generator)].map(objectKey);
      // a job without a verdict is also refused by a problem of its entry or of the Input
      const fields = [job.field, ...job.parts.map(({ entryField }) => entryField), ''];
      if (verdict === undefined) subjects.push(...fields.flatMap((field) => field ?? []));
      return subjects.flatMap((subject) => {
        const problem = problemsBySubject.get(subject);
        return problem === undefined ? [] : [{ ...job, problem }];
      });
    });
    const lastRefusal = toldRefusals.get(bucket, now);
    const since = now.getTime() - (lastRefusal?.at ?? 0);
    const isRecent = lastRefusal !== undefined && since >= 0 && since < TOLD_MILLISECONDS;
    if (first === undefined) {
      if (isRecent) toldRefusals.put(bucket, { at: lastRefusal.at }, composite, now);
      else toldRefusals.delete(bucket);
      continue;
    }
    const { target, parts, problem } = first;
    const { code: reason, awsCode } = problem;
    if ((lastRefusal?.reason === reason && lastRefusal.uid === composite.uid) || isRecent) continue;
    toldRefusals.put(bucket, { reason, uid: composite.uid, at: now.getTime() }, composite, now);
    const sessions = distinct(parts, ({ generator }) => objectKey(generator)).map((part) => sessionOf(part));
    const secret = cut(target.name, MOST_OF_A_NAME);
    const facts = { ...call.facts, secret, reason, awsCode, sessions, policy: policyDigest };
    service.audit({ event: 'refused a session', ...facts });
  }
}

/** The `objectKey` of each object that a problem is about; without one the path of its entry, or '' for the whole Input. */
function keysOfSubjects(problem: Finding): string[] {
  const subjects = subjectsOf(problem).filter((object) => !isInput(object));
  if (subjects.length > 0) return subjects.map(objectKey);
  return [/^sessions\[\d+\](?:\.secrets\[\d+\])?/.exec(problem.field ?? '')?.[0] ?? ''];
}

/** A chain, and by which grants it was asked for; `requestIDs` are of its hops, in their order, and lead to CloudTrail. */
function sessionOf(part: SecretPart, requestIDs: readonly (string | undefined)[] = []): object {
  const { generator, chain, chosenGrants } = part;
  const { kind, namespace, name } = generator;
  const names = Object.entries(defined({ kind, namespace, name }));
  return {
    generator: Object.fromEntries(names.map(([field, text]) => [field, cut(text, MOST_OF_A_NAME)])),
    identity: chain.identity.source,
    calls: hopsOf(part).map(({ operation, region, request }, index) => {
      const role =
        'roleArn' in request
          ? { role: cut(request.roleArn, MOST_OF_AN_ARN), sessionName: cut(request.sessionName, MOST_OF_A_NAME) }
          : {};
      return { operation, region: cut(region, MOST_OF_A_NAME), ...role, ...defined({ requestID: requestIDs[index] }) };
    }),
    grants: chosenGrants?.indexes ?? {},
  };
}
