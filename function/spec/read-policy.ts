import type { Code } from '../api/codes.ts';
import { type Finding, finding } from '../api/finding.ts';
import type { Grant } from '../api/grant.ts';
import { type Sayable, say } from '../api/say.ts';
import { policy } from './grant.ts';
import { readBySchema } from './read-by-schema.ts';

/** Reads the operator's Policy. One with a fault refuses the run: half a guard is none. */
export function readPolicy(document: unknown): { grants: readonly Grant[]; findings: readonly Finding[] } {
  const { data, faults } = readBySchema(policy(), document);
  const refuse = (cause: Sayable, code: Code) =>
    finding(code, say`cannot use the Policy of STS_FUNCTION_POLICY or --policy: ${cause}.`);
  const findings = faults.map(({ field, text, code }) =>
    refuse(say`${field === '' ? 'it' : `\`${field}\``} ${text}`, code ?? 'SETTING_INVALID'),
  );
  return { grants: data?.grants ?? [], findings };
}
