import { globOf } from '../api/matches-glob.ts';

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

/** A pattern that is asked about many texts, taken apart once. The last parts of ARNs differ most, so they are compared first. */
export function patternOf(pattern: string): (parts: readonly string[]) => boolean {
  const wanted = partsOf(pattern).map(globOf);
  return (parts) => {
    if (parts.length !== wanted.length) return false;
    for (let index = wanted.length - 1; index >= 0; index--)
      if (wanted[index]?.(parts[index] ?? '') !== true) return false;
    return true;
  };
}
