import { type Finding, finding } from '../api/finding.ts';
import type { Job } from '../api/job.ts';
import { describeObject, type ObjectRef, objectKey } from '../api/kinds.ts';
import type { Sensitive } from '../api/sensitive.ts';
import { type Supplied, type SuppliedObject, suppliedObject, type Unread } from '../api/supplied.ts';
import type { Ambient } from '../api/world.ts';
import { openSealed } from '../secret/seal/open-sealed.ts';
import { readIdentities } from '../secret/seal/read-identities.ts';
import type { SealFault } from '../secret/seal/seal-fault.ts';
import { sourcesOfJob } from './sources-of.ts';

/** Where sops looks for age identities as well; its default file in the home folder is not read. */
const KEY = 'SOPS_AGE_KEY';
const KEY_FILE = 'SOPS_AGE_KEY_FILE';

/** A source that sops encrypted, and the generator that reads it. */
interface SealedSource {
  readonly object: ObjectRef;
  readonly generator: ObjectRef;
  readonly found: SuppliedObject;
}

/**
 * What was supplied, with every source that sops encrypted opened in memory. Without an identity they stay as they are, and
 * who reads a value says that it is encrypted.
 */
export async function openSources(
  jobs: readonly Job[],
  supplied: Supplied,
  { ambient, signal }: { ambient: Ambient; signal: AbortSignal },
): Promise<{ readonly supplied: Supplied; readonly findings: readonly Finding[] }> {
  const sealed = new Map(
    jobs.toReversed().flatMap((job) =>
      sourcesOfJob(job).flatMap((object) => {
        const found = suppliedObject(supplied, objectKey(object));
        return found?.isSealed === true
          ? [[objectKey(object), { object, generator: job.generator, found }] as const]
          : [];
      }),
    ),
  );
  if (sealed.size === 0) return { supplied, findings: [] };
  const { identities, findings } = await ownIdentities(ambient);
  if (identities.length === 0) return { supplied, findings };
  const opened = new Map(supplied);
  const open = async ({ object, generator, found }: SealedSource): Promise<SuppliedObject | Unread> => {
    if (signal.aborted) return tooLate(object, generator);
    const result = await openSealed(found.text ?? '', identities);
    return 'fault' in result ? refuse(object, generator, result) : { ...result, annotations: found.annotations };
  };
  for (const [key, source] of sealed) opened.set(key, await open(source));
  return { supplied: opened, findings };
}

async function ownIdentities({
  environment,
  readFile,
}: Ambient): Promise<{ identities: Sensitive[]; findings: Finding[] }> {
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
