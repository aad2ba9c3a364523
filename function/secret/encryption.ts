import { configFinding, type Finding, finding } from '../findings/finding.ts';
import { quoted, type Sayable, say, theObject } from '../findings/say.ts';
import type { KnownObject } from '../model/answers.ts';
import type { Job, WantedSecret } from '../model/job.ts';
import { secretObject } from '../model/kinds.ts';
import type { SecretManifest } from '../model/outcome.ts';
import { isRecord, listAt, textAt } from '../model/plain-data.ts';
import type { LoopLimits } from '../model/run-limits.ts';

// The use of sops/, which is loaded only to encrypt something: most runs do not.

/** Checks the recipients of these Secrets, each list of a field once: otherwise a wrong one would show only after a session is issued. */
export async function checkEncryption(
  secrets: readonly Pick<WantedSecret, 'field' | 'form'>[],
  { work, throwIfExpired }: LoopLimits,
): Promise<Finding[]> {
  const lists = new Map<string, { readonly field: string; readonly recipients: readonly string[] }>();
  for (const { field = '', form } of secrets) {
    const { recipients = [] } = form;
    lists.set(JSON.stringify([field, recipients]), { field, recipients });
  }
  const { checkRecipients } = await import('../sops/sops.ts');
  const findings: Finding[] = [];
  const checks = new Map<unknown, Promise<string | undefined>>();
  const seals = secrets.reduce((sum, { form }) => sum + (form.recipients?.length ?? 0), 0);
  if (!work.spend('seals', seals)) return [tooManyRecipients(MANY_SEALS)];
  for (const { field, recipients } of lists.values()) {
    throwIfExpired();
    const before = checks.size;
    for (const { index, text } of await checkRecipients(recipients, checks))
      findings.push(configFinding(`${field}.encrypt.sops.age${index === undefined ? '' : `[${index}]`}`, text));
    if (!work.spend('recipients', checks.size - before)) return [tooManyRecipients(MANY_RECIPIENTS)];
  }
  return findings;
}

const MANY_SEALS = 'its Secrets are encrypted for too many recipients, each for all of its own';
const MANY_RECIPIENTS = 'its Secrets have too many recipients';

function tooManyRecipients(cause: Sayable): Finding {
  return finding('LIMIT_EXCEEDED', say`cannot plan this run: ${cause}. Encrypt for fewer recipients, or split it.`);
}

/** The Secret with its values encrypted for these age recipients, as sops does it. */
export async function encrypt(secret: SecretManifest, recipients: readonly string[], now: Date) {
  const { encryptSecret } = await import('../sops/sops.ts');
  return encryptSecret(secret, { recipients, now });
}

/** True where SOPS's metadata names these age recipients, in this order, and no key of another kind. */
export function isSealedFor(recipients: readonly string[], sops: unknown): boolean {
  const { age, ...others } = isRecord(sops) ? sops : {};
  const named = listAt(age, []).map((entry) => textAt(entry, ['recipient']));
  const isOfAgeAlone = !Object.values(others).some((value) => typeof value === 'object');
  return (
    isOfAgeAlone &&
    named.length === recipients.length &&
    named.every((recipient, index) => recipient === recipients[index])
  );
}

/** SOPS takes what stands under these names for encrypted, wherever it stands (its rule, `encrypted_regex`). */
const SEALED_NAMES: readonly string[] = ['data', 'stringData'];

/** Refuses a Secret that SOPS could not open, since something in it would count as encrypted that is not. */
export function checkEncryptable(
  { requester, target, form }: Pick<Job, 'requester' | 'target' | 'form'>,
  existing: KnownObject | null,
): Finding[] {
  const { data: _, stringData: __, sops: ___, ...others } = Object(existing?.manifest) as Record<string, unknown>;
  const name = namesIn([form.labels, form.annotations, others]).find((candidate) => SEALED_NAMES.includes(candidate));
  if (name === undefined) return [];
  const what = say`cannot encrypt ${theObject(secretObject(target))} for ${theObject(requester)}`;
  const cause = say`sops would try to decrypt its label, annotation or field ${quoted(name)}, which is plain text`;
  return [finding('SECRET_SEALED', say`${what}: ${cause}. Rename it.`, { object: requester })];
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return isRecord(value) ? Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]) : [];
}
