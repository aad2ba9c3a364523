import { matchesGlob } from '../api/matches-glob.ts';

/** Separators that `*` never crosses. */
const SEPARATORS = /([:/])/;

/** The parts of an ARN or a path, and what stands between them. */
export function partsOf(text: string): readonly string[] {
  return text.split(SEPARATORS);
}

/**
 * True when a role's ARN fits a pattern, part by part: `arn:aws:iam::123456789012:role/ci-*` fits `…:role/ci-deploy` and
 * neither `…:role/ci-x/admin` nor another account.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  return patternOf(pattern)(partsOf(arn));
}

/** More than the patterns of any Policy: a server gets new ones in every Input. */
const MOST_KEPT = 20_000;
const kept = new Map<string, (parts: readonly string[]) => boolean>();

/** A pattern that is asked about many texts: it is taken apart once. */
export function patternOf(pattern: string): (parts: readonly string[]) => boolean {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const wanted = partsOf(pattern);
  const fits = (parts: readonly string[]) =>
    parts.length === wanted.length && wanted.every((part, index) => matchesGlob(part, parts[index] ?? ''));
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(pattern, fits);
  return fits;
}
