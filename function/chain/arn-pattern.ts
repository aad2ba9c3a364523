import { matchesGlob } from '../api/matches-glob.ts';

/** Separators that `*` never crosses. */
const SEPARATORS = /([:/])/;

/**
 * True when a role's ARN fits a pattern, part by part: `arn:aws:iam::123456789012:role/ci-*` fits `…:role/ci-deploy` and
 * neither `…:role/ci-x/admin` nor another account.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = pattern.split(SEPARATORS);
  const parts = arn.split(SEPARATORS);
  return wanted.length === parts.length && wanted.every((part, index) => matchesGlob(part, parts[index] ?? ''));
}
