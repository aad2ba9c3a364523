import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type ObjectRef } from '../api/kinds.ts';
import type { KnownObject, Unread } from '../api/known.ts';
import type { Sensitive } from '../api/sensitive.ts';
import type { Ambient } from '../api/world.ts';
import { openSealed } from '../secret/seal/open-sealed.ts';
import { readIdentities } from '../secret/seal/read-identities.ts';
import type { SealFault } from '../secret/seal/seal-fault.ts';

/** Where sops looks for age identities as well; its default file in the home folder is not read. */
const KEY = 'SOPS_AGE_KEY';
const KEY_FILE = 'SOPS_AGE_KEY_FILE';

/** The age identities of the process, and what is wrong with them. */
export interface OwnIdentities {
  readonly identities: readonly Sensitive[];
  readonly findings: readonly Finding[];
}

/**
 * A source that sops encrypted, opened in memory. Without an identity it stays as it is, and who reads a value says that it is
 * encrypted.
 */
export async function openSource(
  found: KnownObject,
  { object, by }: { readonly object: ObjectRef; readonly by: ObjectRef },
  identities: readonly Sensitive[],
  signal: AbortSignal,
): Promise<KnownObject | Unread> {
  if (identities.length === 0) return found;
  if (signal.aborted) return tooLate(object, by);
  const result = await openSealed(found.text ?? '', identities);
  return 'fault' in result ? refuse(object, by, result) : { ...result, annotations: found.annotations };
}

/** Reads them from where sops does, too. */
export async function ownIdentities({ environment, readFile }: Ambient): Promise<OwnIdentities> {
  const file = environment[KEY_FILE];
  const texts = [
    [KEY, environment[KEY] || undefined],
    [KEY_FILE, file ? ((await readFile(file)) ?? '') : undefined],
  ] as const;
  const read = await Promise.all(
    texts.map(async ([name, text]) => {
      if (text === undefined) return { identities: [], faults: [] };
      const { identities, faults } = await readIdentities(text);
      return {
        identities,
        faults: faults.map((fault) => finding('SETTING_INVALID', `cannot use ${name}: it ${fault}.`)),
      };
    }),
  );
  return {
    identities: read.flatMap(({ identities }) => identities),
    findings: read.flatMap(({ faults }) => faults),
  };
}

const CAUSES: Readonly<Record<SealFault['fault'], string>> = {
  noIdentity: `no identity of ${KEY} or ${KEY_FILE} fits. Give that of one of its recipients`,
  notAge: 'it is encrypted for other keys than those of age, such as KMS. Encrypt it for an age recipient as well',
  wrongMac: 'it was changed after it was encrypted. Encrypt it again with sops',
  malformed: 'it is not as sops writes it. Encrypt it again with sops',
  unsupported: 'it uses what only sops itself knows. Encrypt it without key groups and complex rules',
};

function refuse(object: ObjectRef, generator: ObjectRef, { fault, field }: SealFault): Unread {
  const at = field === undefined ? '' : ` \`${field}\`:`;
  const message = `cannot open ${describeObject(object)} for ${describeObject(generator)}:${at} ${CAUSES[fault]}.`;
  return { unread: finding('SECRET_SEALED', message, { object: generator }) };
}

function tooLate(object: ObjectRef, generator: ObjectRef): Unread {
  const cause = 'STS_FUNCTION_TIMEOUT was over before. Check the network and proxy settings, or raise it';
  const message = `cannot open ${describeObject(object)} for ${describeObject(generator)}: ${cause}.`;
  return { unread: finding('DEADLINE_PASSED', message, { object: generator }) };
}
