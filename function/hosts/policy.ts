import { readFileSync } from 'node:fs';
import { type Finding, finding } from '../api/finding.ts';
import { quote } from '../api/quote.ts';
import { explainUnreadable } from '../api/system-error.ts';
import { parseObject } from '../krm/parse-object.ts';

/**
 * The operator's Policy, as data, from the file that STS_FUNCTION_POLICY names; neither part when the operator set none. It
 * comes from nowhere else: what a package says can never widen it. A file that cannot be used is an error, so the run is
 * refused: a guard that is not there must not be one that lets all pass.
 */
export function readPolicyFile(environment: Readonly<Record<string, string | undefined>>): {
  readonly policy?: unknown;
  readonly findings: readonly Finding[];
} {
  const file = environment.STS_FUNCTION_POLICY;
  if (!file) return { findings: [] };
  const refuse = (cause: string) => ({
    findings: [
      finding('SETTING_INVALID', `cannot use the Policy ${quote(file)} of STS_FUNCTION_POLICY or --policy: ${cause}.`),
    ],
  });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(explainUnreadable(error));
  }
  const policy = parseObject(text);
  return policy === undefined ? refuse('it is not one YAML object. Correct it') : { policy, findings: [] };
}
