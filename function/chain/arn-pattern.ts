import { globOf } from '../api/matches-glob.ts';

/** Separators that `*` never crosses. */
const SEPARATORS = /([:/])/;

/** The parts of an ARN or a path, and what stands between them. */
export function partsOf(text: string): readonly string[] {
  return text.split(SEPARATORS);
}

/**
 * A pattern that is asked about many texts, taken apart once, and compared part by part: `arn:aws:iam::123456789012:role/ci-*` fits
 * `…:role/ci-deploy` and neither `…:role/ci-x/admin` nor another account. The last parts of ARNs differ most, so they come first.
 */
export function patternOf(pattern: string): (parts: readonly string[]) => boolean {
  const wanted = partsOf(pattern).map(globOf);
  return (parts) => {
    if (parts.length !== wanted.length) return false;
    for (let index = wanted.length - 1; index >= 0; index--)
      if (wanted[index]?.(parts[index] ?? '') !== true) return false;
    return true;
  };
}
