import { createHash } from 'node:crypto';
import type { NamedRef } from '../api/kinds.ts';
import { SESSION_NAME_MAX } from './limits.ts';

/** Session name of every hop but the last: constant, so that generators share those hops. */
export const VIA_SESSION_NAME = 'function-sts-assume-role';

const CUT_LENGTH = 55;
const HASH_LENGTH = 8;

/**
 * Session name of the last hop: it says in the target account's CloudTrail who asked. `<namespace>.<name>`, or `<name>`;
 * one character gets a trailing `-` (AWS wants two); a longer one than 64 is cut to 55 + `-` + 8 hex of its SHA-256.
 */
export function sessionName({ namespace, name }: NamedRef): string {
  const full = namespace === undefined ? name : `${namespace}.${name}`;
  if (full.length === 1) return `${full}-`;
  if (full.length <= SESSION_NAME_MAX) return full;
  return `${full.slice(0, CUT_LENGTH)}-${createHash('sha256').update(full).digest('hex').slice(0, HASH_LENGTH)}`;
}
