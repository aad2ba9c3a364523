import { type Finding, finding } from '../findings/finding.ts';
import { type Sayable, say, theField, theObject } from '../findings/say.ts';
import type { LookupFailure, OpenedSecret } from '../model/answers.ts';
import type { ObjectNeed } from '../model/job.ts';
import { parseBounded } from '../model/parse-bounded.ts';
import { attempt, defined } from '../model/plain-data.ts';
import type { Ambient } from '../model/world.ts';
import type { AgeIdentity, SopsErrorCode } from '../sops/sops.ts';

/** The variables that sops reads age identities from. Its default file in the home folder is not read here. */
const KEY = 'SOPS_AGE_KEY';
const KEY_FILE = 'SOPS_AGE_KEY_FILE';

/** The age identities of the process, and what is wrong with them. */
type AgeIdentities = Awaited<ReturnType<typeof readAgeIdentities>>;

/** Reads the age identities from the variables `KEY` and `KEY_FILE`. */
export async function readAgeIdentities({ environment, readFile }: Ambient) {
  const file = environment[KEY_FILE];
  const texts = { [KEY]: environment[KEY] || undefined, [KEY_FILE]: file ? ((await readFile(file)) ?? '') : undefined };
  const { readIdentities } = await import('../sops/sops.ts');
  const identities: AgeIdentity[] = [];
  const findings: Finding[] = [];
  for (const [name, text] of Object.entries(defined(texts))) {
    const read = await readIdentities(text);
    identities.push(...read.identities);
    findings.push(...read.faults.map((fault) => finding('SETTING_INVALID', say`cannot use ${name}: it ${fault}.`)));
  }
  return { identities, findings };
}

const CAUSES: Readonly<Record<SopsErrorCode, string>> = {
  noIdentity: `no identity of ${KEY} or ${KEY_FILE} fits. Give that of one of its recipients`,
  notAge: 'it is encrypted for other keys than those of age, such as KMS. Encrypt it for an age recipient as well',
  wrongMac:
    'it was changed after it was encrypted, or kustomize sorted its keys. Encrypt it again, for kustomize with sorted keys and `--mac-only-encrypted`',
  malformed: 'it is not as sops writes it. Encrypt it again with sops',
  unsupported: 'it uses what only sops itself knows. Encrypt it without key groups and complex rules',
};
const LATE = 'the time of STS_FUNCTION_TIMEOUT was up before. Raise it';
const MAY_BE_COPY =
  "it is encrypted by SOPS, so it may be a copy of another's. Only keys in front of a role are read so, all from one Secret. Let CI write its values into a file that git ignores, let a generator of kustomize decrypt it, or look it up in a cluster";

/**
 * Opens a Secret that SOPS encrypted, in memory, where it is read for keys in front of a role and for nothing else. SOPS's MAC binds no
 * name: it is one hash over all values, without their keys (`computeMac` in sops.go of github.com/getsops/sops, v3.11.0). So who writes a
 * package can give a copy of another's Secret any name, and would have its text.
 */
export async function openOrRefuse(
  { object, as, by, field }: ObjectNeed,
  text: string,
  { ageIdentities, signal }: { readonly ageIdentities: () => Promise<AgeIdentities>; readonly signal: AbortSignal },
): Promise<OpenedSecret | LookupFailure> {
  const refuse = (code: Finding['code'], verb: string, cause: Sayable): LookupFailure => {
    const message = say`cannot ${verb} ${theObject(object)} for ${theObject(by)}: ${cause}.`;
    return { unread: finding(code, message, { object: by, ...(field?.startsWith('spec.') && { field }) }) };
  };
  const named = field === undefined ? '' : say`${theField(field)} names it, and `;
  if (as !== 'sealable') return { ...refuse('SECRET_SEALED', 'read', say`${named}${MAY_BE_COPY}`), isLasting: true };
  if (signal.aborted) return refuse('DEADLINE_PASSED', 'open', LATE);
  const { identities, findings } = await ageIdentities();
  if (findings[0] !== undefined) return { unread: findings[0] };
  const { decryptSecret, SopsError } = await import('../sops/sops.ts');
  const parse = (yaml: string) => attempt(() => parseBounded(yaml, { schema: 'failsafe' })); // a stranger may have written it
  try {
    return { opened: await decryptSecret(text, identities, parse) };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const at = error.field === undefined ? '' : say`${theField(error.field)}: `;
    return refuse('SECRET_SEALED', 'open', say`${at}${CAUSES[error.code]}`);
  }
}
