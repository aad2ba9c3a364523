import type { Finding } from '../findings/finding.ts';
import { cut } from '../findings/quote.ts';
import { EXPIRATION_ANNOTATION } from '../model/annotations.ts';
import type { IssuedSecret } from '../model/flow.ts';
import { callsOf } from '../model/hop.ts';
import type { SecretPart } from '../model/job.ts';
import { objectKey } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { Decision } from '../planner/plan.ts';
import type { Call } from './read-request.ts';

/** Most characters of a name in a line of the log. */
const MOST_OF_A_NAME = 300;
/** A refusal whose reason changes again and again is told so often: a tenant must not fill the log. */
const TOLD_MILLISECONDS = 60_000;

/** A line of the log about a session, as docs/crossplane.md describes it: names and numbers alone. */
export interface AuditLine {
  readonly message: 'issued a session' | 'refused a session';
  readonly secret: string;
  /** Why it was issued, or the code of what refused it. */
  readonly reason: string;
  /** AWS's error code. */
  readonly awsCode?: string;
  readonly expiration?: string;
  readonly sessions: readonly object[];
  /** SHA-256 of the Policy that was in force. */
  readonly policy?: string;
}

/** What the log says of a Secret with new sessions. */
export function auditOf({ secret, reason, parts }: IssuedSecret, policy: string | undefined): AuditLine {
  const { name, annotations } = secret.metadata;
  const sessions = parts.map(({ part, requestIDs }) => sessionOf(part, requestIDs));
  const expiration = annotations[EXPIRATION_ANNOTATION];
  return { message: 'issued a session', secret: name, reason, sessions, ...defined({ expiration, policy }) };
}

/**
 * What the log says of Secrets without a session: of the first in each bucket, where its reason is another than before, and at most once a
 * minute. Its owner chooses neither the bucket nor, by making it good in between, a sooner line.
 */
export function auditRefusals(
  decisions: readonly Decision[],
  problems: readonly Finding[],
  { policy, bucketOf }: { readonly policy: string | undefined; readonly bucketOf: (key: string) => string },
  { composite, now, service: { toldRefusals } }: Call,
): AuditLine[] {
  const problemsByKey = new Map(
    problems.flatMap((problem) => (problem.object ? [[objectKey(problem.object), problem] as const] : [])).toReversed(), // the first counts
  );
  const wanting = decisions.filter(({ verdict }) => verdict?.do !== 'keep'); // one that is kept wants no session, whatever is wrong with it
  const buckets = Map.groupBy(wanting, ({ job }) => bucketOf(objectKey(job.generator)));
  return [...buckets].flatMap(([key, own]): AuditLine[] => {
    const [first] = own.flatMap(({ job }) => {
      const generators = [job.generator, ...job.parts.map((part) => part.generator)];
      return generators.flatMap((generator) => {
        const problem = problemsByKey.get(objectKey(generator));
        return problem === undefined ? [] : [{ ...job, problem }];
      });
    });
    const before = toldRefusals.get(key, now);
    const since = now.getTime() - (before?.at ?? 0);
    const isRecent = before !== undefined && since >= 0 && since < TOLD_MILLISECONDS;
    if (first === undefined) {
      if (isRecent) toldRefusals.put(key, { at: before.at }, composite, now);
      else toldRefusals.delete(key);
      return [];
    }
    const { target, parts, problem } = first;
    const { code: reason, awsCode } = problem;
    if (before?.reason === reason || isRecent) return [];
    toldRefusals.put(key, { reason, at: now.getTime() }, composite, now);
    const sessions = parts.map((part) => sessionOf(part));
    return [{ message: 'refused a session', secret: target.name, reason, sessions, ...defined({ awsCode, policy }) }];
  });
}

/** A chain, and by which grants it was asked for; `requestIDs` lead to CloudTrail. */
function sessionOf(part: SecretPart, requestIDs: readonly (string | undefined)[] = []): object {
  const { generator, chain, chosenGrants } = part;
  const { kind, namespace, name } = generator;
  const names = Object.entries(defined({ kind, namespace, name }));
  return {
    generator: Object.fromEntries(names.map(([field, text]) => [field, cut(text, MOST_OF_A_NAME)])),
    identity: chain.identity.source,
    calls: callsOf(part).map(({ operation, region, request }, index) => {
      const role = 'roleArn' in request ? { role: request.roleArn, sessionName: request.sessionName } : {};
      return { operation, region, ...role, ...defined({ requestID: requestIDs[index] }) };
    }),
    grants: chosenGrants?.indexes ?? {},
  };
}
