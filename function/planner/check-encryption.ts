import { configFinding, type Finding } from '../api/finding.ts';
import type { WantedSecret } from '../api/job.ts';
import { checkRecipients } from '../secret/seal/check-recipients.ts';

/** Recipients of all generators, each list of a field once: a wrong one would be found only when the Secret is there. */
export async function checkEncryption(
  generators: readonly { readonly wanted: readonly WantedSecret[] }[],
): Promise<Finding[]> {
  const lists = new Map(
    generators.flatMap(({ wanted }) =>
      wanted.flatMap(({ field = '', form: { recipients } }) =>
        recipients === undefined ? [] : [[JSON.stringify([field, recipients]), { field, recipients }] as const],
      ),
    ),
  );
  const findings = await Promise.all(
    [...lists.values()].map(async ({ field, recipients }) =>
      (await checkRecipients(recipients)).map(({ index, text }) => {
        return configFinding(`${field}.encrypt.sops.age${index === undefined ? '' : `[${index}]`}`, text);
      }),
    ),
  );
  return findings.flat();
}
