import { type Finding, fieldFinding, finding, writtenFinding } from '../findings/finding.ts';
import { type ObjectRef, quoted, type Sayable, say, theObject } from '../findings/say.ts';
import type { WrittenAt, WrittenCall } from '../model/hop.ts';
import type { Identity } from '../model/identity.ts';
import type { Environment } from '../model/world.ts';
import { CHAINED_SESSION_MAX_SECONDS, type Surroundings } from './limits.ts';
import { operationOf } from './operations/operations.ts';

/** Everything that AWS would refuse in calls as they were written. `isChained`: a role's session signs the first of them. */
export function checkLimits(
  calls: readonly WrittenCall[],
  { isChained, ...options }: Required<Omit<Surroundings, 'before'>>,
): Finding[] {
  return calls.flatMap((call, index) => {
    const before = calls.slice(0, index).map(({ written }) => written);
    const { limits } = operationOf(call);
    return limits(call.written, { ...options, before, isChained: isChained || index > 0 }).map(([name, text, how]) => {
      if (how === 'slip') return writtenFinding(call.at(name), text);
      return limitFinding(call.at(name), text, how === 'hidden' ? undefined : Reflect.get(call.written, name));
    });
  });
}

/** The finding of one field. `value`: what stands there. */
export function limitFinding(at: WrittenAt, text: Sayable, value?: unknown): Finding {
  const [variable] = /\$(?:\{[^{}]{1,120}\}|\([\w.-]{1,120}\))/.exec(typeof value === 'string' ? value : '') ?? [];
  if (variable === undefined) return fieldFinding('LIMIT_EXCEEDED', at, text);
  const literal = variable.startsWith('${')
    ? say`still has ${quoted(variable)}, a variable of Flux or envsubst; run that program first, and plan or render its output`
    : say`still has ${quoted(variable)}, which nothing has replaced; write its value, or ${quoted(`\${${variable.slice(2, -1)}}`)} in an Input with \`vars\``;
  return fieldFinding('VALUE_MISSING', at, literal);
}

/**
 * Warns of a first hop whose duration a role session cannot ask for. Only a warning: keys with a session token may be a
 * user's, and AWS does not count the role of an EC2 instance as chaining (IAM User Guide,
 * "Roles terms and concepts", role chaining).
 */
export function warnOfChaining(
  object: ObjectRef,
  [first]: readonly WrittenCall[],
  { mayBeSession }: Identity,
  environment: Environment,
): Finding[] {
  const isRole = first?.operation === 'AssumeRole' || first?.operation === 'AssumeRoleWithWebIdentity';
  const seconds = isRole ? (first.written.sessionDuration ?? 0) : 0;
  if (seconds <= CHAINED_SESSION_MAX_SECONDS || !mayBeSession(environment)) return [];
  const at = first?.at('sessionDuration');
  const cause = say`the caller may be a role session, which can ask for at most ${CHAINED_SESSION_MAX_SECONDS} seconds`;
  const message = say`cannot promise ${seconds} seconds to ${theObject(object)}: ${cause}. Lower the duration, or use long-term keys.`;
  return [finding('CHAINED_DURATION', message, { object, ...(at?.object && { field: at.field }) })];
}
