import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { readNamedFile } from '../clients/read-file.ts';
import { type Finding, finding } from '../findings/finding.ts';
import { quoted, say } from '../findings/say.ts';
import { explainUnreadable } from '../findings/system-error.ts';
import { lineOf } from '../krm/line-of.ts';
import { parseObject } from '../krm/parse-yaml.ts';
import { INPUT_API_VERSION, INPUT_KIND } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { RunRequest } from '../model/run-request.ts';
import type { World } from '../model/world.ts';
import { type Draft, draft } from '../planner/draft.ts';

/** The operator's Policy, or the findings that refuse it. */
export interface PolicyFile extends Pick<RunRequest, 'policy' | 'locationInPolicy'> {
  /** SHA-256 of the file's bytes, in hex. */
  readonly digest?: string;
  readonly findings: readonly Finding[];
}

/**
 * Reads the operator's Policy from the file that STS_FUNCTION_POLICY names, and from nowhere else, so that no package can widen it. A
 * file that cannot be used refuses the run: a missing guard must not permit everything. `formerFile`: what was read before, which is
 * given again where the file has the same bytes.
 */
export function readPolicyFile(file: string, formerFile?: PolicyFile): PolicyFile {
  if (!isAbsolute(file)) return NO_POLICY; // refused with the other settings
  const refuse = (cause: string) => {
    const message = say`cannot use the Policy ${quoted(file)} of STS_FUNCTION_POLICY or --policy: ${cause}.`;
    return { findings: [finding('SETTING_INVALID', message)] };
  };
  let bytes: Buffer;
  try {
    bytes = readNamedFile(file);
  } catch (error) {
    return refuse(explainUnreadable(error));
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (formerFile?.digest === digest) return formerFile;
  const text = bytes.toString();
  const policy = parseObject(text);
  if (policy === undefined) return refuse('it must be one YAML document with `kind: Policy` and `grants`. Correct it');
  const all = { text, range: [0, text.length, text.length] } as const;
  const locationInPolicy = (field: string) => ({ file, line: lineOf(all, field) });
  return { policy, locationInPolicy, digest, findings: [] };
}

/** The operator has named no file. */
export const NO_POLICY: PolicyFile = { findings: [] };

/** Has the Input's schema made where a server starts: that takes some ten milliseconds, for which its first call would wait. */
const NO_OPTIONS = { apiVersion: INPUT_API_VERSION, kind: INPUT_KIND };

/** Settings of the environment, and the findings about them and about the Policy. */
export async function checkSettings({ ambient }: World): Promise<Pick<Draft, 'settings' | 'findings'>> {
  const { STS_FUNCTION_POLICY: file } = ambient.environment;
  const { policy, locationInPolicy, findings } = file ? readPolicyFile(file) : NO_POLICY;
  const request = { items: [], functionConfig: NO_OPTIONS, policy, ambient, ...defined({ locationInPolicy }) };
  const drafted = await draft(request);
  return { settings: drafted.settings, findings: [...findings, ...drafted.findings] };
}
