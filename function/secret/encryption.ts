import { configFinding, type Finding, finding } from '../findings/finding.ts';
import { quoted, type Sayable, say, theField, theObject } from '../findings/say.ts';
import type { KnownObject, LookupFailure } from '../model/answers.ts';
import type { SecretManifest } from '../model/flow.ts';
import type { Job, ObjectNeed, WantedSecret } from '../model/job.ts';
import { secretObject } from '../model/kinds.ts';
import { parseBounded, TextFault } from '../model/parse-bounded.ts';
import { isRecord, listAt, textAt } from '../model/plain-data.ts';
import { type LoopLimits, MOST_WORK } from '../model/run-limits.ts';
import type { Ambient } from '../model/world.ts';
import type { AgeIdentity, SopsErrorCode } from '../sops/sops.ts';

// The use of sops/, which is loaded only to encrypt or decrypt something: most runs need neither.

/** Checks the recipients of these Secrets, each list of a field once: otherwise a wrong one would show only after a session is issued. */
export async function checkEncryption(
  wanted: readonly Pick<WantedSecret, 'field' | 'form'>[],
  { work, throwIfExpired }: LoopLimits,
): Promise<Finding[]> {
  const lists = new Map<string, { readonly field: string; readonly recipients: readonly string[] }>();
  for (const { field = '', form } of wanted) {
    const { recipients = [] } = form;
    lists.set(JSON.stringify([field, recipients]), { field, recipients });
  }
  const { checkRecipients } = await import('../sops/sops.ts');
  const findings: Finding[] = [];
  const known = new Map<unknown, Promise<string | undefined>>();
  const seals = wanted.reduce((sum, { form }) => sum + (form.recipients?.length ?? 0), 0);
  if (!work.spend('seals', seals)) return [tooManyRecipients(MANY_SEALS)];
  for (const { field, recipients } of lists.values()) {
    throwIfExpired();
    const before = known.size;
    for (const { index, text } of await checkRecipients(recipients, known))
      findings.push(configFinding(`${field}.encrypt.sops.age${index === undefined ? '' : `[${index}]`}`, text));
    if (!work.spend('recipients', known.size - before)) return [tooManyRecipients(MANY_RECIPIENTS)];
  }
  return findings;
}

const MANY_SEALS = say`its Secrets are encrypted for their recipients ${MOST_WORK.seals} times and more`;
const MANY_RECIPIENTS = say`its Secrets have more than ${MOST_WORK.recipients} recipients`;

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
  return isOfAgeAlone && named.length === recipients.length && named.every((one, index) => one === recipients[index]);
}

/** SOPS takes what stands under these names for encrypted, wherever it stands (its rule, `encrypted_regex`). */
const SEALED_NAMES: readonly string[] = ['data', 'stringData'];

/** Refuses a Secret that SOPS could not open, since something in it would count as encrypted that is not. */
export function checkSealable(
  { generator, target, form }: Pick<Job, 'generator' | 'target' | 'form'>,
  existing: KnownObject | null,
): Finding[] {
  const { data: _, stringData: __, sops: ___, ...others } = Object(existing?.manifest) as Record<string, unknown>;
  const name = namesIn([form.labels, form.annotations, others]).find((one) => SEALED_NAMES.includes(one));
  if (name === undefined) return [];
  const what = say`cannot encrypt ${theObject(secretObject(target))} for ${theObject(generator)}`;
  const cause = say`sops would try to decrypt its label, annotation or field ${quoted(name)}, which is plain text`;
  return [finding('SECRET_SEALED', say`${what}: ${cause}. Rename it.`, { object: generator })];
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return isRecord(value) ? Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]) : [];
}

/** The variables that sops reads age identities from. Its default file in the home folder is not read here. */
const KEY = 'SOPS_AGE_KEY';
const KEY_FILE = 'SOPS_AGE_KEY_FILE';

/** The age identities of the process, and what is wrong with them. */
export interface OwnIdentities {
  readonly identities: readonly AgeIdentity[];
  readonly findings: readonly Finding[];
}

/** Reads the age identities from the variables `KEY` and `KEY_FILE`. */
export async function readOwnIdentities({ environment, readFile }: Ambient): Promise<OwnIdentities> {
  const file = environment[KEY_FILE];
  const texts = [
    [KEY, environment[KEY] || undefined],
    [KEY_FILE, file ? ((await readFile(file)) ?? '') : undefined],
  ] as const;
  const { readIdentities } = await import('../sops/sops.ts');
  const identities: AgeIdentity[] = [];
  const findings: Finding[] = [];
  for (const [name, text] of texts) {
    if (text === undefined) continue;
    const read = await readIdentities(text);
    identities.push(...read.identities);
    findings.push(...read.faults.map((fault) => finding('SETTING_INVALID', say`cannot use ${name}: it ${fault}.`)));
  }
  return { identities, findings };
}

/** An object, and the generator that reads it. */
export type ReadBy = Pick<ObjectNeed, 'object' | 'by'>;

const CAUSES: Readonly<Record<SopsErrorCode, string>> = {
  noIdentity: `no identity of ${KEY} or ${KEY_FILE} fits. Give that of one of its recipients`,
  notAge: 'it is encrypted for other keys than those of age, such as KMS. Encrypt it for an age recipient as well',
  wrongMac: 'it was changed after it was encrypted. Encrypt it again with sops',
  malformed: 'it is not as sops writes it. Encrypt it again with sops',
  unsupported: 'it uses what only sops itself knows. Encrypt it without key groups and complex rules',
};

/** What an encrypted object holds, or why it is not opened. */
export async function openEncrypted(
  { text = '', annotations }: KnownObject,
  { object, by }: ReadBy,
  identities: OwnIdentities['identities'],
): Promise<KnownObject | LookupFailure> {
  const { decryptSecret, SopsError } = await import('../sops/sops.ts');
  // a stranger may have written the text
  const parse = (yaml: string) => {
    try {
      return parseBounded(yaml, { schema: 'failsafe' });
    } catch (error) {
      throw error instanceof TextFault ? new SopsError('malformed') : error;
    }
  };
  try {
    const { macOnlyEncrypted: mayBeCopy = false, ...opened } = await decryptSecret(text, identities, parse);
    return { ...opened, annotations, mayBeCopy };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const at = error.field === undefined ? '' : say` ${theField(error.field)}:`;
    const message = say`cannot open ${theObject(object)} for ${theObject(by)}:${at} ${CAUSES[error.code]}.`;
    return { unread: finding('SECRET_SEALED', message, { object: by }) };
  }
}
