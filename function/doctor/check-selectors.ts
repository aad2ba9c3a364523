import { type Finding, finding } from '../api/finding.ts';
import { isSpec } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { listAt, textAt, valueAt } from '../api/value-at.ts';
import { isIn, stepsOf } from './starts.ts';
import type { Found, Survey } from './survey.ts';

/** Selectors that keep earlier Secrets from the function: it cannot renew what it does not see (krm-hosts.md fact 3). */
export function checkSelectors(seen: Survey): Finding[] {
  return stepsOf(seen).flatMap(({ kptfile, field, value }) => {
    const specs = seen.objects.filter((one) => isSpec(one.object) && isIn(kptfile, one));
    const selectors = listAt(value, ['selectors']);
    const isLeftOut = selectors.length > 0 && !selectors.some((one) => fits(one, SECRET));
    const isExcluded = listAt(value, ['exclude']).some((one) => isOfSecrets(one, specs));
    const key = isLeftOut ? 'selectors' : isExcluded ? 'exclude' : undefined;
    if (key === undefined) return [];
    const cure = key === 'selectors' ? `Add \`- kind: Secret\` to it, or remove it` : 'Take Secrets out of it';
    const message = `cannot renew Secrets of ${quote(kptfile.file.shown)}: \`${field}.${key}\` keeps them from the function, and each \`kpt fn render\` adds another one. ${cure}.`;
    return [finding('SECRET_DUPLICATED', message)];
  });
}

const SECRET = { apiVersion: 'v1', kind: 'Secret' };

/** True when each part that a selector gives is this one: kpt compares whole words. */
function fits(selector: unknown, parts: Readonly<Record<string, string | undefined>>): boolean {
  return Object.entries(parts).every(([part, is]) => (textAt(selector, [part]) ?? is) === is);
}

/** True for a selector of Secrets alone, and among them one that is made: without its spec nothing would be made. */
function isOfSecrets(selector: unknown, specs: readonly Found[]): boolean {
  const has = (part: string) => valueAt(selector, [part]) !== undefined;
  if (!fits(selector, SECRET) || !(has('apiVersion') || has('kind')) || has('labels') || has('annotations'))
    return false;
  if (!has('name') && !has('namespace')) return true;
  return specs.some(({ object: { name, namespace }, value }) =>
    fits(selector, { name: textAt(value, ['spec', 'target', 'name']) ?? name, namespace }),
  );
}
