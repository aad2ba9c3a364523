import { type Finding, finding } from '../api/finding.ts';
import { type Grant, policy } from '../api/grant.ts';
import { explainIssues } from './explain-issue.ts';

/** Reads the operator's Policy. One with a fault refuses the run: half a guard is none. */
export function readPolicy(document: unknown): { grants: readonly Grant[]; findings: readonly Finding[] } {
  const parsed = policy.safeParse(document);
  if (parsed.success) return { grants: parsed.data.grants, findings: [] };
  const faults = explainIssues(policy, document, parsed.error.issues);
  return {
    grants: [],
    findings: faults.map(({ field, text }) =>
      finding('SETTING_INVALID', `cannot use the Policy of STS_FUNCTION_POLICY: \`${field}\` ${text}.`),
    ),
  };
}
