import { join } from 'node:path';
import type { RunResult } from '../files/answer-files.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { describeObject } from '../findings/say.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { secretObject } from '../model/kinds.ts';
import { attempt, distinct, listAt, stringsIn, valueAt } from '../model/plain-data.ts';
import { readBounded } from '../repository/read-file.ts';
import type { Survey } from './survey.ts';

/** So many rules are compared with as many lists of recipients. */
const MOST = 100;

/**
 * Secrets that somebody cannot open who opens what `sops` encrypts here: a rule of `.sops.yaml` has the recipients of `encrypt`, and more, and
 * no rule has the same. Or none has any of them.
 */
export function checkRecipients({ root }: Survey, ran: readonly RunResult[]): Finding[] {
  const read = attempt(() => readBounded(join(root, '.sops.yaml')));
  const config = read === undefined || 'cause' in read ? undefined : parseObject(read.bytes.toString());
  const rules = listAt(config, ['creation_rules']).slice(0, MOST).map(recipientsOf);
  const jobs = ran.flatMap(({ draft }) => draft?.jobs ?? []).filter(({ form }) => form.recipients !== undefined);
  const each = distinct(jobs, ({ form }) => JSON.stringify(form.recipients)).slice(0, MOST);
  return each.flatMap(({ target, form: { recipients = [] } }) => {
    const keys = new Set(recipients);
    const isApart = rules.every((rule) => keys.isDisjointFrom(rule));
    const around = rules.filter((rule) => (isApart ? rule.size > 0 : keys.isSubsetOf(rule)));
    const [lacking] = around[0]?.difference(keys) ?? [];
    if (lacking === undefined || (!isApart && around.some((rule) => rule.size === keys.size))) return [];
    const message = `the owner of ${quote(lacking)} cannot open ${describeObject(secretObject(target))}: a rule of ".sops.yaml" has that recipient, and \`encrypt\` has not. Add it to the Input.`;
    return [{ ...finding('SECRET_SEALED', message), severity: 'warning' as const }];
  });
}

/** The recipients of age in a rule, and in its groups. */
function recipientsOf(rule: unknown): Set<string> {
  const texts = [rule, ...listAt(rule, ['key_groups'])]
    .map((part) => valueAt(part, ['age']))
    .flatMap((age) => (typeof age === 'string' ? age : Object.values(stringsIn(age))));
  return new Set(texts.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== ''));
}
