import { type Finding, finding } from '../api/finding.ts';
import { quote } from '../api/quote.ts';
import { listAt, textAt } from '../api/value-at.ts';
import { stepsOf } from './starts.ts';
import type { Survey } from './survey.ts';

/** Selectors that keep earlier Secrets from the function: it cannot renew what it does not see (krm-hosts.md fact 3). */
export function checkSelectors(seen: Survey): Finding[] {
  return stepsOf(seen).flatMap(({ kptfile, field, value }) => {
    const mayBeSecret = (selector: unknown) => (textAt(selector, ['kind']) ?? 'Secret') === 'Secret';
    const selectors = listAt(value, ['selectors']);
    const isLeftOut = selectors.length > 0 && !selectors.some(mayBeSecret);
    const isExcluded = listAt(value, ['exclude']).some((one) => textAt(one, ['kind']) === 'Secret');
    const key = isLeftOut ? 'selectors' : isExcluded ? 'exclude' : undefined;
    if (key === undefined) return [];
    const cure = key === 'selectors' ? `Add \`- kind: Secret\` to it, or remove it` : 'Take Secrets out of it';
    const message = `cannot renew Secrets of ${quote(kptfile.file.shown)}: \`${field}.${key}\` keeps them from the function, and each \`kpt fn render\` adds another one. ${cure}.`;
    return [finding('SECRET_DUPLICATED', message)];
  });
}
